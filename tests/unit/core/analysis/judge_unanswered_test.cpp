// Connections that ended before their CONNACK was read: what they owe, and whom they took over.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;

using test::JournalScript;
using test::kNoConnack;
using test::Link;
using test::missing;
using test::no_will;

void say_connack(JournalScript& script, double second, const Link& link) {
  journal::ConnackReceived connack;
  connack.connection = link.id;
  script.write(second, connack);
}

TEST(Unanswered, may_have_a_will_when_its_delay_is_over) {
  JournalScript script;
  const Link link = script.connects(
      1, {.version = mqtt::Version::v5, .expiry = 120s, .delay = 20s, .connack_after = kNoConnack});
  script.ends(2, link, Party::proxy, CloseHow::rst);
  EXPECT_EQ(no_will(script.judged(60), NoWill::never_accepted), 1u);
  script.will(22.1, link);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(no_will(script.judged(10), NoWill::not_due), 1u);
}

TEST(Unanswered, owes_its_will_once_the_late_connack_says_that_it_was_accepted) {
  JournalScript script;
  const Link link = script.connects(1, {.connack_after = kNoConnack});
  script.ends(2, link, Party::device);
  say_connack(script, 2.3, link);
  EXPECT_EQ(missing(script.judged(30), MissingCause::broker), 1u);
  script.will(2.31, link);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
}

TEST(Unanswered, has_its_will_judged_again_if_that_came_before_the_connack) {
  JournalScript script;
  const Link link = script.connects(1, {.connack_after = kNoConnack});
  script.ends(2, link, Party::device);
  script.will(2.29, link);
  say_connack(script, 2.3, link);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
}

// Connections wait in the broker's backlog: it finds CONNECT and FIN when it accepts them.
TEST(Unanswered, may_have_its_will_when_the_broker_gets_to_it) {
  for (const double answered : {11.5, 60.2, kNoConnack}) {
    JournalScript script;
    const Link link = script.connects(1, {.connack_after = kNoConnack});
    script.ends(11, link, Party::device);
    script.connects(2, {.device = 1,
                        .keep_alive = 0,
                        .will = false,
                        .connack_after = answered > 0 ? answered - 2 : kNoConnack});
    EXPECT_EQ(no_will(script.judged(90), NoWill::never_accepted), 1u) << answered;
    script.will(60, link);
    const Outcome outcome = script.judged(90);
    // One that was sent a second later was answered long before: this is none of its will's time.
    const bool may_be = answered != 11.5;
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], may_be ? 1u : 0u) << answered;
    EXPECT_EQ(outcome.totals.wills[WillClass::spurious], may_be ? 0u : 1u) << answered;
    EXPECT_EQ(outcome.totals.wills.expected, may_be ? 1u : 0u) << answered;
    EXPECT_EQ(no_will(outcome, NoWill::never_accepted), may_be ? 0u : 1u) << answered;
  }
}

// Who waits for what is open does not wait for a broker that may never get to it.
TEST(Unanswered, is_no_open_obligation_once_its_will_is_overdue) {
  JournalScript script;
  script.ends(11, script.connects(1, {.connack_after = kNoConnack}), Party::device);
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  judge.advance(test::at(12));
  EXPECT_EQ(judge.progress().open_obligations, 1u);
  judge.advance(test::at(17));
  EXPECT_EQ(judge.progress().open_obligations, 0u);
}

TEST(Unanswered, has_a_second_will_counted_as_a_copy) {
  JournalScript script;
  const Link link = script.connects(1, {.connack_after = kNoConnack});
  script.ends(11, link, Party::device);
  script.will(60, link);
  script.will(62, link);
  const Outcome outcome = script.judged(90);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::duplicate], 1u);
}

