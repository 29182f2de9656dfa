#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(BrokerRestartFault, ends_the_broker_and_starts_it_again_after_its_time) {
  Scene scene{BrokerRestart{RestartHow::kill}};
  scene.draws.lasts = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "end broker kill"}));
  EXPECT_EQ(scene.until(1min), (Words{"+5.000 s: start broker", "+5.000 s: healed"}));
}

TEST(BrokerRestartFault, healed_early_it_starts_the_broker_at_once) {
  Scene scene{BrokerRestart{}};
  scene.draws.lasts = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "end broker term"}));
  scene.until(1s);
  EXPECT_EQ(scene.heal(), (Words{"start broker", "healed"}));
  EXPECT_EQ(scene.until(1min), Words{});
}

TEST(BrokerRestartFault, does_not_end_a_broker_that_is_down) {
  Scene scene{BrokerRestart{}};
  scene.view.broker_up = false;
  EXPECT_EQ(scene.fire(), Words{"skipped broker_down"});
}

TEST(BrokerRestartFault, is_the_one_that_strikes_no_device) {
  EXPECT_TRUE(hits_broker(BrokerRestart{}));
  EXPECT_FALSE(hits_broker(Outage{}));
}

}  // namespace
}  // namespace probate::fault::test
