// What two runs differ by, figure by figure, and whether chance alone could make that difference.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/analysis/gate/result.hpp"
#include "core/analysis/judge.hpp"

namespace probate::analysis {

// A figure in one of the runs.
struct Side {
  std::optional<double> value;  // in base units; nothing: no data
  std::uint64_t numerator = 0;  // of ratios of counted trials
  std::uint64_t denominator = 0;
  std::optional<double> low;  // of quantiles: where the true one lies
  std::optional<double> high;
};

// How a difference is told from chance.
enum class Method : std::uint8_t {
  none,       // amounts, maxima, quotients: the difference only
  newcombe,   // ratios of counted trials: interval of the difference
  poisson,    // counts: exact interval of the ratio of rates, new to base
  quantiles,  // quantiles: an interval of each, that do not overlap
};
const char* to_text(Method method);

struct Change {
  std::string figure;  // "false_offline_ratio{policy=naive}", "p99(will_lateness)"
  gate::Unit unit{};
  Side base;
  Side fresh;
  std::optional<double> difference;  // new − base
  Method method = Method::none;
  std::optional<double> low;  // newcombe: of the difference; poisson: of the ratio
  std::optional<double> high;
  bool significant = false;

  bool is_same() const { return base.value == fresh.value; }
};

// Every figure that a rule can ask for, of the whole run; those of policies once for each policy of
// either run. Figures that both runs lack are left out. Intervals are two-sided.
// Requires: 0 < confidence < 1.
std::vector<Change> compare(const Outcome& base, const Outcome& fresh, double confidence);

}  // namespace probate::analysis
