// The presets and profiles that are built into the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace probate::yaml {

// Sorted by name.
std::vector<std::string_view> preset_names();
std::vector<std::string_view> profile_names();
// The YAML of a built-in one. Lifetime: the program's.
std::optional<std::string_view> builtin_preset(std::string_view name);
std::optional<std::string_view> builtin_profile(std::string_view name);

}  // namespace probate::yaml
