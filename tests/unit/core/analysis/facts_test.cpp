// The facts about real brokers that the design stands on, each as a small journal.
#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/outcome.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Flow;
using journal::Party;
using test::at;
using test::JournalScript;
using test::Link;
using test::no_will;

std::uint64_t deviations(const Outcome& outcome, const std::string& rule) {
  for (const DeviationTotals& deviation : outcome.totals.deviations) {
    if (deviation.rule == rule) return deviation.count;
  }
  return 0;
}
const PolicyTotals& policy(const Outcome& outcome, const std::string& label) {
  for (const PolicyTotals& totals : outcome.totals.policies) {
    if (totals.label == label) return totals;
  }
  static const PolicyTotals kNone;
  return kNone;
}

// [MQTT-3.1.4-2] [MQTT-3.1.2-8] No will while it was gone; the will comes when it returns.
TEST(Facts, a_silent_device_that_returns_is_willed_at_its_return) {
  JournalScript script;
  script.scenario().faults.push_back({"half_open", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  const Link old = script.connects(1);
  script.birth(1.1, old);
  script.falls_silent(301.2, old, 300, Flow::both, FaultId{0});
  script.device_leg_ends(305, old, Party::proxy);
  const Link back = script.connects(310, {.epoch = 2, .connack_after = 0.002});
  script.will(310.001, old);
  script.birth(310.101, back);
  script.broker_leg_ends(310.002, old, Party::broker);
  const Outcome outcome = script.judged(400);
  const WillTotals& wills = outcome.totals.wills;
  EXPECT_EQ(wills.expected, 1u);
  EXPECT_EQ(wills[WillClass::in_time], 1u);
  EXPECT_EQ(wills.takeover, 1u);
  EXPECT_EQ(wills.ghost, 0u);
  EXPECT_EQ(outcome.totals.takeovers_organic, 1u);
  EXPECT_EQ(outcome.totals.wills_by_fault[0][WillClass::in_time], 1u);

  EXPECT_EQ(policy(outcome, "naive").all.false_offlines, 1u);
  EXPECT_EQ(policy(outcome, "naive").all.reconnects, 1u);
  EXPECT_EQ(policy(outcome, "naive").all.reconnects_followed, 1u);
  EXPECT_EQ(policy(outcome, "naive").all.false_offlines_over_flicker, 0u);
  EXPECT_EQ(policy(outcome, "debounce_10s").all.false_offlines, 0u);
  ASSERT_FALSE(outcome.false_offlines.empty());
  const auto naive = std::find_if(outcome.false_offlines.begin(), outcome.false_offlines.end(),
                                  [](const FalseOffline& episode) { return episode.policy == 1; });
  ASSERT_NE(naive, outcome.false_offlines.end());
  EXPECT_EQ(naive->line,
            "meter-0: silent from +301.2 s (half_open) → back at +310.0 s, same ClientID → "
            "takeover will at +310.0 s → birth at +310.1 s: naive believed OFF for 0.1 s");
}

// Known of mosquitto, against [MQTT-3.1.2-8]: no will if both sessions are kept.
TEST(Facts, a_takeover_between_kept_sessions_brings_no_will_and_is_a_deviation) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false});
  script.falls_silent(2, old, 1.5);
  script.connects(6, {.epoch = 2, .clean = false});
  script.broker_leg_ends(6.002, old, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::takeover), 1u);
  EXPECT_EQ(deviations(outcome, "takeover_kept_to_kept"), 1u);
}

TEST(Facts, a_broker_better_than_its_profile_deviates_from_nothing) {
  JournalScript script;
  const Link old = script.connects(1, {.clean = false});
  script.falls_silent(2, old, 1.5);
  script.connects(6, {.epoch = 2, .clean = false, .connack_after = 0.002});
  script.will(6.001, old);
  script.broker_leg_ends(6.002, old, Party::broker);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
  EXPECT_TRUE(outcome.totals.deviations.empty());
}

TEST(Facts, every_other_pair_of_sessions_owes_a_will_at_takeover) {
  for (const auto& [old_clean, new_clean] : {std::pair{true, true}, {true, false}, {false, true}}) {
    JournalScript script;
    const Link old = script.connects(1, {.clean = old_clean});
    script.falls_silent(2, old, 1.5);
    script.connects(6, {.epoch = 2, .clean = new_clean, .connack_after = 0.002});
    script.will(6.001, old);
    script.broker_leg_ends(6.002, old, Party::broker);
    const Outcome outcome = script.judged(30);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u) << old_clean << new_clean;
    EXPECT_EQ(outcome.totals.wills.takeover, 1u);
  }
}

