#include "core/analysis/gate/scope.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "core/analysis/gate/selection.hpp"
#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"

namespace probate::analysis::gate {
namespace {

constexpr Duration kWindowMin = 1s;
constexpr Duration kWindowMax = 1h;

std::string unknown(std::string_view what, const std::string& name,
                    const std::vector<std::string>& known) {
  const std::vector<std::string_view> views{known.begin(), known.end()};
  if (known.empty()) return fmt::format("unknown {} \"{}\": there is none", what, name);
  return fmt::format("unknown {} \"{}\"{}; known: {}", what, name, suggestion(name, views),
                     fmt::join(known, ", "));
}

std::string_view word_of(Per per) {
  switch (per) {
    case Per::nothing:
      return {};
    case Per::group:
      return "group";
    case Per::fault:
      return "fault";
    case Per::policy:
      return "policy";
  }
  return {};
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
    return ExpressionError{
        match.label_offset, match.label.size(),
        names.empty() ? fmt::format("{} has no labels", metric.name)
                      : unknown(fmt::format("label of {}", metric.name), match.label, names),
        scenario::ErrorCode::rule_unknown_label};
  }
  if (match.how == MatchHow::regex && !compile(match.value)) {
    return at("this is no regular expression");
  }
  std::vector<std::string> values = metric.own.values;
  const bool is_own = match.label == metric.own.name;
  if (match.label == "group") values = group_names(scenario);
  if (match.label == "fault") values = faults_of(scenario, metric);
  if (match.label == "policy") values = policy_names(scenario);
  const auto of_scenario = [&](std::string message) {
    ExpressionError error = at(std::move(message));
    if (!is_own) error.label = match.label;
    return error;
  };
  if (match.how != MatchHow::regex &&
      std::find(values.begin(), values.end(), match.value) == values.end()) {
    return of_scenario(unknown(match.label, match.value, values));
  }
  if (chosen(match, values).empty()) return of_scenario("no value matches");
  return std::nullopt;
}

// Each label is given once: by the metric, or by the rule's `per`.
std::optional<ExpressionError> check_bound_once(const Scope& scope, const LabelMatch& match,
                                                std::span<const LabelMatch> before) {
  const auto at = [&](std::string message) {
    return ExpressionError{match.offset, std::max<std::size_t>(match.length, 1), std::move(message),
                           scenario::ErrorCode::rule_scope};
  };
  const bool again = std::any_of(before.begin(), before.end(),
                                 [&](const LabelMatch& each) { return each.label == match.label; });
  if (again) {
    return at(fmt::format("{} is given twice; {}=~\"a|b\" means either", match.label, match.label));
  }
  if (match.label == word_of(scope.per)) {
    return at(fmt::format("the rule's `per: {}` gives {} already", match.label, match.label));
  }
  return std::nullopt;
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
  for (auto match = node.labels.begin(); match != node.labels.end(); ++match) {
    if (auto error = check_label(scenario, metric, *match)) return error;
    if (auto error = check_bound_once(scope, *match, {node.labels.begin(), match})) return error;
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
  if (metric.counts_devices && (selected.fault || scope.over.dimension != Dimension::run)) {
    return at_metric(fmt::format("{} is known for the run and by group only", metric.name));
  }
  if (!selected.policy && policy_names(scenario).empty()) {
    return at_metric(fmt::format("{} needs a policy, and there is none", metric.name));
  }
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

}  // namespace probate::analysis::gate
