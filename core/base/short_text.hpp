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

// Up to 15 bytes stand in the value itself, and up to 30 if all of them are digits, as ClientIDs
// made of an IMEI and a number are. A longer text has memory of its own, as std::string has from 16
// on, but with twice the size.
// Limits: 2^32 - 1 bytes.
class ShortText {
 public:
  static constexpr std::size_t kDigitsMax = 30;

  // The text, for as long as this and what it was asked of are neither set nor moved.
  class View {
   public:
    // Valid as long as the view.
    operator std::string_view() const { return text_; }
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    ~View() = default;

    friend bool operator==(const View& a, std::string_view b) { return a.text_ == b; }

   private:
    friend class ShortText;
    explicit View(const ShortText& of);

    std::array<char, kDigitsMax> digits_;
    std::string_view text_;
  };

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
    } else if (is_number(text)) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = static_cast<unsigned>(text[i] - '0');
        made[i / 2] = static_cast<char>(static_cast<unsigned char>(made[i / 2]) |
                                        (i % 2 == 0 ? digit : digit << 4U));
      }
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
  View view() const { return View{*this}; }

 private:
  static constexpr std::size_t kBytes = 16;
  static constexpr char kLong = 0x7f;

  static bool is_number(std::string_view text) {
    return text.size() <= kDigitsMax &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  }
  char* own() const {
    char* own = nullptr;
    std::memcpy(&own, bytes_.data(), sizeof own);
    return own;
  }
  void release() {
    if (bytes_.back() == kLong) delete[] own();
  }

  // The last says how many of the others count; from kBytes on, so many digits in half a byte each.
  std::array<char, kBytes> bytes_{};
};

inline ShortText::View::View(const ShortText& of) {
  const auto size = static_cast<std::size_t>(of.bytes_.back());
  if (size < kBytes) {
    text_ = {of.bytes_.data(), size};
    return;
  }
  if (of.bytes_.back() == kLong) {
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, of.bytes_.data() + sizeof(char*), sizeof bytes);
    text_ = {of.own(), bytes};
    return;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const auto pair = static_cast<unsigned char>(of.bytes_[i / 2]);
    digits_[i] = static_cast<char>('0' + (i % 2 == 0 ? pair & 15U : pair >> 4U));
  }
  text_ = {digits_.data(), size};
}

}  // namespace probate
