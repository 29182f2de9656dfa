// The mean of a few independent runs, and how sure it is.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace probate::analysis {

struct SampleMean {
  std::optional<double> mean;  // nothing: no run had a value
  std::optional<double> low;   // Student's interval; nothing with fewer than two values
  std::optional<double> high;
  std::size_t count = 0;  // of the runs that had a value

  bool operator==(const SampleMean&) const = default;
};

// Two-sided interval of Student's t with count − 1 degrees of freedom: it holds the true mean with
// that confidence if the values are independent and their mean is nearly normal. Runs without a
// value are left out. Requires: 0 < confidence < 1, no NaN.
SampleMean mean_of(std::span<const std::optional<double>> values, double confidence);

}  // namespace probate::analysis
