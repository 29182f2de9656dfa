// Noting what a scenario is read from, and reading it from such a note again.
#pragma once

#include "core/journal/recipe.hpp"
#include "sim/yaml/loader.hpp"

namespace probate::yaml {

// The same options, with readers that note in `recipe` what they give: files and variables, but
// neither passwords nor rules. Lifetime: the recipe outlives them.
LoadOptions noting(LoadOptions options, journal::Recipe& recipe);

// The same options, with the recipe's overrides before theirs, its time scale unless they have one,
// and its files and variables before those of this machine. Passwords are not read: nobody will log
// in. Lifetime: the recipe outlives them.
LoadOptions as_noted(const journal::Recipe& recipe, LoadOptions options);

}  // namespace probate::yaml
