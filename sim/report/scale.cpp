#include "sim/report/scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace probate::report {
namespace {

constexpr int kMarksWanted = 5;  // of a linear scale, above 0
constexpr std::array<double, 3> kSteps{1, 2, 5};

// The smallest of 1, 2, 5, 10, … times a power of ten that is at least that.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : kSteps) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

}  // namespace

Scale Scale::linear(std::span<const double> values) {
  Scale scale;
  const double largest =
      values.empty() ? 0.0 : std::max(0.0, *std::max_element(values.begin(), values.end()));
  const double step = round_up((largest > 0 ? largest : 1) / kMarksWanted);
  const double count = std::max(1.0, std::ceil((largest > 0 ? largest : 1) / step));
  scale.high_ = count * step;
  for (int i = 0; i <= static_cast<int>(count); ++i) scale.marks_.push_back(i * step);
  return scale;
}

Scale Scale::for_spread(std::span<const double> values) {
  if (values.empty()) return linear(values);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (!(*least > 0) || *most / *least < kSpreadMin) return linear(values);
  Scale scale;
  scale.logarithmic_ = true;
  const int first = static_cast<int>(std::floor(std::log10(*least)));
  const int last = static_cast<int>(std::ceil(std::log10(*most)));
  for (int power = first; power <= last; ++power) {
    for (const double step : kSteps) scale.marks_.push_back(step * std::pow(10, power));
  }
  // Only the last mark at or below the smallest value and the first at or above the largest.
  auto& marks = scale.marks_;
  marks.erase(std::upper_bound(std::lower_bound(marks.begin(), marks.end(), *most), marks.end(),
                               *std::lower_bound(marks.begin(), marks.end(), *most)),
              marks.end());
  marks.erase(marks.begin(), std::prev(std::upper_bound(marks.begin(), marks.end(), *least)));
  scale.low_ = marks.front();
  scale.high_ = marks.back();
  return scale;
}

double Scale::place(double value) const {
  if (logarithmic_) {
    return std::log(std::max(value, low_) / low_) / std::log(high_ / low_);
  }
  return (value - low_) / (high_ - low_);
}

}  // namespace probate::report
