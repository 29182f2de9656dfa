#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

std::vector<FaultSpec> both(What one, What two) {
  return {spec_of(std::move(one)), spec_of(std::move(two))};
}

TEST(ConnectDelayFault, delays_new_connections_for_its_time) {
  Scene scene{ConnectDelay{3s}};
  scene.draws.lasts = 10s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.attach(), "delay 3s");
  EXPECT_EQ(scene.until(1min), Words{"+10.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(ConnectDelayFault, healed_early_it_admits_at_once) {
  Scene scene{ConnectDelay{3s}};
  scene.fire();
  EXPECT_EQ(scene.heal(), Words{"healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(ConnectDelayFault, adds_up_with_another_and_gives_way_to_a_hold) {
  Scene twice{both(ConnectDelay{3s}, ConnectDelay{2s})};
  twice.fire(0);
  twice.fire(1);
  EXPECT_EQ(twice.attach(), "delay 5s");
  Scene held{both(Stall{}, ConnectDelay{2s})};
  held.fire(0);
  held.fire(1);
  EXPECT_EQ(held.attach(), "hold");
  Scene refused{both(ConnectDelay{2s}, Refuse{})};
  refused.fire(0);
  refused.fire(1);
  EXPECT_EQ(refused.attach(), "refuse");
}

TEST(ConnectDelayFault, needs_power) {
  Scene scene{ConnectDelay{3s}};
  scene.view.powered = false;
  EXPECT_EQ(scene.fire(), Words{"skipped not_powered"});
}

}  // namespace
}  // namespace probate::fault::test