TEST(Unanswered, is_late_with_its_delay_by_as_much_as_it_was_read_late) {
  for (const double seen : {91.0, 94.0}) {
    JournalScript script;
    const test::Login login{
        .version = mqtt::Version::v5, .expiry = 120s, .delay = 30s, .connack_after = kNoConnack};
    const Link link = script.connects(1, login);
    script.ends(11, link, Party::device);
    script.connects(2, {.device = 1, .keep_alive = 0, .will = false, .connack_after = 58});
    script.will(seen, link);
    // Read at 60 s at the latest, 30 s of delay, 1.1 s of the broker's timer, 1 s of allowance.
    const bool is_in_time = seen < 60.05 + 30 + 1.1 + 1;
    EXPECT_EQ(script.judged(120).totals.wills[WillClass::in_time], is_in_time ? 1u : 0u) << seen;
  }
}

TEST(Unanswered, is_not_read_by_a_broker_that_was_started_again) {
  for (const bool is_lost : {false, true}) {
    JournalScript script;
    const Link link = script.connects(1, {.connack_after = kNoConnack});
    script.ends(11, link, Party::device);
    if (is_lost) {
      script.write(20, journal::BrokerStopped{.fault = kNoFault, .how = journal::BrokerEnd::crash});
      script.write(20.1, journal::BrokerStarted{});
    }
    script.will(60, link);
    EXPECT_EQ(script.judged(90).totals.wills[WillClass::spurious], is_lost ? 1u : 0u) << is_lost;
  }
}

// [MQTT5-3.1.2-8] DISCONNECT with will, but was there a session?
TEST(Unanswered, that_left_with_its_will_owes_it_only_if_it_was_accepted) {
  JournalScript script;
  const Link link = script.connects(1, {.version = mqtt::Version::v5, .connack_after = kNoConnack});
  script.disconnects(1.5, link, 0x04);
  script.ends(2, link, Party::proxy, CloseHow::rst);
  EXPECT_EQ(no_will(script.judged(30), NoWill::never_accepted), 1u);
  say_connack(script, 2.3, link);
  EXPECT_EQ(missing(script.judged(30), MissingCause::broker), 1u);
}

// mosquitto publishes nothing where a kept session takes over a kept one.
TEST(Unanswered, may_be_why_the_broker_closed_an_older_connection) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false});
  const Link fresh = script.connects(5, {.epoch = 2, .clean = false, .connack_after = kNoConnack});
  script.broker_leg_ends(5.01, old, Party::broker);
  script.ends(5.02, fresh, Party::proxy, CloseHow::rst);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 0u);
  EXPECT_EQ(no_will(outcome, NoWill::takeover), 1u);
  EXPECT_TRUE(outcome.totals.deviations.empty());
}

TEST(Unanswered, may_be_why_the_broker_closes_an_older_connection_soon) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false});
  const Link fresh = script.connects(5, {.epoch = 2, .clean = false, .connack_after = kNoConnack});
  script.ends(5.02, fresh, Party::proxy, CloseHow::rst);
  script.broker_leg_ends(5.04, old, Party::broker);
  EXPECT_EQ(no_will(script.judged(30), NoWill::takeover), 1u);
}

// How long a broker may take from a takeover to the CONNACK nobody knows.
TEST(Unanswered, may_be_why_the_broker_closed_an_older_connection_long_before_the_cut_or_not) {
  for (const double closed : {4.9, 5.01, 8.0, 14.0}) {
    JournalScript script;
    const Link old = script.connects(1, {.clean = false});
    const Link fresh =
        script.connects(5, {.epoch = 2, .clean = false, .connack_after = kNoConnack});
    script.broker_leg_ends(closed, old, Party::broker);
    script.ends(12.5, fresh, Party::proxy, CloseHow::rst);
    const bool may_be = closed == 5.01 || closed == 8.0;
    EXPECT_EQ(missing(script.judged(30), MissingCause::broker), may_be ? 0u : 1u) << closed;
  }
}

