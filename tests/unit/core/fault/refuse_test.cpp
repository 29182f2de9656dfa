#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(RefuseFault, refuses_new_connections_for_its_time_and_leaves_the_live_one) {
  Scene scene{Refuse{}};
  scene.draws.lasts = 10s;
  EXPECT_EQ(scene.fire(), Words{"applied"});
  EXPECT_EQ(scene.attach(), "refuse");
  EXPECT_EQ(scene.until(1min), Words{"+10.000 s: healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(RefuseFault, healed_early_it_admits) {
  Scene scene{Refuse{}};
  scene.fire();
  EXPECT_EQ(scene.heal(), Words{"healed"});
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(RefuseFault, needs_power) {
  Scene scene{Refuse{}};
  scene.view.powered = false;
  EXPECT_EQ(scene.fire(), Words{"skipped not_powered"});
}

}  // namespace
}  // namespace probate::fault::test
