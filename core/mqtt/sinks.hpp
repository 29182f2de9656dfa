// The two ends that encode() writes a body to: one counts its bytes, the other writes them into
// memory that is exactly that large. The same code runs twice, so nothing is copied in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/check.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::mqtt {

inline std::size_t variable_bytes(std::size_t value) {
  CHECK(value <= kVariableIntegerMax);
  if (value < 1U << 7) return 1;
  if (value < 1U << 14) return 2;
  if (value < 1U << 21) return 3;
  return 4;
}

class CountingSink {
 public:
  void byte(std::uint8_t) { bytes_ += 1; }
  void two_bytes(std::uint16_t) { bytes_ += 2; }
  void four_bytes(std::uint32_t) { bytes_ += 4; }
  void variable(std::size_t value) { bytes_ += variable_bytes(value); }
  void raw(std::string_view text) { bytes_ += text.size(); }
  void text(std::string_view text) {
    CHECK(text.size() <= kStringBytesMax);
    bytes_ += 2 + text.size();
  }

  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

// Requires: as much memory as a CountingSink counted for the same calls.
class WritingSink {
 public:
  explicit WritingSink(std::uint8_t* at) : at_{at} {}

  void byte(std::uint8_t value) { *at_++ = value; }
  void two_bytes(std::uint16_t value) {
    byte(static_cast<std::uint8_t>(value >> 8));
    byte(static_cast<std::uint8_t>(value & 0xff));
  }
  void four_bytes(std::uint32_t value) {
    two_bytes(static_cast<std::uint16_t>(value >> 16));
    two_bytes(static_cast<std::uint16_t>(value & 0xffff));
  }
  void variable(std::size_t value) {
    for (; value > 0x7f; value >>= 7) byte(static_cast<std::uint8_t>(0x80 | (value & 0x7f)));
    byte(static_cast<std::uint8_t>(value));
  }
  void raw(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void text(std::string_view text) {
    two_bytes(static_cast<std::uint16_t>(text.size()));
    raw(text);
  }

  const std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

}  // namespace probate::mqtt
