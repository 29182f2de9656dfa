#include "core/analysis/gate/rule.hpp"

#include "core/analysis/gate/catalogue.hpp"
#include "core/analysis/gate/typing.hpp"

namespace probate::analysis::gate {
namespace {

using MaybeMistake = std::optional<RuleMistake>;
using scenario::ErrorCode;

// Confidence bounds exist for one ratio of counted trials, compared in one direction.
MaybeMistake check_confidence(const scenario::GateRuleSpec& spec, const Expression& expression) {
  if (!spec.confidence) return std::nullopt;
  const auto at = [](std::string message) {
    return RuleMistake{"confidence", {0, 1, std::move(message), ErrorCode::rule_no_bound}};
  };
  const bool alone = expression.left->kind == Node::Kind::metric;
  const Metric* metric = alone ? find_metric(expression.left->metric) : nullptr;
  if (metric == nullptr || metric->kind != MetricKind::ratio) {
    return at(
        "a confidence bound exists for one ratio of counted trials only, like "
        "false_offline_ratio");
  }
  const bool one_sided =
      expression.relation == Relation::less || expression.relation == Relation::less_equal ||
      expression.relation == Relation::greater || expression.relation == Relation::greater_equal;
  if (!one_sided) return at("a confidence bound needs <, <=, > or >=");
  return std::nullopt;
}

MaybeMistake check_abort(const scenario::GateRuleSpec& spec, const Rule& rule) {
  if (!spec.abort) return std::nullopt;
  const auto at = [](std::string message) {
    return RuleMistake{"abort", {0, 1, std::move(message), ErrorCode::rule_scope}};
  };
  if (spec.severity == scenario::Severity::warn) return at("a warning cannot end the run");
  if (spec.held_for || rule.is_final_when_exceeded()) return std::nullopt;
  return at(
      "this rule can be violated now and hold again later: say with `for` how long the violation "
      "must last (`for: 10s`)");
}

bool asks_a_metric(const Node& node) {
  if (node.kind != Node::Kind::binary) return node.kind == Node::Kind::metric;
  return asks_a_metric(*node.left) || asks_a_metric(*node.right);
}

// Whether the value of the node never falls while a run goes on.
bool never_falls(const Node& node) {
  const auto is_constant = [](const Node& each) { return each.kind == Node::Kind::quantity; };
  switch (node.kind) {
    case Node::Kind::quantity:
      return true;
    case Node::Kind::metric: {
      const Metric* metric = find_metric(node.metric);
      const bool adds_up = metric->kind == MetricKind::count || metric->kind == MetricKind::amount;
      if (node.function == Function::value || node.function == Function::count) {
        return adds_up || metric->kind == MetricKind::histogram;
      }
      return node.function == Function::sum || node.function == Function::max;
    }
    case Node::Kind::binary:
      break;
  }
  if (node.op == '+') return never_falls(*node.left) && never_falls(*node.right);
  if (node.op == '*') {
    return (is_constant(*node.left) && never_falls(*node.right)) ||
           (is_constant(*node.right) && never_falls(*node.left));
  }
  return node.op != '-' && is_constant(*node.right) && never_falls(*node.left);
}

}  // namespace

bool Rule::is_final_when_exceeded() const {
  const Relation relation = expression.relation;
  const bool has_upper_limit = relation == Relation::less || relation == Relation::less_equal ||
                               relation == Relation::equal || relation == Relation::between;
  return has_upper_limit && !over.window && never_falls(*expression.left);
}

Result<Rule, RuleMistake> compile(const scenario::Scenario& scenario,
                                  const scenario::GateRuleSpec& spec) {
  auto over = parse_over(scenario, spec);
  if (!over) {
    return Failure{RuleMistake{"over", {0, spec.over.size(), over.error(), ErrorCode::rule_scope}}};
  }
  auto per = parse_per(spec.per);
  if (!per) {
    return Failure{RuleMistake{"per", {0, spec.per.size(), per.error(), ErrorCode::rule_scope}}};
  }
  auto expression = parse(spec.expect);
  if (!expression) return Failure{RuleMistake{"expect", expression.error()}};
  if (const Node& left = *expression->left; !asks_a_metric(left)) {
    const std::string message = "expected a metric: this is the same in every run";
    return Failure{RuleMistake{"expect", {left.offset, left.length, message}}};
  }
  Rule rule{std::move(*expression), *over, *per};
  const auto values = per_values(scenario, rule.per);
  if (values.empty()) {
    const std::string message = "there is no " + spec.per + " that the rule could hold for";
    return Failure{RuleMistake{"per", {0, spec.per.size(), message, ErrorCode::rule_scope}}};
  }
  for (const std::string& value : values) {
    const Scope scope{rule.over, rule.per, value};
    if (auto error = type_check(scenario, scope, rule.expression)) {
      return Failure{RuleMistake{"expect", std::move(*error)}};
    }
  }
  if (auto mistake = check_confidence(spec, rule.expression)) return Failure{std::move(*mistake)};
  if (auto mistake = check_abort(spec, rule)) return Failure{std::move(*mistake)};
  return rule;
}

}  // namespace probate::analysis::gate
