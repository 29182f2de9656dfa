#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(PowerCutFault, makes_a_ghost_before_the_device_is_told) {
  Scene scene{PowerCut{EpochAfterBoot::reset}};
  scene.draws.lasts = 60s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "ghost", "power cut 1m reset"}));
  EXPECT_EQ(scene.until(1h), Words{"+60.000 s: healed"}) << "it is dark for so long";
}

TEST(PowerCutFault, also_meets_a_device_without_a_link) {
  Scene scene{PowerCut{}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), (Words{"applied", "power cut"}));
  EXPECT_EQ(scene.fire(), Words{"skipped still_active"});
  Scene dark{PowerCut{}};
  dark.view.powered = false;
  EXPECT_EQ(dark.fire(), Words{"skipped not_powered"});
}

}  // namespace
}  // namespace probate::fault::test
