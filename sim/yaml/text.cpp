#include "sim/yaml/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace probate::yaml {

std::optional<CodePoint> first_code_point(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return CodePoint{lead, 1};
  std::size_t length = 0;
  char32_t value = 0;
  char32_t least = 0;
  if ((lead & 0xe0) == 0xc0) {
    length = 2, value = lead & 0x1f, least = 0x80;
  } else if ((lead & 0xf0) == 0xe0) {
    length = 3, value = lead & 0x0f, least = 0x800;
  } else if ((lead & 0xf8) == 0xf0) {
    length = 4, value = lead & 0x07, least = 0x10000;
  } else {
    return std::nullopt;
  }
  if (text.size() < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3f);
  }
  if (value < least || value > 0x10ffff) return std::nullopt;
  if (value >= 0xd800 && value <= 0xdfff) return std::nullopt;
  return CodePoint{value, length};
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    text.remove_prefix(point ? point->bytes : 1);
    ++count;
  }
  return count;
}

std::size_t cells(char32_t character) {
  static constexpr std::array<std::pair<char32_t, char32_t>, 9> kWide{{{0x1100, 0x115f},
                                                                       {0x2e80, 0x303e},
                                                                       {0x3041, 0xa4cf},
                                                                       {0xac00, 0xd7a3},
                                                                       {0xf900, 0xfaff},
                                                                       {0xfe30, 0xfe6f},
                                                                       {0xff00, 0xff60},
                                                                       {0x1f300, 0x1faff},
                                                                       {0x20000, 0x3fffd}}};
  const bool wide = std::any_of(kWide.begin(), kWide.end(), [character](const auto& range) {
    return character >= range.first && character <= range.second;
  });
  return wide ? 2 : 1;
}

}  // namespace probate::yaml
