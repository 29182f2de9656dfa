#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(BandwidthFault, throttles_for_its_time) {
  Scene scene{Bandwidth{4096, FlowDirection::down}};
  scene.draws.lasts = 1min;
  EXPECT_EQ(scene.fire(), (Words{"applied", "throttle down 4096"}));
  EXPECT_EQ(scene.attach(), "admit");
  EXPECT_EQ(scene.until(2min), (Words{"+60.000 s: throttle down 0", "+60.000 s: healed"}));
}

TEST(BandwidthFault, healed_early_it_lets_go) {
  Scene scene{Bandwidth{4096, FlowDirection::both}};
  scene.fire();
  EXPECT_EQ(scene.heal(), (Words{"throttle both 0", "healed"}));
}

TEST(BandwidthFault, needs_power_but_no_link) {
  Scene scene{Bandwidth{4096}};
  scene.view.has_link = false;
  EXPECT_EQ(scene.fire(), (Words{"applied", "throttle both 4096"}));
  Scene off{Bandwidth{4096}};
  off.view.powered = false;
  EXPECT_EQ(off.fire(), Words{"skipped not_powered"});
}

}  // namespace
}  // namespace probate::fault::test
