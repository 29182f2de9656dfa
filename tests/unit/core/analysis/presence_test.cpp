// What the policies believe against what is true: the situations of a fleet's life, one by one.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::CloseHow;
using journal::Flow;
using journal::Party;
using test::JournalScript;
using test::Link;
using test::Login;

constexpr std::size_t kAlarm = 0;
constexpr std::size_t kNaive = 1;
constexpr std::size_t kDebounce = 2;
constexpr std::size_t kEpoch = 3;

const PresenceTotals& of(const Outcome& outcome, std::size_t policy) {
  return outcome.totals.policies[policy].all;
}

// Nothing reaches the broker after 10 s; it is willed at 26 s, within its keep-alive window.
Link silent_device(JournalScript& script) {
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.falls_silent(10, link, 9);
  return link;
}
void broker_gives_up(JournalScript& script, const Link& link, double second) {
  script.will(second, link);
  script.broker_leg_ends(second + 0.001, link, Party::broker, CloseHow::fin, 9);
}

// A: silent, no return.
TEST(Situations, a_device_that_never_returns_is_detected_by_all) {
  JournalScript script;
  const Link link = silent_device(script);
  broker_gives_up(script, link, 26);
  const Outcome outcome = script.judged(100);
  for (const std::size_t policy : {kAlarm, kNaive, kEpoch}) {
    EXPECT_EQ(of(outcome, policy).detection.max(), 16s) << policy;
    EXPECT_NEAR(of(outcome, policy).false_online_seconds, 16, 1e-6);
    EXPECT_NEAR(of(outcome, policy).untold_seconds, 16, 1e-6);
    EXPECT_EQ(of(outcome, policy).outages_foregone, 0u);
  }
  EXPECT_EQ(of(outcome, kDebounce).detection.max(), 26s);
  for (std::size_t policy = 0; policy < 4; ++policy) {
    EXPECT_EQ(of(outcome, policy).false_offlines, 0u);
    EXPECT_EQ(of(outcome, policy).missed_offlines, 0u);
    EXPECT_EQ(of(outcome, policy).outages, 1u);
  }
}

// B: silent, back with the same ClientID before keep-alive; will first, then birth.
TEST(Situations, a_will_at_takeover_before_the_birth_flickers_for_naive_and_never_ends_for_alarm) {
  JournalScript script;
  const Link old = silent_device(script);
  const Link back = script.connects(15, {.epoch = 2, .connack_after = 0.002});
  script.will(15.001, old);
  script.broker_leg_ends(15.002, old, Party::broker);
  script.birth(15.201, back);
  const Outcome outcome = script.judged(100);
  EXPECT_NEAR(of(outcome, kAlarm).false_offline_seconds, 100 - 15.001, 1e-6);
  EXPECT_NEAR(of(outcome, kNaive).false_offline_seconds, 0.2, 1e-6);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 1u);
  EXPECT_EQ(of(outcome, kNaive).false_offlines_over_flicker, 0u);
  EXPECT_EQ(of(outcome, kDebounce).false_offlines, 0u);
  // W(1) is of the current epoch until B(2) is heard.
  EXPECT_NEAR(of(outcome, kEpoch).false_offline_seconds, 0.2, 1e-6);
  EXPECT_EQ(of(outcome, kNaive).reconnects_followed, 1u);
}

// C: the same with the will behind the birth.
TEST(Situations, a_will_behind_the_new_birth_deceives_all_but_epoch) {
  JournalScript script;
  const Link old = silent_device(script);
  const Link back = script.connects(15, {.epoch = 2});
  script.birth(15.1, back);
  script.will(15.2, old);
  script.broker_leg_ends(15.2, old, Party::broker);
  script.message(40, back);
  const Outcome outcome = script.judged(100);
  EXPECT_NEAR(of(outcome, kAlarm).false_offline_seconds, 100 - 15.2, 1e-6);
  EXPECT_NEAR(of(outcome, kNaive).false_offline_seconds, 40 - 15.2, 1e-6);
  EXPECT_NEAR(of(outcome, kDebounce).false_offline_seconds, 40 - 25.2, 1e-6);
  EXPECT_EQ(of(outcome, kEpoch).false_offlines, 0u);
}

