// Ends that the broker brings about: violations, its own DISCONNECT, its own end.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Party;

using test::at;
using test::censored;
using test::JournalScript;
using test::Link;
using test::missing;
using test::no_will;

// [MQTT-3.1.0-2] A second CONNECT is a protocol violation, and mosquitto then loses the will.
TEST(JudgeEnds, after_a_second_connect_the_will_is_owed_unless_the_broker_is_known_to_lose_it) {
  JournalScript script;
  const Link link = script.connects(1);
  script.write(3, journal::ConnectRepeated{link.id});
  script.ends(3.01, link, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::protocol_error), 1u);
  ASSERT_EQ(outcome.totals.deviations.size(), 1u);
  EXPECT_EQ(outcome.totals.deviations[0].rule, "second_connect_deletes_will");
  script.profile().second_connect_deletes_will = false;
  EXPECT_EQ(missing(script.judged(30), MissingCause::broker), 1u);
}

// [MQTT-4.8.0-1] The broker closes for a malformed packet, and no DISCONNECT came: the will is
// owed.
TEST(JudgeEnds, a_broker_that_closes_for_a_malformed_packet_owes_the_will) {
  JournalScript script;
  const Link link = script.connects(1);
  script.write(3, journal::Malformed{link.id, mqtt::Direction::uplink, "type 0"});
  script.ends(3.01, link, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
  EXPECT_EQ(missing(outcome, MissingCause::broker), 1u);
  script.profile().malformed_deletes_will = true;
  EXPECT_EQ(no_will(script.judged(30), NoWill::protocol_error), 1u);
}

// A DISCONNECT behind it would have passed unseen.
TEST(JudgeEnds, the_end_of_an_unreadable_connection_owes_nothing_for_certain) {
  JournalScript script;
  const Link link = script.connects(1);
  script.write(3, journal::Malformed{link.id, mqtt::Direction::uplink, "type 0"});
  script.ends(5, link, Party::device);
  EXPECT_EQ(no_will(script.judged(30), NoWill::permitted), 1u);
  script.will(5.001, link);
  EXPECT_EQ(script.judged(30).totals.wills[WillClass::in_time], 1u);
}

// What the broker says next is answered with RST, and nobody sees that: its will may come at once.
TEST(JudgeEnds, a_vanished_connection_owes_its_will_from_then_on_until_the_keep_alive_runs_out) {
  for (const double seen : {5.5, 16.0}) {
    JournalScript script;
    const Link link = script.connects(1);
    script.vanishes(5, link, 4);
    script.will(seen, link);
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u) << seen;
    EXPECT_TRUE(outcome.totals.deviations.empty()) << "nothing proves that it was too early";
  }
  JournalScript early;
  const Link link = early.connects(1);
  early.vanishes(5, link, 4);
  early.will(4.5, link);
  EXPECT_EQ(early.judged(60).totals.wills[WillClass::in_time], 0u) << "nothing had happened yet";
  JournalScript none;
  none.vanishes(5, none.connects(1), 4);
  EXPECT_EQ(missing(none.judged(60), MissingCause::broker), 1u);
}

TEST(JudgeEnds, a_vanished_connection_that_the_broker_was_told_of_is_not_taken_over_as_well) {
  JournalScript script;
  const Link link = script.connects(1);
  script.vanishes(5, link, 4);
  script.will(6, link);
  script.connects(8, {.epoch = 2});
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::early], 0u);
  EXPECT_EQ(outcome.totals.wills.takeover, 0u);
  EXPECT_EQ(outcome.totals.takeovers_organic, 0u);
}

TEST(JudgeEnds, a_vanished_connection_of_which_the_broker_was_told_nothing_is_taken_over) {
  JournalScript script;
  const Link link = script.connects(1);
  script.vanishes(5, link, 4);
  script.connects(8, {.epoch = 2});
  script.will(8.0005, link);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.takeover, 1u);
}

