#include "core/analysis/gate/scope.hpp"

#include <algorithm>
#include <numeric>
#include <regex>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"

namespace probate::analysis::gate {
namespace {

constexpr const char* kNoFault = "none";
constexpr Duration kWindowMin = 1s;
constexpr Duration kWindowMax = 1h;

std::vector<std::string> group_names(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& group : scenario.fleet) names.push_back(group.name);
  return names;
}
// Wills and false offlines without a fault behind them have the last place.
std::vector<std::string> fault_names(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& fault : scenario.faults) names.push_back(fault.name);
  names.emplace_back(kNoFault);
  return names;
}
std::vector<std::string> faults_of(const scenario::Scenario& scenario, const Metric& metric) {
  std::vector<std::string> names = fault_names(scenario);
  if (metric.source == Source::faults) names.pop_back();  // "none" is no fault
  return names;
}
std::vector<std::string> policy_names(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& policy : scenario.backend.presence) names.push_back(policy.label());
  return names;
}

std::string unknown(std::string_view what, const std::string& name,
                    const std::vector<std::string>& known) {
  const std::vector<std::string_view> views{known.begin(), known.end()};
  return fmt::format("unknown {} \"{}\"{}; known: {}", what, name, suggestion(name, views),
                     fmt::join(known, ", "));
}

std::optional<std::regex> compile(const std::string& pattern) {
  try {
    // libstdc++'s matcher that does not backtrack: no pattern can take exponential time, and a
    // pattern with a back reference, which would need to, is refused.
    return std::regex{pattern, std::regex::ECMAScript | std::regex_constants::__polynomial};
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
}

// Which of `values` a match means, as indices.
std::vector<std::size_t> chosen(const LabelMatch& match, const std::vector<std::string>& values) {
  const auto pattern =
      match.how == MatchHow::regex ? compile(match.value) : std::optional<std::regex>{};
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < values.size(); ++i) {
    bool hit = false;
    switch (match.how) {
      case MatchHow::equal:
        hit = values[i] == match.value;
        break;
      case MatchHow::not_equal:
        hit = values[i] != match.value;
        break;
      case MatchHow::regex:
        hit = pattern && std::regex_match(values[i], *pattern);
        break;
    }
    if (hit) indices.push_back(i);
  }
  return indices;
}

// What a metric's labels and its rule's scope select, label by label.
struct Selected {
  std::optional<LabelMatch> group;
  std::optional<LabelMatch> fault;
  std::optional<LabelMatch> policy;
  std::optional<LabelMatch> own;
};

Selected select(const Scope& scope, const Node& node, const Metric& metric) {
  Selected selected;
  for (const LabelMatch& match : node.labels) {
    if (match.label == "group") selected.group = match;
    if (match.label == "fault") selected.fault = match;
    if (match.label == "policy") selected.policy = match;
    if (match.label == metric.own.name) selected.own = match;
  }
  const LabelMatch bound{{}, MatchHow::equal, scope.bound, node.offset, node.length};
  if (scope.per == Per::group) selected.group = bound;
  if (scope.per == Per::fault) selected.fault = bound;
  if (scope.per == Per::policy && metric.source == Source::presence) selected.policy = bound;
  return selected;
}

std::vector<std::string> label_names(const Metric& metric) {
  std::vector<std::string> names;
  if (metric.source == Source::faults) names = {"fault"};
  if (metric.source == Source::wills || metric.source == Source::presence) {
    names = {"group", "fault"};
  }
  if (metric.source == Source::presence) names.emplace_back("policy");
  if (!metric.own.name.empty()) names.emplace_back(metric.own.name);
  return names;
}

