// Exact confidence bounds of proportions.
#pragma once

#include <cstdint>

namespace probate::analysis::gate {

// One-sided Clopper–Pearson bounds for `hits` of `trials` at that confidence (0.95): the true
// proportion lies below the upper (above the lower) one with at least that probability.
// C. J. Clopper, E. S. Pearson, Biometrika 26(4), 1934. 0 of 300 is "at most 0.99 %", not zero.
// Requires: hits <= trials, trials > 0, 0 < confidence < 1.
double upper_bound(std::uint64_t hits, std::uint64_t trials, double confidence);
double lower_bound(std::uint64_t hits, std::uint64_t trials, double confidence);

}  // namespace probate::analysis::gate
