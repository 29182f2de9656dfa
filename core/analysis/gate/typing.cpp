#include "core/analysis/gate/typing.hpp"

#include <fmt/format.h>

#include "core/base/text.hpp"

namespace probate::analysis::gate {
namespace {

using MaybeError = std::optional<ExpressionError>;
using scenario::ErrorCode;

constexpr double kSecondsPerHour = 3600;

ExpressionError at(const Node& node, std::string message,
                   ErrorCode code = ErrorCode::rule_kinds_differ) {
  return {node.offset, node.length, std::move(message), code};
}

const char* describe(Unit unit) {
  switch (unit) {
    case Unit::none:
      return "a number";
    case Unit::ratio:
      return "a ratio";
    case Unit::seconds:
      return "a duration";
    case Unit::per_second:
      return "a rate per second";
    case Unit::per_hour:
      return "a rate per hour";
    case Unit::bytes:
      return "bytes";
  }
  return "";
}

bool is_plain(Unit unit) { return unit == Unit::none || unit == Unit::ratio; }

bool fits(MetricKind kind, Function function) {
  switch (function) {
    case Function::value:
      return kind != MetricKind::histogram;
    case Function::count:
      return kind == MetricKind::count || kind == MetricKind::histogram;
    case Function::sum:
      return kind == MetricKind::amount || kind == MetricKind::histogram;
    case Function::rate:
      return kind == MetricKind::count;
    case Function::min:
    case Function::max:
    case Function::mean:
    case Function::p50:
    case Function::p90:
    case Function::p95:
    case Function::p99:
    case Function::p99_9:
      return kind == MetricKind::histogram;
  }
  return false;
}

Unit unit_of(const Metric& metric, Function function) {
  if (function == Function::rate) return Unit::per_second;
  if (function == Function::count) return Unit::none;
  return metric.unit;
}

MaybeError check_metric(const scenario::Scenario& scenario, const Scope& scope, Node& node) {
  const Metric* metric = find_metric(node.metric);
  if (metric == nullptr && is_volume(node.metric)) {
    return at(node,
              fmt::format("{} is volume: it is exported but stands in no journal, so that no rule "
                          "can ask for it (`probate list metrics`)",
                          node.metric),
              ErrorCode::rule_unknown_metric);
  }
  if (metric == nullptr) {
    std::vector<std::string_view> names;
    for (const Metric& known : catalogue()) names.push_back(known.name);
    return at(node,
              fmt::format("unknown metric \"{}\"{} (`probate list metrics`)", node.metric,
                          suggestion(node.metric, names)),
              ErrorCode::rule_unknown_metric);
  }
  if (!fits(metric->kind, node.function)) {
    const bool bare = node.function == Function::value;
    return at(node, bare ? fmt::format("{} is a histogram: ask for p99({}), max({}) or count({})",
                                       node.metric, node.metric, node.metric, node.metric)
                         : fmt::format("{}() is not defined for {}, a {}", to_text(node.function),
                                       node.metric, to_text(metric->kind)));
  }
  node.unit = unit_of(*metric, node.function);
  return check_labels(scenario, scope, node, *metric);
}

MaybeError check_node(const scenario::Scenario& scenario, const Scope& scope, Node& node);

MaybeError check_binary(const scenario::Scenario& scenario, const Scope& scope, Node& node) {
  if (auto error = check_node(scenario, scope, *node.left)) return error;
  if (auto error = check_node(scenario, scope, *node.right)) return error;
  const Unit left = node.left->unit;
  const Unit right = node.right->unit;
  if (node.op == '+' || node.op == '-') {
    if (left != right) {
      return at(node, fmt::format("{} and {} cannot be added or subtracted", describe(left),
                                  describe(right)));
    }
    node.unit = left;
    return std::nullopt;
  }
  if (node.op == '*') {
    if (!is_plain(left) && !is_plain(right)) {
      return at(node, fmt::format("{} times {} has no unit that is known here", describe(left),
                                  describe(right)));
    }
    node.unit = is_plain(left) ? right : left;
    return std::nullopt;
  }
  const bool by_constant = node.right->kind == Node::Kind::quantity && is_plain(right);
  if (by_constant) {
    node.unit = left;  // half of a count is a count
  } else if (left == right) {
    node.unit = Unit::ratio;
  } else if (is_plain(right)) {
    node.unit = left;
  } else if (is_plain(left) && right == Unit::seconds) {
    node.unit = Unit::per_second;
  } else {
    return at(node, fmt::format("{} by {} has no unit that is known here", describe(left),
                                describe(right)));
  }
  return std::nullopt;
}

MaybeError check_node(const scenario::Scenario& scenario, const Scope& scope, Node& node) {
  switch (node.kind) {
    case Node::Kind::quantity:
      return std::nullopt;
    case Node::Kind::metric:
      return check_metric(scenario, scope, node);
    case Node::Kind::binary:
      return check_binary(scenario, scope, node);
  }
  return std::nullopt;
}

// A ratio may be compared with 5% or with 0.05, a rate per hour with one per second; everything
// else with its own unit.
MaybeError check_limit(Unit left, Node& limit) {
  if (left == limit.unit) return std::nullopt;
  if (left == Unit::per_second && limit.unit == Unit::per_hour) {
    limit.value /= kSecondsPerHour;
    limit.unit = left;
    return std::nullopt;
  }
  if (left == Unit::per_hour && limit.unit == Unit::per_second) {
    limit.value *= kSecondsPerHour;
    limit.unit = left;
    return std::nullopt;
  }
  if (left == Unit::ratio && limit.unit == Unit::none) return std::nullopt;
  const char* hint = "";
  if (limit.unit == Unit::none && left == Unit::seconds)
    hint = "; write its unit, like 250ms or 2s";
  return at(limit, fmt::format("{} cannot be compared with {}{}", describe(left),
                               describe(limit.unit), hint));
}

}  // namespace

MaybeError type_check(const scenario::Scenario& scenario, const Scope& scope,
                      Expression& expression) {
  if (auto error = check_node(scenario, scope, *expression.left)) return error;
  const Unit unit = expression.left->unit;
  if (auto error = check_limit(unit, expression.limit)) return error;
  if (!expression.limit_high) return std::nullopt;
  if (auto error = check_limit(unit, *expression.limit_high)) return error;
  if (expression.limit.value > expression.limit_high->value) {
    return at(*expression.limit_high, "the upper limit is below the lower one");
  }
  return std::nullopt;
}

}  // namespace probate::analysis::gate