TEST(JudgeEnds, a_vanished_connection_without_a_keep_alive_may_have_its_will_at_any_time) {
  for (const bool comes : {true, false}) {
    JournalScript script;
    const Link link = script.connects(1, {.keep_alive = 0});
    script.vanishes(5, link, 4);
    if (comes) script.will(500, link);
    const Outcome outcome = script.judged(1000);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], comes ? 1u : 0u);
    EXPECT_EQ(censored(outcome, CensoredCause::never_due), comes ? 0u : 1u);
  }
}

TEST(JudgeEnds, a_vanished_connection_whose_end_was_seen_owes_its_will_then) {
  JournalScript script;
  const Link link = script.connects(1);
  script.vanishes(5, link, 4);
  script.broker_leg_ends(7, link, Party::proxy, CloseHow::rst);
  EXPECT_EQ(missing(script.judged(10), MissingCause::broker), 1u);
  script.will(7.001, link);
  EXPECT_EQ(script.judged(30).totals.wills[WillClass::in_time], 1u);
}

// MQTT 5: the broker says why it closes.
TEST(JudgeEnds, by_the_brokers_tcp_come_before_the_keep_alive_and_owe_the_will_at_once) {
  JournalScript script;
  const Link link = script.connects(1, {.keep_alive = 1200});
  script.falls_silent(10, link, 9.5);
  script.broker_leg_ends(950, link, Party::broker, CloseHow::timeout, 9.5);
  script.will(950.01, link);
  const WillTotals wills = script.judged(2000).totals.wills;
  EXPECT_EQ(wills[WillClass::in_time], 1U);
  EXPECT_EQ(wills.expected, 1U);
}

TEST(JudgeEnds, a_brokers_own_disconnect_owes_the_will) {
  for (const int reason : {0x81, 0x89, 0x98, 0x9c}) {
    JournalScript script;
    const Link link = script.connects(1, {.version = mqtt::Version::v5});
    script.write(5, journal::DisconnectReceived{link.id, static_cast<std::uint8_t>(reason)});
    script.ends(5.001, link, Party::broker);
    EXPECT_EQ(missing(script.judged(30), MissingCause::broker), 1u) << reason;
  }
}

TEST(JudgeEnds, a_takeover_by_a_stranger_is_known_by_its_reason) {
  JournalScript script;
  const Link link = script.connects(1, {.version = mqtt::Version::v5, .expiry = 60s});
  script.write(5, journal::DisconnectReceived{link.id, 0x8e});
  script.ends(5.001, link, Party::broker);
  // Whether the stranger's start was clean is not known, and mosquitto tells the two apart.
  EXPECT_EQ(no_will(script.judged(30), NoWill::takeover), 1u);
  script.profile().takeover.v5_kept_to_kept = true;
  EXPECT_EQ(missing(script.judged(30), MissingCause::broker), 1u);
}

// [MQTT5-3.1.2-8] The session of a delayed will ends by the takeover: read both ways.
TEST(JudgeEnds, the_scenario_can_say_how_a_takeover_is_read) {
  JournalScript script;
  const Link old = script.connects(
      1, {.clean = false, .version = mqtt::Version::v5, .expiry = 60s, .delay = 5s});
  script.connects(5, {.epoch = 2, .version = mqtt::Version::v5});
  script.broker_leg_ends(5.002, old, Party::broker);
  EXPECT_EQ(no_will(script.judged(30), NoWill::takeover), 1u);
  EXPECT_EQ(script.judged(30).totals.wills.expected, 0u);
  script.scenario().judge.takeover_reading = broker::Reading::b;
  EXPECT_EQ(missing(script.judged(30), MissingCause::broker), 1u);
}

TEST(JudgeEnds, a_broker_that_is_killed_takes_its_wills_along) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link, Party::broker, CloseHow::rst);
  script.write(5.5, journal::BrokerLost{"killed", journal::BrokerEnd::crash});
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(missing(outcome, MissingCause::broker_crash), 1u);
  ASSERT_EQ(outcome.totals.deviations.size(), 1u);
  EXPECT_EQ(outcome.totals.deviations[0].rule, "crash_loses_wills");
}

TEST(JudgeEnds, a_broker_that_may_put_its_wills_off_owes_them_after_its_restart) {
  JournalScript script;
  const Link link = script.connects(1);
  script.profile().shutdown = broker::ShutdownRule::defers;
  script.ends(5, link, Party::broker);
  script.write(5.5, journal::BrokerLost{"left", journal::BrokerEnd::shutdown});
  EXPECT_EQ(censored(script.judged(30), CensoredCause::never_due), 1u);
}