// D: a new ClientID; the ghost is willed by keep-alive.
TEST(Situations, a_ghosts_will_deceives_until_the_next_message_but_not_epoch) {
  JournalScript script;
  const Link old = silent_device(script);
  const Link back = script.connects(15, {.epoch = 2, .client_id = "other"});
  script.birth(15.1, back);
  broker_gives_up(script, old, 26);
  script.message(30, back);
  const Outcome outcome = script.judged(100);
  EXPECT_NEAR(of(outcome, kNaive).false_offline_seconds, 4, 1e-6);
  EXPECT_EQ(of(outcome, kDebounce).false_offlines, 0u);  // the message came within its wait
  EXPECT_EQ(of(outcome, kEpoch).false_offlines, 0u);
  EXPECT_EQ(outcome.totals.wills.ghost, 1u);
}

// E: two devices at war over one ClientID.
TEST(Situations, a_war_flaps_for_naive_and_is_hidden_by_debounce) {
  JournalScript script;
  Link device = script.connects(1);
  script.birth(1.1, device);
  for (Epoch round = 1; round <= 5; ++round) {
    const double second = 10.0 * round;
    const Link twin =
        script.connects(second, {.epoch = round, .twin = true, .connack_after = 0.002});
    script.will(second + 0.001, device);
    script.ends(second + 0.003, device, Party::broker);
    device = script.connects(second + 2, {.epoch = round + 1, .connack_after = 0.002});
    script.will(second + 2.001, twin);
    script.broker_leg_ends(second + 2.003, twin, Party::broker);
    script.birth(second + 2.1, device);
  }
  const Outcome outcome = script.judged(100);
  // The victim's will is true: it is down. The twin's comes while it is coming back.
  EXPECT_EQ(of(outcome, kNaive).offline_declarations, 5u);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 0u);
  EXPECT_EQ(of(outcome, kNaive).recovery.count(), 5u);
  EXPECT_EQ(of(outcome, kDebounce).offline_declarations, 0u);
  EXPECT_EQ(of(outcome, kEpoch).offline_declarations, 5u);
  EXPECT_EQ(outcome.totals.takeovers_injected, 10u);
}

// The alarm is never taken back, so the second outage tells nobody anything: T_D is 0 by its
// definition, and the outage is foregone.
TEST(Situations, an_outage_that_was_believed_before_it_began_is_foregone) {
  JournalScript script;
  const Link link = silent_device(script);
  broker_gives_up(script, link, 26);
  const Link back = script.connects(50, {.epoch = 2});
  script.birth(50.1, back);
  script.ends(60, back);
  script.will(60.2, back);
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(of(outcome, kAlarm).detection.count(), 2u);
  EXPECT_EQ(of(outcome, kAlarm).detection.min(), 0s);
  EXPECT_EQ(of(outcome, kAlarm).outages_foregone, 1u);
  EXPECT_NEAR(of(outcome, kAlarm).untold_seconds, 16 + 40, 1e-6);
  EXPECT_EQ(of(outcome, kNaive).outages_foregone, 0u);
  EXPECT_NEAR(of(outcome, kNaive).untold_seconds, 16 + 0.2, 1e-6);
}

// F: the will is missing.
TEST(Situations, a_missing_will_is_a_missed_offline_for_all) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.ends(10, link);
  const Outcome outcome = script.judged(100);
  for (std::size_t policy = 0; policy < 4; ++policy) {
    EXPECT_EQ(of(outcome, policy).missed_offlines, 1u);
    EXPECT_NEAR(of(outcome, policy).false_online_seconds, 90, 1e-6);
    EXPECT_NEAR(of(outcome, policy).untold_seconds, 90, 1e-6);
    EXPECT_EQ(of(outcome, policy).detection.count(), 0u);
  }
  // K = 10 s: at most 21.1 s on this broker, and a second to deliver; debounce asks for 10 s more.
  EXPECT_NEAR(of(outcome, kNaive).false_online_avoidable_seconds, 90 - 22.1, 1e-6);
  EXPECT_NEAR(of(outcome, kDebounce).false_online_avoidable_seconds, 90 - 32.1, 1e-6);
}

// G: a graceful end tells nobody.
TEST(Situations, a_graceful_end_leaves_all_believing_on) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.disconnects(10, link);
  script.ends(10, link);
  const Outcome outcome = script.judged(100);
  for (std::size_t policy = 0; policy < 4; ++policy) {
    EXPECT_EQ(of(outcome, policy).missed_offlines, 1u);
  }
  EXPECT_EQ(outcome.totals.wills.expected, 0u);
}