// A new ClientID takes nothing over: the ghost is willed after the new birth.
TEST(Facts, a_random_client_id_leaves_a_ghost_whose_will_follows_the_new_birth) {
  JournalScript script;
  const Link old = script.connects(1, {.keep_alive = 4, .client_id = "a1"});
  script.birth(1.01, old);
  script.falls_silent(2, old, 1.5);
  const Link fresh = script.connects(3, {.epoch = 2, .keep_alive = 4, .client_id = "b2"});
  script.birth(3.01, fresh);
  script.will(11.2, old);  // 1.5 + (6, 12.1] s
  script.broker_leg_ends(11.201, old, Party::broker, CloseHow::fin, 1.5);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(outcome.totals.wills.ghost, 1u);
  EXPECT_EQ(outcome.totals.wills.takeover, 0u);
  EXPECT_EQ(outcome.totals.takeovers_organic, 0u);
  // Nothing corrects it: it lasts until judging stops.
  EXPECT_EQ(policy(outcome, "naive").all.false_offlines_over_flicker, 1u);
  EXPECT_NEAR(policy(outcome, "naive").all.false_offline_seconds, 60 - 11.2, 1e-6);
  EXPECT_EQ(policy(outcome, "epoch").all.false_offlines, 0u);
}

// A stall that heals after the device gave up delivers its DISCONNECT: no will, though it was gone.
TEST(Facts, a_late_disconnect_takes_the_will_back) {
  JournalScript script;
  const Link link = script.connects(1, {.keep_alive = 60});
  script.birth(1.1, link);
  script.falls_silent(10, link, 9);
  script.device_leg_ends(20, link);
  script.disconnects(50, link);
  script.recovers(50, link);
  script.broker_leg_ends(50.001, link, Party::device, CloseHow::fin, 50);
  const Outcome outcome = script.judged(200);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::graceful), 1u);
  // The back end goes on believing in a device that has been gone since it fell silent.
  EXPECT_EQ(policy(outcome, "naive").all.missed_offlines, 1u);
  EXPECT_NEAR(policy(outcome, "naive").all.false_online_seconds, 190, 1e-6);
}

TEST(Facts, a_stall_that_heals_in_time_is_no_outage_and_owes_nothing) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.falls_silent(5, link, 4);
  script.recovers(12, link);
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(policy(outcome, "naive").all.outages, 0u);
  EXPECT_NEAR(policy(outcome, "naive").all.up_seconds, 99, 1e-6);
}

// Three attempts whose CONNACK never arrives are three accepted connections: three wills.
TEST(Facts, each_lost_connack_owes_a_will) {
  JournalScript script;
  for (Epoch epoch = 1; epoch <= 3; ++epoch) {
    const double second = 10.0 * epoch;
    const Link link = script.connects(second, {.epoch = epoch});
    script.write(second + 0.001, journal::PacketSwallowed{link.id, mqtt::Direction::downlink,
                                                          mqtt::PacketType::connack, kNoFault});
    script.ends(second + 5, link);
    script.will(second + 5.002, link);
  }
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills.expected, 3u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 3u);
}

// The device said goodbye, the broker never heard it: a will is right, none is the broker's
// failure.
TEST(Facts, a_goodbye_that_is_swallowed_changes_nothing_for_the_broker) {
  for (const bool publishes : {true, false}) {
    JournalScript script;
    const Link link = script.connects(1);
    script.write(4.9, journal::PacketSwallowed{link.id, mqtt::Direction::uplink,
                                               mqtt::PacketType::disconnect, kNoFault});
    script.ends(5, link);
    if (publishes) script.will(5.002, link);
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(outcome.totals.wills.expected, 1u);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], publishes ? 1u : 0u);
    EXPECT_EQ(outcome.totals.wills[WillClass::missing], publishes ? 0u : 1u);
    if (publishes) continue;
    ASSERT_EQ(outcome.wills.size(), 1u);
    EXPECT_TRUE(outcome.wills[0].goodbye_swallowed);
    EXPECT_NE(outcome.wills[0].line.find("its DISCONNECT swallowed"), std::string::npos);
  }
}