// The same, accepted: the broker closed the older one at once and answered late.
TEST(Unanswered, is_waited_for_before_a_will_counts_as_missing) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false});
  const Link fresh = script.connects(5, {.epoch = 2, .clean = false, .connack_after = kNoConnack});
  script.broker_leg_ends(5.01, old, Party::broker);
  EXPECT_EQ(missing(script.judged(20), MissingCause::broker), 0u) << "judging stopped before";
  EXPECT_EQ(no_will(script.judged(20), NoWill::takeover), 1u);
  say_connack(script, 14, fresh);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 0u);
  EXPECT_EQ(no_will(outcome, NoWill::takeover), 1u);
}

// Its will is that of a takeover, not one of a keep-alive that ran out too early.
TEST(Unanswered, makes_the_will_of_a_ghost_that_it_may_have_taken_over_no_early_one) {
  JournalScript script;
  const Link ghost = script.connects(1);
  script.falls_silent(4, ghost, 3.5);
  const Link fresh = script.connects(6, {.epoch = 2, .connack_after = kNoConnack});
  script.ends(6.01, fresh, Party::proxy, CloseHow::rst);
  script.broker_leg_ends(6.02, ghost, Party::broker);
  script.will(6.021, ghost);
  const Outcome outcome = script.judged(40);
  EXPECT_EQ(outcome.totals.wills[WillClass::early], 0u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_TRUE(outcome.totals.deviations.empty());
}

TEST(Unanswered, is_no_refusal_if_nobody_was_there_to_read_the_answer) {
  JournalScript script;
  const Link link = script.connects(1, {.connack_after = kNoConnack});
  script.device_leg_ends(1.5, link, Party::proxy, CloseHow::rst);
  script.broker_leg_ends(16.5, link, Party::broker);
  script.will(16.5, link);
  const Outcome outcome = script.judged(40);
  EXPECT_EQ(outcome.totals.wills[WillClass::spurious], 0u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

// The device is gone, the broker accepts: a ghost from the start.
TEST(Unanswered, becomes_a_ghost_if_it_is_accepted_behind_its_devices_back) {
  JournalScript script;
  const Link link = script.connects(1, {.connack_after = kNoConnack});
  script.device_leg_ends(1.5, link, Party::proxy, CloseHow::rst, 1);
  say_connack(script, 1.6, link);
  EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 1u);
  script.broker_leg_ends(16.2, link, Party::broker, CloseHow::fin, 1);
  script.will(16.2, link);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 1u);
}

// [MQTT5-3.1.3-9] The session may go on, and the answer may be late.
TEST(Unanswered, may_resume_a_session_whose_will_is_delayed) {
  for (const double answered : {50.0, kNoConnack}) {
    for (const bool is_cut : {false, true}) {
      JournalScript script;
      const Link old = script.connects(
          1, {.clean = false, .version = mqtt::Version::v5, .expiry = 120s, .delay = 10s});
      script.ends(20, old, Party::device);
      const Link fresh = script.connects(25, {.epoch = 2,
                                              .clean = false,
                                              .version = mqtt::Version::v5,
                                              .expiry = 120s,
                                              .will = false,
                                              .connack_after = kNoConnack});
      if (is_cut) script.ends(26, fresh, Party::device);
      if (answered > 0 && !is_cut) {
        journal::ConnackReceived connack;
        connack.connection = fresh.id;
        connack.session_present = true;
        script.write(answered, connack);
      }
      const Outcome outcome = script.judged(90);
      EXPECT_EQ(missing(outcome, MissingCause::broker), 0u) << answered << is_cut;
      // Before its CONNACK the delay was over: either may have come first.
      EXPECT_EQ(no_will(outcome, NoWill::cancelled_by_resume), 1u) << answered << is_cut;
      script.will(30.01, old);
      EXPECT_EQ(script.judged(90).totals.wills[WillClass::in_time], 1u) << answered << is_cut;
    }
  }
}

TEST(Unanswered, may_take_over_who_is_silent_before_that_will_is_missing) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false});
  script.falls_silent(5, old, 4);
  const Link fresh = script.connects(17, {.epoch = 2, .clean = false, .connack_after = kNoConnack});
  say_connack(script, 50, fresh);
  const Outcome outcome = script.judged(90);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 0u);
  EXPECT_EQ(no_will(outcome, NoWill::takeover), 1u);
}