// H: the broker closes everyone, all return.
TEST(Situations, a_restart_is_a_true_outage_and_debounce_rides_it_out) {
  JournalScript script;
  for (std::uint32_t device = 0; device < 4; ++device) {
    const Link link = script.connects(1, {.device = device});
    script.birth(1.1, link);
    script.ends(10, link, Party::broker, CloseHow::rst);
    script.will(10.01, link);
    const Link back = script.connects(14, {.device = device, .epoch = 2});
    script.birth(14.1, back);
  }
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 4u);
  EXPECT_EQ(of(outcome, kNaive).outages, 4u);
  EXPECT_EQ(of(outcome, kNaive).offline_declarations, 4u);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 0u);
  EXPECT_EQ(of(outcome, kNaive).recovery.max(), 100ms);
  EXPECT_EQ(of(outcome, kDebounce).offline_declarations, 0u);
  EXPECT_EQ(of(outcome, kDebounce).recovery.max(), 0ms);
}

// I: nobody listened.
TEST(Situations, a_will_lost_to_a_gap_is_censored_and_missed_by_all) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.write(9, journal::ObserverLost{journal::Observer::backend, "closed"});
  script.ends(10, link);
  script.will_at(journal::Observer::control, 10.01, link);
  script.write(20, journal::ObserverUp{journal::Observer::backend, {"/willmsg"}});
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(outcome.totals.wills[WillClass::censored], 1u);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 0u);
  EXPECT_TRUE(outcome.voided_by_guard());
  EXPECT_EQ(of(outcome, kNaive).missed_offlines, 1u);
}

// J: the device is never served, each attempt leaves a will.
TEST(Situations, wills_without_births_show_a_device_that_is_not_served) {
  JournalScript script;
  for (Epoch epoch = 1; epoch <= 3; ++epoch) {
    const Link link = script.connects(10.0 * epoch, {.epoch = epoch});
    script.ends(10.0 * epoch + 5, link);
    script.will(10.0 * epoch + 5.01, link);
  }
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(of(outcome, kNaive).offline_declarations, 1u);
  EXPECT_EQ(of(outcome, kEpoch).offline_declarations, 1u);
  EXPECT_EQ(of(outcome, kDebounce).offline_declarations, 1u);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 0u);
}

// K: a stall that heals within the keep-alive.
TEST(Situations, a_short_stall_deceives_nobody) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.falls_silent(10, link, 9);
  script.recovers(18, link);
  const Outcome outcome = script.judged(100);
  for (std::size_t policy = 0; policy < 4; ++policy) {
    EXPECT_EQ(of(outcome, policy).offline_declarations, 0u);
    EXPECT_EQ(of(outcome, policy).outages, 0u);
  }
}

// L: a library connects again with its first CONNECT: the epoch is not renewed.
TEST(Situations, an_epoch_that_is_not_renewed_kills_the_live_connection_for_epoch) {
  JournalScript script;
  const Link old = silent_device(script);
  const Link back = script.connects(15, {.connack_after = 0.002});  // epoch 1 again
  script.will(15.001, old);
  script.broker_leg_ends(15.002, old, Party::broker);
  script.birth(15.201, back);
  script.message(20, back);
  const Outcome outcome = script.judged(100);
  // W(1) is taken for the end of what B(1) only now announces: too late, it is dead.
  EXPECT_NEAR(of(outcome, kEpoch).false_offline_seconds, 100 - 15.001, 1e-6);
  EXPECT_NEAR(of(outcome, kNaive).false_offline_seconds, 0.2, 1e-6);
}

// M: a retained will read at a subscription.
TEST(Situations, a_retained_will_deceives_who_ignores_retain_but_not_epoch) {
  JournalScript script;
  const Link old = script.connects(1);
  script.birth(1.1, old);
  script.ends(5, old);
  script.will(5.01, old);
  const Link back = script.connects(8, {.epoch = 2});
  script.birth(8.1, back);
  script.retained_will(50, old);
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 1u);
  EXPECT_EQ(of(outcome, kEpoch).false_offlines, 0u);
  EXPECT_EQ(outcome.totals.retained_copies, 1u);
}

TEST(PresenceFigures, belief_is_pending_while_a_stall_is_open) {
  JournalScript script;
  const Link link = silent_device(script);
  script.will(26, link);
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  judge.advance(test::at(27));
  EXPECT_EQ(judge.totals().policies[kNaive].pending, 1u);
  EXPECT_EQ(judge.totals().policies[kNaive].all.offline_declarations, 0u);
  const Outcome outcome = judge.finish(test::at(30));
  EXPECT_EQ(of(outcome, kNaive).offline_declarations, 1u);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 0u);
}

