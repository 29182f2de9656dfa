#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(SimArrearsFault, cuts_now_and_swallows_every_connect_until_paid) {
  Scene scene{SimArrears{ArrearsMode::cut, {}}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.until(60s), Words{"+3.000 s: link died"});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.session_up(), Words{});
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsFault, bars_only_the_next_attach) {
  Scene scene{SimArrears{ArrearsMode::barred, {}}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.until(60s), Words{}) << "the live session is not told anything";
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsFault, needs_a_link_to_cut_but_none_to_bar) {
  Scene cut{SimArrears{ArrearsMode::cut, {}}};
  cut.view.has_link = false;
  EXPECT_EQ(cut.fire(), Words{"skipped no_link"});
  Scene barred{SimArrears{ArrearsMode::barred, {}}};
  barred.view.has_link = false;
  EXPECT_EQ(barred.fire(), Words{"applied"});
  Scene off{SimArrears{ArrearsMode::barred, {}}};
  off.view.powered = false;
  EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
}

TEST(SimArrearsFault, leads_into_a_walled_garden) {
  Scene scene{SimArrears{.mode = ArrearsMode::walled_garden}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost"}));
  EXPECT_EQ(scene.until(60s), Words{"+3.000 s: link died"});
  EXPECT_EQ(scene.attach(), "redirect");
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsFault, a_garden_may_discard_instead_and_waits_for_who_has_no_link) {
  Scene scene{SimArrears{.mode = ArrearsMode::walled_garden, .answer = GardenAnswer::discard}};
  scene.view.has_link = false;
  scene.draws.notices = 3s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.until(60s), Words{});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.heal(), Words{"healed"}) << "no link of its died";
}

TEST(SimArrearsFault, throttles_the_sim_both_ways_together) {
  Scene scene{SimArrears{.mode = ArrearsMode::throttled, .bytes_per_second = 2048}};
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "throttle both 2048 shared"}));
  EXPECT_EQ(scene.until(60s), Words{});
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.until(1h), (Words{"+120.000 s: throttle both 0 shared", "+120.000 s: healed"}));
}

// ---- payment restores service

// The first half of a story: cut, told after 3 s, back in vain at 10 s.
void reject_after_ten_seconds(Scene& scene, std::optional<Duration> reboot) {
  scene.draws.notices = 3s;
  scene.draws.lasts = 120s;
  scene.draws.reboot = reboot;
  scene.fire();
  scene.until(3s);
  scene.link_down();
  scene.until(10s);
  EXPECT_EQ(scene.attach(), "swallow");
  scene.connect_kept();
}

SimArrears with_reboots(ArrearsMode mode = ArrearsMode::cut) {
  return {.mode = mode, .recover = {.needs_reboot = 0.5}};
}

TEST(SimArrearsRecovery, stops_who_is_rejected_for_good_and_cycles_its_power_after_payment) {
  Scene scene{with_reboots()};
  reject_after_ten_seconds(scene, 30s);
  EXPECT_EQ(scene.until(119s), Words{"+10.000 s: leave"});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.until(149s), Words{}) << "paid, and the modem does not know";
  EXPECT_EQ(scene.active(), 1u);
  EXPECT_EQ(scene.until(1h), (Words{"+150.000 s: power cut 0s", "+150.000 s: healed"}));
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SimArrearsRecovery, lets_the_others_retry_as_they_like) {
  Scene scene{with_reboots()};
  reject_after_ten_seconds(scene, std::nullopt);
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
}

TEST(SimArrearsRecovery, needs_no_reboot_where_no_attempt_was_in_vain) {
  Scene scene{with_reboots(ArrearsMode::barred)};
  scene.draws.lasts = 120s;
  scene.draws.reboot = 30s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  // Its power was off from a minute on: what is not there is not rejected.
  EXPECT_EQ(scene.until(60s), Words{});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.until(1h), Words{"+120.000 s: healed"});
}

