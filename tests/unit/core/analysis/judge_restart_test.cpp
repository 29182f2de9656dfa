// A fault ends the broker and starts it again: what it owes, and what nobody could have seen.
#include <gtest/gtest.h>

#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::BrokerEnd;
using journal::CloseHow;
using journal::Observer;
using journal::Party;
using test::censored;
using test::JournalScript;
using test::Link;
using test::missing;

constexpr FaultId kRestart{0};

scenario::Scenario with_restart() {
  scenario::Scenario scenario = test::fleet_of(4);
  fault::FaultSpec spec;
  spec.name = "restart";
  spec.timing = fault::Once{PhaseId{0}, 5s};
  spec.what = fault::BrokerRestart{};
  scenario.faults.push_back(spec);
  return scenario;
}

// Down at 5 s, up at 8 s; the observers lose it and are back half a second later.
class Restart : public testing::Test {
 protected:
  void stops(BrokerEnd how) {
    script_.write(5, journal::FaultApplied{kRestart, kNoDevice, kNoConnection});
    script_.write(5, journal::BrokerStopped{kRestart, how});
  }
  void observers_lose_it() {
    for (const Observer which : {Observer::backend, Observer::control}) {
      script_.write(5.02, journal::ObserverLost{which, "peer_fin"});
      script_.write(6, journal::ObserverGap{which, test::at(4.5)});
    }
  }
  void starts() {
    script_.write(8, journal::BrokerStarted{kRestart});
    for (const Observer which : {Observer::backend, Observer::control}) {
      script_.write(8.5, journal::ObserverGap{which, test::at(4.5)});
      script_.write(8.5, journal::ObserverUp{which, {"/willmsg", "/birth/+"}});
    }
  }
  JournalScript script_{with_restart()};
};

TEST_F(Restart, an_orderly_end_publishes_every_will_and_voids_nothing) {
  const Link first = script_.connects(1);
  const Link second = script_.connects(1, {.device = 1});
  stops(BrokerEnd::shutdown);
  script_.will(5.005, first);  // before its close, and more than a second before the other's
  script_.broker_leg_ends(5.01, first, Party::broker);
  script_.broker_leg_ends(6.5, second, Party::broker);
  script_.will(6.51, second);
  observers_lose_it();
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 2u);
  EXPECT_EQ(outcome.totals.wills_by_fault[0][WillClass::in_time], 2u);
  EXPECT_EQ(outcome.totals.observers[0].gaps, 0u);
  ASSERT_EQ(outcome.guards.size(), 1u);
  EXPECT_EQ(outcome.guards[0].kind, GuardKind::never_up);  // of the fleet's other devices: a note
  EXPECT_FALSE(outcome.guards[0].voids_run);
}

// [MQTT-3.1.2-8]
TEST_F(Restart, one_that_is_killed_loses_what_it_promised_by_a_known_habit) {
  const Link link = script_.connects(1);
  stops(BrokerEnd::crash);
  script_.broker_leg_ends(5.01, link, Party::broker, CloseHow::rst);
  observers_lose_it();
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(missing(outcome, MissingCause::broker_crash), 1u);
  ASSERT_EQ(outcome.totals.deviations.size(), 1u);
  EXPECT_EQ(outcome.totals.deviations[0].rule, "crash_loses_wills");
  EXPECT_FALSE(outcome.voided_by_guard());
}

TEST_F(Restart, what_the_profile_puts_off_may_have_come_unseen) {
  script_.profile().crash_loses_wills = false;
  const Link link = script_.connects(1);
  stops(BrokerEnd::crash);
  script_.broker_leg_ends(5.01, link, Party::broker);
  observers_lose_it();
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(censored(outcome, CensoredCause::broker_restart), 1u);
  EXPECT_FALSE(outcome.voided_by_guard());
}

TEST_F(Restart, a_will_that_was_due_while_nobody_could_see_is_censored_with_that_cause) {
  const Link link = script_.connects(1);
  script_.ends(4.9, link);  // its will was on the way
  stops(BrokerEnd::crash);
  observers_lose_it();
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(censored(outcome, CensoredCause::broker_restart), 1u);
  EXPECT_EQ(censored(outcome, CensoredCause::voided), 0u);
  EXPECT_FALSE(outcome.voided_by_guard());
}

TEST_F(Restart, a_will_of_long_before_is_missing_all_the_same) {
  const Link link = script_.connects(1);
  script_.ends(2, link);
  stops(BrokerEnd::crash);
  observers_lose_it();
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
}