// Half a packet: for some brokers a sign of life.
TEST(JudgeEnds, a_keep_alive_counts_bytes_of_no_packet_where_the_broker_does) {
  for (const bool counts : {false, true}) {
    JournalScript script;
    script.profile().keep_alive.counts_bytes = counts;
    const Link closed = script.connects(1);
    script.write(25, journal::LegClosed{.connection = closed.id,
                                        .leg = journal::Leg::broker,
                                        .by = Party::broker,
                                        .last_uplink_packet_at = at(2),
                                        .last_uplink_bytes_at = at(10)});
    script.will(25.01, closed);
    const Link silent = script.connects(1, {.device = 2});
    script.write(11, journal::SilenceBegan{.connection = silent.id,
                                           .last_uplink_packet_at = at(2),
                                           .last_uplink_bytes_at = at(10)});
    script.will(25.01, silent);
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], counts ? 2u : 0u);
    EXPECT_EQ(outcome.totals.wills[WillClass::late], counts ? 0u : 2u);
  }
}

TEST(JudgeEnds, refused_connects_are_counted_by_their_reason) {
  JournalScript script;
  script.ends(2, script.connects(1, {.reason = 5}));
  script.ends(4, script.connects(3, {.epoch = 2, .reason = 5}));
  script.ends(6, script.connects(5, {.epoch = 3, .reason = 2}));
  const Outcome outcome = script.judged(30);
  const std::map<std::uint8_t, std::uint64_t> expected{{2, 1}, {5, 2}};
  EXPECT_EQ(outcome.totals.refused, expected);
}

// [MQTT-3.1.3-6] A ClientID that the broker gave can be used by whoever was told it.
TEST(JudgeEnds, a_connection_without_client_id_is_taken_over_by_the_one_it_was_given) {
  JournalScript script;
  const Link old = script.connects(1, {.version = mqtt::Version::v5, .connack_after = -1});
  for (journal::Record& record : script.written()) {
    if (auto* connect = std::get_if<journal::ConnectForwarded>(&record.body)) {
      connect->client_id.clear();
    }
  }
  journal::ConnackReceived connack;
  connack.connection = old.id;
  connack.assigned_client_id = "given";
  script.write(1.001, connack);
  script.connects(5, {.device = 1, .version = mqtt::Version::v5, .client_id = "given"});
  script.will(5.0005, old);
  script.broker_leg_ends(5.002, old, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.takeover, 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
}

// [MQTT-3.1.2-10] On two sockets the broker may read the new CONNECT before the DISCONNECT that was
// written before it: with a stall that heals both go out at once.
TEST(JudgeEnds, by_disconnect_just_before_the_next_connect_may_bring_a_will_or_none) {
  const auto judged = [](double pause, bool is_seen) {
    JournalScript script;
    const Link old = script.connects(1);
    script.disconnects(5, old);
    script.ends(5.0001, old);
    const Link next = script.connects(5 + pause, {.epoch = 2});
    if (is_seen) script.will(5 + pause + 0.0008, old);
    script.disconnects(20, next);
    script.ends(20.001, next);
    return script.judged(30);
  };
  EXPECT_EQ(judged(0.0005, true).totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(no_will(judged(0.0005, false), NoWill::graceful), 2u);
  EXPECT_EQ(judged(0.2, true).totals.wills[WillClass::spurious], 1u);
}

// A log in which DISCONNECT stands long behind the end of the connection is wrong about one of
// them, and the broker did not read it.
TEST(JudgeEnds, a_disconnect_behind_the_brokers_end_takes_no_will_back) {
  for (const double said : {5.01, 6.0}) {
    JournalScript script;
    const Link link = script.connects(1);
    script.broker_leg_ends(5, link, Party::broker);
    script.disconnects(said, link);
    EXPECT_EQ(missing(script.judged(30), MissingCause::broker), said == 6 ? 1u : 0u) << said;
  }
}

}  // namespace
}  // namespace probate::analysis
