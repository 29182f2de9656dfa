#include "core/analysis/gate/bounds.hpp"

#include <cmath>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>

#include "core/base/check.hpp"

namespace probate::analysis::gate {

using boost::math::binomial;

double upper_bound(std::uint64_t hits, std::uint64_t trials, double confidence) {
  CHECK(hits <= trials && trials > 0 && confidence > 0 && confidence < 1);
  if (hits == trials) return 1;
  return binomial::find_upper_bound_on_p(static_cast<double>(trials), static_cast<double>(hits),
                                         1 - confidence);
}

double lower_bound(std::uint64_t hits, std::uint64_t trials, double confidence) {
  CHECK(hits <= trials && trials > 0 && confidence > 0 && confidence < 1);
  if (hits == 0) return 0;
  return binomial::find_lower_bound_on_p(static_cast<double>(trials), static_cast<double>(hits),
                                         1 - confidence);
}

namespace {

double ratio_of(Proportion p) {
  CHECK(p.hits <= p.trials && p.trials > 0);
  return static_cast<double>(p.hits) / static_cast<double>(p.trials);
}

// Two-sided Wilson score interval.
Bounds wilson(Proportion p, double z) {
  const double n = static_cast<double>(p.trials);
  const double share = ratio_of(p);
  const double middle = share + z * z / (2 * n);
  const double reach = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {p.hits == 0 ? 0 : (middle - reach) / scale,
          p.hits == p.trials ? 1 : (middle + reach) / scale};
}

}  // namespace

Bounds difference_bounds(Proportion a, Proportion b, double confidence) {
  CHECK(confidence > 0 && confidence < 1);
  const double z = boost::math::quantile(boost::math::normal{}, (1 + confidence) / 2);
  const double pa = ratio_of(a);
  const double pb = ratio_of(b);
  const Bounds wa = wilson(a, z);
  const Bounds wb = wilson(b, z);
  return {pb - pa - std::hypot(pb - wb.low, wa.high - pa),
          pb - pa + std::hypot(wb.high - pb, pa - wa.low)};
}

Bounds share_bounds(std::uint64_t a, std::uint64_t b, double confidence) {
  const double one_sided = (1 + confidence) / 2;
  return {lower_bound(b, a + b, one_sided), upper_bound(b, a + b, one_sided)};
}

std::optional<Histogram::Interval> quantile_bounds(const Histogram& histogram, double p,
                                                   double confidence) {
  CHECK(p > 0 && p < 1 && confidence > 0 && confidence < 1);
  const std::uint64_t count = histogram.count();
  if (count == 0) return std::nullopt;
  // The number of values below the quantile is binomial(count, p); the ranks around it leave half
  // of what confidence allows on either side.
  const double n = static_cast<double>(count);
  const double outside = (1 - confidence) / 2;
  const auto below = [&](double rank) {  // P(number below < rank)
    return rank <= 0 ? 0.0 : boost::math::cdf(binomial{n, p}, rank - 1);
  };
  double low = std::floor(n * p);
  while (low >= 1 && below(low) > outside) --low;
  double high = std::ceil(n * p);
  while (high <= n && 1 - below(high) > outside) ++high;
  if (low < 1 || high > n) return std::nullopt;
  return Histogram::Interval{histogram.percentile_bounds((low - 0.5) / n).low,
                             histogram.percentile_bounds((high - 0.5) / n).high};
}

}  // namespace probate::analysis::gate