TEST_F(Restart, instruments_that_failed_before_it_stay_failed) {
  const Link link = script_.connects(1);
  script_.ends(2, link);
  stops(BrokerEnd::crash);
  script_.write(5.02, journal::ObserverLost{Observer::backend, "peer_fin"});
  script_.write(6, journal::ObserverGap{Observer::backend, test::at(1.5)});
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(censored(outcome, CensoredCause::voided), 1u);
  EXPECT_EQ(outcome.totals.observers[0].gaps, 1u);
  EXPECT_TRUE(outcome.voided_by_guard());
}

TEST_F(Restart, an_observer_that_is_lost_afterwards_is_an_instrument_failure) {
  const Link link = script_.connects(10);
  stops(BrokerEnd::crash);
  observers_lose_it();
  starts();
  script_.write(11, journal::ObserverLost{Observer::backend, "peer_rst"});
  script_.ends(12, link);
  script_.write(14, journal::ObserverUp{Observer::backend, {"/willmsg"}});
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(censored(outcome, CensoredCause::voided), 1u);
  EXPECT_EQ(outcome.totals.observers[0].gaps, 1u);
}

// [MQTT5-3.1.3-9]
TEST_F(Restart, a_delayed_will_goes_out_with_an_orderly_end_and_is_lost_with_a_kill) {
  const Link link =
      script_.connects(1, {.version = mqtt::Version::v5, .expiry = 60s, .delay = 10s});
  script_.ends(2, link);
  JournalScript killed = script_;
  stops(BrokerEnd::shutdown);
  script_.will(5.01, link);
  observers_lose_it();
  starts();
  const Outcome orderly = script_.judged(60);
  EXPECT_EQ(orderly.totals.wills[WillClass::in_time], 1u);
  ASSERT_EQ(orderly.totals.deviations.size(), 1u);
  EXPECT_EQ(orderly.totals.deviations[0].rule, "shutdown_ignores_delay");
  script_ = killed;
  stops(BrokerEnd::crash);
  observers_lose_it();
  starts();
  EXPECT_EQ(missing(script_.judged(60), MissingCause::broker_crash), 1u);
}

TEST_F(Restart, a_broker_that_keeps_delays_owes_the_will_after_it_is_back) {
  script_.profile().shutdown = broker::ShutdownRule::publishes;
  script_.profile().delay_head_of_line = false;
  const Link link = script_.connects(1, {.version = mqtt::Version::v5, .expiry = 60s, .delay = 4s});
  script_.ends(2, link);
  stops(BrokerEnd::shutdown);
  observers_lose_it();
  starts();
  script_.will(8.9, link);
  EXPECT_EQ(script_.judged(60).totals.wills[WillClass::in_time], 1u);
}

// HiveMQ, FlashMQ and RabbitMQ store wills that wait for their delay, and no others.
TEST_F(Restart, a_delayed_will_may_survive_a_kill_that_loses_all_others) {
  script_.profile().delay_head_of_line = false;
  const test::Login delayed{.version = mqtt::Version::v5, .expiry = 60s, .delay = 4s};
  const Link link = script_.connects(1, delayed);
  const Link open = script_.connects(1.5, {.device = 1});
  script_.ends(2, link);
  stops(BrokerEnd::crash);
  script_.broker_leg_ends(5.01, open, Party::broker, CloseHow::rst);
  observers_lose_it();
  starts();
  EXPECT_EQ(missing(script_.judged(60), MissingCause::broker_crash), 2u) << "they all die";
  script_.profile().crash_keeps_delayed_wills = true;
  EXPECT_EQ(missing(script_.judged(60), MissingCause::broker_crash), 1u);
  EXPECT_EQ(censored(script_.judged(60), CensoredCause::broker_restart), 1u) << "nobody could see";
  script_.will(8.9, link);
  EXPECT_EQ(script_.judged(60).totals.wills[WillClass::in_time], 1u);
}

TEST_F(Restart, a_connect_without_answer_is_no_refusal) {
  const Link link = script_.connects(4.99, {.connack_after = -1});
  stops(BrokerEnd::shutdown);
  script_.broker_leg_ends(5.01, link, Party::broker);
  script_.will(5.012, link);
  observers_lose_it();
  starts();
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 0u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

TEST_F(Restart, without_a_start_or_a_stop_the_rest_is_judged_as_it_is) {
  const Link link = script_.connects(1);
  script_.write(4, journal::BrokerStarted{kRestart});
  script_.write(5, journal::BrokerStopped{FaultId{77}, BrokerEnd::crash});
  script_.broker_leg_ends(5.01, link, Party::broker);
  script_.write(5.02, journal::ObserverLost{Observer::backend, "peer_fin"});
  const Outcome outcome = script_.judged(30);
  EXPECT_EQ(missing(outcome, MissingCause::broker_crash), 1u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
}

}  // namespace
}  // namespace probate::analysis
