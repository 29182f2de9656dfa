#include "core/analysis/gate/bounds.hpp"

#include <boost/math/distributions/binomial.hpp>

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

}  // namespace probate::analysis::gate
