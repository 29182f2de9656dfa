// From the record of an instrument's trouble to the status of a rule: nothing is passed on figures
// that cannot be trusted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/gate/gate.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis::gate {
namespace {

using journal::Observer;
using probate::test::at;
using probate::test::JournalScript;
using ::testing::HasSubstr;

RuleResult judged(JournalScript script, scenario::GateRuleSpec spec) {
  spec.name = "rule";
  if (spec.expect.empty()) spec.expect = "wills_spurious == 0";
  script.scenario().gate = {spec};
  EXPECT_TRUE(check(script.scenario()).empty());
  return evaluate(script.scenario(), script.judged(60)).rules.at(0);
}

// Ten devices drop and their wills come at once.
JournalScript good_run() {
  JournalScript script{test::fleet_of(10)};
  for (std::uint32_t device = 0; device < 10; ++device) {
    const auto link = script.connects(1, {.device = device});
    script.ends(5, link);
    script.will(5.1, link);
  }
  return script;
}

TEST(GuardedRule, passes_while_the_instruments_are_sound) {
  EXPECT_EQ(judged(good_run(), {}).status, RuleStatus::pass);
}

TEST(GuardedRule, is_inconclusive_after_dropped_events) {
  JournalScript script = good_run();
  script.write(6, journal::EventsDropped{1});
  const RuleResult rule = judged(script, {});
  EXPECT_EQ(rule.status, RuleStatus::inconclusive);
  EXPECT_EQ(rule.reason, "1 journal record was dropped");
}

TEST(GuardedRule, is_inconclusive_after_the_broker_was_lost) {
  JournalScript script = good_run();
  script.write(6, journal::BrokerLost{"exited"});
  EXPECT_THAT(judged(script, {}).reason, HasSubstr("the broker was lost"));
}

TEST(GuardedRule, is_inconclusive_once_more_than_a_hundredth_is_voided) {
  JournalScript script{test::fleet_of(10)};
  for (std::uint32_t device = 0; device < 10; ++device) {
    const auto link = script.connects(1, {.device = device});
    script.ends(5, link);
    if (device > 0) script.will(5.1, link);
  }
  script.write(20, journal::ObserverGap{Observer::backend, at(4)});
  EXPECT_THAT(judged(script, {}).reason, HasSubstr("10.0 % of the obligations"));
}

TEST(GuardedRule, is_inconclusive_after_a_gap_or_lag_that_nothing_owed_can_vouch_for) {
  JournalScript gap{test::fleet_of(2)};
  gap.connects(1);
  gap.write(20, journal::ObserverGap{Observer::backend, at(4)});
  EXPECT_THAT(judged(gap, {}).reason, HasSubstr("observer has 1 gap and saw nothing for"));
  JournalScript lag{test::fleet_of(2)};
  lag.connects(1);
  lag.write(20, journal::GeneratorLag{900ms, 2s, at(10)});
  EXPECT_THAT(judged(lag, {}).reason, HasSubstr("1 window of 10 s lags"));
}

TEST(GuardedRule, over_a_phase_that_did_not_end_in_time_is_inconclusive_and_no_other) {
  JournalScript script = good_run();
  script.write(50, journal::PhaseEnded{PhaseId{0}, true});
  scenario::GateRuleSpec spec;
  EXPECT_EQ(judged(script, spec).status, RuleStatus::pass);
  spec.over = "phase all";
  EXPECT_THAT(judged(script, spec).reason, HasSubstr("phase all did not reach its end"));
}

TEST(GuardedRule, over_a_phase_that_waited_in_vain_tells_for_what_and_what_to_do) {
  JournalScript script = good_run();
  script.scenario().phases[0].end = scenario::UntilOnline{0.9, 5s};
  script.write(50, journal::PhaseEnded{PhaseId{0}, true});
  scenario::GateRuleSpec spec;
  spec.over = "phase all";
  EXPECT_THAT(judged(script, spec).reason,
              HasSubstr("less than 90 % of the fleet was online at once within 5s; give it a"));
  script.scenario().phases[0].end = scenario::ForAuto{10s};
  EXPECT_THAT(judged(script, spec).reason, HasSubstr("give it a longer at_most"));
}

TEST(GuardedRule, about_a_fault_that_hit_nobody_is_inconclusive_and_no_other) {
  JournalScript script = good_run();
  script.scenario().faults.push_back({"hit", fault::Once{}, {}, {}, {}, fault::Drop{}});
  script.scenario().faults.push_back({"missed", fault::Once{}, {}, {}, {}, fault::Drop{}});
  script.write(4, journal::FaultApplied{FaultId{0}, DeviceId{0}, kNoConnection});
  scenario::GateRuleSpec spec;
  EXPECT_EQ(judged(script, spec).status, RuleStatus::pass);
  spec.over = "fault hit";
  EXPECT_EQ(judged(script, spec).status, RuleStatus::pass);
  spec.over = "fault missed";
  EXPECT_EQ(judged(script, spec).reason, "fault missed hit nobody");
  spec = {};
  spec.expect = "wills_spurious{fault=missed} == 0";
  EXPECT_EQ(judged(script, spec).status, RuleStatus::inconclusive);
}

}  // namespace
}  // namespace probate::analysis::gate
