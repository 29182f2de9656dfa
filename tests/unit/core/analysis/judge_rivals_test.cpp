// Several CONNECTs of one ClientID, and nobody knows which was read first, or whether at all.
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

// The profile is mosquitto's: no will where a kept session takes over a kept one.
struct Fleet {
  JournalScript script;
  Link kept(double second, Epoch epoch, double connack_after = 0.001) {
    return script.connects(second,
                           {.epoch = epoch, .clean = false, .connack_after = connack_after});
  }
  Link clean(double second, Epoch epoch, double connack_after = 0.001) {
    return script.connects(second, {.epoch = epoch, .connack_after = connack_after});
  }
  // Of another ClientID; a negative `connack_after` is no CONNACK.
  Link somebody_else(double second, double connack_after = 0.001) {
    return script.connects(
        second, {.device = 3, .keep_alive = 0, .will = false, .connack_after = connack_after});
  }
};

TEST(Rivals, that_are_answered_in_one_moment_were_read_in_either_order) {
  for (const bool is_first_closed : {false, true}) {
    Fleet fleet;
    const Link first = fleet.clean(1, 1, 0.02);
    const Link second = fleet.kept(1.001, 2, 0.02);
    const Link& closed = is_first_closed ? first : second;
    const Link& kept = is_first_closed ? second : first;
    fleet.script.broker_leg_ends(1.03, closed, Party::broker);
    fleet.script.device_leg_ends(1.03, closed, Party::broker);
    fleet.script.disconnects(30, kept);
    fleet.script.ends(30.001, kept);
    const Outcome outcome = fleet.script.judged(60);
    // Taken over by a kept one a clean one's will is owed; the other way round it is, too, here.
    EXPECT_EQ(outcome.totals.takeovers_organic, 1u) << is_first_closed;
    EXPECT_EQ(missing(outcome, MissingCause::broker), 1u) << is_first_closed;
  }
}

TEST(Rivals, that_are_answered_in_one_moment_owe_no_will_that_one_order_does_not_owe) {
  for (const double apart : {0.02, 0.06}) {
    Fleet fleet;
    fleet.script.profile().takeover.kept_to_clean = false;
    const Link first = fleet.clean(1, 1, 0.02);
    const Link second = fleet.kept(1.001, 2, 0.019 + apart);
    fleet.script.broker_leg_ends(1.12, second, Party::broker);
    fleet.script.disconnects(30, first);
    const bool is_known = apart > 0.05;
    EXPECT_EQ(missing(fleet.script.judged(60), MissingCause::broker), is_known ? 2u : 0u) << apart;
  }
}

// The broker hangs, and reads CONNECT and FIN together.
TEST(Rivals, that_were_cut_may_be_read_long_after) {
  for (const double closed : {5.5, 9.0, 14.9, 16.5}) {
    Fleet fleet;
    const Link old = fleet.kept(1, 1);
    fleet.script.ends(5.2, fleet.kept(5, 2, kNoConnack), Party::proxy);
    fleet.somebody_else(5.3);
    fleet.script.broker_leg_ends(closed, old, Party::broker);
    const bool may_be = closed < 15 + 1;
    EXPECT_EQ(missing(fleet.script.judged(60), MissingCause::broker), may_be ? 0u : 1u) << closed;
  }
}

// A busy broker that takes one connection after the other, and has been seen to take seconds for an
// answer, has not come to it before it answers a later one.
TEST(Rivals, that_were_cut_may_be_read_as_long_as_nobody_who_came_later_is_answered) {
  for (const double answered : {39.0, 41.0, kNoConnack}) {
    Fleet fleet;
    const Link old = fleet.kept(1, 1);
    fleet.somebody_else(2, 2);
    fleet.script.ends(15, fleet.kept(5, 2, kNoConnack), Party::proxy);
    fleet.somebody_else(6, answered - 6);
    fleet.script.broker_leg_ends(40.5, old, Party::broker);
    // What it does for a takeover is seen an allowance of 1 s later at most.
    const bool may_be = answered != 39.0;
    EXPECT_EQ(missing(fleet.script.judged(60), MissingCause::broker), may_be ? 0u : 1u) << answered;
  }
}

