// The gate: rules over the run's exact figures, compiled and typed when the scenario is loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/analysis/gate/result.hpp"
#include "core/analysis/gate/watch.hpp"
#include "core/analysis/judge.hpp"
#include "core/scenario/errors.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis::gate {

// A mistake in a rule: where in which of its texts, and what to do about it.
struct RuleError {
  std::size_t rule = 0;    // index into Scenario::gate
  std::string key;         // "expect", "over", "per", "confidence", …
  std::size_t offset = 0;  // into that text
  std::size_t length = 1;
  std::string message;  // with a did-you-mean
  scenario::ErrorCode code{};
  // Of rule_unknown_label, whose value is none of this scenario's: "group", "fault" or "policy". ""
  // if it would be wrong in any scenario.
  std::string label{};
};

// Everything wrong with the rules of a scenario: grammar, metric names, label names and values,
// functions on the wrong kind, units that do not compare, bounds asked for what has none.
std::vector<RuleError> check(const scenario::Scenario& scenario);

struct GateOutcome {
  std::vector<RuleResult> rules;  // in the order of the scenario; `per` rules once for each
  bool any_failed = false;
  bool any_inconclusive = false;
};

// Requires: check(scenario) is empty. Guards of the outcome that void the run make every rule
// inconclusive; guards on a phase or fault those over it. `findings` are those of a Watch over the
// same journal; a rule that needs them is inconclusive without.
GateOutcome evaluate(const scenario::Scenario& scenario, const Outcome& outcome,
                     const Findings& findings = {});

// What that comes to for the run as a whole: an instrument that cannot be trusted voids every rule,
// a rule that is violated beats one that cannot be decided.
enum class Conclusion : std::uint8_t { pass, fail, inconclusive };
Conclusion conclude(const Outcome& outcome, const GateOutcome& gate);

// The same rules about what changed from one run to another: each side's value is worked out by
// itself, and new − base is compared. With `confidence` the bound of that difference is (of ratios
// of counted trials, by difference_bounds()). Guards of either run count. A rule that would have to
// be looked at while a run goes on is inconclusive.
// Requires: check(scenario) is empty; both runs have its groups, faults, phases and policies.
GateOutcome evaluate_change(const scenario::Scenario& scenario, const Outcome& base,
                            const Outcome& fresh);

// The names a rule can use, for `probate list metrics` and for suggestions.
struct MetricName {
  std::string name;     // "wills_missing"
  std::string kind;     // "count", "ratio", "histogram"
  std::string unit;     // "1", "s", …
  std::string labels;   // "policy, group"
  std::string meaning;  // one sentence
};
std::vector<MetricName> metric_names();

}  // namespace probate::analysis::gate
