// Instruments, faults and guards: what makes figures untrustworthy and what was done to whom.
#include <gtest/gtest.h>

#include "core/analysis/judge.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis {
namespace {

using journal::Observer;
using test::at;
using test::JournalScript;
using test::Link;

bool has(const Outcome& outcome, GuardKind kind) {
  for (const Guard& guard : outcome.guards) {
    if (guard.kind == kind) return true;
  }
  return false;
}
std::uint64_t voided(const Outcome& outcome) {
  return outcome.totals.wills.censored[static_cast<std::size_t>(CensoredCause::voided)];
}

const Guard* find(const Outcome& outcome, GuardKind kind) {
  for (const Guard& guard : outcome.guards) {
    if (guard.kind == kind) return &guard;
  }
  return nullptr;
}

TEST(NeverUp, voids_a_run_in_which_no_device_was_ever_connected) {
  JournalScript script{test::fleet_of(2)};
  script.connects(1, {.device = 0, .reason = 5});
  script.connects(1, {.device = 1, .reason = 5});
  script.connects(2, {.device = 0, .connack_after = -1});
  const Outcome outcome = script.judged(60);
  const Guard* guard = find(outcome, GuardKind::never_up);
  ASSERT_NE(guard, nullptr);
  EXPECT_TRUE(guard->voids_run);
  EXPECT_EQ(guard->text,
            "no device was ever connected; the broker refused CONNECTs: 2 with reason 0x05");
}

TEST(NeverUp, is_a_note_where_others_were_connected) {
  JournalScript script{test::fleet_of(3)};
  script.connects(1, {.device = 1});
  const Outcome outcome = script.judged(60);
  const Guard* guard = find(outcome, GuardKind::never_up);
  ASSERT_NE(guard, nullptr);
  EXPECT_FALSE(guard->voids_run);
  EXPECT_EQ(guard->text, "2 of 3 devices were never connected");
}

TEST(NeverUp, asks_nothing_of_real_devices) {
  JournalScript script{test::fleet_of(3)};
  journal::RunBegan begin;
  begin.engine = "proxy";
  script.write(0, begin);
  EXPECT_FALSE(has(script.judged(60), GuardKind::never_up));
}

// A log in which nobody connects tests nothing.
TEST(NeverUp, voids_a_log_of_others_in_which_nobody_was_ever_connected) {
  JournalScript script{test::fleet_of(2)};
  journal::RunBegan begin;
  begin.engine = "foreign log";
  script.written().insert(script.written().begin(), journal::Record{kRunStart, 0, 0, begin});
  script.message(5, {});
  const Outcome outcome = script.judged(60);
  const Guard* guard = find(outcome, GuardKind::never_up);
  ASSERT_NE(guard, nullptr);
  EXPECT_TRUE(guard->voids_run);
  EXPECT_EQ(guard->text, "no device was ever connected, as far as this log tells");
}

TEST(Voiding, a_gap_reported_afterwards_voids_what_was_missing_in_it) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.write_at(at(30), journal::ObserverGap{Observer::backend, at(4)});
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 0u);
  EXPECT_EQ(voided(outcome), 1u);
  EXPECT_TRUE(has(outcome, GuardKind::voided));
  EXPECT_TRUE(outcome.voided_by_guard());
}

TEST(Voiding, a_will_that_was_seen_in_its_window_is_proof_whatever_the_instruments_say) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(5.01, link);
  script.write_at(at(12), journal::GeneratorLag{900ms, 2s, at(2)});
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(voided(outcome), 0u);
  EXPECT_TRUE(has(outcome, GuardKind::lag));
  EXPECT_FALSE(outcome.voided_by_guard());
}

TEST(Voiding, a_late_will_in_a_lag_window_is_voided_with_its_sighting) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(7, link);
  script.write_at(at(12), journal::GeneratorLag{900ms, 2s, at(2)});
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::late], 0u);
  EXPECT_EQ(outcome.totals.wills.observed, 0u);
  EXPECT_EQ(outcome.totals.sightings_voided, 1u);
  EXPECT_EQ(outcome.totals.wills.lateness.count(), 0u);
  EXPECT_EQ(voided(outcome), 1u);
}

