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
  Conditions conditions;
  conditions.watch = kFirst;
  EXPECT_FALSE(conditions.empty());
}

}  // namespace
}  // namespace probate::fault
