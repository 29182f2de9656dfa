// The scale of a chart's axis: where a value stands, and which values are marked.
#pragma once

#include <span>
#include <vector>

namespace probate::report {

class Scale {
 public:
  // From 0 to a round number at or above the largest value; 0 to 1 if there is none above 0.
  static Scale linear(std::span<const double> values);
  // From a mark at or below the smallest to one at or above the largest value, by powers, if they
  // are all above 0 and so far apart that a linear scale would squeeze the small ones together;
  // else linear.
  static Scale for_spread(std::span<const double> values);

  bool is_logarithmic() const { return logarithmic_; }
  double low() const { return low_; }
  double high() const { return high_; }
  // 0 at low(), 1 at high().
  double place(double value) const;
  // Ascending, from low() to high().
  const std::vector<double>& marks() const { return marks_; }

  static constexpr double kSpreadMin = 20;  // largest to smallest value, for powers

 private:
  bool logarithmic_ = false;
  double low_ = 0;
  double high_ = 1;
  std::vector<double> marks_;
};

}  // namespace probate::report
