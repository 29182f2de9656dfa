#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(StallFault, is_silent_for_its_time) {
  Scene scene{Stall{FlowDirection::up}};
  scene.draws.lasts = 20s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "silence up"}));
  EXPECT_EQ(scene.active(), 1u);
  EXPECT_EQ(scene.until(1h), (Words{"+20.000 s: resume", "+20.000 s: healed"}));
  EXPECT_EQ(scene.active(), 0u);
}

TEST(StallFault, lasts_until_healed_without_a_time) {
  Scene scene{Stall{}};
  scene.fire();
  EXPECT_EQ(scene.until(48h), Words{});
  EXPECT_EQ(scene.heal(), (Words{"resume", "healed"}));
}

TEST(StallFault, outlasts_a_device_that_gave_up) {
  Scene scene{Stall{}};
  scene.draws.lasts = 20s;
  scene.fire();
  EXPECT_EQ(scene.link_down(), Words{});
  EXPECT_EQ(scene.active(), 1u);
}

TEST(StallFault, holds_new_connections_unless_only_the_downlink_is_silent) {
  Scene both{Stall{FlowDirection::both}};
  both.fire();
  EXPECT_EQ(both.attach(), "hold");
  both.heal();
  EXPECT_EQ(both.attach(), "admit");
  Scene down{Stall{FlowDirection::down}};
  down.fire();
  EXPECT_EQ(down.attach(), "admit");
}

TEST(StallFault, needs_a_link_that_is_not_silent) {
  Scene scene{Stall{}};
  scene.view.silent = true;
  EXPECT_EQ(scene.fire(), Words{"skipped already_silent"});
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), Words{"skipped no_link"});
}

TEST(StallFault, says_who_acknowledges_where_the_scenario_does) {
  for (const std::optional<AckBy> ack : {std::optional<AckBy>{}, {AckBy::none}, {AckBy::proxy}}) {
    const std::vector<FaultSpec> specs{spec_of(Stall{.ack = ack})};
    Pipeline pipeline{specs};
    Acts acts;
    pipeline.fire(kRunStart, {FaultId{0}, DeviceId{1}, {.has_link = true}, {}}, acts);
    ASSERT_EQ(acts.size(), 2u);
    EXPECT_EQ(std::get<Silence>(acts[1].what).ack, ack);
    const Admission admission = pipeline.admit(kRunStart, DeviceId{1});
    EXPECT_EQ(std::get<HoldConnect>(admission).ack, ack);
  }
}

TEST(StallFault, of_coming_links_says_so) {
  Scene scene{Stall{.direction = FlowDirection::down, .coming_links = true}};
  Acts acts;
  scene.pipeline.fire(kRunStart, {FaultId{0}, Scene::kDevice, scene.view, {}}, acts);
  ASSERT_EQ(acts.size(), 2u);
  EXPECT_TRUE(std::get<Silence>(acts[1].what).coming_links);
  EXPECT_EQ(scene.attach(), "admit") << "the way up is free";
}

}  // namespace
}  // namespace probate::fault::test
