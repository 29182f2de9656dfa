// Commands as a shell reads them.
#pragma once

#include <string>
#include <vector>

namespace probate::report {

// Quoted if it holds anything but plain characters.
std::string shell_word(const std::string& word);
// " --set a=1 --set b=2" of a command that has the seed in its --seed: one in `overrides` is left
// out.
std::string set_flags(const std::vector<std::string>& overrides);

}  // namespace probate::report
