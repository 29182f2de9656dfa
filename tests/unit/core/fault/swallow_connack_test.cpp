#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

TEST(SwallowConnackFault, swallows_connacks_and_nothing_else_until_healed) {
  Scene scene{SwallowConnack{}};
  scene.draws.lasts = 30s;
  EXPECT_FALSE(scene.swallows(mqtt::Direction::downlink, mqtt::PacketType::connack));
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch"}));
  EXPECT_TRUE(scene.swallows(mqtt::Direction::downlink, mqtt::PacketType::connack));
  EXPECT_FALSE(scene.swallows(mqtt::Direction::downlink, mqtt::PacketType::publish));
  EXPECT_FALSE(scene.swallows(mqtt::Direction::uplink, mqtt::PacketType::connack));
  EXPECT_EQ(scene.until(1h), (Words{"+30.000 s: unwatch", "+30.000 s: healed"}));
  EXPECT_FALSE(scene.swallows(mqtt::Direction::downlink, mqtt::PacketType::connack));
}

TEST(SwallowConnackFault, waits_for_a_device_that_is_not_connected) {
  Scene scene{SwallowConnack{}};
  scene.view.has_link = false;
  scene.view.online = false;
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch"}));
}

}  // namespace
}  // namespace probate::fault::test