// Two CONNECTs wait in the broker's sockets, and it reads the second one first.
TEST(Unanswered, takes_over_a_later_one_that_was_answered_before) {
  JournalScript script;
  const Link first = script.connects(1, {.clean = false, .connack_after = kNoConnack});
  const Link second = script.connects(2, {.epoch = 2, .clean = false, .connack_after = 3});
  script.broker_leg_ends(10, second, Party::broker);
  say_connack(script, 10.001, first);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 0u);
  EXPECT_EQ(no_will(outcome, NoWill::takeover), 1u);
  script.will(10, second);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 1u);
}

// The keep-alive runs from when the broker read CONNECT, which nobody saw.
TEST(Unanswered, is_read_as_late_as_it_is_answered_for_the_keep_alive) {
  JournalScript script;
  const Link slow = script.connects(1, {.keep_alive = 5, .connack_after = 20});
  script.falls_silent(21.5, slow, 1);
  script.broker_leg_ends(28.5, slow, Party::broker, CloseHow::fin, 1);
  script.will(28.51, slow);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 0u);
}

// [MQTT-3.2.2-2] [MQTT5-3.2.2-3] Session Present: there was none to go on.
TEST(Unanswered, resumes_nothing_if_its_session_was_gone) {
  JournalScript script;
  const Link old = script.connects(
      1, {.clean = false, .version = mqtt::Version::v5, .expiry = 120s, .delay = 30s});
  script.ends(20, old, Party::device);
  script.connects(25, {.epoch = 2,
                       .clean = false,
                       .version = mqtt::Version::v5,
                       .expiry = 120s,
                       .will = false,
                       .finds_session = false});
  EXPECT_EQ(no_will(script.judged(90), NoWill::permitted), 1u);
  JournalScript long_before = script;
  long_before.will(22, old);
  EXPECT_EQ(long_before.judged(90).totals.wills[WillClass::early], 1u);
  script.will(24.9, old);
  EXPECT_EQ(script.judged(90).totals.wills[WillClass::in_time], 1u);
}

const test::Login kDelayed{
    .clean = false, .version = mqtt::Version::v5, .expiry = 120s, .delay = 5s};

// A broker that answers a newer CONNECT first has read both; after a while it has lost one.
TEST(Unanswered, excuses_no_will_that_falls_due_long_after) {
  for (const double login : {2.0, 8.0, 200.0}) {
    JournalScript script;
    script.connects(1, {.clean = false, .connack_after = kNoConnack});
    script.ends(login + 2, script.connects(login, kDelayed), Party::device);
    const bool is_lost = login + 2 + 5 - 1 > 10;
    EXPECT_EQ(missing(script.judged(400), MissingCause::broker), is_lost ? 1u : 0u) << login;
  }
}

TEST(Unanswered, excuses_nothing_that_the_broker_closes_long_after) {
  for (const bool is_newer : {false, true}) {
    JournalScript script;
    if (!is_newer) script.connects(1, {.clean = false, .connack_after = kNoConnack});
    const Link old = script.connects(2, {.clean = false});
    if (is_newer) script.connects(3, {.clean = false, .connack_after = kNoConnack});
    script.broker_leg_ends(60, old, Party::broker, CloseHow::fin, 59);
    EXPECT_EQ(missing(script.judged(100), MissingCause::broker), 1u) << is_newer;
  }
}

// [MQTT5-3.1.3-9] Nothing resumed the session while its will waited but what the broker had lost.
TEST(Unanswered, is_lost_once_a_newer_one_is_answered_long_after) {
  JournalScript script;
  script.ends(20, script.connects(1, kDelayed), Party::device);
  script.connects(22, {.epoch = 2, .clean = false, .connack_after = kNoConnack});
  EXPECT_EQ(missing(script.judged(90), MissingCause::broker), 0u) << "it may have been read";
  script.connects(100, {.epoch = 3, .clean = false});
  const Outcome outcome = script.judged(190);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
}

