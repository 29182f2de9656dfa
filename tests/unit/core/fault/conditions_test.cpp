#include "core/fault/conditions.hpp"

#include <gtest/gtest.h>

namespace probate::fault {
namespace {

constexpr FaultId kFirst{1};
constexpr FaultId kSecond{2};

TEST(Conditions, add_up_the_delays_of_a_direction) {
  Conditions conditions;
  conditions.set_delay(kFirst, {FlowDirection::both, 100ms, 10ms});
  conditions.set_delay(kSecond, {FlowDirection::up, 50ms, 5ms});
  const auto up = conditions.total(mqtt::Direction::uplink);
  EXPECT_EQ(up.delay, 150ms);
  EXPECT_EQ(up.jitter, 15ms);
  EXPECT_EQ(conditions.total(mqtt::Direction::downlink).delay, 100ms);
}

TEST(Conditions, hold_one_delay_of_each_fault_and_none_when_it_is_zero) {
  Conditions conditions;
  conditions.set_delay(kFirst, {FlowDirection::both, 100ms, {}});
  conditions.set_delay(kFirst, {FlowDirection::both, 30ms, {}});
  EXPECT_EQ(conditions.total(mqtt::Direction::uplink).delay, 30ms);
  conditions.set_delay(kFirst, {FlowDirection::both, {}, {}});
  EXPECT_TRUE(conditions.empty());
}

TEST(Conditions, are_not_empty_while_somebody_watches) {
  using mqtt::Direction;
  using mqtt::PacketType;
  Conditions conditions;
  conditions.set_watch(kFirst, {.up = PacketSet{PacketType::pingreq}, .down = {}});
  EXPECT_FALSE(conditions.empty());
  conditions.set_watch(kSecond, {.up = PacketSet{PacketType::publish}, .down = {}});
  const PacketSet up = conditions.watched(Direction::uplink);
  EXPECT_TRUE(up.has(PacketType::pingreq) && up.has(PacketType::publish));
  EXPECT_TRUE(conditions.watched(Direction::downlink).empty());
  conditions.set_watch(kSecond, {});
  EXPECT_EQ(conditions.watched(Direction::uplink), PacketSet{PacketType::pingreq})
      << "the end of one is not the end of the other";
  conditions.set_watch(kFirst, {});
  EXPECT_TRUE(conditions.empty());
}

TEST(Conditions, know_the_first_order_of_a_takeover) {
  Conditions conditions;
  EXPECT_EQ(conditions.takeover_order(), nullptr);
  conditions.set_order(kFirst, {ConnectOrder::after, 20ms});
  conditions.set_order(kSecond, {ConnectOrder::before, 10ms});
  ASSERT_NE(conditions.takeover_order(), nullptr);
  EXPECT_EQ(conditions.takeover_order()->gap, 20ms);
  conditions.set_order(kFirst, {});
  EXPECT_EQ(conditions.takeover_order()->gap, 10ms);
  conditions.set_order(kSecond, {});
  EXPECT_TRUE(conditions.empty());
}

}  // namespace
}  // namespace probate::fault
