#include "core/analysis/gate/figures.hpp"

#include <algorithm>

#include "core/analysis/gate/bounds.hpp"
#include "core/analysis/gate/catalogue.hpp"
#include "core/base/check.hpp"

namespace probate::analysis::gate {
namespace {

// Calls `visit` with every metric of an expression, from left to right.
template <typename Visit>
void for_each_metric(const Node& node, Visit visit) {
  if (node.kind == Node::Kind::metric) visit(node);
  if (node.kind != Node::Kind::binary) return;
  for_each_metric(*node.left, visit);
  for_each_metric(*node.right, visit);
}

double judged_seconds(const Scope& scope, const Moment& moment) {
  if (scope.over.dimension != Dimension::phase) return to_seconds(moment.now);
  if (scope.over.index >= moment.phases.size()) return 0;
  const PhaseSpan& phase = moment.phases[scope.over.index];
  return to_seconds(phase.ended_at.value_or(moment.now) - phase.began_at);
}

// Whether anything was there to be judged: without it a count of 0 is not a finding.
double activity_of(const Totals& totals) {
  std::uint64_t ended = totals.wills.expected + totals.wills.observed;
  for (const std::uint64_t count : totals.wills.no_will) ended += count;
  double up_seconds = 0;
  for (const PolicyTotals& policy : totals.policies) up_seconds += policy.all.up_seconds;
  return static_cast<double>(ended) + up_seconds;
}

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
  explicit Evaluator(const Figures& figures) : figures_{figures} {}

  Value value(const Node& node) {
    switch (node.kind) {
      case Node::Kind::quantity:
        return {node.value, Value::kEnough, 0, 0};
      case Node::Kind::metric: {
        const Reading& reading = figures_.readings.at(next_++);
        Value value = metric(node, reading);
        value.decided = static_cast<std::uint64_t>(reading.decided);
        value.undecided = static_cast<std::uint64_t>(reading.undecided);
        return value;
      }
      case Node::Kind::binary:
        return binary(node);
    }
    return {};
  }

 private:
  Value metric(const Node& node, const Reading& reading) const {
    const Metric& metric = *find_metric(node.metric);
    const auto whole = [](double number) { return static_cast<std::uint64_t>(number); };
    switch (metric.kind) {
      case MetricKind::histogram:
        if (reading.denominator <= 0) return {};
        return of_durations(reading.histogram, node.function);
      case MetricKind::ratio:
      case MetricKind::quotient: {
        if (reading.denominator <= 0) return {};
        const bool trials = metric.kind == MetricKind::ratio;
        return {reading.numerator / reading.denominator,
                trials ? whole(reading.denominator) : Value::kEnough,
                trials ? whole(reading.numerator) : 0, trials ? whole(reading.denominator) : 0};
      }
      case MetricKind::count:
      case MetricKind::amount:
        break;
    }
    if (figures_.activity <= 0 || reading.denominator <= 0) return {};
    if (node.function != Function::rate) return {reading.numerator, Value::kEnough, 0, 0};
    if (figures_.seconds <= 0) return {};
    return {reading.numerator / figures_.seconds, Value::kEnough, 0, 0};
  }

  Value of_durations(const Histogram& histogram, Function function) const {
    const std::uint64_t samples = histogram.count();
    if (function == Function::count) {
      if (figures_.activity <= 0) return {};
      return {static_cast<double>(samples), Value::kEnough, 0, 0};
    }
    if (samples == 0) return {};
    return {of_histogram(histogram, function), samples, 0, 0};
  }

  Value binary(const Node& node) {
    const Value left = value(*node.left);
    const Value right = value(*node.right);
    Value result{std::nullopt, std::min(left.samples, right.samples), 0, 0};
    const Value& least = doubt(left) > doubt(right) ? left : right;
    result.decided = least.decided;
    result.undecided = least.undecided;
    if (!left.number || !right.number) return result;
    const double a = *left.number;
    const double b = *right.number;
    if (node.op == '+') result.number = a + b;
    if (node.op == '-') result.number = a - b;
    if (node.op == '*') result.number = a * b;
    if (node.op == '/' && b != 0) result.number = a / b;
    return result;
  }

  static double doubt(const Value& value) {
    return static_cast<double>(value.undecided) - static_cast<double>(value.decided);
  }

  const Figures& figures_;
  std::size_t next_ = 0;
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

double highest_of(const Expression& expression) {
  return expression.limit_high ? expression.limit_high->value : expression.limit.value;
}

// Whether whatever the undecided wills turned out to be could not change the answer.
bool is_beyond_doubt(const Rule& rule, double number) {
  const bool is_reached = holds(number, rule.expression.relation, rule.expression.limit.value,
                                highest_of(rule.expression));
  return (rule.is_final_when_exceeded() && exceeds(rule.expression, number)) ||
         (rule.is_final_when_reached() && is_reached);
}

}  // namespace

Figures Figures::since(const Figures& earlier, const Expression& expression) const {
  Figures out{{}, activity - earlier.activity, seconds - earlier.seconds};
  std::size_t i = 0;
  for_each_metric(*expression.left, [&](const Node& node) {
    const MetricKind kind = find_metric(node.metric)->kind;
    out.readings.push_back(readings.at(i).since(earlier.readings.at(i), kind));
    ++i;
  });
  return out;
}

Figures read_figures(const scenario::Scenario& scenario, const Rule& rule, const Scope& scope,
                     const Moment& moment) {
  Figures figures;
  for_each_metric(*rule.expression.left, [&](const Node& node) {
    const Metric& metric = *find_metric(node.metric);
    figures.readings.push_back(read(scenario, scope, node, metric, moment.totals));
  });
  figures.activity = activity_of(moment.totals);
  figures.seconds = judged_seconds(scope, moment);
  return figures;
}

Value value_of(const Expression& expression, const Figures& figures) {
  return Evaluator{figures}.value(*expression.left);
}

Comparison compare(const scenario::GateRuleSpec& spec, const Rule& rule, const Value& value) {
  const Expression& expression = rule.expression;
  if (!value.number) return {Answer::no_data, std::nullopt};
  if (value.is_doubtful() && !is_beyond_doubt(rule, *value.number)) {
    return {Answer::no_data, std::nullopt};
  }
  if (value.samples < spec.samples_min) return {Answer::too_few, std::nullopt};
  const Relation relation = expression.relation;
  double compared = *value.number;
  std::optional<double> bound;
  if (spec.confidence) {
    const bool upper = relation == Relation::less || relation == Relation::less_equal;
    compared = upper ? upper_bound(value.numerator, value.denominator, *spec.confidence)
                     : lower_bound(value.numerator, value.denominator, *spec.confidence);
    bound = compared;
  }
  const bool good = holds(compared, relation, expression.limit.value, highest_of(expression));
  return {good ? Answer::holds : Answer::violated, bound};
}

bool exceeds(const Expression& expression, double number) {
  const double highest = highest_of(expression);
  return expression.relation == Relation::less ? number >= highest : number > highest;
}

}  // namespace probate::analysis::gate
