// Seeded randomness in named, independent streams.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/time.hpp"

namespace probate {

// A counter-based generator: draw n of a stream depends on (seed, names, n) alone, so a new draw in
// one place never moves another, and the order of threads does not matter.
//
// Determinism: integer arithmetic only for uniform draws; the same on every machine.
// Threads:     a value; copy it freely, share it never.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  // The independent stream of that name: rng.stream("device/17/backoff").
  Rng stream(std::string_view name) const;
  // The same for numbered things, without building a string.
  Rng stream(std::string_view name, std::uint64_t index) const;

  std::uint64_t next();
  // Uniform in [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [low, high]. Requires: low <= high.
  Duration uniform(Duration low, Duration high);
  // Exponential with that mean, at most 20 times the mean. Requires: mean >= 0.
  Duration exponential(Duration mean);
  // Log-normal by its median and 99th percentile, at most 20 times the p99.
  // Requires: 0 < median <= p99.
  Duration lognormal(Duration median, Duration p99);
  // In [0, 1), 53 bits.
  double unit();

 private:
  explicit Rng(std::uint64_t key, std::uint64_t counter) : key_{key}, counter_{counter} {}

  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace probate
