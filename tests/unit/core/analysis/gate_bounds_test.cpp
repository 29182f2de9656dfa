// Confidence bounds against closed forms and published tables.
#include <cmath>

#include <gtest/gtest.h>

#include "core/analysis/gate/bounds.hpp"

namespace probate::analysis::gate {
namespace {

TEST(GateBounds, are_the_exact_ones_of_clopper_and_pearson) {
  // 1 - 0.05^(1/300): the bound of "0 of n" has a closed form.
  EXPECT_NEAR(upper_bound(0, 300, 0.95), 0.009936, 1e-6);
  EXPECT_NEAR(upper_bound(0, 3000, 0.95), 0.000998, 1e-6);
  EXPECT_NEAR(lower_bound(300, 300, 0.95), 1 - 0.009936, 1e-6);
  // Brown, Cai, DasGupta 2001, and any table: 1 of 10 at one-sided 95 %.
  EXPECT_NEAR(upper_bound(1, 10, 0.95), 0.394163, 1e-5);
  EXPECT_EQ(upper_bound(5, 5, 0.95), 1);
  EXPECT_EQ(lower_bound(0, 5, 0.95), 0);
}

TEST(GateBounds, agree_with_published_intervals) {
  // Newcombe 1998, table I, Clopper–Pearson 95 % two-sided: each side is one-sided 97.5 %.
  EXPECT_NEAR(lower_bound(81, 263, 0.975), 0.2527, 1e-4);
  EXPECT_NEAR(upper_bound(81, 263, 0.975), 0.3676, 1e-4);
  EXPECT_NEAR(lower_bound(15, 148, 0.975), 0.0578, 1e-4);
  EXPECT_NEAR(upper_bound(15, 148, 0.975), 0.1617, 1e-4);
  EXPECT_NEAR(upper_bound(0, 20, 0.975), 0.1684, 1e-4);
  EXPECT_NEAR(lower_bound(1, 29, 0.975), 0.0009, 1e-4);
  EXPECT_NEAR(upper_bound(1, 29, 0.975), 0.1776, 1e-4);
}

TEST(GateBounds, are_the_proportions_at_which_the_tail_has_just_that_probability) {
  // 3 of 50 at one-sided 95 %: P(X <= 3 | p = upper) = 5 %, summed by hand.
  const double p = upper_bound(3, 50, 0.95);
  double tail = 0;
  double term = std::pow(1 - p, 50);
  for (int k = 0; k <= 3; ++k) {
    tail += term;
    term *= (50.0 - k) / (k + 1) * p / (1 - p);
  }
  EXPECT_NEAR(tail, 0.05, 1e-9);
}

TEST(GateBounds, of_a_difference_are_newcombes) {
  // Newcombe 1998 (comparison of proportions), table II, method 10: 56/70 − 48/80.
  const Bounds bounds = difference_bounds({48, 80}, {56, 70}, 0.95);
  EXPECT_NEAR(bounds.low, 0.0524, 1e-4);
  EXPECT_NEAR(bounds.high, 0.3339, 1e-4);
  // 10/10 − 0/10.
  const Bounds extreme = difference_bounds({0, 10}, {10, 10}, 0.95);
  EXPECT_NEAR(extreme.low, 0.6075, 1e-4);
  EXPECT_NEAR(extreme.high, 1, 1e-9);
}

TEST(GateBounds, of_a_share_hold_one_half_for_equal_counts) {
  EXPECT_LT(share_bounds(10, 10, 0.95).low, 0.5);
  EXPECT_GT(share_bounds(10, 10, 0.95).high, 0.5);
  // 0.025^(1/5) = 0.478: five against none is not yet proof, 0.025^(1/6) = 0.541: six are.
  EXPECT_NEAR(share_bounds(0, 5, 0.95).low, 0.4782, 1e-4);
  EXPECT_NEAR(share_bounds(0, 6, 0.95).low, 0.5407, 1e-4);
}

TEST(GateBounds, of_a_quantile_lie_between_two_of_the_values) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.add(std::chrono::microseconds{i});
  // Conover, or any table: the median of 100 lies between the 40th and the 61st value.
  const auto bounds = quantile_bounds(histogram, 0.5, 0.95);
  ASSERT_TRUE(bounds);
  EXPECT_EQ(bounds->low, 40us);
  EXPECT_LE(bounds->high - 61us, 1us);
  EXPECT_GE(bounds->high, 61us);
  EXPECT_FALSE(quantile_bounds(histogram, 0.99, 0.95)) << "100 values do not bound their p99";
}

}  // namespace
}  // namespace probate::analysis::gate