std::optional<ExpressionError> check_label(const scenario::Scenario& scenario, const Metric& metric,
                                           const LabelMatch& match) {
  const std::vector<std::string> names = label_names(metric);
  const auto at = [&](std::string message) {
    return ExpressionError{match.offset, std::max<std::size_t>(match.length, 1), std::move(message),
                           scenario::ErrorCode::rule_unknown_label};
  };
  if (std::find(names.begin(), names.end(), match.label) == names.end()) {
    return at(names.empty() ? fmt::format("{} has no labels", metric.name)
                            : unknown(fmt::format("label of {}", metric.name), match.label, names));
  }
  if (match.how == MatchHow::regex && !compile(match.value)) {
    return at("this is no regular expression");
  }
  std::vector<std::string> values = metric.own.values;
  if (match.label == "group") values = group_names(scenario);
  if (match.label == "fault") values = faults_of(scenario, metric);
  if (match.label == "policy") values = policy_names(scenario);
  if (match.how != MatchHow::regex &&
      std::find(values.begin(), values.end(), match.value) == values.end()) {
    return at(unknown(match.label, match.value, values));
  }
  if (chosen(match, values).empty()) return at("no value matches");
  return std::nullopt;
}

template <typename T>
const T& part(const std::vector<T>& parts, std::size_t index) {
  static const T kNothing{};
  return index < parts.size() ? parts[index] : kNothing;
}

// Calls `add` with every part that is selected: one per group or fault, else the run's or phase's.
template <typename T, typename Add>
void for_parts(const scenario::Scenario& scenario, const Scope& scope, const Selected& selected,
               const T& all, const std::vector<T>& by_group, const std::vector<T>& by_fault,
               const std::vector<T>& by_phase, Add add) {
  if (selected.group) {
    for (const std::size_t i : chosen(*selected.group, group_names(scenario)))
      add(part(by_group, i));
  } else if (selected.fault) {
    for (const std::size_t i : chosen(*selected.fault, fault_names(scenario)))
      add(part(by_fault, i));
  } else if (scope.over.dimension == Dimension::fault) {
    add(part(by_fault, scope.over.index));
  } else if (scope.over.dimension == Dimension::phase) {
    add(part(by_phase, scope.over.index));
  } else {
    add(all);
  }
}

}  // namespace

Result<Over, std::string> parse_over(const scenario::Scenario& scenario,
                                     const scenario::GateRuleSpec& spec) {
  const std::string& text = spec.over;
  if (text.empty() || text == "run") return Over{};
  if (text.starts_with("phase ")) {
    const std::string name = text.substr(6);
    std::vector<std::string> names;
    for (const auto& phase : scenario.phases) names.push_back(phase.name);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return Failure{unknown("phase", name, names)};
    return Over{Dimension::phase, static_cast<std::size_t>(found - names.begin())};
  }
  if (text.starts_with("fault ")) {
    const std::string name = text.substr(6);
    const std::vector<std::string> names = fault_names(scenario);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return Failure{unknown("fault", name, names)};
    return Over{Dimension::fault, static_cast<std::size_t>(found - names.begin())};
  }
  if (spec.window) {
    if (*spec.window >= kWindowMin && *spec.window <= kWindowMax) {
      return Over{Dimension::run, 0, spec.window};
    }
    return Failure{fmt::format("{} is out of range: a window is {} to {} long",
                               probate::to_text(*spec.window), probate::to_text(kWindowMin),
                               probate::to_text(kWindowMax))};
  }
  return Failure{
      fmt::format("\"{}\": expected run, `phase NAME`, `fault NAME` or `last 60s`", text)};
}

Result<Per, std::string> parse_per(const std::string& text) {
  if (text.empty()) return Per::nothing;
  if (text == "group") return Per::group;
  if (text == "fault") return Per::fault;
  if (text == "policy") return Per::policy;
  return Failure{fmt::format("\"{}\": expected group, fault or policy", text)};
}

std::vector<std::string> per_values(const scenario::Scenario& scenario, Per per) {
  std::vector<std::string> values;
  switch (per) {
    case Per::nothing:
      values.emplace_back();
      break;
    case Per::group:
      values = group_names(scenario);
      break;
    case Per::fault:
      values = fault_names(scenario);
      values.pop_back();  // "none" is no fault
      break;
    case Per::policy:
      for (const auto& policy : scenario.backend.presence) {
        if (!scenario::why_not_applicable(scenario, policy)) values.push_back(policy.label());
      }
      break;
  }
  return values;
}

