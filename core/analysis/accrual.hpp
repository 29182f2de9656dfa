// Time added up over many intervals that are still open, without visiting them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/analysis/seconds.hpp"
#include "core/base/time.hpp"

namespace probate::analysis {

// The summed length of intervals, exact in whole microseconds. Begins and ends may be told after
// the fact, as long as value() is asked for a time not before them.
class Accrual {
 public:
  void begin(Instant at) {
    base_ -= micros(at);
    ++open_;
    for (Mark& mark : marks_) {
      if (mark.at > at) mark.value += micros(mark.at) - micros(at);
    }
  }
  void end(Instant at) {
    base_ += micros(at);
    --open_;
    for (Mark& mark : marks_) {
      if (mark.at > at) mark.value -= micros(mark.at) - micros(at);
    }
  }
  // From here on between() can tell what lies before and after. Requires: ascending.
  void mark(Instant at) { marks_.push_back({at, base_ + open_ * micros(at)}); }

  Seconds seconds(Instant now) const { return Seconds::of_microseconds(total(now)); }
  // Between mark i and the next one, or `now`. 0 if there is no mark i.
  Seconds seconds_since_mark(std::size_t i, Instant now) const {
    if (i >= marks_.size()) return {};
    const std::int64_t end = i + 1 < marks_.size() ? marks_[i + 1].value : total(now);
    return Seconds::of_microseconds(end - marks_[i].value);
  }
  std::int64_t open() const { return open_; }

 private:
  struct Mark {
    Instant at{};
    std::int64_t value = 0;
  };
  static std::int64_t micros(Instant at) { return at.time_since_epoch().count() / 1000; }
  std::int64_t total(Instant now) const { return base_ + open_ * micros(now); }

  std::int64_t base_ = 0;
  std::int64_t open_ = 0;
  std::vector<Mark> marks_;
};

}  // namespace probate::analysis
