#include "core/analysis/gate/watch.hpp"

#include <algorithm>

#include "core/analysis/gate/guarding.hpp"
#include "core/base/check.hpp"

namespace probate::analysis::gate {
namespace {

// How far apart the states of a window are kept: whole seconds.
Duration mark_interval(Duration window) {
  const Duration::rep seconds = window / Watch::kInterval;
  return Watch::kInterval *
         std::max<Duration::rep>(1, (seconds + Watch::kMarksMax - 1) / Watch::kMarksMax);
}

}  // namespace

Watch::Watch(const scenario::Scenario& scenario, Judge& judge)
    : scenario_{scenario}, judge_{judge} {
  for (std::size_t i = 0; i < scenario.gate.size(); ++i) {
    const scenario::GateRuleSpec& spec = scenario.gate[i];
    if (!spec.needs_watching()) continue;
    auto rule = compile(scenario, spec);
    CHECK(rule);
    WatchedRule watched{std::move(*rule), &spec, {}};
    for (const std::string& value : per_values(scenario, watched.rule.per)) {
      watched.values.push_back({{watched.rule.over, watched.rule.per, value},
                                {i, value, std::nullopt, false, std::nullopt},
                                std::nullopt,
                                {}});
    }
    rules_.push_back(std::move(watched));
  }
  if (!rules_.empty()) judge_.keep_presence_live();
}

Watch::~Watch() = default;

void Watch::add(const journal::Record& record) {
  look_until(record.at);
  stopped_ = stopped_ || std::holds_alternative<journal::DrainBegan>(record.body) ||
             std::holds_alternative<journal::RunEnded>(record.body);
  judge_.add(record);
}

void Watch::advance(Instant watermark) {
  look_until(watermark);
  judge_.advance(watermark);
}

void Watch::look_until(Instant now) {
  if (rules_.empty() || now == kNever) return;
  // A clock that leaps, or a run in which nothing happens: what is looked at is what changes.
  if (now - next_ > kLookBackMax) next_ += (now - next_ - kLookBackMax) / kInterval * kInterval;
  for (; !stopped_ && next_ <= now; next_ += kInterval) look(next_);
}

void Watch::look(Instant at) {
  judge_.advance(at);
  for (WatchedRule& rule : rules_) {
    for (Watched& watched : rule.values) look_at(rule, watched, at);
  }
}

const Figures* Watch::window_start(const WatchedRule& rule, const Watched& watched,
                                   Instant end) const {
  if (!rule.rule.over.window) return nullptr;
  const Instant begin = end - *rule.rule.over.window;
  const Figures* found = nullptr;
  for (const Mark& mark : watched.marks) {
    if (mark.at <= begin) found = &mark.figures;
  }
  return found;
}

void Watch::look_at(const WatchedRule& rule, Watched& watched, Instant at) {
  const Moment moment{judge_.totals(), judge_.phases(), at};
  Figures figures = read_figures(scenario_, rule.rule, watched.scope, moment);
  if (rule.spec->held_for || rule.spec->abort) {
    const Figures* before = window_start(rule, watched, at);
    const Expression& expression = rule.rule.expression;
    const Value value =
        value_of(expression, before != nullptr ? figures.since(*before, expression) : figures);
    const Comparison comparison = compare(*rule.spec, rule.rule, value);
    bool violated = comparison.answer == Answer::violated;
    if (!rule.spec->held_for) violated = violated && exceeds(expression, *value.number);
    if (!violated) {
      watched.violated_since.reset();
    } else {
      if (!watched.violated_since) watched.violated_since = at;
      const bool lasted = at - *watched.violated_since >= rule.spec->held_for.value_or(Duration{});
      Finding& finding = watched.finding;
      if (lasted && !finding.lasting) {
        finding.lasting = Stretch{*watched.violated_since, at, value, comparison};
      }
      if (lasted && rule.spec->abort && ending_.empty() &&
          guard_on(judge_.guards(), rule.rule, watched.scope, scenario_) == nullptr) {
        finding.ended_the_run = true;
        ending_ = "abort rule " + rule.spec->name;
      }
    }
  }
  if (!rule.rule.over.window) return;
  const Duration interval = mark_interval(*rule.rule.over.window);
  if (at.time_since_epoch() % interval != Duration{}) return;
  watched.marks.push_back({at, std::move(figures)});
  // The first one kept is where the window of this instant begins.
  while (watched.marks.size() > 1 && watched.marks[1].at <= at - *rule.rule.over.window) {
    watched.marks.pop_front();
  }
}

Findings Watch::findings(Instant judged_until) const {
  Findings all;
  for (const WatchedRule& rule : rules_) {
    for (const Watched& watched : rule.values) {
      all.push_back(watched.finding);
      const Figures* before = window_start(rule, watched, judged_until);
      if (before != nullptr) all.back().before_window = *before;
    }
  }
  return all;
}

}  // namespace probate::analysis::gate
