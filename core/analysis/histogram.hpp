// Durations as a mergeable log-linear histogram.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/time.hpp"

namespace probate::analysis {

// Counts durations in buckets of whole microseconds: exact below 128 µs, above that 64 buckets per
// power of two, so an edge is within 1.6 % of every value in its bucket. Count and sum are exact,
// and min and max as long as nothing was taken back. Merging two histograms gives exactly the
// histogram of all their values.
// A negative duration counts as zero. Memory: nothing until the first value, then 8 bytes per
// bucket up to the largest.
class Histogram {
 public:
  struct Interval {
    Duration low{};
    Duration high{};
  };
  struct Bucket {
    Duration low{};   // inclusive
    Duration high{};  // exclusive
    std::uint64_t count = 0;
  };

  void add(Duration value);
  // Takes one earlier add() of that value back. Min and max are then within the first and the last
  // bucket that still hold something. Requires: it was added.
  void remove(Duration value);
  void merge(const Histogram& other);
  // What was added since `earlier`, an older state of this histogram. Its min and max are the edges
  // of their buckets, not narrower than its own.
  Histogram since(const Histogram& earlier) const;
  // From what buckets(), sum(), min() and max() of another told; nothing if these are no buckets of
  // such a histogram.
  static std::optional<Histogram> from_buckets(const std::vector<Bucket>& buckets, Duration sum,
                                               Duration min, Duration max);

  std::uint64_t count() const { return count_; }
  Duration sum() const { return sum_; }
  Duration min() const { return count_ == 0 ? Duration{} : min_; }
  Duration max() const { return count_ == 0 ? Duration{} : max_; }
  Duration mean() const;
  // Where the p-quantile of the values lies (nearest rank), 0 <= p <= 1; zeros if there are none.
  Interval percentile_bounds(double p) const;
  // Its upper end: a gate that asks "p99 < x" is never passed by rounding.
  Duration percentile(double p) const { return percentile_bounds(p).high; }
  // The buckets that hold something, ascending.
  std::vector<Bucket> buckets() const;

  // The same buckets and sum. What min and max say beyond that depends on what was taken back.
  bool operator==(const Histogram& other) const;

 private:
  static std::size_t index_of(std::uint64_t microseconds);
  static std::uint64_t lower_edge(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  Duration sum_{};
  Duration min_ = Duration::max();
  Duration max_ = Duration::min();
};

}  // namespace probate::analysis
