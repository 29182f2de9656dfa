// --time-scale: what it divides, and what it leaves.
#include <gmock/gmock.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using scenario::Scenario;

TEST(TimeScale, divides_durations_and_leaves_allowances) {
  World world;
  world.options.time_scale = 10;
  const Scenario scenario =
      world.good(with("judge: {horizon: 5s}\n"
                      "broker: {capacity: {connects: 20/s}}\n"
                      "faults: [{name: a, rate: 6/h, during: storm, do: drop}]\n"));
  EXPECT_EQ(scenario.devices[0].keep_alive, 1s);
  EXPECT_EQ(std::get<scenario::ForDuration>(scenario.phases[0].end).duration, 30s);
  EXPECT_DOUBLE_EQ(std::get<fault::Poisson>(scenario.faults[0].timing).per_hour, 60);
  EXPECT_EQ(scenario.judge.horizon, 5s);
  EXPECT_DOUBLE_EQ(scenario.broker.capacity->connects_per_second, 200);
  EXPECT_EQ(scenario.broker.capacity->backlog, 100U);
}

TEST(TimeScale, that_breaks_whole_seconds_names_the_largest_usable_one) {
  World world;
  world.options.time_scale = 20;
  const auto problems = world.problems(kGood);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], testing::StartsWith("6:17 E0230 "));
  EXPECT_THAT(problems[0], testing::EndsWith("the largest usable scale is 10"));
}

}  // namespace
}  // namespace probate::yaml