TEST(PresenceFigures, up_seconds_grow_while_nothing_happens) {
  JournalScript script;
  script.connects(10);
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  judge.advance(test::at(3610));
  EXPECT_NEAR(judge.totals().policies[kNaive].all.device_hours(), 1, 1e-9);
  EXPECT_EQ(judge.totals().devices_up, 1u);
}

TEST(PresenceFigures, a_device_that_takes_itself_over_without_a_gap_was_up_all_the_time) {
  JournalScript script;
  const Link old = script.connects(1);
  script.birth(1.1, old);
  const Link fresh = script.connects(10, {.epoch = 2, .connack_after = 0.002});
  script.will(10.001, old);
  script.ends(10.003, old, Party::broker);
  script.birth(10.5, fresh);
  const Outcome outcome = script.judged(21);
  EXPECT_EQ(of(outcome, kNaive).outages, 0u);
  EXPECT_EQ(of(outcome, kNaive).reconnects, 1u);
  EXPECT_NEAR(of(outcome, kNaive).up_seconds, 20, 1e-6);
  EXPECT_NEAR(of(outcome, kNaive).false_offline_seconds, 0.499, 1e-6);
}

TEST(PresenceFigures, a_false_offline_longer_than_the_flicker_counts_in_both_figures) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.will(10, link);  // spurious
  script.birth(12, link);
  const Outcome outcome = script.judged(50);
  EXPECT_EQ(of(outcome, kNaive).false_offlines, 1u);
  EXPECT_EQ(of(outcome, kNaive).false_offlines_over_flicker, 1u);
  EXPECT_EQ(of(outcome, kNaive).false_offline_duration.max(), 2s);
  // The first connection is no reconnect.
  EXPECT_EQ(of(outcome, kNaive).reconnects_followed, 0u);
}

TEST(PresenceFigures, phases_and_groups_share_the_time_exactly) {
  JournalScript script;
  script.scenario().phases.push_back({"two", std::nullopt, scenario::ForDuration{1h}});
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.write(10, journal::PhaseBegan{PhaseId{1}, "two"});
  script.falls_silent(8, link, 7);  // known to be an outage only when the broker gives up
  script.will(24, link);
  script.broker_leg_ends(24.001, link, Party::broker, CloseHow::fin, 7);
  const Outcome outcome = script.judged(40);
  const PolicyTotals& naive = outcome.totals.policies[kNaive];
  EXPECT_NEAR(naive.by_phase[0].up_seconds, 7, 1e-6);
  EXPECT_NEAR(naive.by_phase[1].up_seconds, 0, 1e-6);
  EXPECT_NEAR(naive.by_phase[0].false_online_seconds, 2, 1e-6);
  EXPECT_NEAR(naive.by_phase[1].false_online_seconds, 14, 1e-6);
  EXPECT_NEAR(naive.by_group[0].up_seconds, 7, 1e-6);
  EXPECT_EQ(outcome.totals.wills_by_phase[0][WillClass::in_time], 1u);
}

TEST(PresenceFigures, the_series_follow_truth_and_belief) {
  JournalScript script;
  const Link link = script.connects(1);
  script.birth(1.1, link);
  script.ends(3.5, link);
  script.will(3.6, link);
  const Outcome outcome = script.judged(6);
  ASSERT_EQ(outcome.series.points.size(), 6u);
  EXPECT_EQ(outcome.series.points[0].up, 0);
  EXPECT_EQ(outcome.series.points[2].up, 1);
  EXPECT_EQ(outcome.series.points[2].believed_on[kNaive], 1);
  EXPECT_EQ(outcome.series.points[3].up, 0);
  EXPECT_EQ(outcome.series.points[3].wills, 1u);
  EXPECT_EQ(outcome.series.points[5].believed_on[kNaive], 0);
}

TEST(PresenceFigures, a_policy_without_its_precondition_is_not_judged_and_says_why) {
  scenario::Scenario scenario = test::fleet_of(2);
  scenario.devices[0].will->payload = test::text("{client_id} gone");
  const JournalScript script{scenario};
  const Outcome outcome = script.judged(10);
  EXPECT_FALSE(outcome.totals.policies[kEpoch].not_applicable.empty());
  EXPECT_TRUE(outcome.totals.policies[kNaive].not_applicable.empty());
}

}  // namespace
}  // namespace probate::analysis
