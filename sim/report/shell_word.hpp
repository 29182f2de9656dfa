// Commands as a shell reads them.
#pragma once

#include <string>

namespace probate::report {

// Quoted if it holds anything but plain characters.
std::string shell_word(const std::string& word);

}  // namespace probate::report
