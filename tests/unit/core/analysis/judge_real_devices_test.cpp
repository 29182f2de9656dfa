#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "core/journal/engines.hpp"
#include "core/scenario/real_devices.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;
using test::JournalScript;

PresenceTotals naive_at_a_proxy(const JournalScript& script) {
  Judge judge{test::fleet_of(1), test::mosquitto_2_0_11()};
  journal::RunBegan began;
  began.engine = journal::kProxyEngine;
  judge.add({kRunStart, 0, journal::kNoSequence, began});
  for (const journal::Record& record : script.records()) {
    judge.add(record);
    judge.advance(record.at);
  }
  return judge.finish(test::at(60)).totals.policies[1].all;
}

// K = 10 s, last heard at 20 s, closed by the broker at 36 s: for 16 s nobody knows.
TEST(JudgeOfRealDevices, leaves_open_where_a_device_was_in_a_silence_of_its_own) {
  JournalScript script;
  const auto link = script.connects(1);
  script.birth(2, link);
  script.broker_leg_ends(36, link, Party::broker, CloseHow::timeout, 20);
  script.will(36, link);
  const PresenceTotals naive = naive_at_a_proxy(script);
  EXPECT_DOUBLE_EQ(naive.up_seconds, 19);
  EXPECT_DOUBLE_EQ(naive.false_online_seconds, 0);
}

// The same, but the silence is ours, from 21 s on: from then it was down.
TEST(JudgeOfRealDevices, knows_the_silences_that_a_fault_made) {
  JournalScript script;
  const auto link = script.connects(1);
  script.birth(2, link);
  script.falls_silent(21, link, 20);
  script.broker_leg_ends(36, link, Party::broker, CloseHow::timeout, 20);
  script.will(36, link);
  const PresenceTotals naive = naive_at_a_proxy(script);
  EXPECT_DOUBLE_EQ(naive.up_seconds, 20);
  EXPECT_DOUBLE_EQ(naive.false_online_seconds, 15);
}

// Two of them, with ids of their own behind the scenario's: one place, two names.
TEST(JudgeOfRealDevices, knows_a_fault_by_hand_by_its_name_and_counts_all_in_one_place) {
  JournalScript script;
  script.scenario() = scenario::with_faults_by_hand(script.scenario());
  const auto first = script.connects(1, {.device = 0});
  const auto second = script.connects(1, {.device = 1});
  script.write(5, journal::FaultAdded{FaultId{0}, "cut-one", "drop how: rst", "all"});
  script.write(5, journal::FaultApplied{FaultId{0}, DeviceId{0}});
  script.ends(5, first, Party::proxy, CloseHow::rst);
  script.write(6, journal::FaultAdded{FaultId{9}, "cut-two", "drop how: rst", "all"});
  script.write(6, journal::FaultApplied{FaultId{9}, DeviceId{1}});
  script.write(6, journal::FaultHealed{FaultId{9}, DeviceId{1}});
  script.ends(6, second, Party::proxy, CloseHow::rst);
  const Outcome outcome = script.judged(60);
  ASSERT_EQ(outcome.totals.faults.size(), 1u);
  EXPECT_EQ(outcome.totals.faults[0].injected, 2u);
  EXPECT_EQ(outcome.totals.faults[0].active, 1u);
  EXPECT_EQ(outcome.totals.wills_by_fault[0][WillClass::missing], 2u);
  ASSERT_EQ(outcome.wills.size(), 2u);
  EXPECT_EQ(outcome.wills[0].fault, FaultId{0});
  EXPECT_THAT(outcome.wills[0].line, testing::HasSubstr("(cut-one)"));
  EXPECT_EQ(outcome.wills[1].fault, FaultId{0});
  EXPECT_THAT(outcome.wills[1].line, testing::HasSubstr("(cut-two)"));
}

TEST(JudgeOfRealDevices, does_not_doubt_a_run_in_which_nobody_made_a_fault) {
  JournalScript script{scenario::with_faults_by_hand(test::fleet_of(1))};
  script.connects(1);
  EXPECT_TRUE(script.judged(60).guards.empty());
}

}  // namespace
}  // namespace probate::analysis
