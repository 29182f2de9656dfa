#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(SynDropFault, lets_nobody_in_for_its_time_and_touches_no_link) {
  Scene scene{SynDrop{}};
  scene.draws.lasts = 30s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.attach(), "swallow");
  EXPECT_EQ(scene.until(1min), Words{"+30.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SynDropFault, healed_early_lets_in) {
  Scene scene{SynDrop{}};
  scene.fire();
  EXPECT_EQ(scene.heal(), Words{"healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(SynDropFault, spares_a_device_that_shares_its_address) {
  Scene scene{SynDrop{}};
  scene.view.shares_source = true;
  EXPECT_EQ(scene.fire(), Words{"skipped shared_source"});
}

TEST(SynDropFault, that_selects_addresses_means_everybody_behind_them) {
  FaultSpec by_source = spec_of(SynDrop{});
  by_source.on.source = "10.0.0.*";
  Scene scene{std::vector<FaultSpec>{by_source}};
  scene.view.shares_source = true;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  const Admission admission = scene.pipeline.admit(kRunStart, Scene::kDevice);
  ASSERT_TRUE(std::holds_alternative<SwallowConnect>(admission));
  EXPECT_TRUE(std::get<SwallowConnect>(admission).takes_whole_source);
}

TEST(SynDropFault, skips_who_has_no_power_and_whose_address_finds_no_place) {
  Scene off{SynDrop{}};
  off.view.powered = false;
  EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
  Scene late{SynDrop{}};
  late.view.no_room_for_source = true;
  EXPECT_EQ(late.fire(), Words{"skipped too_many_sources"});
}

}  // namespace
}  // namespace probate::fault::test
