// Small text: suggestions for mistyped names, and counted things.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace probate {

// The one known name that a typing mistake most likely meant, or nothing. A name qualifies within
// one edit (insert, delete, replace, swap neighbours) per three characters, at least one.
std::optional<std::string_view> did_you_mean(std::string_view word,
                                             std::span<const std::string_view> known);

// "; did you mean \"x\"?" or "".
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

// "1 rule", "2 rules".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

}  // namespace probate
