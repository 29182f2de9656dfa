// Patterns over ClientIDs: `*` is any text, `?` any one character.
#pragma once

#include <string_view>

namespace probate::scenario {

// True if the whole text fits the pattern. Work: at most pattern × text.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace probate::scenario
