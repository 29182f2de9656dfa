#include "sim/cli/vary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/cli/overlap.hpp"
#include "sim/cli/sweep_options.hpp"
#include "tests/unit/sim/cli/variable.hpp"

namespace probate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> values_of(const std::string& text) {
  const auto axis = parse_vary(text);
  if (!axis) return {"error: " + axis.error()};
  return axis->values;
}

TEST(Vary, splits_values_at_commas) {
  const auto axis = parse_vary("devices.meter.keep_alive=30s, 60s,300s");
  ASSERT_TRUE(axis);
  EXPECT_EQ(axis->path, "devices.meter.keep_alive");
  EXPECT_THAT(axis->values, ElementsAre("30s", "60s", "300s"));
}

TEST(Vary, keeps_commas_inside_quotes_and_brackets) {
  EXPECT_THAT(values_of("a=\"x,y\",'p,q'"), ElementsAre("\"x,y\"", "'p,q'"));
  EXPECT_THAT(values_of("a=[naive, {debounce: 5s}],[naive]"),
              ElementsAre("[naive, {debounce: 5s}]", "[naive]"));
  EXPECT_THAT(values_of(R"(a="x\",y",z)"), ElementsAre(R"("x\",y")", "z"));
  EXPECT_THAT(values_of("a=b=c,d"), ElementsAre("b=c", "d"));
}

TEST(Vary, refuses_what_it_cannot_split) {
  for (const char* text :
       {"keep_alive", "=30s", "", "a=", "a=30s,", "a=,30s", "a=1,,2", "a= , 1"}) {
    EXPECT_FALSE(parse_vary(text)) << text;
  }
  EXPECT_THAT(parse_vary("a=30s,30s").error(), HasSubstr("twice"));
  EXPECT_THAT(parse_vary("a=\"30s,60s").error(), HasSubstr("not closed"));
  EXPECT_THAT(parse_vary("a=[30s,60s").error(), HasSubstr("not closed"));
}

TEST(Vary, makes_every_combination_with_the_last_axis_fastest) {
  const std::vector<report::SweepAxis> axes{{"a", {"1", "2"}}, {"b", {"x", "y", "z"}}};
  const auto grid = grid_of(axes);
  ASSERT_EQ(grid.size(), 6U);
  EXPECT_THAT(settings_of(axes, grid[0]), ElementsAre("a=1", "b=x"));
  EXPECT_THAT(settings_of(axes, grid[1]), ElementsAre("a=1", "b=y"));
  EXPECT_THAT(settings_of(axes, grid[5]), ElementsAre("a=2", "b=z"));
  EXPECT_THAT(grid_of({}), ElementsAre(std::vector<std::size_t>{}));
}

TEST(Vary, counts_a_grid_without_overflow) {
  std::vector<std::string> many(1000, "v");
  const std::vector<report::SweepAxis> axes(9, report::SweepAxis{"p", many});
  EXPECT_EQ(grid_size(axes, 10'000), 10'001U);
  EXPECT_EQ(grid_size({axes[0]}, 10'000), 1'000U);
  EXPECT_EQ(grid_size({}, 5), 1U);
}

std::string mistake_of(const std::vector<std::string>& words) {
  const auto options = parse_sweep_options(words);
  return options ? "" : options.error();
}

TEST(SweepOptions, refuses_what_makes_no_sense) {
  EXPECT_THAT(mistake_of({}), HasSubstr("needs the file"));
  EXPECT_THAT(mistake_of({"-"}), HasSubstr("needs the file"));
  EXPECT_THAT(mistake_of({"x.yaml", "--seeds", "0"}), HasSubstr("from 1 to"));
  EXPECT_THAT(mistake_of({"x.yaml", "--jobs", "-1"}), HasSubstr("from 1 to"));
  EXPECT_THAT(mistake_of({"x.yaml", "--jobs", "two"}), HasSubstr("from 1 to"));
  EXPECT_THAT(mistake_of({"x.yaml", "--rate", "false_offline_ration"}),
              HasSubstr("did you mean \"false_offline_ratio\"?"));
  EXPECT_THAT(mistake_of({"x.yaml", "--detection", "p90"}), HasSubstr("p95"));
  EXPECT_THAT(mistake_of({"x.yaml", "--vary", "a=1", "--vary", "a=2"}),
              HasSubstr("varied already"));
  EXPECT_THAT(mistake_of({"x.yaml", "--vayr", "a=1"}), HasSubstr("did you mean \"--vary\"?"));
}

TEST(Overlap, is_of_a_key_with_itself_and_with_those_below_it) {
  EXPECT_TRUE(replaces("backend.presence", "backend.presence[2].debounce"));
  EXPECT_TRUE(replaces("faults[arrears].on", "faults.arrears.on"));
  EXPECT_FALSE(replaces("backend.presence[2].debounce", "backend.presence"));
  EXPECT_FALSE(replaces("fleet.city", "fleet.city2.count"));
}

TEST(SweepOptions, refuse_two_flags_that_set_the_same_and_name_both) {
  const auto of = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "x.yaml");
    return mistake_of(flags);
  };
  const std::string end = " set the same value: give only one of them";
  EXPECT_EQ(of({"--vary", "seed=1,2", "--seed", "5"}), "--seed 5 and --vary seed=1,2" + end);
  EXPECT_EQ(of({"--vary", "backend.presence=[naive],[epoch]", "--policies", "naive"}),
            "--policies naive and --vary backend.presence=[naive],[epoch]" + end);
  EXPECT_EQ(of({"--vary", "a.b=1,2", "--set", "a.b=3"}), "--set a.b=3 and --vary a.b=1,2" + end);
  EXPECT_EQ(of({"--vary", "a.b={c: 1}", "--set", "a.b.c=3"}),
            "--set a.b.c=3 and --vary a.b={c: 1}" + end);
  EXPECT_EQ(of({"--seed", "5", "--set", "seed=6"}), "--seed 5 and --set seed=6" + end);
  EXPECT_EQ(of({"--policies", "naive", "--set", "backend.presence[0].debounce=1s"}),
            "--policies naive and --set backend.presence[0].debounce=1s" + end);
  EXPECT_EQ(of({"--vary", "a.b=1,2", "--vary", "a={b: 1}"}),
            "--vary a={b: 1} leaves nothing of --vary a.b=1,2: give it before that one");
}

TEST(SweepOptions, take_two_flags_of_which_one_sets_a_part_of_the_other) {
  EXPECT_EQ(mistake_of({"x.yaml", "--policies", "naive,debounce=1s", "--vary",
                        "backend.presence[1].debounce=1s,2s"}),
            "");
  EXPECT_EQ(mistake_of({"x.yaml", "--set", "a={b: 1}", "--vary", "a.b=2,3"}), "");
  EXPECT_EQ(mistake_of({"x.yaml", "--vary", "a={b: 1},{b: 2}", "--vary", "a.c=3,4"}), "");
}

TEST(SweepOptions, of_the_environment_give_way_to_those_of_the_command_line) {
  const Variable seed{"PROBATE_SEED", "5"};
  const Variable policies{"PROBATE_POLICIES", "naive"};
  const auto varied = parse_sweep_options(
      {"x.yaml", "--vary", "seed=1,2", "--vary", "backend.presence=[naive],[epoch]"});
  ASSERT_TRUE(varied) << varied.error();
  EXPECT_EQ(varied->load.load.seed, std::nullopt);
  EXPECT_THAT(varied->load.load.set, testing::IsEmpty());
  const auto set = parse_sweep_options({"x.yaml", "--set", "seed=3"});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->load.load.seed, std::nullopt);
  EXPECT_THAT(set->load.load.set, ElementsAre("seed=3", "backend.presence=[naive]"));
}

