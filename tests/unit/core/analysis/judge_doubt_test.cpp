// What the records do not prove accuses nobody.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Observer;
using journal::Party;

using test::at;
using test::censored;
using test::JournalScript;
using test::Link;
using test::Login;
using test::missing;
using test::no_will;

// Its end is on its way on another socket.
TEST(Doubt, keeps_a_will_that_came_just_before_judging_stopped_from_being_spurious) {
  JournalScript script;
  const Link link = script.connects(1);
  script.will(9.995, link);
  const Outcome cut_off = script.judged(10);
  EXPECT_EQ(cut_off.totals.wills[WillClass::spurious], 0u);
  EXPECT_EQ(cut_off.totals.sightings_voided, 1u);
  EXPECT_EQ(script.judged(12).totals.wills[WillClass::spurious], 1u) << "there was time enough";
}

TEST(Doubt, counts_no_deviation_where_the_back_end_could_not_see_the_will) {
  const auto taken_over = [](auto before_the_end) {
    JournalScript script;
    const Link old = script.connects(1, {.clean = false});
    script.connects(5, {.epoch = 2, .clean = false});
    script.broker_leg_ends(5.002, old, Party::broker);
    before_the_end(script, old);
    return script.judged(30);
  };
  EXPECT_EQ(taken_over([](auto&, auto&) {}).totals.deviations.size(), 1u);
  const Outcome gap = taken_over([](JournalScript& script, const Link&) {
    script.write(5.5, journal::ObserverGap{Observer::backend, at(4.9)});
  });
  EXPECT_TRUE(gap.totals.deviations.empty());
  EXPECT_EQ(no_will(gap, NoWill::voided), 1u);
  const Outcome seen = taken_over(
      [](JournalScript& script, const Link& old) { script.will_at(Observer::control, 5.01, old); });
  EXPECT_TRUE(seen.totals.deviations.empty()) << "it was published";
}

TEST(Doubt, waits_for_the_whole_batch_of_a_broker_that_closes_few_at_a_time) {
  JournalScript script;
  script.profile().keep_alive = {};
  script.profile().keep_alive.batch_max = 1;
  script.profile().keep_alive.batch_interval = 4s;
  for (std::uint32_t device = 0; device < 4; ++device) {
    script.falls_silent(2, script.connects(1, {.device = device}), 1.5);  // due at 16.5 s
  }
  const Outcome stopped = script.judged(20);
  EXPECT_EQ(missing(stopped, MissingCause::broker), 0u);
  EXPECT_EQ(censored(stopped, CensoredCause::not_due), 4u);
}

// [MQTT-3.3.1-1] A copy with DUP fills nobody else's place.
TEST(Doubt, lets_no_repeated_message_stand_for_the_will_of_another_connection) {
  JournalScript script;
  const Link first = script.connects(1, {.epoch_in_payload = false});
  script.ends(2, first);
  const Link second = script.connects(20, {.epoch = 2, .epoch_in_payload = false});
  script.ends(21, second);
  script.will(21.001, second);
  script.will_at(Observer::backend, 21.5, second, true);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::duplicate], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 0u);
}

TEST(Doubt, takes_a_brokers_word_that_it_did_not_close_for_the_keep_alive) {
  for (const int reason : {0x89, 0x97, 0x98}) {
    JournalScript script;
    const Link link = script.connects(1, {.version = mqtt::Version::v5});
    script.falls_silent(3, link, 2.5);
    script.write(8, journal::DisconnectReceived{link.id, static_cast<std::uint8_t>(reason)});
    script.broker_leg_ends(8.001, link, Party::broker);
    script.will(8.002, link);
    const Outcome outcome = script.judged(40);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u) << reason;
    EXPECT_EQ(outcome.totals.wills[WillClass::early], 0u) << reason;
  }
}

TEST(Doubt, does_not_excuse_a_keep_alive_by_a_violation_that_the_broker_had_put_up_with) {
  JournalScript script;
  script.profile().malformed_deletes_will = true;
  const Link link = script.connects(1);
  script.write(3, journal::Malformed{link.id, mqtt::Direction::uplink, "type 0"});
  script.falls_silent(4, link, 3.5);
  script.broker_leg_ends(19, link, Party::broker, CloseHow::fin, 3.5);
  EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 1u);
}

TEST(Doubt, does_not_excuse_a_late_will_by_a_restart_that_came_later) {
  JournalScript script;
  const Link link = script.connects(1);
  script.falls_silent(2, link, 1.5);  // due by 22.6 s
  script.write(25, journal::BrokerStopped{kNoFault, journal::BrokerEnd::shutdown});
  script.broker_leg_ends(25.01, link, Party::broker, CloseHow::fin, 1.5);
  script.will(25.01, link);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::late], 1u);
}

// [MQTT-3.1.2-10] A DISCONNECT crosses the next CONNECT: perhaps a will. That of the next
// connection is read just before its end, and is owed.
TEST(Doubt, leaves_a_will_to_the_connection_that_owes_it) {
  for (const bool is_ghost : {false, true}) {
    JournalScript script;
    const Link old = script.connects(1, {.epoch_in_payload = false});
    const Link next = script.connects(1.3, {.epoch = 2, .epoch_in_payload = false});
    script.disconnects(1.3004, old);
    script.broker_leg_ends(1.3005, old, Party::proxy);
    if (is_ghost) script.device_leg_ends(1.5, next, Party::proxy, CloseHow::fin, 1.4);
    script.will(2.0291, next);
    script.broker_leg_ends(2.0295, next, Party::device, CloseHow::rst, 1.4);
    const Link last = script.connects(3, {.epoch = 3, .epoch_in_payload = false});
    script.disconnects(30, last);
    script.ends(30.001, last);
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(outcome.totals.wills[WillClass::missing], 0u) << is_ghost;
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u) << is_ghost;
    EXPECT_EQ(outcome.totals.wills.expected, 1u) << is_ghost;
  }
}

