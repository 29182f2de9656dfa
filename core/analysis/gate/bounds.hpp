// Exact confidence bounds of proportions, and intervals of what two runs differ by.
#pragma once

#include <cstdint>
#include <optional>

#include "core/analysis/histogram.hpp"

namespace probate::analysis::gate {

// One-sided Clopper–Pearson bounds for `hits` of `trials` at that confidence (0.95): the true
// proportion lies below the upper (above the lower) one with at least that probability.
// C. J. Clopper, E. S. Pearson, Biometrika 26(4), 1934. 0 of 300 is "at most 0.99 %", not zero.
// Requires: hits <= trials, trials > 0, 0 < confidence < 1.
double upper_bound(std::uint64_t hits, std::uint64_t trials, double confidence);
double lower_bound(std::uint64_t hits, std::uint64_t trials, double confidence);

struct Bounds {
  double low = 0;
  double high = 0;
};

struct Proportion {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;
};

// Of b − a, two-sided: Newcombe's hybrid of two Wilson score intervals, his method 10.
// R. G. Newcombe, Statistics in Medicine 17, 1998. Requires: as above.
Bounds difference_bounds(Proportion a, Proportion b, double confidence);

// Of b's share in a + b events, two-sided and exact. Two Poisson counts under the same conditions
// differ if it does not hold one half. Requires: a + b > 0.
Bounds share_bounds(std::uint64_t a, std::uint64_t b, double confidence);

// Where the p-quantile of what the values were drawn from lies: between two of the values, without
// any assumption on its form. Nothing if there are too few values for that confidence.
std::optional<Histogram::Interval> quantile_bounds(const Histogram& histogram, double p,
                                                   double confidence);

}  // namespace probate::analysis::gate