std::optional<ExpressionError> check_labels(const scenario::Scenario& scenario, const Scope& scope,
                                            const Node& node, const Metric& metric) {
  for (const LabelMatch& match : node.labels) {
    if (auto error = check_label(scenario, metric, match)) return error;
  }
  const auto at_metric = [&](std::string message) {
    return ExpressionError{node.offset, node.length, std::move(message),
                           scenario::ErrorCode::rule_scope};
  };
  const Selected selected = select(scope, node, metric);
  const int dimensions = (selected.group ? 1 : 0) + (selected.fault ? 1 : 0) +
                         (scope.over.dimension != Dimension::run ? 1 : 0);
  if (dimensions > 1) {
    return at_metric("figures are kept by group, by fault or by phase, not by two of them at once");
  }
  if (metric.source == Source::run && dimensions > 0) {
    return at_metric(fmt::format("{} is known for the whole run only", metric.name));
  }
  const bool is_kept = !selected.group && scope.over.dimension != Dimension::phase;
  if (metric.source == Source::faults && !is_kept) {
    return at_metric(fmt::format("{} is known for the run and by fault only", metric.name));
  }
  if (metric.source != Source::presence) return std::nullopt;
  if (!selected.policy && policy_names(scenario).size() != 1) {
    return at_metric(fmt::format("{} needs {{policy=…}}: one of {}", metric.name,
                                 fmt::join(policy_names(scenario), ", ")));
  }
  if (!selected.policy) return std::nullopt;
  for (const std::size_t i : chosen(*selected.policy, policy_names(scenario))) {
    const auto& policy = scenario.backend.presence[i];
    const auto reason = scenario::why_not_applicable(scenario, policy);
    if (reason)
      return at_metric(fmt::format("policy {} cannot be judged: {}", policy.label(), *reason));
  }
  return std::nullopt;
}

std::vector<std::size_t> faults_selected(const scenario::Scenario& scenario, const Node& node) {
  for (const LabelMatch& match : node.labels) {
    if (match.label == "fault") return chosen(match, fault_names(scenario));
  }
  return {};
}

Reading read(const scenario::Scenario& scenario, const Scope& scope, const Node& node,
             const Metric& metric, const Totals& totals) {
  const Selected selected = select(scope, node, metric);
  std::vector<std::size_t> own{kAllValues};
  if (selected.own) own = chosen(*selected.own, metric.own.values);
  const bool fraction = metric.kind == MetricKind::ratio || metric.kind == MetricKind::quotient;
  Reading sum{0, fraction ? 0.0 : 1.0, {}};
  switch (metric.source) {
    case Source::run:
      for (const std::size_t i : own) sum.merge(metric.of_run(totals, i), metric.kind);
      break;
    case Source::faults: {
      std::vector<std::size_t> faults(totals.faults.size());
      std::iota(faults.begin(), faults.end(), std::size_t{0});
      if (scope.over.dimension == Dimension::fault) faults = {scope.over.index};
      if (selected.fault) faults = chosen(*selected.fault, faults_of(scenario, metric));
      for (const std::size_t i : faults) {
        sum.merge(metric.of_fault(part(totals.faults, i)), metric.kind);
      }
      break;
    }
    case Source::wills:
      for_parts(scenario, scope, selected, totals.wills, totals.wills_by_group,
                totals.wills_by_fault, totals.wills_by_phase, [&](const WillTotals& wills) {
                  for (const std::size_t i : own) sum.merge(metric.of_wills(wills, i), metric.kind);
                });
      break;
    case Source::presence: {
      std::vector<std::size_t> policies{0};
      if (selected.policy) policies = chosen(*selected.policy, policy_names(scenario));
      bool has_data = false;
      for (const std::size_t i : policies) {
        const PolicyTotals& policy = part(totals.policies, i);
        if (!policy.not_applicable.empty()) continue;
        has_data = true;
        for_parts(scenario, scope, selected, policy.all, policy.by_group, policy.by_fault,
                  policy.by_phase, [&](const PresenceTotals& presence) {
                    sum.merge(metric.of_presence(presence), metric.kind);
                  });
      }
      if (!has_data) return {0, 0, {}};
      break;
    }
  }
  return sum;
}

}  // namespace probate::analysis::gate
