#include "core/fault/pipeline.hpp"

#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(Pipeline, skips_a_firing_on_a_device_that_the_fault_still_holds) {
  Scene scene{Stall{}};
  scene.fire();
  EXPECT_EQ(scene.fire(), Words{"skipped still_active"});
  scene.heal();
  EXPECT_EQ(scene.fire(), (Words{"applied", "silence both"}));
}

TEST(Pipeline, lets_swallow_win_over_hold) {
  Scene scene{{spec_of(Stall{}), spec_of(SimArrears{ArrearsMode::barred, {}})}};
  scene.fire(0);
  EXPECT_EQ(scene.attach(), "hold");
  scene.fire(1);
  EXPECT_EQ(scene.attach(), "swallow");
}

TEST(Pipeline, counts_what_is_active_by_fault) {
  Scene scene{{spec_of(Stall{}), spec_of(Latency{1s, {}, FlowDirection::both})}};
  scene.fire(0);
  scene.fire(1);
  EXPECT_EQ(scene.active(0), 1u);
  EXPECT_EQ(scene.active(1), 1u);
  scene.heal();
  EXPECT_EQ(scene.active(0), 0u);
  EXPECT_EQ(scene.active(1), 0u);
  EXPECT_FALSE(scene.pipeline.next_timeout().has_value());
}

TEST(Pipeline, takes_a_fault_by_hand_and_ends_it_alone) {
  Scene scene{Stall{}};
  scene.pipeline.add(FaultId{7}, spec_of(Latency{1s, {}, FlowDirection::both}));
  scene.fire(0);
  EXPECT_EQ(scene.fire(7), (Words{"applied", "delay 1s 0s"}));
  EXPECT_EQ(scene.pipeline.faults_on(Scene::kDevice), (std::vector{FaultId{0}, FaultId{7}}));
  EXPECT_EQ(scene.active(7), 1u);
  EXPECT_EQ(scene.remove(7), (Words{"delay 0s 0s", "healed"}));
  EXPECT_EQ(scene.pipeline.faults_on(Scene::kDevice), std::vector{FaultId{0}});
  EXPECT_EQ(scene.active(7), 0u);
}

TEST(Pipeline, lets_go_of_a_device_by_one_fault_or_by_all) {
  const std::vector<FaultSpec> specs{spec_of(Stall{}), spec_of(Latency{.delay = 1s})};
  Pipeline pipeline{specs};
  Acts acts;
  const DeviceView view{.powered = true, .online = true, .has_link = true};
  for (std::uint32_t i = 0; i < 2; ++i) {
    for (const FaultId fault : {FaultId{0}, FaultId{1}}) {
      pipeline.fire(kRunStart, {fault, DeviceId{i}, view, {}}, acts);
    }
  }
  acts.clear();
  pipeline.release(kRunStart, DeviceId{0}, FaultId{1}, acts);
  EXPECT_EQ(pipeline.faults_on(DeviceId{0}), std::vector{FaultId{0}});
  ASSERT_EQ(acts.size(), 2u) << "no delay any more, and healed";
  EXPECT_TRUE(std::holds_alternative<Healed>(acts[1].what));
  pipeline.release(kRunStart, DeviceId{1}, kNoFault, acts);
  EXPECT_FALSE(pipeline.holds(DeviceId{1}));
  EXPECT_EQ(pipeline.active(FaultId{0}), 1u);
  pipeline.release(kRunStart, DeviceId{1}, kNoFault, acts);
  EXPECT_FALSE(pipeline.next_timeout().has_value());
}

TEST(Pipeline, heals_the_members_of_a_ramp_one_after_another) {
  FaultSpec spec = spec_of(Stall{});
  spec.ramp = 10s;
  const std::vector<FaultSpec> specs{spec};
  Pipeline pipeline{specs};
  Acts acts;
  const DeviceView view{.powered = true, .online = true, .has_link = true};
  for (std::uint32_t i = 0; i < 5; ++i) {
    pipeline.fire(kRunStart, {FaultId{0}, DeviceId{i}, view, {}}, acts);
  }
  acts.clear();
  pipeline.heal_all(kRunStart + 1min, acts);
  std::vector<std::pair<Instant, std::uint32_t>> healed;
  const auto note = [&](Instant now) {
    for (const Act& act : acts) {
      if (std::holds_alternative<Healed>(act.what)) healed.emplace_back(now, act.device.value);
    }
    acts.clear();
  };
  note(kRunStart + 1min);
  while (const auto due = pipeline.next_timeout()) {
    pipeline.handle_timeout(*due, acts);
    note(*due);
  }
  ASSERT_EQ(healed.size(), 5u);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(healed[i].first, kRunStart + 1min + i * 2s);
    EXPECT_EQ(healed[i].second, i);
  }
}

// Devices 0 and 1 have the first fault, device 2 has both, and all of them end at one instant.
TEST(Pipeline, handles_one_device_after_another_unless_two_faults_end_on_one_at_once) {
  const std::vector<FaultSpec> specs{spec_of(Stall{}), spec_of(ConnectDelay{.delay = 20s})};
  Pipeline pipeline{specs};
  Acts acts;
  const DeviceView view{.powered = true, .online = true, .has_link = true};
  const Draws draws{.lasts = 1min};
  for (std::uint32_t i = 0; i < 3; ++i) {
    pipeline.fire(kRunStart, {FaultId{0}, DeviceId{i}, view, draws}, acts);
  }
  pipeline.fire(kRunStart, {FaultId{1}, DeviceId{2}, view, draws}, acts);
  const auto ended = [&] {
    acts.clear();
    std::vector<std::uint32_t> devices;
    if (!pipeline.handle_next_timeout(kRunStart + 1min, acts)) return devices;
    for (const Act& act : acts) {
      if (std::holds_alternative<Healed>(act.what)) devices.push_back(act.device.value);
    }
    return devices;
  };
  EXPECT_FALSE(pipeline.handle_next_timeout(kRunStart + 59s, acts));
  EXPECT_EQ(ended(), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(ended(), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(ended(), (std::vector<std::uint32_t>{2, 2}))
      << "a CONNECT that the stall held is not delayed by a fault that is over";
  EXPECT_EQ(ended(), (std::vector<std::uint32_t>{}));
}

TEST(Pipeline, passes_devices_by_that_no_fault_holds) {
  Scene scene{Stall{}};
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.session_up(), Words{});
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.treat({.direction = {}, .type = mqtt::PacketType::connack, .topic = {}}), "pass");
}

TEST(Pipeline, does_nothing_when_it_is_woken_early) {
  Scene scene{Stall{}};
  scene.draws.lasts = 20s;
  scene.fire();
  Acts acts;
  scene.pipeline.handle_timeout(kRunStart + 19s, acts);
  EXPECT_TRUE(acts.empty());
}

TEST(Pipeline, does_the_same_again_for_the_same_calls) {
  const auto story = [] {
    Scene scene{{spec_of(HalfOpen{}), spec_of(DuplicateLogin{3, 1s, TwinWill::carry})}};
    scene.draws.notices = 5s;
    Words all = scene.fire(0);
    for (auto& word : scene.fire(1)) all.push_back(word);
    for (auto& word : scene.until(10s)) all.push_back(word);
    for (auto& word : scene.session_up()) all.push_back(word);
    return all;
  };
  EXPECT_EQ(story(), story());
}

}  // namespace
}  // namespace probate::fault::test
