// What a rule reads at one instant, and what it makes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/analysis/gate/rule.hpp"
#include "core/analysis/gate/scope.hpp"
#include "core/analysis/judge.hpp"

namespace probate::analysis::gate {

// The figures of a run at some instant of judged time.
struct Moment {
  const Totals& totals;
  std::span<const PhaseSpan> phases;
  Instant now{};
};

struct Figures {
  std::vector<Reading> readings;  // of the metrics of the expression, from left to right
  double activity = 0;            // connections, wills and time up: 0 if there is nothing to judge
  double seconds = 0;             // of judged time

  // What came after `earlier`, an older state of the same figures.
  Figures since(const Figures& earlier, const Expression& expression) const;
};
Figures read_figures(const scenario::Scenario& scenario, const Rule& rule, const Scope& scope,
                     const Moment& moment);

// A number, or no data; and the smallest sample it stands on.
struct Value {
  static constexpr std::uint64_t kEnough = static_cast<std::uint64_t>(-1);

  std::optional<double> number;
  std::uint64_t samples = 0;
  std::uint64_t numerator = 0;  // of one ratio of counts, else 0
  std::uint64_t denominator = 0;
  // Of the metric whose wills are the least decided: how many were, and how many never will be.
  std::uint64_t decided = 0;
  std::uint64_t undecided = 0;

  // Most of what it tells of is not known: no data, unless what is known settles the rule.
  bool is_doubtful() const { return undecided > decided; }
};
Value value_of(const Expression& expression, const Figures& figures);

enum class Answer : std::uint8_t { no_data, too_few, holds, violated };
struct Comparison {
  Answer answer{};
  std::optional<double> bound;  // what was compared instead of the value, if `confidence` is given
};
Comparison compare(const scenario::GateRuleSpec& spec, const Rule& rule, const Value& value);
// Of a rule that is final when exceeded: whether it is.
bool exceeds(const Expression& expression, double number);

}  // namespace probate::analysis::gate
