#include "core/base/rng.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace probate {
namespace {

std::vector<std::uint64_t> first_draws(Rng rng, int count = 100) {
  std::vector<std::uint64_t> draws;
  for (int i = 0; i < count; ++i) draws.push_back(rng.next());
  return draws;
}

// Computed by an independent program from the published constants of SplitMix64 and FNV-1a. A run's
// digest and every stored seed depend on these numbers.
TEST(Rng, draws_the_same_numbers_for_ever) {
  Rng rng{7};
  EXPECT_EQ(rng.next(), 0xb8b4c2977eabce45U);
  EXPECT_EQ(rng.next(), 0xa65305fd338ec8feU);
  EXPECT_EQ(Rng{7}.stream("device/17/backoff").next(), 0xfe35c5d4d7d5a86fU);
  EXPECT_EQ(Rng{7}.stream("victims", 3).next(), 0xd8eca2f300d9814U);
}

TEST(Rng, repeats_itself_from_the_same_seed_only) {
  EXPECT_EQ(first_draws(Rng{1}), first_draws(Rng{1}));
  EXPECT_NE(first_draws(Rng{1}), first_draws(Rng{2}));
}

TEST(Rng, streams_are_told_apart_by_name_number_and_seed) {
  const Rng root{1};
  const std::set<std::vector<std::uint64_t>> streams{
      first_draws(root),
      first_draws(root.stream("a")),
      first_draws(root.stream("b")),
      first_draws(root.stream("a", 0)),
      first_draws(root.stream("a", 1)),
      first_draws(root.stream("b", 1)),
      first_draws(root.stream("a").stream("b")),
      first_draws(root.stream("b").stream("a")),
      first_draws(Rng{2}.stream("a")),
  };
  EXPECT_EQ(streams.size(), 9U);
}

TEST(Rng, a_draw_in_one_place_moves_no_other_stream) {
  Rng rng{5};
  const auto before = first_draws(rng.stream("device/17/backoff"));
  rng.next();
  EXPECT_EQ(first_draws(rng.stream("device/17/backoff")), before);
}

TEST(Rng, a_copy_repeats_and_does_not_disturb) {
  Rng rng{5};
  Rng copy = rng;
  copy.next();
  EXPECT_EQ(first_draws(rng), first_draws(Rng{5}));
}

TEST(Rng, below_reaches_every_value_about_equally_often) {
  Rng rng{11};
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts.at(rng.below(6));
  // 10,000 expected of each; five standard deviations are 456.
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 456);
}

TEST(Rng, below_one_is_zero_and_the_widest_bound_works) {
  Rng rng{11};
  EXPECT_EQ(rng.below(1), 0U);
  constexpr std::uint64_t kWidest = ~std::uint64_t{0};
  EXPECT_LT(rng.below(kWidest), kWidest);
}

TEST(Rng, uniform_includes_both_ends) {
  Rng rng{3};
  std::set<Duration> seen;
  for (int i = 0; i < 200; ++i) seen.insert(rng.uniform(-1ns, 1ns));
  EXPECT_EQ(seen, (std::set<Duration>{-1ns, 0ns, 1ns}));
  EXPECT_EQ(rng.uniform(5s, 5s), 5s);
}

TEST(Rng, unit_stays_in_its_half_open_interval_and_is_centred) {
  Rng rng{3};
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double draw = rng.unit();
    ASSERT_GE(draw, 0.0);
    ASSERT_LT(draw, 1.0);
    sum += draw;
  }
  // Five standard errors of the mean of 10,000 uniform draws.
  EXPECT_NEAR(sum / 10'000, 0.5, 0.0145);
}

TEST(Rng, an_exponential_draw_has_its_mean_and_its_bound) {
  Rng rng{9};
  Duration sum{};
  for (int i = 0; i < 20'000; ++i) {
    const Duration draw = rng.exponential(1s);
    ASSERT_GE(draw, 0s);
    ASSERT_LE(draw, 20s);
    sum += draw;
  }
  // Five standard errors: the standard deviation is the mean.
  EXPECT_NEAR(to_seconds(sum) / 20'000, 1.0, 0.036);
  EXPECT_EQ(rng.exponential(0s), 0s);
}

TEST(Rng, a_lognormal_draw_has_its_median_and_its_p99) {
  Rng rng{9};
  std::vector<Duration> draws;
  for (int i = 0; i < 20'000; ++i) draws.push_back(rng.lognormal(1s, 10s));
  std::sort(draws.begin(), draws.end());
  // Five standard errors of a sample quantile, from the density of the distribution there.
  EXPECT_NEAR(to_seconds(draws[10'000]), 1.0, 0.044);
  EXPECT_NEAR(to_seconds(draws[19'800]), 10.0, 1.31);
  EXPECT_LE(draws.back(), 200s);
  EXPECT_EQ(rng.lognormal(3s, 3s), 3s);
}

TEST(RngDeathTest, an_impossible_range_is_our_bug) {
  Rng rng{1};
  EXPECT_DEATH(rng.below(0), "bound > 0");
  EXPECT_DEATH(rng.uniform(2s, 1s), "low <= high");
  EXPECT_DEATH(rng.exponential(-1s), "mean >= Duration");
  EXPECT_DEATH(rng.lognormal(2s, 1s), "median <= p99");
}

}  // namespace
}  // namespace probate
