// Things of one type that come and go, called by number.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/check.hpp"
#include "core/base/slab.hpp"

namespace probate {

// A number takes half of a pointer, and a thing nothing beyond its own size; it keeps its address.
// Determinism: the same calls give the same numbers.
template <typename T>
class Pool {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // Requires: fewer than kNone are out.
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t number = free_.back();
      free_.pop_back();
      return number;
    }
    CHECK(things_.size() < kNone);
    things_.emplace_back();
    return static_cast<std::uint32_t>(things_.size() - 1);
  }
  // What it holds goes at once. Requires: it was taken.
  void give_back(std::uint32_t number) {
    things_[number] = T{};
    free_.push_back(number);
  }
  // Requires: it was taken.
  T& operator[](std::uint32_t number) { return things_[number]; }
  const T& operator[](std::uint32_t number) const { return things_[number]; }

 private:
  Slab<T> things_;
  std::vector<std::uint32_t> free_;
};

}  // namespace probate
