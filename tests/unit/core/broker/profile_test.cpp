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

TEST(KeepAliveWindow, can_have_two_factors) {
  const KeepAliveWindow window{1.5, 3.0, false, 0s};
  EXPECT_EQ(window.lowest(60s), 90s);
  EXPECT_EQ(window.highest(60s), 180s);
}

}  // namespace
}  // namespace probate::broker