TEST(SimArrearsRecovery, stops_who_boots_before_it_is_paid_for_once_only) {
  Scene scene{with_reboots(ArrearsMode::barred)};
  scene.draws.lasts = 120s;
  scene.draws.reboot = 30s;
  scene.fire();
  scene.link_down();
  scene.until(90s);
  scene.connect_kept();
  EXPECT_EQ(scene.until(91s), Words{"+90.000 s: leave"});
  scene.connect_kept();
  EXPECT_EQ(scene.until(1h), (Words{"+150.000 s: power cut 0s", "+150.000 s: healed"}));
}

TEST(SimArrearsRecovery, cycles_the_power_at_once_when_it_is_healed_early) {
  Scene scene{with_reboots()};
  reject_after_ten_seconds(scene, 30s);
  EXPECT_EQ(scene.until(20s), Words{"+10.000 s: leave"});
  EXPECT_EQ(scene.heal(), (Words{"power cut 0s", "healed"}));
  EXPECT_EQ(scene.until(1h), Words{});
  Scene waiting{with_reboots()};
  reject_after_ten_seconds(waiting, 30s);
  waiting.until(130s);
  EXPECT_EQ(waiting.heal(), (Words{"power cut 0s", "healed"})) << "paid, not yet booted";
}

TEST(SimArrearsRecovery, leaves_alone_who_is_healed_in_the_instant_of_its_attempt) {
  Scene scene{with_reboots()};
  reject_after_ten_seconds(scene, 30s);
  EXPECT_EQ(scene.heal(), Words{"healed"});
  EXPECT_EQ(scene.until(1h), Words{});
}

TEST(SimArrearsRecovery, hears_the_attempts_of_whom_they_stop) {
  for (const bool reboots : {false, true}) {
    Scene scene{with_reboots(ArrearsMode::barred)};
    if (reboots) scene.draws.reboot = 30s;
    scene.fire();
    const Admission admission = scene.pipeline.admit(kRunStart, Scene::kDevice);
    ASSERT_TRUE(std::holds_alternative<SwallowConnect>(admission));
    EXPECT_EQ(std::get<SwallowConnect>(admission).hears_attempts, reboots);
  }
}

// When a payment takes effect that is made 160 s into the run and its first phase.
Words paid_at_120s_with(const Recovery& recover, ArrearsMode mode = ArrearsMode::barred) {
  Scene scene{SimArrears{.mode = mode, .recover = recover}};
  scene.until(40s);
  scene.draws.lasts = 120s;
  scene.fire();
  return scene.until(24h);
}

TEST(SimArrearsRecovery, comes_with_the_next_batch_for_all_who_have_paid) {
  EXPECT_EQ(paid_at_120s_with({}), Words{"+160.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_at = 200s}), Words{"+200.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_at = 160s}), Words{"+160.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_at = 159s}), Words{}) << "there is no further one";
  EXPECT_EQ(paid_at_120s_with({.batch_every = 100s}), Words{"+200.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_every = 80s}), Words{"+160.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_at = 10s, .batch_every = 100s}), Words{"+210.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_at = 300s, .batch_every = 100s}),
            Words{"+300.000 s: healed"});
  EXPECT_EQ(paid_at_120s_with({.batch_at = 200s}, ArrearsMode::throttled),
            (Words{"+200.000 s: throttle both 0 shared", "+200.000 s: healed"}));
}

TEST(SimArrearsRecovery, counts_batches_from_the_start_of_the_phase) {
  Scene scene{SimArrears{.mode = ArrearsMode::barred, .recover = {.batch_at = 200s}}};
  scene.until(40s);
  scene.draws.lasts = 120s;
  scene.draws.phase_began = kRunStart + 30s;
  scene.fire();
  EXPECT_EQ(scene.until(24h), Words{"+230.000 s: healed"});
}

TEST(SimArrearsRecovery, does_not_wait_for_a_batch_when_it_is_healed) {
  Scene scene{SimArrears{.mode = ArrearsMode::barred, .recover = {.batch_at = 200s}}};
  scene.draws.lasts = 120s;
  scene.fire();
  scene.until(150s);
  EXPECT_EQ(scene.attach(), "swallow") << "paid, not booked";
  EXPECT_EQ(scene.heal(), Words{"healed"});
}

}  // namespace
}  // namespace probate::fault::test