// Without another that may owe it, it is decided at once.
TEST(Doubt, does_not_lose_a_possible_will_to_the_end_of_judging) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false, .epoch_in_payload = false});
  script.connects(5, {.epoch = 2, .clean = false, .epoch_in_payload = false});
  script.broker_leg_ends(5.002, old, Party::broker);
  script.will(5.003, old);
  const Outcome outcome = script.judged(5.5);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.sightings_voided, 0u);
}

// What the broker said to it nobody could read.
TEST(Doubt, leaves_it_open_whether_garbage_was_an_answer) {
  JournalScript script;
  const Link link = script.connects(1, {.connack_after = -1});
  script.write(1.1, journal::Malformed{link.id, mqtt::Direction::downlink, "type 0"});
  script.ends(3, link, Party::broker);
  EXPECT_EQ(no_will(script.judged(30), NoWill::never_accepted), 1u);
  script.will(3.001, link);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 0u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

TEST(Doubt, about_whose_will_it_was_stands_in_the_entry_of_a_copy_too) {
  JournalScript script;
  const Link first = script.connects(1, {.epoch_in_payload = false});
  script.ends(2, first);
  script.will(2.001, first);
  script.connects(3, {.epoch = 2, .epoch_in_payload = false});
  script.will_at(Observer::backend, 20, first);
  const Outcome outcome = script.judged(60);
  ASSERT_EQ(outcome.totals.wills.ambiguous, 1u);
  std::size_t ambiguous = 0;
  for (const WillEntry& entry : outcome.wills) ambiguous += entry.ambiguous ? 1 : 0;
  EXPECT_EQ(ambiguous, 1u);
}

// Its will has the same bytes as every other one's.
Login same(Epoch epoch = 1) {
  return {.epoch = epoch, .keep_alive = 60, .epoch_in_payload = false};
}

TEST(Doubt, fills_no_will_that_is_missing_for_long_with_a_copy_of_another) {
  JournalScript script;
  script.ends(50, script.connects(1, same()));
  const Link second = script.connects(55, same(2));
  script.ends(290, second);
  script.will(290.1, second);
  script.will(290.2, second);
  const Outcome outcome = script.judged(400);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::duplicate], 1u);
  EXPECT_EQ(outcome.totals.wills.ambiguous, 1u);
}

TEST(Doubt, fills_no_missing_will_with_one_that_came_behind_a_goodbye) {
  JournalScript script;
  script.ends(50, script.connects(1, same()));
  const Link second = script.connects(55, same(2));
  script.disconnects(300, second);
  script.ends(300.01, second);
  script.will(302.1, second);
  const Outcome outcome = script.judged(400);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 1u);
  EXPECT_EQ(outcome.totals.wills.ambiguous, 1u);
}

TEST(Doubt, gives_a_very_late_will_to_the_one_that_lacks_it_if_it_is_no_copy) {
  JournalScript script;
  const Link first = script.connects(1, same());
  script.ends(50, first);
  script.connects(55, same(2));
  script.will(70, first);
  const Outcome outcome = script.judged(400);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 1u);
  EXPECT_EQ(outcome.totals.wills.ambiguous, 1u) << "or the living one's";
}

TEST(Doubt, sees_one_copy_too_many_in_a_war_of_logins_and_nothing_else) {
  JournalScript script;
  script.profile().takeover.clean_to_clean = true;
  Link held = script.connects(50, same());
  for (Epoch epoch = 2; epoch <= 41; ++epoch) {
    const double second = 50 + 0.7 * static_cast<double>(epoch - 1);
    Login login = same(epoch);
    login.connack_after = 0.01;
    const Link next = script.connects(second, login);
    script.will(second + 0.005, held);
    script.broker_leg_ends(second + 0.006, held, Party::broker);
    if (epoch == 2) script.will(second + 0.2, held);
    held = next;
  }
  const Outcome outcome = script.judged(400);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 40u);
  EXPECT_EQ(outcome.totals.wills[WillClass::duplicate], 1u);
  EXPECT_EQ(outcome.totals.wills.observed, 41u);
}

TEST(Doubt, leaves_a_will_to_the_one_that_was_not_in_a_gap) {
  JournalScript script;
  script.ends(51.8, script.connects(1, same()));
  Login login = same(2);
  login.client_id = "another";
  const Link other = script.connects(2, login);
  script.write(52, journal::ObserverGap{Observer::backend, at(51)});
  script.ends(52.3, other);
  script.will(52.5, other);
  const Outcome outcome = script.judged(400);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(censored(outcome, CensoredCause::voided), 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 0u);
}

// A device that is refused every second would keep it for ever.
TEST(Doubt, does_not_keep_a_settling_run_from_its_end_for_those_who_are_refused) {
  JournalScript script;
  script.ends(2, script.connects(1, {.reason = 5}));
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  EXPECT_EQ(judge.progress().open_obligations, 0u);
}

}  // namespace
}  // namespace probate::analysis
