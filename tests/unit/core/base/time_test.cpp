#include "core/base/time.hpp"

#include <concepts>

#include <gtest/gtest.h>

namespace probate {
namespace {

template <typename Clock>
concept Readable = requires {
  Clock::now();
};

TEST(SimClock, cannot_be_read) {
  EXPECT_FALSE(Readable<SimClock>);
  EXPECT_TRUE(Readable<std::chrono::steady_clock>);  // the concept can tell
}

TEST(Duration, is_spelt_as_the_scenario_language_spells_it) {
  EXPECT_EQ(to_text(Duration{0s}), "0s");
  EXPECT_EQ(to_text(Duration{90min}), "1h30m");
  EXPECT_EQ(to_text(Duration{90s}), "1m30s");
  EXPECT_EQ(to_text(Duration{2500ms}), "2s500ms");
  EXPECT_EQ(to_text(Duration{36h}), "36h");
  EXPECT_EQ(to_text(Duration{1h + 1ns}), "1h1ns");
  EXPECT_EQ(to_text(Duration{1us}), "1us");
}

TEST(Duration, below_zero_is_spelt_with_a_sign) {
  EXPECT_EQ(to_text(Duration{-1500ms}), "-1s500ms");
  // The most negative one has no positive twin.
  EXPECT_EQ(to_text(Duration::min()), "-2562047h47m16s854ms775us808ns");
}

TEST(Duration, comes_from_seconds_rounded_to_the_nanosecond) {
  EXPECT_EQ(from_seconds(0.0), 0s);
  EXPECT_EQ(from_seconds(1.5), 1500ms);
  EXPECT_EQ(from_seconds(-0.25), -250ms);
  EXPECT_EQ(from_seconds(0.6e-9), 1ns);
  EXPECT_EQ(from_seconds(0.4e-9), 0ns);
}

TEST(Duration, is_clamped_where_seconds_are_beyond_it) {
  EXPECT_EQ(from_seconds(1e30), Duration::max());
  EXPECT_EQ(from_seconds(-1e30), Duration::min());
}

TEST(Duration, gives_its_seconds_back) {
  EXPECT_DOUBLE_EQ(to_seconds(Duration{1500ms}), 1.5);
  EXPECT_DOUBLE_EQ(to_seconds(kRunStart + 301200ms), 301.2);
}

TEST(Instant, is_shown_in_seconds_since_the_start_with_a_sign) {
  EXPECT_EQ(to_text(kRunStart), "+0.000 s");
  EXPECT_EQ(to_text(kRunStart + 301200ms), "+301.200 s");
  EXPECT_EQ(to_text(kRunStart - 5ms), "-0.005 s");
}

TEST(Instant, plus_a_delay_stops_at_never) {
  EXPECT_EQ(saturating_add(kRunStart, 3s), kRunStart + 3s);
  EXPECT_EQ(saturating_add(kNever - 3s, 3s), kNever);
  EXPECT_EQ(saturating_add(kNever - 3s, 4s), kNever);
  EXPECT_EQ(saturating_add(kNever, Duration::max()), kNever);
}

}  // namespace
}  // namespace probate