TEST(Voiding, lag_up_to_half_the_allowance_voids_nothing) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.write_at(at(12), journal::GeneratorLag{500ms, 2s, at(2)});
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::missing], 1u);
  EXPECT_FALSE(has(outcome, GuardKind::lag));
  EXPECT_EQ(outcome.totals.lag_max, 2s);
}

// Without it nobody knows whether the broker published what the back end's observer lacks.
TEST(Voiding, a_gap_of_the_control_observer_proves_no_will_to_be_missing) {
  const auto judged = [](auto tell) {
    JournalScript script;
    const Link link = script.connects(1);
    script.ends(5, link);
    const Link seen = script.connects(2, {.device = 1});
    script.ends(5, seen);
    script.will_at(Observer::backend, 5.1, seen);
    tell(script);
    return script.judged(60);
  };
  const Outcome gap = judged([](JournalScript& script) {
    script.write_at(at(30), journal::ObserverGap{Observer::control, at(4)});
  });
  EXPECT_EQ(gap.totals.wills[WillClass::missing], 0u);
  EXPECT_EQ(voided(gap), 1u);
  EXPECT_EQ(gap.totals.wills[WillClass::in_time], 1u);
  EXPECT_EQ(gap.totals.observers[1].gaps, 1u);
  const Outcome lost = judged([](JournalScript& script) {
    script.write_at(at(3), journal::ObserverLost{Observer::control, "closed"});
  });
  EXPECT_EQ(voided(lost), 1u);
  ASSERT_TRUE(has(lost, GuardKind::observer_gap)) << "one of a thousand, too, would be no pass";
  EXPECT_TRUE(find(lost, GuardKind::observer_gap)->voids_run);
  EXPECT_EQ(find(lost, GuardKind::observer_gap)->text,
            "the control observer was away while 1 will did not come: whether the broker published "
            "it nobody can tell");
  const Outcome back = judged([](JournalScript& script) {
    script.write_at(at(3), journal::ObserverLost{Observer::control, "closed"});
    script.write_at(at(4), journal::ObserverUp{Observer::control, {"/willmsg"}});
  });
  EXPECT_EQ(back.totals.wills[WillClass::missing], 1u) << "it was back in time";
  EXPECT_FALSE(has(back, GuardKind::observer_gap));
}

TEST(Voiding, a_gap_that_outlasts_the_judging_is_blind_for_as_long_as_that_goes_on) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(5.01, link);
  script.write_at(at(60), journal::DrainBegan{});
  script.write_at(at(75), journal::ObserverGap{Observer::backend, at(59.7)});
  Judge judge{script.scenario(), script.profile()};
  for (const journal::Record& record : script.records()) judge.add(record);
  const Outcome outcome = judge.finish(at(76));
  EXPECT_FALSE(outcome.voided_by_guard()) << "half a percent";
}

// A true will elsewhere is no proof of what a blind observer did not see.
TEST(Voiding, a_run_that_was_blind_for_more_than_one_percent_of_the_time_decides_nothing) {
  JournalScript script;
  const Link link = script.connects(1);
  script.ends(5, link);
  script.will(5.01, link);
  script.write_at(at(12), journal::ObserverGap{Observer::backend, at(10)});
  script.write_at(at(13), journal::ObserverGap{Observer::backend, at(10)});
  const Outcome outcome = script.judged(60);
  EXPECT_EQ(outcome.totals.wills[WillClass::in_time], 1u);
  EXPECT_TRUE(outcome.voided_by_guard());
  ASSERT_TRUE(has(outcome, GuardKind::observer_gap));
  EXPECT_NE(outcome.guards[0].text.find("1 gap and saw nothing for 5.0 %"), std::string::npos)
      << outcome.guards[0].text;
}

