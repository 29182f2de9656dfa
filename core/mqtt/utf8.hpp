// Well-formed UTF-8, as MQTT wants it.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/mqtt/rules.hpp"

namespace probate::mqtt {

struct Utf8Fault {
  std::size_t offset = 0;  // where the ill-formed sequence begins
  Rule rule{};             // utf8_ill_formed or utf8_null
};

// The first byte that an MQTT string must not contain: overlong forms, surrogates, code points
// beyond U+10FFFF and cut-off sequences [MQTT5-1.5.4-1], U+0000 [MQTT5-1.5.4-2]. U+FEFF stays.
std::optional<Utf8Fault> find_utf8_fault(std::string_view text);

}  // namespace probate::mqtt
