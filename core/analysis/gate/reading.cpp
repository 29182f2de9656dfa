// What a metric reads in its scope.
#include <algorithm>
#include <numeric>
#include <utility>

#include "core/analysis/gate/scope.hpp"
#include "core/analysis/gate/selection.hpp"

namespace probate::analysis::gate {
namespace {

template <typename T>
const T& part(const std::vector<T>& parts, std::size_t index) {
  static const T kNothing{};
  return index < parts.size() ? parts[index] : kNothing;
}

// What is asked of which totals.
struct Question {
  const scenario::Scenario& scenario;
  const Scope& scope;
  const Metric& metric;
  const Totals& totals;
  Selected selected;
  std::vector<std::size_t> own;  // values of the metric's own label
};

// The same figures of the run, and of its parts.
template <typename T>
struct Parts {
  const T& all;
  const std::vector<T>& by_group;
  const std::vector<T>& by_fault;
  const std::vector<T>& by_phase;
};

// Calls `add` with every part that is selected: one per group or fault, else the run's or phase's.
template <typename T, typename Add>
void for_parts(const Question& question, const Parts<T>& parts, Add add) {
  const Over& over = question.scope.over;
  if (question.selected.group) {
    for (const std::size_t i : chosen(*question.selected.group, group_names(question.scenario))) {
      add(part(parts.by_group, i));
    }
  } else if (question.selected.fault) {
    for (const std::size_t i : chosen(*question.selected.fault, fault_names(question.scenario))) {
      add(part(parts.by_fault, i));
    }
  } else if (over.dimension == Dimension::fault) {
    add(part(parts.by_fault, over.index));
  } else if (over.dimension == Dimension::phase) {
    add(part(parts.by_phase, over.index));
  } else {
    add(parts.all);
  }
}

// One `add_…` per source: each adds to `sum` what the question selects.

void add_run(const Question& question, Reading& sum) {
  for (const std::size_t i : question.own) {
    sum.merge(question.metric.of_run(question.totals, i), question.metric.kind);
  }
}

void add_faults(const Question& question, Reading& sum) {
  const std::vector<FaultTotals>& totals = question.totals.faults;
  std::vector<std::size_t> faults(totals.size());
  std::iota(faults.begin(), faults.end(), std::size_t{0});
  if (question.scope.over.dimension == Dimension::fault) faults = {question.scope.over.index};
  if (question.selected.fault) {
    faults = chosen(*question.selected.fault, faults_of(question.scenario, question.metric));
  }
  for (const std::size_t i : faults) {
    sum.merge(question.metric.of_fault(part(totals, i)), question.metric.kind);
  }
}

void add_wills(const Question& question, Reading& sum) {
  const Totals& totals = question.totals;
  const Parts<WillTotals> parts{totals.wills, totals.wills_by_group, totals.wills_by_fault,
                                totals.wills_by_phase};
  for_parts(question, parts, [&](const WillTotals& wills) {
    Reading basis;  // the obligations of this part, which several classes of them share
    for (const std::size_t i : question.own) {
      Reading reading = question.metric.of_wills(wills, i);
      basis.decided = std::max(basis.decided, std::exchange(reading.decided, 0));
      basis.undecided = std::max(basis.undecided, std::exchange(reading.undecided, 0));
      sum.merge(reading, question.metric.kind);
    }
    sum.decided += basis.decided;
    sum.undecided += basis.undecided;
  });
}

// Whether a policy that is selected was judged at all.
bool add_presence(const Question& question, Reading& sum) {
  std::vector<std::size_t> policies{0};
  if (question.selected.policy) {
    policies = chosen(*question.selected.policy, policy_names(question.scenario));
  }
  bool has_data = false;
  for (const std::size_t i : policies) {
    const PolicyTotals& policy = part(question.totals.policies, i);
    if (!policy.not_applicable.empty()) continue;
    has_data = true;
    const Parts<PresenceTotals> parts{policy.all, policy.by_group, policy.by_fault,
                                      policy.by_phase};
    for_parts(question, parts, [&](const PresenceTotals& presence) {
      sum.merge(question.metric.of_presence(presence), question.metric.kind);
    });
  }
  return has_data;
}

}  // namespace

Reading read(const scenario::Scenario& scenario, const Scope& scope, const Node& node,
             const Metric& metric, const Totals& totals) {
  Question question{scenario, scope, metric, totals, select(scope, node, metric), {kAllValues}};
  if (question.selected.own) question.own = chosen(*question.selected.own, metric.own.values);
  const bool fraction = metric.kind == MetricKind::ratio || metric.kind == MetricKind::quotient;
  Reading sum{0, fraction ? 0.0 : 1.0, {}};
  switch (metric.source) {
    case Source::run:
      add_run(question, sum);
      break;
    case Source::faults:
      add_faults(question, sum);
      break;
    case Source::wills:
      add_wills(question, sum);
      break;
    case Source::presence:
      if (!add_presence(question, sum)) return Reading{0, 0, {}};
      break;
  }
  // A hit in a phase may be of a trial before it.
  if (metric.kind == MetricKind::ratio) sum.numerator = std::min(sum.numerator, sum.denominator);
  return sum;
}

}  // namespace probate::analysis::gate