// [MQTT-3.1.2-24] mosquitto 2.0.11 closes in (⌊1.5K⌋, ⌊1.5K⌋ + 6.1] s; a will at either edge is in
// time, half a second before the lower edge is early, after the upper one and the allowance late.
TEST(Facts, the_keep_alive_window_is_the_profiles) {
  constexpr std::array<std::uint16_t, 8> kKeepAlives{1, 2, 3, 4, 5, 6, 7, 300};
  for (const std::uint16_t k : kKeepAlives) {
    const double low = k * 3 / 2;
    const double high = low + 6.1;
    const auto class_at = [&](double after) {
      JournalScript script;
      const Link link = script.connects(1, {.keep_alive = k});
      const double t_rx = 2;
      script.falls_silent(t_rx + 0.1, link, t_rx);
      script.will(t_rx + after, link);
      script.broker_leg_ends(t_rx + after + 0.001, link, Party::broker, CloseHow::fin, t_rx);
      const Outcome outcome = script.judged(1000);
      for (const WillClass c : {WillClass::in_time, WillClass::early, WillClass::late}) {
        if (outcome.totals.wills[c] == 1) return c;
      }
      return WillClass::unattributed;
    };
    EXPECT_EQ(class_at(low), WillClass::in_time) << k;
    EXPECT_EQ(class_at(high), WillClass::in_time) << k;
    EXPECT_EQ(class_at(low - 0.5), WillClass::early) << k;
    EXPECT_EQ(class_at(high + 1.1), WillClass::late) << k;
  }
}

TEST(Facts, an_odd_keep_alive_that_fires_before_one_and_a_half_is_in_time_and_a_deviation) {
  JournalScript script;
  const Link link = script.connects(1, {.keep_alive = 7});
  script.falls_silent(2.1, link, 2);
  script.will(12.2, link);  // 10.2 s after the last packet, 1.5 K = 10.5 s
  script.broker_leg_ends(12.201, link, Party::broker, CloseHow::fin, 2);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(deviations(outcome, "keep_alive_early"), 1u);
}

// The broker sends will, FIN and CONNACK within microseconds on three sockets. Under load they were
// read in every order, the will up to 44 ms behind the CONNACK.
TEST(Facts, a_takeover_is_judged_the_same_in_whatever_order_its_traces_are_read) {
  for (const double will : {0.0005, 0.0015, 0.044}) {
    for (const double fin : {0.0007, 0.0017, 0.045}) {
      JournalScript script;
      const Link old = script.connects(1, {.keep_alive = 3});
      script.falls_silent(2.1, old, 2);
      script.device_leg_ends(5.5, old, Party::device);
      script.connects(6.05, {.epoch = 2, .keep_alive = 3, .connack_after = 0.001});
      script.will(6.05 + will, old);  // mosquitto may close from 6 s on, 1.5 K would be 6.5 s
      script.broker_leg_ends(6.05 + fin, old, Party::broker, CloseHow::fin, 2);
      const Outcome outcome = script.judged(60);
      EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u) << will << ' ' << fin;
      EXPECT_EQ(outcome.totals.wills.takeover, 1u) << will << ' ' << fin;
      EXPECT_EQ(outcome.totals.wills.ghost, 0u) << will << ' ' << fin;
      EXPECT_EQ(deviations(outcome, "keep_alive_early"), 0u) << will << ' ' << fin;
    }
  }
}

// mosquitto looks every 6 s, so a window is that wide; but its FIN tells when it looked.
TEST(Facts, a_will_is_late_behind_the_close_that_was_seen_whatever_the_window) {
  for (const bool is_late : {false, true}) {
    JournalScript script;
    const Link link = script.connects(1, {.keep_alive = 4});
    script.falls_silent(2.1, link, 2);
    script.broker_leg_ends(9, link, Party::broker, CloseHow::fin, 2);  // (8, 14.1] is the window
    script.will(is_late ? 10.2 : 9.9, link);
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(outcome.totals.wills[WillClass::late], is_late ? 1u : 0u);
    EXPECT_EQ(outcome.totals.wills[WillClass::in_time], is_late ? 0u : 1u);
  }
}

// The way to the back end's observer was blocked, not the broker.
TEST(Facts, a_late_will_that_the_control_observer_had_in_time_is_no_verdict) {
  JournalScript script;
  const Link link = script.connects(1);
  script.device_leg_ends(5, link, Party::device, CloseHow::rst);
  script.broker_leg_ends(5.001, link, Party::proxy, CloseHow::rst);
  script.will_at(journal::Observer::control, 5.01, link);
  script.will_at(journal::Observer::backend, 6.5, link);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 0u);
  EXPECT_EQ(outcome.totals.wills.censored[static_cast<std::size_t>(CensoredCause::voided)], 1u);
}

