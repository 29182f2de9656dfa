#include "core/analysis/gate/gate.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/analysis/gate/bounds.hpp"
#include "core/analysis/gate/typing.hpp"
#include "core/base/check.hpp"

namespace probate::analysis::gate {
namespace {

constexpr std::size_t kOffendersMax = 10;

// A rule after check(): parsed, typed, its scope known.
struct Compiled {
  Expression expression;
  Over over;
  Per per{};
};

struct CompileError {
  std::string key;
  ExpressionError error;
};

// Confidence bounds exist for one ratio of counted trials, compared in one direction.
const Metric* trials_of(const Expression& expression) {
  if (expression.left->kind != Node::Kind::metric) return nullptr;
  const Metric* metric = find_metric(expression.left->metric);
  return metric != nullptr && metric->kind == MetricKind::ratio ? metric : nullptr;
}

std::optional<CompileError> check_confidence(const scenario::GateRuleSpec& spec,
                                             const Expression& expression) {
  if (!spec.confidence) return std::nullopt;
  const auto at = [](std::string message) {
    return CompileError{"confidence",
                        {0, 1, std::move(message), scenario::ErrorCode::rule_no_bound}};
  };
  if (trials_of(expression) == nullptr) {
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

Result<Compiled, CompileError> compile(const scenario::Scenario& scenario,
                                       const scenario::GateRuleSpec& spec) {
  const auto unsupported = [](std::string key) {
    const std::string message = fmt::format("`{}` is not supported by this version", key);
    return Failure{
        CompileError{std::move(key), {0, 1, message, scenario::ErrorCode::not_supported}}};
  };
  if (spec.held_for) return unsupported("for");
  if (spec.abort) return unsupported("abort");
  auto over = parse_over(scenario, spec.over);
  if (!over)
    return Failure{
        CompileError{"over", {0, spec.over.size(), over.error(), scenario::ErrorCode::rule_scope}}};
  auto per = parse_per(spec.per);
  if (!per)
    return Failure{
        CompileError{"per", {0, spec.per.size(), per.error(), scenario::ErrorCode::rule_scope}}};
  auto expression = parse(spec.expect);
  if (!expression) return Failure{CompileError{"expect", expression.error()}};
  Compiled compiled{std::move(*expression), *over, *per};
  for (const std::string& value : per_values(scenario, compiled.per)) {
    const Scope scope{compiled.over, compiled.per, value};
    if (auto error = type_check(scenario, scope, compiled.expression)) {
      return Failure{CompileError{"expect", std::move(*error)}};
    }
  }
  if (auto error = check_confidence(spec, compiled.expression)) return Failure{std::move(*error)};
  return compiled;
}

// ---- evaluation

// A number, or no data; and the smallest sample it stands on.
struct Value {
  std::optional<double> number;
  std::uint64_t samples = 0;
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 0;
};

double percentile_of(Function function) {
  if (function == Function::p50) return 0.5;
  if (function == Function::p90) return 0.9;
  if (function == Function::p95) return 0.95;
  return function == Function::p99 ? 0.99 : 0.999;
}

double of_histogram(const Histogram& histogram, Function function) {
  switch (function) {
    case Function::count:
      return static_cast<double>(histogram.count());
    case Function::sum:
      return to_seconds(histogram.sum());
    case Function::min:
      return to_seconds(histogram.min());
    case Function::max:
      return to_seconds(histogram.max());
    case Function::mean:
      return to_seconds(histogram.mean());
    case Function::p50:
    case Function::p90:
    case Function::p95:
    case Function::p99:
    case Function::p99_9:
      return to_seconds(histogram.percentile(percentile_of(function)));
    case Function::value:
    case Function::rate:
      break;
  }
  CHECK(false);
}

class Evaluator {
 public:
  Evaluator(const scenario::Scenario& scenario, const Outcome& outcome, const Scope& scope)
      : scenario_{scenario}, outcome_{outcome}, scope_{scope} {}

  Value value(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::quantity:
        return {node.value, kEnough, 0, 0};
      case Node::Kind::metric:
        return metric(node);
      case Node::Kind::binary:
        return binary(node);
    }
    return {};
  }

 private:
  static constexpr std::uint64_t kEnough = static_cast<std::uint64_t>(-1);

  double judged_seconds() const {
    if (scope_.over.dimension == Dimension::phase && scope_.over.index < outcome_.phases.size()) {
      const PhaseSpan& phase = outcome_.phases[scope_.over.index];
      const Instant end = phase.ended_at.value_or(outcome_.judged_until.value_or(phase.began_at));
      return to_seconds(end - phase.began_at);
    }
    return outcome_.judged_until ? to_seconds(*outcome_.judged_until) : 0;
  }

  // Whether anything was there to be judged: without it a count of 0 is not a finding.
  bool has_data() const {
    const WillTotals& wills = outcome_.totals.wills;
    std::uint64_t ended = wills.expected + wills.observed;
    for (const std::uint64_t count : wills.no_will) ended += count;
    const auto& policies = outcome_.totals.policies;
    return ended > 0 || std::any_of(policies.begin(), policies.end(),
                                    [](const auto& policy) { return policy.all.up_seconds > 0; });
  }

  Value metric(const Node& node) const {
    const Metric& metric = *find_metric(node.metric);
    const Reading reading = read(scenario_, scope_, node, metric, outcome_.totals);
    const auto whole = [](double number) { return static_cast<std::uint64_t>(number); };
    switch (metric.kind) {
      case MetricKind::histogram: {
        const std::uint64_t samples = reading.histogram.count();
        if (node.function == Function::count) return {static_cast<double>(samples), kEnough, 0, 0};
        if (samples == 0) return {};
        return {of_histogram(reading.histogram, node.function), samples, 0, 0};
      }
      case MetricKind::ratio:
      case MetricKind::quotient: {
        if (reading.denominator <= 0) return {};
        const bool trials = metric.kind == MetricKind::ratio;
        return {reading.numerator / reading.denominator,
                trials ? whole(reading.denominator) : kEnough,
                trials ? whole(reading.numerator) : 0, trials ? whole(reading.denominator) : 0};
      }
      case MetricKind::count:
      case MetricKind::amount:
        break;
    }
    if (!has_data()) return {};
    if (node.function != Function::rate) return {reading.numerator, kEnough, 0, 0};
    const double seconds = judged_seconds();
    if (seconds <= 0) return {};
    return {reading.numerator / seconds, kEnough, 0, 0};
  }

  Value binary(const Node& node) const {
    const Value left = value(*node.left);
    const Value right = value(*node.right);
    Value result{std::nullopt, std::min(left.samples, right.samples), 0, 0};
    if (!left.number || !right.number) return result;
    const double a = *left.number;
    const double b = *right.number;
    if (node.op == '+') result.number = a + b;
    if (node.op == '-') result.number = a - b;
    if (node.op == '*') result.number = a * b;
    if (node.op == '/' && b != 0) result.number = a / b;
    return result;
  }

  const scenario::Scenario& scenario_;
  const Outcome& outcome_;
  const Scope& scope_;
};

bool holds(double value, Relation relation, double limit, double limit_high) {
  switch (relation) {
    case Relation::less:
      return value < limit;
    case Relation::less_equal:
      return value <= limit;
    case Relation::equal:
      return value == limit;
    case Relation::not_equal:
      return value != limit;
    case Relation::greater_equal:
      return value >= limit;
    case Relation::greater:
      return value > limit;
    case Relation::between:
      return value >= limit && value <= limit_high;
  }
  return false;
}

// The guard that makes this rule's figures worthless, or nothing.
const Guard* guard_on(const Outcome& outcome, const Scope& scope,
                      const scenario::Scenario& scenario) {
  for (const Guard& guard : outcome.guards) {
    if (guard.voids_run) return &guard;
    if (guard.phase && scope.over.dimension == Dimension::phase &&
        guard.phase->index() == scope.over.index) {
      return &guard;
    }
    if (!guard.fault) continue;
    const bool over =
        scope.over.dimension == Dimension::fault && guard.fault->index() == scope.over.index;
    const bool per =
        scope.per == Per::fault && scenario.faults[guard.fault->index()].name == scope.bound;
    if (over || per) return &guard;
  }
  return nullptr;
}

void judge(RuleResult& result, const scenario::GateRuleSpec& spec, const Compiled& rule,
           const Value& value) {
  const auto give_up = [&](std::string reason) {
    result.status = RuleStatus::inconclusive;
    if (spec.on_no_data == scenario::OnNoData::pass) result.status = RuleStatus::pass;
    if (spec.on_no_data == scenario::OnNoData::fail) {
      result.status =
          spec.severity == scenario::Severity::fail ? RuleStatus::fail : RuleStatus::warn;
    }
    result.reason = std::move(reason);
  };
  if (!value.number) return give_up("no data");
  result.value = value.number;
  if (value.samples < spec.samples_min) {
    return give_up(fmt::format("{} samples, {} needed", value.samples, spec.samples_min));
  }
  double compared = *value.number;
  const Relation relation = rule.expression.relation;
  if (spec.confidence) {
    const bool upper = relation == Relation::less || relation == Relation::less_equal;
    compared = upper ? upper_bound(value.numerator, value.denominator, *spec.confidence)
                     : lower_bound(value.numerator, value.denominator, *spec.confidence);
    result.bound = compared;
  }
  if (holds(compared, relation, result.limit, result.limit_high.value_or(0))) {
    result.status = RuleStatus::pass;
    return;
  }
  result.status = spec.severity == scenario::Severity::fail ? RuleStatus::fail : RuleStatus::warn;
  result.reason = fmt::format(
      "{} is not {} {}{}", render(compared, result.unit), result.relation,
      render(result.limit, result.unit),
      result.limit_high ? " and " + render(*result.limit_high, result.unit) : std::string{});
}

// The causal lines of what the rule's metrics count, worst first.
std::vector<std::string> offenders(const scenario::Scenario& scenario, const Outcome& outcome,
                                   const Node& node) {
  std::vector<std::string> lines;
  if (node.kind == Node::Kind::binary) {
    lines = offenders(scenario, outcome, *node.left);
    for (auto& line : offenders(scenario, outcome, *node.right)) lines.push_back(std::move(line));
  } else if (node.kind == Node::Kind::metric) {
    const bool presence = node.metric.find("offline") != std::string::npos;
    std::string policy;
    for (const LabelMatch& match : node.labels) {
      if (match.label == "policy" && match.how == MatchHow::equal) policy = match.value;
    }
    for (const FalseOffline& episode : outcome.false_offlines) {
      if (!presence || lines.size() == kOffendersMax) break;
      const std::string& label = outcome.totals.policies[episode.policy].label;
      if (policy.empty() || label == policy) lines.push_back(episode.line);
    }
    const bool wills = node.metric.starts_with("will");
    for (const WillEntry& will : outcome.wills) {
      if (!wills || lines.size() == kOffendersMax) break;
      const bool meant = node.metric.find(to_text(will.will_class)) != std::string::npos;
      if (meant || node.metric == "wills_observed") lines.push_back(will.line);
    }
  }
  if (lines.size() > kOffendersMax) lines.resize(kOffendersMax);
  return lines;
}

RuleResult evaluate_one(const scenario::Scenario& scenario, const Outcome& outcome,
                        const scenario::GateRuleSpec& spec, const Compiled& rule,
                        const Scope& scope) {
  RuleResult result;
  result.name = spec.name;
  result.expect = spec.expect;
  if (!scope.bound.empty()) result.per = fmt::format("{} {}", spec.per, scope.bound);
  result.severity = spec.severity;
  result.relation = to_text(rule.expression.relation);
  result.limit = rule.expression.limit.value;
  if (rule.expression.limit_high) result.limit_high = rule.expression.limit_high->value;
  result.unit = rule.expression.left->unit;
  result.line = spec.line;
  const Value value = Evaluator{scenario, outcome, scope}.value(*rule.expression.left);
  result.numerator = value.numerator;
  result.denominator = value.denominator;
  result.samples = value.samples == static_cast<std::uint64_t>(-1) ? 0 : value.samples;
  if (const Guard* guard = guard_on(outcome, scope, scenario)) {
    result.value = value.number;
    result.status = RuleStatus::inconclusive;
    result.reason = guard->text;
    return result;
  }
  judge(result, spec, rule, value);
  const bool violated = result.status == RuleStatus::fail || result.status == RuleStatus::warn;
  if (violated) result.offenders = offenders(scenario, outcome, *rule.expression.left);
  return result;
}

}  // namespace

std::vector<RuleError> check(const scenario::Scenario& scenario) {
  std::vector<RuleError> errors;
  for (std::size_t i = 0; i < scenario.gate.size(); ++i) {
    const auto compiled = compile(scenario, scenario.gate[i]);
    if (compiled) continue;
    const CompileError& error = compiled.error();
    errors.push_back({i, error.key, error.error.offset,
                      std::max<std::size_t>(error.error.length, 1), error.error.message,
                      error.error.code});
  }
  return errors;
}

GateOutcome evaluate(const scenario::Scenario& scenario, const Outcome& outcome) {
  GateOutcome gate;
  for (const scenario::GateRuleSpec& spec : scenario.gate) {
    const auto rule = compile(scenario, spec);
    CHECK(rule);
    for (const std::string& value : per_values(scenario, rule->per)) {
      const Scope scope{rule->over, rule->per, value};
      gate.rules.push_back(evaluate_one(scenario, outcome, spec, *rule, scope));
      const RuleStatus status = gate.rules.back().status;
      gate.any_failed = gate.any_failed || status == RuleStatus::fail;
      const bool matters = spec.severity == scenario::Severity::fail;
      gate.any_inconclusive =
          gate.any_inconclusive || (matters && status == RuleStatus::inconclusive);
    }
  }
  return gate;
}

}  // namespace probate::analysis::gate