TEST(SweepOptions, of_a_set_of_the_environment_give_way_to_those_of_the_command_line) {
  const Variable set{"PROBATE_SET", "seed=5"};
  const auto varied = parse_sweep_options({"x.yaml", "--vary", "seed=1,2"});
  ASSERT_TRUE(varied) << varied.error();
  EXPECT_THAT(varied->load.load.set, testing::IsEmpty());
  const auto seeded = parse_sweep_options({"x.yaml", "--seed", "7", "--policies", "naive"});
  ASSERT_TRUE(seeded) << seeded.error();
  EXPECT_EQ(seeded->load.load.seed, 7U);
  EXPECT_THAT(seeded->load.load.set, ElementsAre("backend.presence=[naive]"));
  const Variable policies{"PROBATE_SET", "backend.presence=[epoch]"};
  const auto judged = parse_sweep_options({"x.yaml", "--policies", "naive"});
  ASSERT_TRUE(judged) << judged.error();
  EXPECT_THAT(judged->load.load.set, ElementsAre("backend.presence=[naive]"));
}

TEST(SweepOptions, refuses_a_grid_of_too_many_runs_with_the_figure) {
  std::string values = "v0";
  for (int i = 1; i < 101; ++i) values += ",v" + std::to_string(i);
  EXPECT_THAT(mistake_of({"x.yaml", "--vary", "a=" + values, "--seeds", "100"}),
              HasSubstr("101 × 100 seeds are more than 10000 runs"));
}

TEST(SweepOptions, has_sensible_defaults) {
  const auto options = parse_sweep_options({"x.yaml", "--vary", "a=1,2"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->seeds, 1U);
  EXPECT_FALSE(options->jobs);
  EXPECT_EQ(options->rate, report::RateFigure::false_offline_ratio);
  EXPECT_EQ(options->detection, report::DetectionFigure::untold);
  EXPECT_EQ(options->out, "probate-sweep");
}

}  // namespace
}  // namespace probate::cli
