// Flags that set one value of the scenario twice, so that one of them would say nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace probate::cli {

inline constexpr std::string_view kSeedPath = "seed";
inline constexpr std::string_view kPoliciesPath = "backend.presence";

// The path of PATH=VALUE.
std::string_view path_of(std::string_view setting);

// Whether what is set at `path` leaves nothing of what was set at `earlier`: the same key, or one
// above it. A list item by its position and by its name are two paths here.
bool replaces(std::string_view path, std::string_view earlier);

// The first of the settings, each PATH=VALUE, of which a value at `path` leaves nothing.
std::optional<std::string> replaced_by(std::string_view path,
                                       const std::vector<std::string>& settings);

// Takes all of those away.
void drop_replaced(std::string_view path, std::vector<std::string>& settings);

// "--seed 5 and --vary seed=1,2 set the same value: give only one of them".
std::string overlap_text(std::string_view one, std::string_view other);

}  // namespace probate::cli
