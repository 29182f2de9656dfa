// The worker threads of a sweep; `./dev tsan` has them watched.
#include "sim/cli/sweep_runs.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/cli/sweep_options.hpp"

namespace probate::cli {
namespace {

// Four points, and three seeds each.
SweepOptions grid() {
  const std::string scenario = PROBATE_SOURCE_DIR "/scenarios/drop-fin.yaml";
  return parse_sweep_options({scenario, "--set", "gate=[]", "--vary", "judge.allowance=1s,2s",
                              "--vary", "fleet.city.count=30,40", "--seeds", "3"})
      .value();
}

std::vector<std::string> lines_of(const SweepRuns& runs) {
  std::vector<std::string> lines;
  for (const auto& of_point : runs) {
    for (const std::optional<report::SweepRun>& run : of_point) {
      lines.push_back(
          run ? fmt::format("{} {} {} {}", run->seed, run->digest, run->events, run->wills_expected)
              : "none");
    }
  }
  return lines;
}

TEST(SweepRuns, are_the_same_on_one_thread_and_on_many) {
  const SweepOptions options = grid();
  const auto points = load_points(options);
  ASSERT_TRUE(points) << points.error();
  ASSERT_EQ(points->size(), 4U);
  const auto run = [&](std::size_t jobs) {
    return lines_of(run_all(options, *points, jobs, [](std::size_t) {}));
  };
  const std::vector<std::string> alone = run(1);
  EXPECT_EQ(alone.size(), 12U);
  EXPECT_EQ(std::count(alone.begin(), alone.end(), "none"), 0);
  EXPECT_EQ(run(4), alone);
}

TEST(SweepRuns, need_no_more_threads_than_there_are_runs) {
  const SweepOptions options = grid();
  const auto points = load_points(options);
  ASSERT_TRUE(points) << points.error();
  const auto runs = run_all(options, *points, 32, [](std::size_t) {});
  EXPECT_EQ(lines_of(runs).size(), 12U);
}

}  // namespace
}  // namespace probate::cli
