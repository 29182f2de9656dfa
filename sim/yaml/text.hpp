// UTF-8 as a terminal shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace probate::yaml {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// The first code point of a text; nothing if it is not well-formed UTF-8 (overlong forms,
// surrogates and values above U+10FFFF are not). Requires: !text.empty().
std::optional<CodePoint> first_code_point(std::string_view text);

// Code points in well-formed UTF-8; a malformed byte counts as one.
std::size_t characters(std::string_view text);

// Columns of a terminal that the character fills: 2 for East Asian wide ones and emoji.
std::size_t cells(char32_t character);

}  // namespace probate::yaml