// Of two that wait, each may be the one for which the broker closed the older connection; only one
// of them is of a kind for which it publishes no will.
TEST(Unanswered, leaves_the_older_one_to_the_next_that_waits) {
  enum class End { refused, cut, none };
  for (const End end : {End::refused, End::cut, End::none}) {
    for (const bool is_first_clean : {false, true}) {
      JournalScript script;
      const Link old = script.connects(1, {.clean = false});
      const Link first =
          script.connects(4.9, {.epoch = 2, .clean = is_first_clean, .connack_after = kNoConnack});
      const Link second = script.connects(
          4.95, {.epoch = 3, .clean = !is_first_clean, .connack_after = kNoConnack});
      script.broker_leg_ends(5, old, Party::broker);
      const Link& kept = is_first_clean ? second : first;
      const Link& clean = is_first_clean ? first : second;
      if (end == End::refused) script.ends(6, clean, Party::broker);
      if (end == End::cut) script.ends(6, clean, Party::device);
      EXPECT_EQ(missing(script.judged(14), MissingCause::broker), 0u) << is_first_clean;
      say_connack(script, 15, kept);
      EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 0u) << is_first_clean;
    }
  }
}

TEST(Unanswered, of_two_that_are_cut_may_each_have_been_read) {
  for (const bool is_first_clean : {false, true}) {
    JournalScript script;
    const Link old = script.connects(1, {.clean = false});
    for (const bool is_second : {false, true}) {
      const double second = is_second ? 5.2 : 5;
      script.ends(second + 0.1,
                  script.connects(second, {.epoch = is_second ? Epoch{3} : Epoch{2},
                                           .clean = is_second != is_first_clean,
                                           .connack_after = kNoConnack}),
                  Party::device);
    }
    script.broker_leg_ends(5.5, old, Party::broker);
    EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 0u) << is_first_clean;
  }
}

// mosquitto publishes where a clean session takes over a clean one, and behind its own close.
TEST(Unanswered, excuses_no_will_that_is_owed_either_way) {
  JournalScript script;
  const Link old = script.connects(1);
  script.connects(50, {.epoch = 2, .connack_after = kNoConnack});
  script.broker_leg_ends(50.01, old, Party::broker);
  EXPECT_EQ(missing(script.judged(200), MissingCause::broker), 1u);
}

// What is missing is found when the older CONNECT is decided, not at the end.
TEST(Unanswered, ends_the_wait_of_later_connections_with_its_own_end) {
  for (const Party party : {Party::proxy, Party::broker}) {
    JournalScript script;
    const Link first = script.connects(1, {.clean = false, .connack_after = kNoConnack});
    script.ends(4, script.connects(2, kDelayed), Party::device);
    script.ends(50, first, party);
    const Outcome outcome = script.judged(400);
    const bool is_refused = party == Party::broker;
    EXPECT_EQ(missing(outcome, MissingCause::broker), is_refused ? 1u : 0u);
    const auto found = outcome.first_seen.by_class[static_cast<std::size_t>(WillClass::missing)];
    EXPECT_EQ(found && *found < test::at(50), is_refused);
  }
}

// Two answers on two sockets are read in either order, too.
TEST(Unanswered, may_have_taken_over_the_one_that_seems_to_be_newer) {
  for (const double gap : {0.013, 0.06}) {
    JournalScript script;
    const Link first = script.connects(1, {.clean = false, .connack_after = 1 + gap});
    const Link second =
        script.connects(1.001, {.epoch = 2, .clean = false, .connack_after = 0.999});
    static_cast<void>(first);
    script.broker_leg_ends(2 + gap + 0.001, second, Party::broker);
    EXPECT_EQ(missing(script.judged(60), MissingCause::broker), 0u) << gap;
  }
}

}  // namespace
}  // namespace probate::analysis
