#include "core/analysis/gate/gate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/analysis/gate/bounds.hpp"
#include "core/analysis/gate/figures.hpp"
#include "core/analysis/gate/guarding.hpp"
#include "core/base/check.hpp"
#include "core/base/text.hpp"

namespace probate::analysis::gate {
namespace {

constexpr std::size_t kOffendersMax = 10;

// One rule, for one value of its `per`.
struct Case {
  const scenario::GateRuleSpec& spec;
  const Rule& rule;
  Scope scope;
  const Finding* finding = nullptr;  // of rules that were watched
};

std::string limit_text(const RuleResult& result) {
  std::string limit = render(result.limit, result.unit);
  if (!result.limit_high) return limit;
  return limit + " and " + render(*result.limit_high, result.unit);
}

// "7 % is not < 5 %"
std::string violation_text(const RuleResult& result, const Value& value,
                           const Comparison& comparison) {
  const double compared = comparison.bound.value_or(value.number.value_or(0));
  std::string found = render(compared, result.unit);
  const std::string limit = limit_text(result);
  if (result.relation == to_text(Relation::not_equal)) return "it is " + found;
  if (found == limit && compared != result.limit) {
    found += fmt::format(" ({:g} off)", compared - result.limit);
  }
  return fmt::format("{} is not {} {}", found, result.relation, limit);
}

void violate(RuleResult& result, std::string reason) {
  result.status = result.severity == scenario::Severity::fail ? RuleStatus::fail : RuleStatus::warn;
  result.reason = std::move(reason);
}

void give_up(RuleResult& result, scenario::OnNoData on_no_data, std::string reason) {
  if (on_no_data == scenario::OnNoData::fail) return violate(result, std::move(reason));
  const bool passes = on_no_data == scenario::OnNoData::pass;
  result.status = passes ? RuleStatus::pass : RuleStatus::inconclusive;
  result.reason = std::move(reason);
}

void state(RuleResult& result, const Value& value, const Comparison& comparison) {
  result.value = value.number;
  result.bound = comparison.bound;
  result.numerator = value.numerator;
  result.denominator = value.denominator;
  result.samples = value.samples == Value::kEnough ? 0 : value.samples;
}

// The instruments were found not to be trusted for what a count had counted, so it fell.
bool is_taken_back(const Case& one, const Comparison& at_the_end, const WillTotals& wills) {
  const bool are_some_voided = wills.censored[static_cast<std::size_t>(CensoredCause::voided)] > 0;
  return at_the_end.answer == Answer::holds && one.rule.is_final_when_exceeded() && are_some_voided;
}

// A violation that lasted decides, whatever came after it.
void judge_stretch(RuleResult& result, const Case& one) {
  const Stretch& stretch = *one.finding->lasting;
  state(result, stretch.value, stretch.comparison);
  std::string reason = violation_text(result, stretch.value, stretch.comparison);
  reason += stretch.until > stretch.from
                ? fmt::format(", from {} to {}", probate::to_text(stretch.from),
                              probate::to_text(stretch.until))
                : fmt::format(", at {}", probate::to_text(stretch.until));
  if (one.finding->ended_the_run) reason += "; this ends the run";
  violate(result, std::move(reason));
}

std::string no_data_text(const Value& value) {
  if (!value.is_doubtful()) return "no data";
  const std::uint64_t owed = value.decided + value.undecided;
  return fmt::format("no data: {} owed, and {} decided (a last phase with `for: auto` waits)",
                     counted(owed, "will was", "wills were"),
                     value.decided == 0 ? "none was"
                                        : fmt::format("only {} of them {}", value.decided,
                                                      value.decided == 1 ? "was" : "were"));
}

void judge_end(RuleResult& result, const Case& one, const Value& value,
               const Comparison& comparison) {
  state(result, value, comparison);
  switch (comparison.answer) {
    case Answer::no_data:
      result.value.reset();  // of a few that were decided
      return give_up(result, one.spec.on_no_data, no_data_text(value));
    case Answer::too_few:
      return give_up(result, one.spec.on_no_data,
                     fmt::format("{}, {} needed", counted(value.samples, "sample", "samples"),
                                 one.spec.samples_min));
    case Answer::holds:
      result.status = RuleStatus::pass;
      return;
    case Answer::violated:
      return violate(result, violation_text(result, value, comparison));
  }
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

RuleResult blank_of(const Case& one) {
  const Expression& expression = one.rule.expression;
  RuleResult result;
  result.name = one.spec.name;
  result.expect = one.spec.expect;
  if (!one.scope.bound.empty()) result.per = fmt::format("{} {}", one.spec.per, one.scope.bound);
  result.severity = one.spec.severity;
  result.relation = to_text(expression.relation);
  result.limit = expression.limit.value;
  if (expression.limit_high) result.limit_high = expression.limit_high->value;
  result.unit = expression.left->unit;
  result.file = one.spec.file;
  result.line = one.spec.line;
  return result;
}

RuleResult evaluate_one(const scenario::Scenario& scenario, const Outcome& outcome,
                        const Case& one) {
  const Expression& expression = one.rule.expression;
  RuleResult result = blank_of(one);
  const Moment end{outcome.totals, outcome.phases, outcome.judged_until.value_or(Instant{})};
  Figures figures = read_figures(scenario, one.rule, one.scope, end);
  const bool is_windowed = one.finding != nullptr && one.finding->before_window;
  if (is_windowed) figures = figures.since(*one.finding->before_window, expression);
  const Value value = value_of(expression, figures);
  if (const Guard* guard = guard_on(outcome.guards, one.rule, one.scope, scenario)) {
    state(result, value, {});
    result.status = RuleStatus::inconclusive;
    result.reason = guard->text;
    return result;
  }
  // One with `abort` alone is final once it is exceeded, so the sums decide it.
  if (one.finding == nullptr && (one.spec.held_for || one.spec.window)) {
    give_up(
        result, scenario::OnNoData::inconclusive,
        "a rule with `for` or `over: last` needs the journal of the run (events.ndjson.gz), not "
        "its sums");
    return result;
  }
  const Comparison at_the_end = compare(one.spec, one.rule, value);
  const bool has_lasted = one.finding != nullptr && one.finding->lasting;
  if (has_lasted && !is_taken_back(one, at_the_end, outcome.totals.wills)) {
    judge_stretch(result, one);
  } else if (has_lasted && one.finding->ended_the_run) {
    state(result, value, at_the_end);
    give_up(result, scenario::OnNoData::inconclusive,
            "it ended the run, and what it had counted was voided afterwards");
  } else {
    judge_end(result, one, value, at_the_end);
  }
  const bool violated = result.status == RuleStatus::fail || result.status == RuleStatus::warn;
  if (violated) result.offenders = offenders(scenario, outcome, *expression.left);
  return result;
}

// new − base, and what it stands on: the smaller of the two samples.
RuleResult evaluate_change_of(const scenario::Scenario& scenario, const Outcome& base,
                              const Outcome& fresh, const Case& one) {
  RuleResult result = blank_of(one);
  const auto value_in = [&](const Outcome& outcome) {
    const Moment end{outcome.totals, outcome.phases, outcome.judged_until.value_or(Instant{})};
    return value_of(one.rule.expression, read_figures(scenario, one.rule, one.scope, end));
  };
  const Value before = value_in(base);
  const Value after = value_in(fresh);
  for (const Outcome* outcome : {&base, &fresh}) {
    const Guard* guard = guard_on(outcome->guards, one.rule, one.scope, scenario);
    if (guard == nullptr) continue;
    give_up(result, scenario::OnNoData::inconclusive,
            (outcome == &base ? "base: " : "new: ") + guard->text);
    return result;
  }
  if (one.spec.needs_watching()) {
    give_up(result, scenario::OnNoData::inconclusive,
            "`for`, `abort` and `over: last` cannot be asked of a comparison");
    return result;
  }
  Value change{std::nullopt, std::min(before.samples, after.samples), 0, 0};
  const Value& less_known = before.is_doubtful() ? before : after;
  change.decided = less_known.decided;
  change.undecided = less_known.undecided;
  if (before.number && after.number && !change.is_doubtful()) {
    change.number = *after.number - *before.number;
  }
  scenario::GateRuleSpec point = one.spec;
  point.confidence.reset();
  Comparison comparison = compare(point, one.rule, change);
  const bool decided = comparison.answer == Answer::holds || comparison.answer == Answer::violated;
  if (one.spec.confidence && decided) {
    // One-sided at that level is two-sided at 1 − 2 (1 − level).
    const Bounds bounds =
        difference_bounds({before.numerator, before.denominator},
                          {after.numerator, after.denominator}, 2 * *one.spec.confidence - 1);
    const Relation relation = one.rule.expression.relation;
    const bool upper = relation == Relation::less || relation == Relation::less_equal;
    const Value bound{upper ? bounds.high : bounds.low, Value::kEnough, 0, 0};
    comparison = {compare(point, one.rule, bound).answer, bound.number};
  }
  judge_end(result, one, change, comparison);
  return result;
}

const Finding* find(const Findings& findings, std::size_t rule, const std::string& bound) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.rule == rule && finding.bound == bound;
  });
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace

std::vector<RuleError> check(const scenario::Scenario& scenario) {
  std::vector<RuleError> errors;
  for (std::size_t i = 0; i < scenario.gate.size(); ++i) {
    const auto compiled = compile(scenario, scenario.gate[i]);
    if (compiled) continue;
    const RuleMistake& mistake = compiled.error();
    errors.push_back({i, mistake.key, mistake.error.offset,
                      std::max<std::size_t>(mistake.error.length, 1), mistake.error.message,
                      mistake.error.code, mistake.error.label});
  }
  return errors;
}

namespace {

template <typename Evaluate>
GateOutcome for_each_case(const scenario::Scenario& scenario, const Findings& findings,
                          Evaluate evaluate) {
  GateOutcome gate;
  for (std::size_t i = 0; i < scenario.gate.size(); ++i) {
    const scenario::GateRuleSpec& spec = scenario.gate[i];
    const auto rule = compile(scenario, spec);
    CHECK(rule);
    for (const std::string& value : per_values(scenario, rule->per)) {
      gate.rules.push_back(
          evaluate(Case{spec, *rule, {rule->over, rule->per, value}, find(findings, i, value)}));
      const RuleStatus status = gate.rules.back().status;
      gate.any_failed = gate.any_failed || status == RuleStatus::fail;
      const bool matters = spec.severity == scenario::Severity::fail;
      gate.any_inconclusive =
          gate.any_inconclusive || (matters && status == RuleStatus::inconclusive);
    }
  }
  return gate;
}

}  // namespace

GateOutcome evaluate(const scenario::Scenario& scenario, const Outcome& outcome,
                     const Findings& findings) {
  return for_each_case(scenario, findings,
                       [&](const Case& one) { return evaluate_one(scenario, outcome, one); });
}

Conclusion conclude(const Outcome& outcome, const GateOutcome& gate) {
  if (outcome.voided_by_guard()) return Conclusion::inconclusive;
  if (gate.any_failed) return Conclusion::fail;
  return gate.any_inconclusive ? Conclusion::inconclusive : Conclusion::pass;
}

GateOutcome evaluate_change(const scenario::Scenario& scenario, const Outcome& base,
                            const Outcome& fresh) {
  return for_each_case(scenario, {}, [&](const Case& one) {
    return evaluate_change_of(scenario, base, fresh, one);
  });
}

}  // namespace probate::analysis::gate
