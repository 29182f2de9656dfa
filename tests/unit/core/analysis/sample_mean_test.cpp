#include "core/analysis/sample_mean.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace probate::analysis {
namespace {

using Values = std::vector<std::optional<double>>;

TEST(SampleMean, has_the_interval_that_tables_of_students_t_give) {
  // Mean 3, standard deviation √2.5, n = 5; t(0.975, 4) = 2.7764.
  const SampleMean five = mean_of(Values{1.0, 2.0, 3.0, 4.0, 5.0}, 0.95);
  EXPECT_DOUBLE_EQ(five.mean.value(), 3);
  EXPECT_NEAR(five.low.value(), 3 - 2.7764 * 0.70711, 1e-4);
  EXPECT_NEAR(five.high.value(), 3 + 2.7764 * 0.70711, 1e-4);
  // t(0.975, 1) = 12.706: two runs tell little.
  const SampleMean two = mean_of(Values{1.0, 3.0}, 0.95);
  EXPECT_NEAR(two.high.value(), 2 + 12.706, 1e-3);
}

TEST(SampleMean, of_one_run_has_no_interval) {
  const SampleMean one = mean_of(Values{4.0}, 0.95);
  EXPECT_EQ(one, (SampleMean{4.0, std::nullopt, std::nullopt, 1}));
}

TEST(SampleMean, leaves_out_runs_without_a_value) {
  EXPECT_EQ(mean_of(Values{std::nullopt, 2.0, std::nullopt}, 0.95).count, 1U);
  EXPECT_EQ(mean_of(Values{std::nullopt}, 0.95), SampleMean{});
  EXPECT_EQ(mean_of({}, 0.95), SampleMean{});
}

TEST(SampleMean, of_equal_runs_is_a_point) {
  const SampleMean equal = mean_of(Values{0.5, 0.5, 0.5}, 0.95);
  EXPECT_DOUBLE_EQ(equal.low.value(), 0.5);
  EXPECT_DOUBLE_EQ(equal.high.value(), 0.5);
}

}  // namespace
}  // namespace probate::analysis
