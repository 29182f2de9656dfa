// Which part of the run a rule looks at: `over`, one binding of `per`, and the labels of a metric.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/analysis/gate/catalogue.hpp"
#include "core/analysis/gate/expression.hpp"
#include "core/analysis/judge.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::analysis::gate {

enum class Dimension : std::uint8_t { run, group, fault, phase };

// What `over` says.
struct Over {
  Dimension dimension = Dimension::run;
  std::size_t index = 0;             // of the phase or fault
  std::optional<Duration> window{};  // of "last 60s": the end of the run only
};
// "run", "phase NAME", "fault NAME", "last 60s". The error is a sentence.
Result<Over, std::string> parse_over(const scenario::Scenario& scenario,
                                     const scenario::GateRuleSpec& spec);

// One rule for each group, fault or policy.
enum class Per : std::uint8_t { nothing, group, fault, policy };
Result<Per, std::string> parse_per(const std::string& text);
// The values to bind, in the scenario's order.
std::vector<std::string> per_values(const scenario::Scenario& scenario, Per per);

struct Scope {
  Over over;
  Per per = Per::nothing;
  std::string bound;  // the value of `per` that is looked at
};

// What is wrong with a metric's labels in that scope, as an error at the label; nothing if all is
// well. Shared by check() and evaluate(), so that what is accepted can be read.
std::optional<ExpressionError> check_labels(const scenario::Scenario& scenario, const Scope& scope,
                                            const Node& node, const Metric& metric);

// The faults that the label `fault` of a metric selects; empty without that label.
std::vector<std::size_t> faults_selected(const scenario::Scenario& scenario, const Node& node);

// Requires: check_labels() found nothing.
Reading read(const scenario::Scenario& scenario, const Scope& scope, const Node& node,
             const Metric& metric, const Totals& totals);

}  // namespace probate::analysis::gate
