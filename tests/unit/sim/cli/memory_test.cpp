#include "sim/cli/memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cli/estimate_text.hpp"
#include "sim/cli/run_watch.hpp"
#include "sim/virtual/virtual_run.hpp"

namespace probate::cli {
namespace {

using testing::HasSubstr;

TEST(Memory, reads_what_the_machine_has_available) {
  EXPECT_EQ(
      available_of_meminfo("MemTotal:  100 kB\nMemFree: 5 kB\nMemAvailable:    42 kB\nX: 1\n"),
      42U * 1024);
  EXPECT_EQ(available_of_meminfo("MemTotal: 100 kB\n"), std::nullopt);
  EXPECT_EQ(available_of_meminfo("MemAvailable:"), std::nullopt);
  EXPECT_EQ(available_of_meminfo(""), std::nullopt);
}

TEST(Memory, reads_what_a_control_group_leaves) {
  EXPECT_EQ(available_of({"1000\n", "400\n", ""}), 600U);
  // Pages of files that can be given back are not taken.
  EXPECT_EQ(available_of({"1000\n", "400\n", "anon 300\ninactive_file 100\n"}), 700U);
  EXPECT_EQ(available_of({"max\n", "400\n", ""}), std::nullopt);
  EXPECT_EQ(available_of({"", "", ""}), std::nullopt);
  EXPECT_EQ(available_of({"1000\n", "1400\n", ""}), 0U);
  EXPECT_EQ(available_of({"1000\n", "100\n", "inactive_file 500\n"}), 1000U);
}

TEST(Memory, of_this_machine_is_more_than_this_test_holds_and_less_than_everything) {
  EXPECT_GT(resident_memory(), 1'000'000U);
  EXPECT_GT(available_memory(), 0U);
  EXPECT_LT(available_memory(), std::uint64_t{1} << 50);
}

TEST(Memory, is_refused_with_the_figure_and_the_remedy) {
  virtual_time::Estimate sum;
  sum.devices = 1'000'000;
  sum.policies = 3;
  sum.memory_bytes = std::uint64_t{7} << 30;
  EXPECT_EQ(memory_refusal(sum, std::uint64_t{8} << 30), "");
  const std::string refusal = memory_refusal(sum, std::uint64_t{2} << 30);
  EXPECT_THAT(refusal, HasSubstr("about 7.0 GiB"));
  EXPECT_THAT(refusal, HasSubstr("1000000 devices, 3 policies"));
  EXPECT_THAT(refusal, HasSubstr("2.0 GiB are available"));
  EXPECT_THAT(refusal, HasSubstr("run at most "));
  EXPECT_THAT(memory_refusal(sum, 1000), HasSubstr("use another machine"));
}

TEST(RunWatch, lets_a_run_go_on_whose_time_passes) {
  RunWatch watch{10, std::uint64_t{1} << 60};
  for (int i = 1; i < 10'000; ++i) {
    watch.tick(Instant{Duration{i}});
    ASSERT_EQ(watch.trouble(), "");
  }
}

TEST(RunWatch, stops_a_run_whose_time_stands_still) {
  RunWatch watch{10, std::uint64_t{1} << 60};
  std::string trouble;
  std::uint64_t ticks = 0;
  while (trouble.empty() && ticks < 100'000) {
    ++ticks;
    watch.tick(Instant{12s});
    trouble = watch.trouble();
  }
  EXPECT_THAT(trouble, HasSubstr("virtual time stands still at +12.000 s"));
  EXPECT_GT(ticks * virtual_time::kEventsPerTick, RunWatch::kEventsPerInstantMax);
  EXPECT_LT(ticks * virtual_time::kEventsPerTick, 2 * RunWatch::kEventsPerInstantMax);
}

TEST(RunWatch, allows_a_large_fleet_more_events_at_one_instant) {
  RunWatch watch{1'000'000, std::uint64_t{1} << 60};
  for (std::uint64_t ticks = 0; ticks * virtual_time::kEventsPerTick < 100'000'000; ++ticks) {
    watch.tick(Instant{12s});
    ASSERT_EQ(watch.trouble(), "");
  }
}

TEST(RunWatch, stops_a_run_that_takes_too_much_memory) {
  RunWatch watch{10, 1'000};
  std::string trouble;
  for (std::uint64_t i = 1; i <= RunWatch::kTicksPerLook && trouble.empty(); ++i) {
    watch.tick(Instant{Duration{static_cast<Duration::rep>(i)}});
    trouble = watch.trouble();
  }
  EXPECT_THAT(trouble, HasSubstr("of memory"));
  EXPECT_THAT(trouble, HasSubstr("run fewer devices"));
}

TEST(EstimateText, shows_sizes_and_counts_as_people_read_them) {
  EXPECT_EQ(bytes_text(812), "812 B");
  EXPECT_EQ(bytes_text(3 << 20), "3.0 MiB");
  EXPECT_EQ(bytes_text(24 << 20), "24 MiB");
  EXPECT_EQ(about_text(812), "812");
  EXPECT_EQ(about_text(93'000), "93 k");
  EXPECT_EQ(about_text(1.2e6), "1.2 M");
}

}  // namespace
}  // namespace probate::cli
