#include "core/analysis/waits.hpp"

#include <gtest/gtest.h>

namespace probate::analysis {
namespace {

constexpr DeviceId kMeter{0};
constexpr DeviceId kPump{1};
constexpr Instant at(int seconds) { return kRunStart + std::chrono::seconds{seconds}; }

TEST(Waits, end_in_the_order_in_which_they_began) {
  Waits waits{2, 10s};
  waits.begin(kMeter, at(1));
  waits.begin(kPump, at(2));
  waits.begin(kMeter, at(3));
  EXPECT_EQ(waits.next(), at(12));
  EXPECT_EQ(waits.take_over(at(11)), std::nullopt);
  EXPECT_EQ(waits.take_over(at(20))->device, kPump);
  const auto last = waits.take_over(at(20));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->began, at(3));
  EXPECT_EQ(last->over, at(13));
  EXPECT_EQ(waits.next(), std::nullopt);
}

TEST(Waits, stand_still_while_nobody_tells_of_the_device_and_begin_anew) {
  Waits waits{2, 10s};
  waits.begin(kMeter, at(1));
  waits.suspend(kMeter);
  waits.suspend(kMeter);
  EXPECT_EQ(waits.next(), std::nullopt);
  waits.begin(kMeter, at(2));  // what was on its way
  EXPECT_EQ(waits.next(), std::nullopt);
  waits.begin(kPump, at(50));
  waits.go_on(kMeter, at(60));
  waits.go_on(kMeter, at(61));
  EXPECT_EQ(waits.take_over(at(100))->device, kPump);
  const auto wait = waits.take_over(at(100));
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->began, at(60));
}

TEST(Waits, do_not_begin_by_going_on) {
  Waits waits{1, 10s};
  waits.suspend(kMeter);
  waits.go_on(kMeter, at(1));
  EXPECT_EQ(waits.next(), std::nullopt) << "it did not run";
  waits.begin(kMeter, at(2));
  waits.suspend(kMeter);
  waits.end(kMeter);
  waits.go_on(kMeter, at(3));
  EXPECT_EQ(waits.next(), std::nullopt) << "it was ended meanwhile";
  waits.suspend(kMeter);
  waits.begin(kMeter, at(4));
  waits.go_on(kMeter, at(5));
  EXPECT_EQ(waits.next(), at(15)) << "it was begun meanwhile";
}

}  // namespace
}  // namespace probate::analysis