// [MQTT5-3.1.2-21]
TEST(Facts, a_server_keep_alive_replaces_the_devices_own) {
  JournalScript script;
  const Link link =
      script.connects(1, {.keep_alive = 0, .version = mqtt::Version::v5, .connack_after = -1});
  journal::ConnackReceived connack;
  connack.connection = link.id;
  connack.server_keep_alive = std::uint16_t{10};
  script.write(1.001, connack);
  script.falls_silent(3, link, 2);
  script.will(18, link);
  script.broker_leg_ends(18.001, link, Party::broker, CloseHow::fin, 2);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 1u);
}

// A twin logs in with the victim's ClientID, the victim takes its place back: both wills are owed.
TEST(Facts, a_war_of_twins_owes_a_will_for_each_login) {
  JournalScript script;
  const Link victim = script.connects(1);
  script.birth(1.01, victim);
  const Link twin = script.connects(5, {.twin = true, .connack_after = 0.002});
  script.will(5.001, victim);
  script.ends(5.003, victim, Party::broker);
  const Link again = script.connects(7, {.epoch = 2, .connack_after = 0.002});
  script.will(7.001, twin);
  script.broker_leg_ends(7.003, twin, Party::broker);
  script.birth(7.1, again);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills.expected, 2u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 2u);
  EXPECT_EQ(outcome.totals.wills.takeover, 2u);
  EXPECT_EQ(outcome.totals.takeovers_injected, 2u);
  // While the twin holds the session the device is down: a twin never makes it UP.
  EXPECT_EQ(policy(outcome, "naive").all.outages, 1u);
  EXPECT_NEAR(policy(outcome, "naive").all.up_seconds, 4 + 53, 1e-6);
}

// The second victim was hit by the twin's fault whichever is read first, its end or the CONNACK.
TEST(Facts, what_a_twin_ends_is_counted_with_the_fault_that_sent_it) {
  for (const double connack_after : {0.001, 0.009}) {
    JournalScript script;
    script.scenario().faults.push_back(
        {"clone", fault::Once{}, {}, {}, {}, fault::DuplicateLogin{}});
    const Link victim = script.connects(1);
    script.write(4.9, journal::FaultApplied{FaultId{0}, DeviceId{0}, kNoConnection});
    const Link twin = script.connects(5, {.twin = true, .connack_after = 0.001});
    script.will(5.0005, victim);
    script.ends(5.003, victim, Party::broker);
    const Link again = script.connects(7, {.epoch = 2, .connack_after = 0.001});
    script.will(7.0005, twin);
    script.broker_leg_ends(7.003, twin, Party::broker);
    script.connects(9, {.epoch = 2, .twin = true, .connack_after = connack_after});
    script.will(9.0005, again);
    for (const journal::Leg leg : {journal::Leg::broker, journal::Leg::device}) {
      script.write(9.005, journal::LegClosed{.connection = again.id,
                                             .leg = leg,
                                             .by = Party::broker,
                                             .how = CloseHow::fin,
                                             .fault = FaultId{0},
                                             .last_uplink_packet_at = {}});
    }
    const Outcome outcome = script.judged(60);
    EXPECT_EQ(outcome.totals.wills_by_fault[0].expected, 3u) << connack_after;
    EXPECT_EQ(policy(outcome, "naive").by_fault[0].outages, 2u) << connack_after;
    EXPECT_EQ(policy(outcome, "naive").by_fault[1].outages, 0u) << connack_after;
  }
}

TEST(Facts, a_twin_that_says_goodbye_owes_none) {
  JournalScript script;
  const Link twin = script.connects(5, {.twin = true});
  script.disconnects(6, twin);
  script.broker_leg_ends(6.001, twin, Party::proxy);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::graceful), 1u);
}

// [MQTT5-3.1.3-9]
TEST(Facts, a_session_that_goes_on_before_the_delay_cancels_the_will) {
  JournalScript script;
  const test::Login login{
      .clean = false, .version = mqtt::Version::v5, .expiry = 60s, .delay = 10s};
  const Link old = script.connects(1, login);
  script.ends(5, old);
  test::Login again = login;
  again.epoch = 2;
  script.connects(9, again);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
  EXPECT_EQ(no_will(outcome, NoWill::cancelled_by_resume), 1u);
}

