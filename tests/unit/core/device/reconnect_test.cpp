#include "core/device/reconnect.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace probate::device {
namespace {

RetryConfig exponential(Duration base, Duration max, Jitter jitter) {
  RetryConfig retry;
  retry.policy = RetryPolicy::exponential;
  retry.base = base;
  retry.max = max;
  retry.jitter = jitter;
  return retry;
}

TEST(Reconnect, waits_the_same_every_time_under_the_fixed_policy) {
  RetryConfig retry;
  retry.policy = RetryPolicy::fixed;
  retry.every = 2s;
  Rng rng{1};
  EXPECT_EQ(retry_wait(retry, 0, rng), 2s);
  EXPECT_EQ(retry_wait(retry, 1000, rng), 2s);
}

TEST(Reconnect, doubles_up_to_the_maximum) {
  const RetryConfig retry = exponential(1s, 60s, Jitter::none);
  Rng rng{1};
  EXPECT_EQ(retry_wait(retry, 0, rng), 1s);
  EXPECT_EQ(retry_wait(retry, 1, rng), 2s);
  EXPECT_EQ(retry_wait(retry, 5, rng), 32s);
  EXPECT_EQ(retry_wait(retry, 6, rng), 60s);
  EXPECT_EQ(retry_wait(retry, 4'000'000'000, rng), 60s);
}

TEST(Reconnect, never_overflows_however_long_the_maximum) {
  const RetryConfig retry = exponential(1s, Duration::max(), Jitter::none);
  Rng rng{1};
  EXPECT_EQ(retry_wait(retry, 200, rng), Duration::max());
}

TEST(Reconnect, begins_no_higher_than_the_maximum) {
  Rng rng{1};
  EXPECT_EQ(retry_wait(exponential(90s, 60s, Jitter::none), 0, rng), 60s);
}

TEST(Reconnect, spreads_full_jitter_over_the_whole_range_up_to_the_cap) {
  const RetryConfig retry = exponential(1s, 60s, Jitter::full);
  Rng rng{7};
  Duration low = Duration::max();
  Duration high{};
  Duration sum{};
  constexpr int kDraws = 1000;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Duration wait = retry_wait(retry, 3, rng);  // the cap is 8 s
    low = std::min(low, wait);
    high = std::max(high, wait);
    sum += wait;
  }
  EXPECT_LT(low, 100ms);
  EXPECT_GT(high, 7900ms);
  EXPECT_LE(high, 8s);
  // The mean of 1,000 uniform draws lies within 4 standard errors (0.29 s) of 4 s.
  EXPECT_NEAR(to_seconds(sum / kDraws), 4.0, 0.3);
}

TEST(Reconnect, draws_the_same_for_the_same_stream) {
  const RetryConfig retry = exponential(1s, 60s, Jitter::full);
  Rng one{7};
  Rng two{7};
  for (std::uint32_t index = 0; index < 10; ++index) {
    EXPECT_EQ(retry_wait(retry, index, one), retry_wait(retry, index, two));
  }
}

}  // namespace
}  // namespace probate::device