TEST(Voiding, up_to_one_percent_is_noted_and_decides_nothing) {
  scenario::Scenario scenario = test::fleet_of(200);
  JournalScript script{scenario};
  for (std::uint32_t device = 0; device < 200; ++device) {
    const Link link = script.connects(1, {.device = device});
    const double end = device < 2 ? 5 : 50;
    script.ends(end, link);
    if (device >= 2) script.will(end + 0.01, link);
  }
  script.write_at(at(5.9), journal::ObserverGap{Observer::backend, at(5)});
  const Outcome outcome = script.judged(100);
  EXPECT_EQ(voided(outcome), 2u);
  EXPECT_FALSE(has(outcome, GuardKind::voided));
  EXPECT_TRUE(has(outcome, GuardKind::observer_gap));
  EXPECT_FALSE(outcome.voided_by_guard());
}

TEST(Guards, dropped_and_disordered_records_void_the_run) {
  JournalScript script;
  script.write(5, journal::EventsDropped{3});
  EXPECT_TRUE(has(script.judged(10), GuardKind::events_dropped));
  EXPECT_TRUE(script.judged(10).voided_by_guard());

  Judge judge{script.scenario(), script.profile()};
  judge.add({at(5), 0, 0, journal::PhaseBegan{PhaseId{0}, "all"}});
  judge.add({at(4), 1, 0, journal::AttemptBegan{DeviceId{0}, 1}});
  const Outcome outcome = judge.finish(at(10));
  EXPECT_EQ(outcome.totals.events_out_of_order, 1u);
  EXPECT_TRUE(outcome.voided_by_guard());
}

TEST(Guards, a_phase_timeout_and_a_fault_that_hit_nobody_name_what_they_spoil) {
  JournalScript script{test::fleet_of(1)};
  script.connects(1);
  script.scenario().faults.push_back({"gone", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  script.scenario().faults.push_back({"hit", fault::Once{}, {}, {}, {}, fault::Drop{}});
  script.write(4, journal::FaultApplied{FaultId{1}, DeviceId{0}});
  script.write(5, journal::FaultSkipped{FaultId{0}, DeviceId{1}, "not_online"});
  script.write(6, journal::PhaseEnded{PhaseId{0}, true});
  const Outcome outcome = script.judged(10);
  ASSERT_EQ(outcome.guards.size(), 2u);
  EXPECT_EQ(outcome.guards[0].phase, PhaseId{0});
  EXPECT_EQ(outcome.guards[1].fault, FaultId{0});
  EXPECT_FALSE(outcome.voided_by_guard());
  EXPECT_EQ(outcome.totals.faults[0].skipped.at("not_online"), 1u);
}

TEST(Guards, a_run_in_which_no_fault_hit_anybody_proves_nothing) {
  JournalScript script;
  script.connects(1);
  script.scenario().faults.push_back({"gone", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  script.write(5, journal::FaultSkipped{FaultId{0}, DeviceId{1}, "not_online"});
  EXPECT_TRUE(script.judged(10).voided_by_guard());
  script.write(6, journal::FaultApplied{FaultId{0}, DeviceId{0}});
  EXPECT_FALSE(script.judged(10).voided_by_guard());
}

TEST(Guards, a_lasting_fault_is_active_until_it_is_healed_and_a_drop_never) {
  JournalScript script;
  script.scenario().faults.push_back({"gone", fault::Once{}, {}, {}, {}, fault::HalfOpen{}});
  script.scenario().faults.push_back({"drop", fault::Once{}, {}, {}, {}, fault::Drop{}});
  Judge judge{script.scenario(), script.profile()};
  judge.add({at(1), 0, 0, journal::FaultApplied{FaultId{0}, DeviceId{0}}});
  judge.add({at(1), 0, 1, journal::FaultApplied{FaultId{1}, DeviceId{0}}});
  EXPECT_EQ(judge.totals().faults[0].active, 1u);
  EXPECT_EQ(judge.totals().faults[1].active, 0u);
  judge.add({at(2), 0, 2, journal::FaultHealed{FaultId{0}, DeviceId{0}}});
  EXPECT_EQ(judge.totals().faults[0].active, 0u);
  EXPECT_EQ(judge.totals().faults[0].injected, 1u);
}

}  // namespace
}  // namespace probate::analysis
