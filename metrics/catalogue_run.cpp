// The run, its phases and its gate.
#include <algorithm>
#include <limits>

#include "metrics/catalogue.hpp"

namespace probate::metrics {
namespace {

using analysis::gate::RuleResult;
using analysis::gate::RuleStatus;

std::size_t phase_slot(const RecordCounts& records, const LabelValues& phases,
                       std::size_t phase_count) {
  switch (records.stage()) {
    case RecordCounts::Stage::preparing:
      return phases.slot(phase_count);
    case RecordCounts::Stage::in_phase:
      return phases.slot(records.phase().index());
    case RecordCounts::Stage::drain:
      return phases.slot(phase_count + 1);
    case RecordCounts::Stage::ended:
      return phases.slot(phase_count + 2);
  }
  return 0;
}

int badness(RuleStatus status) {
  switch (status) {
    case RuleStatus::pass:
      return 0;
    case RuleStatus::warn:
      return 1;
    case RuleStatus::inconclusive:
      return 2;
    case RuleStatus::fail:
      return 3;
  }
  return 0;
}

// The result that stands for a rule: the worst of its `per` results, or nullptr.
const RuleResult* worst_of(const Snapshot& now, std::string_view rule) {
  const RuleResult* worst = nullptr;
  for (const RuleResult& result : now.rules) {
    if (result.name != rule) continue;
    if (worst == nullptr || badness(result.status) > badness(worst->status)) worst = &result;
  }
  return worst;
}

void fill_gate_status(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& rules = labels[Axis::rule].values();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleResult* result = worst_of(now, rules[i]);
    if (result != nullptr) out.at(i, static_cast<std::size_t>(result->status)) = 1;
  }
}

// A rule that warns does not fail, and the other way round.
bool can_come_to(const Labels& labels, std::span<const std::size_t> at) {
  using analysis::gate::RuleStatus;
  const auto never = labels.warns(at[0]) ? RuleStatus::fail : RuleStatus::warn;
  return at[1] != static_cast<std::size_t>(never);
}

void fill_gate_value(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& rules = labels[Axis::rule].values();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleResult* result = worst_of(now, rules[i]);
    const bool known = result != nullptr && result->value.has_value();
    out.at(i) = known ? *result->value : std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

std::vector<Family> run_families() {
  const auto one = [](const Snapshot&, const Labels&, Cells& out) { out.at() = 1; };
  return {
      {.name = "build_info",
       .type = MetricType::gauge,
       .unit = "1",
       .axes = {Axis::version},
       .help = "The program that runs; always 1.",
       .fill = one},
      {.name = "run_info",
       .type = MetricType::gauge,
       .unit = "1",
       .axes = {Axis::scenario, Axis::digest, Axis::seed, Axis::engine, Axis::profile, Axis::broker,
                Axis::fidelity},
       .help = "What is run and judged against what; always 1.",
       .fill = one},
      {.name = "run_phase",
       .type = MetricType::gauge,
       .unit = "1",
       .axes = {Axis::phase},
       .help = "1 for the phase the run is in.",
       .fill =
           [](const Snapshot& now, const Labels& labels, Cells& out) {
             const LabelValues& phases = labels[Axis::phase];
             out.at(phase_slot(now.records, phases, phases.size_of_names())) = 1;
           }},
      {.name = "run_start_timestamp_seconds",
       .type = MetricType::gauge,
       .unit = "s",
       .axes = {},
       .help = "When the run began, in Unix time; 0 before.",
       .fill = [](const Snapshot& now, const Labels&, Cells& out) { out.at() = now.started_at; }},
      {.name = "run_end_timestamp_seconds",
       .type = MetricType::gauge,
       .unit = "s",
       .axes = {},
       .help = "When the run ended, in Unix time; 0 before.",
       .fill = [](const Snapshot& now, const Labels&, Cells& out) { out.at() = now.ended_at; }},
      {.name = "gate_status",
       .type = MetricType::gauge,
       .unit = "1",
       .axes = {Axis::rule, Axis::rule_status},
       .help = "1 for what a gate rule came to, the worst of its groups; all 0 until judged.",
       .fill = fill_gate_status,
       .exists = can_come_to},
      {.name = "gate_value",
       .type = MetricType::gauge,
       .unit = "1",
       .axes = {Axis::rule},
       .help = "The figure a gate rule compares, in base units; NaN until there is one.",
       .fill = fill_gate_value},
  };
}

}  // namespace probate::metrics