// RST takes with it what was not read.
TEST(Rivals, that_were_reset_are_read_by_then_or_never) {
  for (const double closed : {5.9, 9.0}) {
    Fleet fleet;
    const Link old = fleet.kept(1, 1);
    fleet.script.ends(5.2, fleet.kept(5, 2, kNoConnack), Party::proxy, CloseHow::rst);
    fleet.script.broker_leg_ends(closed, old, Party::broker);
    const bool may_be = closed < 5.25 + 1;
    EXPECT_EQ(missing(fleet.script.judged(60), MissingCause::broker), may_be ? 0u : 1u) << closed;
  }
}

TEST(Rivals, that_were_cut_may_take_over_one_that_is_answered_later) {
  for (const bool is_sent_behind : {false, true}) {
    Fleet fleet;
    const double sent = is_sent_behind ? 5.3 : 4.9;
    const Link late = fleet.kept(sent, 2, 6 - sent);
    fleet.script.ends(5.2, fleet.kept(5, 1, kNoConnack), Party::proxy);
    fleet.script.broker_leg_ends(6.01, late, Party::broker);
    EXPECT_EQ(missing(fleet.script.judged(60), MissingCause::broker), 0u) << is_sent_behind;
  }
}

// But not for ever: a CONNECT that was sent behind it has been read meanwhile.
TEST(Rivals, that_were_cut_are_read_once_a_later_one_is_answered) {
  Fleet fleet;
  fleet.script.ends(5.2, fleet.kept(5, 1, kNoConnack), Party::proxy);
  const Link later = fleet.kept(5.3, 2);
  fleet.script.broker_leg_ends(9, later, Party::broker);
  EXPECT_EQ(missing(fleet.script.judged(60), MissingCause::broker), 1u);
}

// The will of the one that was cut says that it was accepted; then comes a login that would owe.
TEST(Rivals, that_were_cut_still_count_when_a_later_login_takes_over) {
  Fleet fleet;
  const Link old = fleet.kept(1, 1);
  const Link cut = fleet.kept(5, 2, kNoConnack);
  fleet.script.ends(5.02, cut, Party::device);
  fleet.script.will(5.022, cut);
  fleet.clean(5.03, 3);
  fleet.script.broker_leg_ends(5.034, old, Party::broker);
  const Outcome outcome = fleet.script.judged(60);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 0u);
  EXPECT_EQ(no_will(outcome, NoWill::takeover), 1u);
}

// [MQTT5-3.1.3-9] If the session goes on there is no will, and if not it comes when it is due.
TEST(Rivals, make_no_will_in_time_that_neither_end_has) {
  JournalScript script;
  const test::Login delayed{
      .clean = false, .version = mqtt::Version::v5, .expiry = 120s, .delay = 10s};
  const Link old = script.connects(1, delayed);
  script.ends(20, old, Party::device);
  test::Login cut = delayed;
  cut.epoch = 2;
  cut.connack_after = kNoConnack;
  script.ends(23, script.connects(22, cut), Party::proxy);
  JournalScript in_time = script;
  script.will(25, old);
  EXPECT_EQ(script.judged(90).totals.wills[WillClass::early], 1u);
  in_time.will(30.5, old);
  EXPECT_EQ(in_time.judged(90).totals.wills[WillClass::in_time], 1u);
}

// Without a will it is forgotten as well, but not before it can have been read.
TEST(Rivals, without_a_will_are_remembered_as_long) {
  for (const double sent : {5.3, 14.0, 15.5}) {
    JournalScript script;
    script.ends(5.2,
                script.connects(5, {.clean = false, .will = false, .connack_after = kNoConnack}),
                Party::proxy);
    script.connects(5.4, {.device = 3, .keep_alive = 0, .will = false});
    const Link late = script.connects(sent, {.epoch = 2, .clean = false});
    script.broker_leg_ends(sent + 0.02, late, Party::broker);
    const bool may_be = sent < 15;
    EXPECT_EQ(missing(script.judged(60), MissingCause::broker), may_be ? 0u : 1u) << sent;
  }
}

}  // namespace
}  // namespace probate::analysis
