// A text in sixteen bytes, if it is short.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/base/check.hpp"

namespace probate {

// Up to 15 bytes stand in the value itself, as most ClientIDs do: an IMEI has 15. A longer text has
// memory of its own, as std::string has from 16 on, but with twice the size.
// Limits: 2^32 - 1 bytes.
class ShortText {
 public:
  ShortText() = default;
  ~ShortText() { release(); }
  ShortText(ShortText&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
  ShortText& operator=(ShortText&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ShortText(const ShortText&) = delete;
  ShortText& operator=(const ShortText&) = delete;

  // The text may be a part of the old one.
  void set(std::string_view text) {
    CHECK(text.size() <= 0xffffffff);
    std::array<char, kBytes> made{};
    if (text.size() < kBytes) {
      std::copy(text.begin(), text.end(), made.begin());
      made.back() = static_cast<char>(text.size());
    } else {
      char* const own = new char[text.size()];
      std::copy(text.begin(), text.end(), own);
      const auto size = static_cast<std::uint32_t>(text.size());
      std::memcpy(made.data(), &own, sizeof own);
      std::memcpy(made.data() + sizeof own, &size, sizeof size);
      made.back() = kLong;
    }
    release();
    bytes_ = made;
  }
  // Valid until it is set or moved.
  std::string_view view() const {
    if (bytes_.back() != kLong) return {bytes_.data(), static_cast<std::size_t>(bytes_.back())};
    std::uint32_t size = 0;
    std::memcpy(&size, bytes_.data() + sizeof(char*), sizeof size);
    return {own(), size};
  }

 private:
  static constexpr std::size_t kBytes = 16;
  static constexpr char kLong = 0x7f;

  char* own() const {
    char* own = nullptr;
    std::memcpy(&own, bytes_.data(), sizeof own);
    return own;
  }
  void release() {
    if (bytes_.back() == kLong) delete[] own();
  }

  std::array<char, kBytes> bytes_{};  // the last says how many of the others count
};

}  // namespace probate
