// Added-up time that stays exact.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace probate::analysis {

// A sum of seconds, kept in whole microseconds: the sum over shards is that of
// the whole to the last bit, in any order, which a double's would not be. Reads
// as a double.
class Seconds {
 public:
  constexpr Seconds() = default;
  constexpr Seconds(double seconds)  // NOLINT(google-explicit-constructor): it is one
      : microseconds_{static_cast<std::int64_t>(seconds * 1e6 + (seconds < 0 ? -0.5 : 0.5))} {}
  static constexpr Seconds of_microseconds(std::int64_t microseconds) {
    Seconds seconds;
    seconds.microseconds_ = microseconds;
    return seconds;
  }

  constexpr operator double() const {  // NOLINT(google-explicit-constructor): it is one
    return static_cast<double>(microseconds_) / 1e6;
  }
  constexpr std::int64_t microseconds() const { return microseconds_; }
  // What is below a microsecond is cut off.
  constexpr Seconds& operator+=(Duration duration) {
    microseconds_ += duration.count() / 1000;
    return *this;
  }
  constexpr Seconds& operator+=(Seconds other) {
    microseconds_ += other.microseconds_;
    return *this;
  }

 private:
  std::int64_t microseconds_ = 0;
};

}  // namespace probate::analysis
