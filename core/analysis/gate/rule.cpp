#include "core/analysis/gate/rule.hpp"

#include <algorithm>
#include <limits>

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

// Whether what the node says stands on a number of samples or trials.
bool has_samples(const Node& node) {
  if (node.kind == Node::Kind::binary) return has_samples(*node.left) || has_samples(*node.right);
  if (node.kind != Node::Kind::metric) return false;
  const Metric* metric = find_metric(node.metric);
  if (metric->kind == MetricKind::histogram) return node.function != Function::count;
  return metric->kind == MetricKind::ratio;
}

MaybeMistake check_samples(const scenario::GateRuleSpec& spec, const Expression& expression) {
  if (spec.samples_min <= 1 || has_samples(*expression.left)) return std::nullopt;
  return RuleMistake{"min_samples",
                     {0, 1,
                      "a count stands on no samples, so none can be too few: ask for enough with a "
                      "rule of its own, like wills_expected >= 600",
                      ErrorCode::bad_statistics}};
}

// All that a value can be, whatever happens in a run.
struct Range {
  double low = -kUnbounded;
  double high = kUnbounded;
  static constexpr double kUnbounded = std::numeric_limits<double>::infinity();
};

Range range_of(const Node& node);

// Counts, amounts and durations are never negative.
Range range_of_metric(const Node& node) {
  if (find_metric(node.metric)->kind == MetricKind::ratio) return {0, 1};
  return {0, Range::kUnbounded};
}

// Whether both read the same figure, or compute the same of the same figures.
bool is_same(const Node& a, const Node& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Node::Kind::quantity:
      return a.value == b.value;
    case Node::Kind::metric:
      return a.metric == b.metric && a.function == b.function &&
             std::is_permutation(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end(),
                                 [](const LabelMatch& x, const LabelMatch& y) {
                                   return x.label == y.label && x.how == y.how &&
                                          x.value == y.value;
                                 });
    case Node::Kind::binary:
      break;
  }
  const bool as_written = is_same(*a.left, *b.left) && is_same(*a.right, *b.right);
  const bool commutes = a.op == '+' || a.op == '*';
  const bool swapped = commutes && is_same(*a.left, *b.right) && is_same(*a.right, *b.left);
  return a.op == b.op && (as_written || swapped);
}

// Of bounds that are not negative: 0 of anything is 0.
double product(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

Range range_of_sum(const Node& node) {
  const Range left = range_of(*node.left);
  const Range right = range_of(*node.right);
  if (node.op == '+') return {left.low + right.low, left.high + right.high};
  const bool cancels = is_same(*node.left, *node.right);
  if (node.op == '-' && cancels) return {0, 0};
  if (node.op == '-') return {left.low - right.high, left.high - right.low};
  if (node.op == '/' && cancels) return {1, 1};
  if (left.low < 0 || right.low < 0) return {};
  if (node.op == '*') return {product(left.low, right.low), product(left.high, right.high)};
  if (right.high == 0) return {};  // never any data
  if (left.high == 0) return {0, 0};
  return {left.low / right.high, right.low == 0 ? Range::kUnbounded : left.high / right.low};
}

Range range_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::quantity:
      return {node.value, node.value};
    case Node::Kind::metric:
      return range_of_metric(node);
    case Node::Kind::binary:
      break;
  }
  return range_of_sum(node);
}

// Whether no run can violate the expectation, or every run must.
std::optional<bool> is_settled(const Expression& expression, bool judges_change) {
  Range range = range_of(*expression.left);
  if (judges_change) range = {range.low - range.high, range.high - range.low};
  const double limit = expression.limit.value;
  const auto by = [](bool always, bool never) {
    return always ? std::optional{true} : never ? std::optional{false} : std::nullopt;
  };
  switch (expression.relation) {
    case Relation::less:
      return by(range.high < limit, range.low >= limit);
    case Relation::less_equal:
      return by(range.high <= limit, range.low > limit);
    case Relation::greater:
      return by(range.low > limit, range.high <= limit);
    case Relation::greater_equal:
      return by(range.low >= limit, range.high < limit);
    case Relation::equal:
      return by(range.low == limit && range.high == limit, limit < range.low || limit > range.high);
    case Relation::not_equal:
      return by(limit < range.low || limit > range.high, range.low == limit && range.high == limit);
    case Relation::between: {
      const double high = expression.limit_high->value;
      return by(range.low >= limit && range.high <= high, range.low > high || range.high < limit);
    }
  }
  return std::nullopt;
}

bool divides_by_zero(const Node& node) {
  if (node.kind != Node::Kind::binary) return false;
  const bool is_zero = node.right->kind == Node::Kind::quantity && node.right->value == 0;
  return (node.op == '/' && is_zero) || divides_by_zero(*node.left) || divides_by_zero(*node.right);
}

MaybeMistake check_sense(const scenario::GateRuleSpec& spec, const Expression& expression,
                         bool judges_change) {
  const auto whole = [&](std::string message) {
    return RuleMistake{"expect", {0, spec.expect.size(), std::move(message)}};
  };
  if (divides_by_zero(*expression.left)) return whole("nothing can be divided by 0");
  const auto settled = is_settled(expression, judges_change);
  if (!settled) return std::nullopt;
  return whole(*settled ? "this holds in every run, whatever happens in it"
                        : "this holds in no run, whatever happens in it");
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

bool Rule::is_final_when_reached() const {
  const Relation relation = expression.relation;
  const bool has_lower_limit = relation == Relation::greater || relation == Relation::greater_equal;
  return has_lower_limit && !over.window && never_falls(*expression.left);
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
  if (auto mistake = check_sense(spec, rule.expression, scenario.judges_change)) {
    return Failure{std::move(*mistake)};
  }
  if (auto mistake = check_confidence(spec, rule.expression)) return Failure{std::move(*mistake)};
  if (auto mistake = check_samples(spec, rule.expression)) return Failure{std::move(*mistake)};
  if (auto mistake = check_abort(spec, rule)) return Failure{std::move(*mistake)};
  return rule;
}

}  // namespace probate::analysis::gate
