// The failure-detector figures, each on a journal whose numbers can be done in the head.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::Flow;
using journal::Party;
using test::JournalScript;
using test::Link;
using test::Login;

constexpr FaultId kGone{0};

scenario::Scenario watched_fleet(std::uint32_t count = 2) {
  scenario::Scenario scenario = test::fleet_of(count);
  scenario.faults.push_back({"gone", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  return scenario;
}
PolicyTotals naive(const Outcome& outcome) { return outcome.totals.policies[1]; }

// A will of nobody's connection about a device that lives: falsely offline from `from` to `to`.
void mistake(JournalScript& script, const Link& link, double from, double to) {
  script.will(from, link);
  script.message(to, link);
}

TEST(PresenceQuality, measures_recurrence_and_good_periods_on_the_devices_time_up) {
  JournalScript script{watched_fleet()};
  const Link first = script.connects(1);
  script.birth(1, first);
  mistake(script, first, 11, 13);  // T_M 2 s
  mistake(script, first, 31, 34);  // T_MR 20 s, T_G 18 s
  script.ends(40, first);          // down for 50 s, which no clock of the device counts
  const Link second = script.connects(90, {.epoch = 2});
  script.birth(90, second);
  mistake(script, second, 95, 96);  // T_MR (40 − 31) + (95 − 90) = 14 s, T_G 11 s
  const PresenceTotals t = naive(script.judged(100)).all;
  EXPECT_EQ(t.false_offlines, 3u);
  EXPECT_EQ(t.false_offline_duration.sum(), 6s);
  ASSERT_EQ(t.mistake_recurrence.count(), 2u);
  EXPECT_EQ(t.mistake_recurrence.max(), 20s);
  EXPECT_EQ(t.mistake_recurrence.min(), 14s);
  EXPECT_EQ(t.good_period.max(), 18s);
  EXPECT_EQ(t.good_period.min(), 11s);
  // λ_M and P_A: 3 mistakes of 6 s together in 39 s + 10 s up.
  EXPECT_EQ(t.up_seconds.microseconds(), 49'000'000);
  EXPECT_DOUBLE_EQ(static_cast<double>(t.false_offlines) / t.device_hours(), 3 / (49.0 / 3600));
  EXPECT_DOUBLE_EQ(t.query_accuracy(), 1 - 6.0 / 49);
}

TEST(PresenceQuality, keeps_the_clocks_of_devices_apart) {
  JournalScript script{watched_fleet()};
  const Link a = script.connects(1, {.device = 0});
  const Link b = script.connects(1, {.device = 1});
  script.birth(1, a);
  script.birth(1, b);
  mistake(script, a, 10, 11);
  mistake(script, b, 20, 21);
  const PresenceTotals t = naive(script.judged(100)).all;
  EXPECT_EQ(t.mistake_recurrence.count(), 0u);
  EXPECT_EQ(t.devices, 2u);
  EXPECT_EQ(t.devices_hit, 2u);
}

TEST(PresenceQuality, counts_devices_that_were_ever_up_and_those_hit_once) {
  JournalScript script{watched_fleet(3)};
  const Link a = script.connects(1, {.device = 0});
  script.birth(1, a);
  mistake(script, a, 10, 11);
  mistake(script, a, 20, 21);
  script.connects(2, {.device = 1});
  const PolicyTotals totals = naive(script.judged(100));
  EXPECT_EQ(totals.all.devices, 2u);
  EXPECT_EQ(totals.all.devices_hit, 1u);
  EXPECT_EQ(totals.by_group[0].devices_hit, 1u);
}

// A stall takes a device out of REACH, not out of UP.
TEST(PresenceQuality, judges_against_reach_as_well) {
  JournalScript script{watched_fleet()};
  const Link link = script.connects(1);
  script.birth(1, link);
  mistake(script, link, 11, 13);  // false against both
  script.falls_silent(20, link, 19, Flow::down);
  mistake(script, link, 22, 40);  // begins in the stall: false against UP, late recovery else
  script.recovers(30, link);
  script.will(50, link);  // begins in REACH, which a stall ends at 52 s
  script.falls_silent(52, link, 51, Flow::down);
  script.recovers(54, link);
  script.message(60, link);
  const PresenceTotals t = naive(script.judged(101)).all;
  EXPECT_EQ(t.false_offlines, 3u);
  EXPECT_EQ(t.false_offline_seconds.microseconds(), 30'000'000);  // 2 + 18 + 10
  EXPECT_EQ(t.false_offlines_reach, 2u);
  EXPECT_EQ(t.false_offline_reach_seconds.microseconds(), 4'000'000);  // 2 + 2
  EXPECT_EQ(t.up_seconds.microseconds(), 100'000'000);
  EXPECT_EQ(t.reach_seconds.microseconds(), 88'000'000);
}

TEST(PresenceQuality, a_stall_that_does_not_heal_is_an_outage_and_no_time_in_reach) {
  JournalScript script{watched_fleet()};
  const Link link = script.connects(1);
  script.birth(1, link);
  script.falls_silent(11, link, 10);
  script.will(26, link);
  script.broker_leg_ends(26.001, link, Party::broker, journal::CloseHow::fin, 10);
  const PresenceTotals t = naive(script.judged(100)).all;
  EXPECT_EQ(t.up_seconds.microseconds(), 10'000'000);
  EXPECT_EQ(t.reach_seconds.microseconds(), 10'000'000);
  EXPECT_EQ(t.false_offlines_reach, 0u);
}

// The bound of K = 10 s on mosquitto is 21.1 s, and λ is 1 s: quiet begins 22.1 s after the last
// disturbance.
TEST(PresenceQuality, finds_mistakes_after_quiet) {
  JournalScript script{watched_fleet()};
  const Link other = script.connects(1, {.device = 1});
  script.ends(2, other);  // an outage: whence the bound is known
  const Link link = script.connects(1);
  script.birth(1, link);
  script.write(10, journal::FaultApplied{kGone, DeviceId{1}});
  mistake(script, link, 20, 21);
  mistake(script, link, 40, 41);  // after quiet, were it not for what follows
  script.write(60, journal::FaultHealed{kGone, DeviceId{1}});
  mistake(script, link, 82, 83);  // 22.0 s after it
  mistake(script, link, 83.2, 84);
  mistake(script, link, 95, 96);
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(outcome.totals.last_disturbance, test::at(60));
  EXPECT_EQ(naive(outcome).settling, 22100ms);
  EXPECT_EQ(naive(outcome).all.false_offlines, 5u);
  EXPECT_EQ(naive(outcome).all.false_offlines_after_quiet, 2u);
  EXPECT_EQ(naive(outcome).by_group[0].false_offlines_after_quiet, 2u);
  // debounce waits 10 s longer, so its quiet begins later; its one mistake begins in it or not.
  EXPECT_EQ(outcome.totals.policies[2].settling, 32100ms);
}

TEST(PresenceQuality, without_any_disturbance_quiet_is_from_the_start) {
  JournalScript script{watched_fleet()};
  const Link link = script.connects(1);
  script.birth(1, link);
  mistake(script, link, 20, 21);
  EXPECT_EQ(naive(script.judged(100)).all.false_offlines_after_quiet, 1u);
}

TEST(PresenceQuality, counts_what_rates_are_counted_against) {
  JournalScript script{watched_fleet()};
  const Link old = script.connects(1);
  script.birth(1, old);
  script.write(10, journal::FaultApplied{kGone, DeviceId{0}, old.id});
  script.falls_silent(10, old, 9, Flow::both, kGone);
  const Link back = script.connects(15, {.epoch = 2, .connack_after = 0.002});
  script.will(15.001, old);
  script.broker_leg_ends(15.002, old, Party::broker);
  script.birth(15.2, back);
  const PolicyTotals totals = naive(script.judged(100));
  for (const PresenceTotals& t : {totals.all, totals.by_fault[0], totals.by_group[0]}) {
    EXPECT_EQ(t.disturbances, 1u);
    EXPECT_EQ(t.takeovers, 1u);
    EXPECT_EQ(t.offline_declarations, 1u);
    EXPECT_EQ(t.reconnects, 1u);
    EXPECT_EQ(t.false_offlines, 1u);
  }
  EXPECT_EQ(totals.by_fault[1].disturbances, 0u);
}

TEST(PresenceQuality, tells_suspicions_from_wills_and_counts_stale_wills) {
  scenario::Scenario scenario = watched_fleet();
  device::PublishConfig report;
  report.topic = test::text("/report/{client_id}");
  report.every = 20s;
  scenario.devices[0].publish.push_back(report);
  scenario.backend.presence = {{scenario::PolicyName::hybrid, 10s, 20s, 3}};
  JournalScript script{scenario};
  const Link first = script.connects(1);
  script.birth(1, first);
  const Link second = script.connects(20, {.epoch = 2});
  script.birth(20, second);
  script.will(21, first);  // stale
  script.message(90, second);
  script.will(91, second);  // believed at 101 s
  const PolicyTotals hybrid = script.judged(110).totals.policies[0];
  EXPECT_EQ(hybrid.stale_wills, 1u);
  EXPECT_EQ(hybrid.all.offline_declarations, 2u);  // 80 s: silence; 101 s: will
  EXPECT_EQ(hybrid.all.suspicions, 1u);
}

TEST(PresenceQuality, explains_a_suspicion_by_the_last_word) {
  scenario::Scenario scenario = watched_fleet();
  device::PublishConfig report;
  report.topic = test::text("/report/{client_id}");
  report.every = 20s;
  scenario.devices[0].publish.push_back(report);
  scenario.backend.presence = {{scenario::PolicyName::last_seen, 10s, 20s, 3}};
  JournalScript script{scenario};
  const Link link = script.connects(1);
  script.birth(1, link);
  script.message(90, link);
  const Outcome outcome = script.judged(100);
  ASSERT_EQ(outcome.false_offlines.size(), 1u);
  EXPECT_NE(outcome.false_offlines[0].line.find("last heard at +1.0 s \u2192 suspected at +61.0 s"),
            std::string::npos)
      << outcome.false_offlines[0].line;
}

TEST(BrokerEventPolicies, are_not_applicable_until_a_broker_event_comes) {
  scenario::Scenario scenario = watched_fleet();
  scenario.backend.presence = {{scenario::PolicyName::aws_lifecycle, 5s}};
  JournalScript script{scenario};
  const Link link = script.connects(1);
  EXPECT_NE(script.judged(100).totals.policies[0].not_applicable, "");
  journal::BrokerEvent event;
  event.kind = journal::BrokerEventKind::connected;
  event.device = DeviceId{0};
  event.version = 1;
  script.write(1.1, event);
  event.kind = journal::BrokerEventKind::disconnected;
  script.ends(10, link);
  script.write(10.2, event);
  const PolicyTotals aws = script.judged(100).totals.policies[0];
  EXPECT_EQ(aws.not_applicable, "");
  EXPECT_EQ(aws.all.detection.max(), 5200ms);  // 0.2 s to the event, 5 s to believe it
}

}  // namespace
}  // namespace probate::analysis
