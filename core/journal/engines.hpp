// What stands as `engine` in run_began.
#pragma once

namespace probate::journal {

inline constexpr const char* kLiveEngine = "live";
inline constexpr const char* kVirtualEngine = "virtual";
// A run whose devices are real, through a proxy of its own: what they do besides what passes there
// nobody knows.
inline constexpr const char* kProxyEngine = "proxy";

}  // namespace probate::journal
