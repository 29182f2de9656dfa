// What stands as `engine` in run_began.
#pragma once

namespace probate::journal {

// A run whose devices are real, through a proxy of its own: what they do besides what passes there
// nobody knows.
inline constexpr const char* kProxyEngine = "proxy";

}  // namespace probate::journal
