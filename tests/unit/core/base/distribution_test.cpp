#include "core/base/distribution.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace probate {
namespace {

std::vector<Duration> draws(const Distribution& distribution, int count) {
  Rng rng{42};
  std::vector<Duration> drawn;
  for (int i = 0; i < count; ++i) drawn.push_back(draw(distribution, rng));
  std::sort(drawn.begin(), drawn.end());
  return drawn;
}

TEST(Distribution, a_constant_is_always_itself) {
  EXPECT_EQ(draws(Constant{3s}, 10), std::vector<Duration>(10, Duration{3s}));
}

TEST(Distribution, a_uniform_draw_stays_within_its_ends_and_reaches_near_both) {
  const auto drawn = draws(Uniform{2s, 10s}, 10'000);
  EXPECT_GE(drawn.front(), 2s);
  EXPECT_LE(drawn.back(), 10s);
  EXPECT_LT(drawn.front(), 2s + 100ms);
  EXPECT_GT(drawn.back(), 10s - 100ms);
}

TEST(Distribution, an_exponential_draw_has_its_mean) {
  const auto drawn = draws(Exponential{20s}, 10'000);
  Duration sum{};
  for (const Duration each : drawn) sum += each;
  EXPECT_NEAR(to_seconds(sum) / 10'000, 20.0, 1.0);  // five standard errors
  EXPECT_GE(drawn.front(), 0s);
}

TEST(Distribution, a_lognormal_draw_has_its_median_and_p99) {
  const auto drawn = draws(Lognormal{1s, 10s}, 20'000);
  EXPECT_NEAR(to_seconds(drawn[10'000]), 1.0, 0.05);
  EXPECT_NEAR(to_seconds(drawn[19'800]), 10.0, 1.5);
}

TEST(Distribution, no_draw_is_longer_than_the_longest) {
  for (const Distribution& each :
       {Distribution{Constant{5s}}, Distribution{Uniform{1s, 5s}}, Distribution{Exponential{1s}},
        Distribution{Lognormal{1s, 2s}}}) {
    EXPECT_LE(draws(each, 10'000).back(), longest(each)) << to_text(each);
  }
  EXPECT_EQ(longest(Exponential{1s}), 20s) << "Rng's cap";
  EXPECT_EQ(longest(Lognormal{1s, 2s}), 40s) << "Rng's cap";
}

TEST(Distribution, reads_as_the_scenario_writes_it) {
  EXPECT_EQ(to_text(Distribution{Constant{90s}}), "1m30s");
  EXPECT_EQ(to_text(Distribution{Uniform{2s, 10s}}), "{uniform: [2s, 10s]}");
  EXPECT_EQ(to_text(Distribution{Exponential{20s}}), "{exponential: 20s}");
  EXPECT_EQ(to_text(Distribution{Lognormal{1s, 2500ms}}),
            "{lognormal: {median: 1s, p99: 2s500ms}}");
}

}  // namespace
}  // namespace probate
