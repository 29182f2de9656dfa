#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(LatencyFault, delays_for_its_time) {
  Scene scene{Latency{300ms, 80ms, FlowDirection::both}};
  scene.draws.lasts = 10s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "delay 300ms 80ms"}));
  EXPECT_EQ(scene.until(1h), (Words{"+10.000 s: delay 0s 0s", "+10.000 s: healed"}));
}

TEST(LatencyFault, meets_the_devices_next_link_too) {
  Scene scene{Latency{300ms, 0ms, FlowDirection::up}};
  scene.fire();
  EXPECT_EQ(scene.session_up(), Words{"delay 300ms 0s"});
  EXPECT_EQ(scene.heal(), (Words{"delay 0s 0s", "healed"}));
}

}  // namespace
}  // namespace probate::fault::test
