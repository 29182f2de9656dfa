#include "core/broker/profile.hpp"

#include <gtest/gtest.h>

namespace probate::broker {
namespace {

// [MQTT-3.1.2-24] [MQTT5-3.1.2-22] One and a half times the keep-alive.
TEST(KeepAliveWindow, is_one_and_a_half_keep_alives_by_the_specification) {
  const KeepAliveWindow window;
  EXPECT_EQ(window.lowest(10s), 15s);
  EXPECT_EQ(window.highest(10s), 15s);
  EXPECT_EQ(window.lowest(5s), 7500ms);
}

TEST(KeepAliveWindow, is_floored_to_whole_seconds_and_widened_by_the_scan) {
  const KeepAliveWindow window{1.5, 1.5, true, 6100ms};
  EXPECT_EQ(window.lowest(5s), 7s);
  EXPECT_EQ(window.highest(5s), 13100ms);
  EXPECT_EQ(window.lowest(1s), 1s);
  EXPECT_EQ(window.highest(300s), 456100ms);
}

// NanoMQ's: 2 ticks of 10 s are more than 1.25 K of 10 s, and the third one closes; the first comes
// 15 s after CONNECT.
TEST(KeepAliveWindow, ends_with_a_tick_behind_those_that_are_more_than_the_keep_alive) {
  KeepAliveWindow window{.factor_low = 1.25, .rule = KeepAliveRule::ticks, .tick = 10s};
  EXPECT_EQ(window.lowest(10s), 20s);
  EXPECT_EQ(window.highest(10s), 35s);
  EXPECT_EQ(window.lowest(5s), 10s);
  EXPECT_EQ(window.lowest(8s), 20s) << "1.25 K is not less than 10 s";
  EXPECT_EQ(window.lowest(60s), 80s);
  EXPECT_EQ(window.highest(60s), 95s);
}

TEST(KeepAliveWindow, can_have_two_factors) {
  const KeepAliveWindow window{1.5, 3.0, false, 0s};
  EXPECT_EQ(window.lowest(60s), 90s);
  EXPECT_EQ(window.highest(60s), 180s);
}

}  // namespace
}  // namespace probate::broker
