// Rules that are looked at while the run goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/gate/gate.hpp"
#include "core/analysis/gate/watch.hpp"
#include "core/journal/engines.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis::gate {
namespace {

using probate::test::at;
using probate::test::JournalScript;
using ::testing::HasSubstr;

struct Watched {
  RuleResult rule;
  std::string ending;
  std::size_t fed = 0;  // records until then
};

// Judges the script under one rule, as a live run would: it stops at the first ending.
Watched watched(JournalScript script, scenario::GateRuleSpec spec, double drain) {
  spec.name = "rule";
  script.scenario().gate = {spec};
  const auto mistakes = check(script.scenario());
  EXPECT_TRUE(mistakes.empty()) << mistakes.at(0).message;
  if (!mistakes.empty()) return {};
  Judge judge{script.scenario(), script.profile()};
  Watch watch{script.scenario(), judge};
  Watched result;
  for (const journal::Record& record : script.records()) {
    if (record.at > at(drain)) break;
    watch.add(record);
    if (watch.ending().empty()) ++result.fed;
  }
  watch.add({at(drain), 0, 0, journal::DrainBegan{}});
  const Outcome outcome = judge.finish(at(drain));
  result.rule = evaluate(script.scenario(), outcome, watch.findings(at(drain))).rules.at(0);
  result.ending = watch.ending();
  return result;
}

// Device 0 drops and its will comes `delay` late, at these seconds, once for each epoch.
JournalScript wills_at(std::initializer_list<double> seconds) {
  JournalScript script;
  Epoch epoch = 1;
  for (const double second : seconds) {
    const auto link = script.connects(second - 0.2, {.epoch = epoch++});
    script.ends(second - 0.1, link);
    script.will(second, link);
  }
  return script;
}

scenario::GateRuleSpec expecting(std::string expect) {
  scenario::GateRuleSpec spec;
  spec.expect = std::move(expect);
  return spec;
}

scenario::GateRuleSpec over_last(std::string expect, Duration window) {
  scenario::GateRuleSpec spec = expecting(std::move(expect));
  spec.over = "last " + probate::to_text(window);
  spec.window = window;
  return spec;
}

TEST(GateWindow, counts_only_what_came_in_the_last_seconds) {
  const auto script = wills_at({3.5, 4.5, 17.5});
  EXPECT_EQ(watched(script, expecting("wills_true == 3"), 20).rule.value, 3);
  EXPECT_EQ(watched(script, over_last("wills_true == 1", 5s), 20).rule.value, 1);
  EXPECT_EQ(watched(script, over_last("wills_true == 2", 16s), 20).rule.value, 2);
  EXPECT_EQ(watched(script, over_last("rate(wills_true) == 0.2/s", 5s), 20).rule.value, 0.2);
}

// A fault on a big fleet leaves many devices of which nobody can tell yet what was true.
TEST(GateWindow, is_of_its_seconds_however_many_devices_wait_to_be_compared) {
  constexpr std::uint32_t kWaiting = 1'500;
  JournalScript script{probate::test::fleet_of(kWaiting + 1)};
  journal::RunBegan began;
  began.engine = journal::kVirtualEngine;
  script.write(0, began);
  const auto link = script.connects(1);
  for (std::uint32_t device = 1; device <= kWaiting; ++device) {
    const auto silent = script.connects(1, {.device = device});
    script.falls_silent(2, silent, 2);
    script.message(2.2, silent);  // it was on its way
    script.recovers(29, silent);
  }
  script.birth(3, link);
  script.will(10, link);  // which is alive
  script.message(10.5, link);
  const std::string none_of_naive = "false_offlines{policy=naive} == 0";
  const auto all = watched(script, over_last(none_of_naive, 25s), 30);
  EXPECT_EQ(all.rule.value, 1) << all.rule.reason;
  EXPECT_EQ(watched(script, over_last(none_of_naive, 5s), 30).rule.value, 0);
}

TEST(GateWindow, begins_with_the_run_if_that_is_younger) {
  EXPECT_EQ(watched(wills_at({3.5, 4.5}), over_last("wills_true == 2", 60s), 20).rule.value, 2);
}

TEST(GateWindow, has_durations_of_its_own) {
  JournalScript script;
  const auto early = script.connects(1);
  script.ends(2, early);
  script.will(2.9, early);
  const auto late = script.connects(10, {.epoch = 2});
  script.ends(11, late);
  script.will(11.1, late);
  EXPECT_NEAR(*watched(script, expecting("max(will_delay) < 1s"), 15).rule.value, 0.9, 1e-9);
  const auto recent = watched(script, over_last("max(will_delay) < 1s", 6s), 15);
  EXPECT_NEAR(*recent.rule.value, 0.1, 0.1 * 0.016);
  EXPECT_EQ(recent.rule.samples, 1U);
}

TEST(GateWindow, without_anything_in_it_has_no_data) {
  JournalScript script = wills_at({3.5});
  const auto result = watched(script, over_last("p99(will_delay) < 1s", 5s), 20);
  EXPECT_EQ(result.rule.status, RuleStatus::inconclusive);
  EXPECT_EQ(result.rule.reason, "no data");
  // Nobody was up and nothing ended: a count of 0 is no finding.
  EXPECT_EQ(watched(script, over_last("wills_missing == 0", 5s), 20).rule.status,
            RuleStatus::inconclusive);
}

TEST(GateWindow, of_an_hour_keeps_sixty_states) {
  const auto result = watched(wills_at({3.5, 100.5}), over_last("wills_true == 1", 1h), 3700.5);
  // The window may begin up to a sixtieth, a minute here, too early: at 60 s.
  EXPECT_EQ(result.rule.value, 1);
}

TEST(GateFor, forgives_a_violation_that_is_shorter) {
  // In the last 5 s: 1 will from 4 s to 8 s.
  auto spec = over_last("wills_true == 0", 5s);
  spec.held_for = 10s;
  spec.on_no_data = scenario::OnNoData::pass;
  EXPECT_EQ(watched(wills_at({3.5}), spec, 30).rule.status, RuleStatus::pass);
}

TEST(GateFor, fails_a_violation_that_lasted_and_says_from_when_to_when) {
  auto spec = over_last("wills_true == 0", 5s);
  spec.held_for = 3s;
  const auto result = watched(wills_at({3.5}), spec, 30);
  EXPECT_EQ(result.rule.status, RuleStatus::fail);
  EXPECT_EQ(result.rule.value, 1);
  EXPECT_EQ(result.rule.reason, "1 is not == 0, from +4.000 s to +7.000 s");
  EXPECT_EQ(result.ending, "") << "only abort ends a run";
}

// The marker's gap is found out later than the will is found missing.
TEST(GateFor, holds_nothing_against_a_count_whose_wills_are_voided_afterwards) {
  const auto missing = [](bool has_gap) {
    JournalScript script;
    for (std::uint32_t device = 0; device < 2; ++device) {
      const auto link = script.connects(1, {.device = device});
      script.ends(2, link);
      if (device == 1) script.will(2.001, link);
    }
    if (has_gap) script.write(20, journal::ObserverGap{journal::Observer::backend, at(1.9)});
    auto spec = expecting("wills_missing == 0");
    spec.held_for = 2s;
    return watched(script, spec, 40).rule;
  };
  EXPECT_EQ(missing(false).status, RuleStatus::fail);
  EXPECT_NE(missing(true).status, RuleStatus::fail);
}

TEST(GateFor, of_zero_asks_that_it_holds_at_every_second) {
  auto spec = over_last("wills_true == 0", 5s);
  spec.held_for = 0s;
  EXPECT_EQ(watched(wills_at({3.5}), spec, 30).rule.reason, "1 is not == 0, at +4.000 s");
}

// A billion seconds are not looked at one by one.
TEST(GateFor, is_not_held_up_by_a_clock_that_leaps) {
  auto spec = over_last("wills_true == 0", 5s);
  spec.held_for = 3s;
  EXPECT_EQ(watched(wills_at({3.5, 1e9}), spec, 1e9 + 30).rule.status, RuleStatus::fail);
}

TEST(GateFor, does_not_forgive_what_is_violated_at_the_end) {
  auto spec = expecting("wills_true == 0");
  spec.held_for = 1h;
  EXPECT_EQ(watched(wills_at({28.5}), spec, 30).rule.status, RuleStatus::fail);
}

TEST(GateFor, begins_anew_when_the_rule_held_in_between) {
  auto spec = over_last("wills_true == 0", 2s);
  spec.held_for = 3s;
  // Violated from 4 s to 5 s and from 9 s to 10 s: never for 3 s.
  spec.on_no_data = scenario::OnNoData::pass;
  EXPECT_EQ(watched(wills_at({3.5, 8.5}), spec, 30).rule.status, RuleStatus::pass);
}

TEST(GateFor, warns_if_it_is_a_warning) {
  auto spec = over_last("wills_true == 0", 5s);
  spec.held_for = 3s;
  spec.severity = scenario::Severity::warn;
  EXPECT_EQ(watched(wills_at({3.5}), spec, 30).rule.status, RuleStatus::warn);
}

TEST(GateAbort, ends_the_run_at_the_first_second_at_which_nothing_can_undo_the_violation) {
  auto spec = expecting("wills_true <= 1");
  spec.abort = true;
  const auto result = watched(wills_at({3.5, 7.5, 20.5}), spec, 30);
  EXPECT_EQ(result.ending, "abort rule rule");
  EXPECT_EQ(result.rule.status, RuleStatus::fail);
  EXPECT_EQ(result.rule.value, 2);
  EXPECT_EQ(result.rule.reason, "2 is not <= 1, at +8.000 s; this ends the run");
}

TEST(GateAbort, waits_while_a_count_can_still_reach_its_limit) {
  auto spec = expecting("wills_true == 2");
  spec.abort = true;
  const auto result = watched(wills_at({3.5, 7.5}), spec, 30);
  EXPECT_EQ(result.ending, "");
  EXPECT_EQ(result.rule.status, RuleStatus::pass);
  EXPECT_EQ(watched(wills_at({3.5, 7.5, 8.5}), spec, 30).ending, "abort rule rule");
}

TEST(GateAbort, with_for_ends_the_run_once_the_violation_has_lasted) {
  auto spec = over_last("wills_true == 0", 5s);
  spec.abort = true;
  spec.held_for = 3s;
  EXPECT_EQ(watched(wills_at({3.5}), spec, 30).rule.reason,
            "1 is not == 0, from +4.000 s to +7.000 s; this ends the run");
  spec.held_for = 10s;
  spec.on_no_data = scenario::OnNoData::pass;
  EXPECT_EQ(watched(wills_at({3.5}), spec, 30).ending, "");
}

TEST(GateAbort, does_not_end_a_run_whose_instruments_cannot_be_trusted) {
  JournalScript script = wills_at({3.5});
  script.write(1, journal::EventsDropped{7});
  auto spec = expecting("wills_true == 0");
  spec.abort = true;
  const auto result = watched(script, spec, 30);
  EXPECT_EQ(result.ending, "");
  EXPECT_EQ(result.rule.status, RuleStatus::inconclusive);
  EXPECT_EQ(result.rule.reason, "7 journal records were dropped");
}

TEST(GateAbort, proves_nothing_by_what_is_voided_afterwards) {
  JournalScript script;
  const auto link = script.connects(1);
  script.ends(2, link);
  script.will(4.5, link);
  script.write(20, journal::ObserverGap{journal::Observer::backend, at(1.9)});
  auto spec = expecting("wills_late == 0");
  spec.abort = true;
  const auto result = watched(script, spec, 40);
  EXPECT_EQ(result.ending, "abort rule rule");
  EXPECT_EQ(result.rule.status, RuleStatus::inconclusive);
}

TEST(GateAbort, takes_no_look_after_drain_began) {
  auto spec = expecting("wills_true == 0");
  spec.abort = true;
  JournalScript script = wills_at({3.5});
  script.scenario().gate = {spec};
  Judge judge{script.scenario(), script.profile()};
  Watch watch{script.scenario(), judge};
  for (const journal::Record& record : script.records()) {
    if (record.at < at(3.9)) watch.add(record);
  }
  watch.add({at(3.9), 0, 0, journal::DrainBegan{}});
  watch.advance(at(20));
  EXPECT_EQ(watch.ending(), "");
}

TEST(GateAbort, comes_at_the_same_second_whether_records_or_watermarks_move_the_time) {
  auto spec = expecting("wills_true == 0");
  spec.name = "rule";
  spec.abort = true;
  JournalScript script = wills_at({3.5});
  script.scenario().gate = {spec};
  Judge judge{script.scenario(), script.profile()};
  Watch watch{script.scenario(), judge};
  for (const journal::Record& record : script.records()) {
    watch.advance(record.at);
    watch.add(record);
  }
  watch.advance(at(3.999));
  EXPECT_EQ(watch.ending(), "");
  watch.advance(at(4));
  EXPECT_EQ(watch.ending(), "abort rule rule");
  EXPECT_EQ(watch.findings(at(4)).at(0).lasting->until, at(4));
}

TEST(GateAbort, is_a_mistake_where_the_rule_can_come_true_again) {
  JournalScript script;
  const auto mistake = [&](scenario::GateRuleSpec spec) {
    spec.abort = true;
    script.scenario().gate = {spec};
    const auto mistakes = check(script.scenario());
    return mistakes.empty() ? std::string{} : mistakes[0].key + ": " + mistakes[0].message;
  };
  for (const char* expect :
       {"wills_true > 3", "wills_true != 3", "will_missing_ratio < 1%", "10 - wills_true < 3",
        "p99(will_delay) < 3s", "wills_true / wills_expected < 2"}) {
    EXPECT_THAT(mistake(expecting(expect)), HasSubstr("abort: this rule can be violated now"))
        << expect;
  }
  EXPECT_THAT(mistake(over_last("wills_true < 3", 5s)), HasSubstr("say with `for`"));
  for (const char* expect : {"wills_true < 3", "2 * wills_late + wills_missing / 2 <= 3",
                             "max(will_lateness) < 3s", "count(will_delay) between 1 and 3"}) {
    EXPECT_EQ(mistake(expecting(expect)), "") << expect;
  }
  auto warning = expecting("wills_true < 3");
  warning.severity = scenario::Severity::warn;
  EXPECT_THAT(mistake(warning), HasSubstr("a warning cannot end the run"));
  auto lasting = expecting("will_missing_ratio < 1%");
  lasting.held_for = 10s;
  EXPECT_EQ(mistake(lasting), "");
}

TEST(Gate, says_that_such_a_rule_needs_the_journal) {
  JournalScript script = wills_at({3.5});
  auto spec = over_last("wills_true == 1", 60s);
  script.scenario().gate = {spec};
  const auto rule = evaluate(script.scenario(), script.judged(30)).rules.at(0);
  EXPECT_EQ(rule.status, RuleStatus::inconclusive);
  EXPECT_THAT(rule.reason, HasSubstr("needs the journal of the run"));
}

TEST(Gate, decides_a_rule_that_ends_the_run_by_the_sums_where_they_are_all_there_is) {
  JournalScript script = wills_at({3.5});
  auto spec = expecting("wills_true <= 0");
  spec.abort = true;
  script.scenario().gate = {spec};
  EXPECT_EQ(evaluate(script.scenario(), script.judged(30)).rules.at(0).status, RuleStatus::fail);
  script.scenario().gate[0].expect = "wills_true <= 1";
  EXPECT_EQ(evaluate(script.scenario(), script.judged(30)).rules.at(0).status, RuleStatus::pass);
}

}  // namespace
}  // namespace probate::analysis::gate
