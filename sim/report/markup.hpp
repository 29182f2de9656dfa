// Text inside XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace probate::report {

// What others wrote stays text: markup escaped, control characters (which XML cannot carry) made
// visible.
std::string escaped(std::string_view text);

}  // namespace probate::report
