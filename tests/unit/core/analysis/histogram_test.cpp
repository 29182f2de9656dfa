#include "core/analysis/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/rng.hpp"

namespace probate::analysis {
namespace {

TEST(Histogram, is_empty_before_the_first_value) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.percentile(0.99), 0ns);
  EXPECT_EQ(histogram.mean(), 0ns);
}

TEST(Histogram, bounds_every_percentile_within_two_percent) {
  Histogram histogram;
  std::vector<Duration> values;
  Rng rng = Rng{7}.stream("histogram");
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(rng.exponential(3s));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double p : {0.0, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::max(0.0, std::ceil(p * 10'000) - 1));
    const Histogram::Interval bounds = histogram.percentile_bounds(p);
    EXPECT_LE(bounds.low - 1us, values[rank]) << p;
    EXPECT_GE(bounds.high + 1us, values[rank]) << p;
    EXPECT_LE(to_seconds(bounds.high - bounds.low), 0.02 * to_seconds(values[rank]) + 2e-6) << p;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.min(), values.front());
}

TEST(Histogram, merges_to_exactly_the_histogram_of_all_values) {
  Histogram whole;
  Histogram parts[3];
  Rng rng = Rng{8}.stream("histogram");
  for (int i = 0; i < 3'000; ++i) {
    const Duration value = rng.uniform(0ns, 2h);
    whole.add(value);
    parts[i % 3].add(value);
  }
  parts[0].merge(parts[1]);
  parts[0].merge(parts[2]);
  EXPECT_TRUE(parts[0] == whole);
  EXPECT_EQ(parts[0].sum(), whole.sum());
  EXPECT_EQ(parts[0].min(), whole.min());
  EXPECT_EQ(parts[0].max(), whole.max());
}

TEST(Histogram, takes_a_value_back) {
  Histogram histogram;
  histogram.add(5s);
  histogram.add(7s);
  histogram.remove(5s);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.percentile(0.5), 7s);
  EXPECT_EQ(histogram.max(), 7s);
  EXPECT_GT(histogram.min(), 6800ms);
  histogram.add(1s);
  histogram.remove(7s);
  EXPECT_GE(histogram.max(), 1s);
  EXPECT_LT(histogram.max(), 1020ms);
  histogram.remove(1s);
  EXPECT_TRUE(histogram == Histogram{});
}

TEST(Histogram, counts_a_negative_duration_as_zero) {
  Histogram histogram;
  histogram.add(-1s);
  EXPECT_EQ(histogram.max(), 0ns);
  EXPECT_EQ(histogram.sum(), 0ns);
}

TEST(Histogram, since_an_earlier_state_has_what_was_added_between) {
  Histogram earlier;
  for (const auto value : {5ms, 7ms, 900ms}) earlier.add(value);
  Histogram later = earlier;
  later.add(20ms);
  later.add(7ms);
  const Histogram between = later.since(earlier);
  EXPECT_EQ(between.count(), 2u);
  EXPECT_EQ(between.sum(), 27ms);
  EXPECT_LE(between.min(), 7ms);
  EXPECT_GE(between.max(), 20ms);
  EXPECT_LT(between.max(), 21ms);
  EXPECT_EQ(later.since(later).count(), 0u);
  EXPECT_EQ(later.since(Histogram{}), later);
}

TEST(Histogram, comes_back_from_its_buckets) {
  Histogram histogram;
  for (int i = 1; i < 2000; ++i) histogram.add(std::chrono::microseconds{i * i});
  const auto read = Histogram::from_buckets(histogram.buckets(), histogram.sum(), histogram.min(),
                                            histogram.max());
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, histogram);
  EXPECT_EQ(*Histogram::from_buckets({}, {}, {}, {}), Histogram{});
}

TEST(Histogram, refuses_buckets_that_are_not_its_own) {
  EXPECT_FALSE(Histogram::from_buckets({{1000us, 1001us, 1}}, 1ms, 1ms, 1ms)) << "wrong width";
  EXPECT_FALSE(Histogram::from_buckets({{3us, 4us, 0}}, 3us, 3us, 3us)) << "empty";
  EXPECT_FALSE(Histogram::from_buckets({{4us, 5us, 1}, {3us, 4us, 1}}, 7us, 3us, 4us)) << "order";
  EXPECT_FALSE(Histogram::from_buckets({{3us, 4us, 1}}, 3us, 4us, 3us)) << "min above max";
}

}  // namespace
}  // namespace probate::analysis