TEST(Facts, a_delayed_will_is_due_after_the_delay_or_the_session_whichever_is_first) {
  const auto class_at = [](Duration delay, Duration expiry, double seen) {
    JournalScript script;
    const Link link = script.connects(
        1, {.clean = false, .version = mqtt::Version::v5, .expiry = expiry, .delay = delay});
    script.ends(5, link);
    script.will(seen, link);
    const Outcome outcome = script.judged(60);
    for (const WillClass c : {WillClass::in_time, WillClass::early, WillClass::late}) {
      if (outcome.totals.wills[c] == 1) return c;
    }
    return WillClass::unattributed;
  };
  EXPECT_EQ(class_at(10s, 60s, 15.8), WillClass::in_time);
  EXPECT_EQ(class_at(10s, 60s, 7.0), WillClass::early);
  EXPECT_EQ(class_at(10s, 60s, 17.2), WillClass::late);
  EXPECT_EQ(class_at(10s, 2s, 7.8), WillClass::in_time);
  // mosquitto waits for the delay of a session that has already ended.
  EXPECT_EQ(class_at(3s, 0s, 8.8), WillClass::in_time);
}

// Known of mosquitto: its list of delayed wills is scanned up to the first that is not due.
TEST(Facts, a_delayed_will_behind_a_newer_one_may_wait_for_it) {
  JournalScript script;
  const test::Login login{.clean = false, .version = mqtt::Version::v5, .expiry = 60s, .delay = 4s};
  const Link first = script.connects(1, login);
  test::Login other = login;
  other.device = 1;
  const Link second = script.connects(1, other);
  script.ends(5, first);
  script.ends(8, second);
  script.will(12.8, first);
  script.will(12.8, second);
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 2u);
  EXPECT_EQ(deviations(outcome, "delay_head_of_line"), 1u);
}

TEST(Facts, a_delayed_will_is_missing_if_it_does_not_come_when_the_newer_ones_are_through) {
  JournalScript script;
  test::Login login{.clean = false, .version = mqtt::Version::v5, .expiry = 900s, .delay = 4s};
  std::vector<Link> links;
  for (std::uint32_t device = 0; device < 30; ++device) {
    login.device = device;
    links.push_back(script.connects(1, login));
  }
  for (std::uint32_t device = 0; device < 30; ++device) script.ends(5 + 2 * device, links[device]);
  for (std::uint32_t device = 1; device < 30; ++device) script.will(67.9, links[device]);
  const Outcome outcome = script.judged(120);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 29u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 1u);
  ASSERT_EQ(outcome.wills.size(), 1u);
  EXPECT_GT(outcome.wills[0].window_ends, Instant{67s}) << outcome.wills[0].line;
}

// What was resumed has left that list, and waits for nobody any more.
TEST(Facts, a_delayed_will_that_was_cancelled_while_it_waited_is_held_up_no_longer) {
  JournalScript script;
  const test::Login login{.clean = false, .version = mqtt::Version::v5, .expiry = 60s, .delay = 4s};
  test::Login other = login;
  const Link first = script.connects(1, login);
  other.device = 1;
  const Link second = script.connects(1, other);
  other.device = 2;
  const Link third = script.connects(1, other);
  script.ends(5, first);
  script.ends(8, second);
  test::Login again = login;
  again.connack_after = 0.25;
  script.connects(10.75, again);
  script.ends(11, third);  // in that very moment
  script.will(15.3, second);
  script.will(15.3, third);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 2u) << "the second waits on";
  script.will(15.4, first);
  EXPECT_EQ(script.judged(60).totals.wills[WillClass::in_time], 2u);
}

TEST(Facts, a_disconnect_with_an_error_reason_keeps_the_will_but_not_on_mosquitto) {
  JournalScript script;
  const Link link = script.connects(1, {.version = mqtt::Version::v5});
  script.disconnects(5, link, 0x80);
  script.ends(5.001, link);
  const Link other = script.connects(1, {.device = 1, .version = mqtt::Version::v5});
  script.disconnects(5, other, 0x04);
  script.ends(5.001, other);
  script.will(5.002, other);
  const Outcome outcome = script.judged(30);
  EXPECT_EQ(outcome.totals.wills.expected, 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(no_will(outcome, NoWill::error_reason), 1u);
  EXPECT_EQ(deviations(outcome, "error_reason_deletes_will"), 1u);
}

}  // namespace
}  // namespace probate::analysis
