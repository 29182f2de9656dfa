#include "core/analysis/sample_mean.hpp"

#include <cmath>

#include <boost/math/distributions/students_t.hpp>

#include "core/base/check.hpp"

namespace probate::analysis {

SampleMean mean_of(std::span<const std::optional<double>> values, double confidence) {
  CHECK(confidence > 0 && confidence < 1);
  SampleMean result;
  double sum = 0;
  for (const auto& value : values) {
    if (!value) continue;
    ++result.count;
    sum += *value;
  }
  if (result.count == 0) return result;
  const auto n = static_cast<double>(result.count);
  const double mean = sum / n;
  result.mean = mean;
  if (result.count < 2) return result;
  double squares = 0;
  for (const auto& value : values) {
    if (value) squares += (*value - mean) * (*value - mean);
  }
  const boost::math::students_t student{n - 1};
  const double t = boost::math::quantile(student, (1 + confidence) / 2);
  const double reach = t * std::sqrt(squares / (n - 1) / n);
  result.low = mean - reach;
  result.high = mean + reach;
  return result;
}

}  // namespace probate::analysis
