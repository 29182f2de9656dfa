// What is said of a bad file as a whole: in what order, how much, and no more than is true.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using testing::ElementsAre;

TEST(BadScenarios, report_all_problems_at_once_in_the_order_of_the_file) {
  const World world;
  const auto problems = world.problems(R"(version: 1
name: Bad Name
devices:
  meter: {client_id: "m-{index}", keepalive: 10s, clean: on}
fleet:
  city: {device: metre, count: 010}
  city: {device: meter, count: 1}
phases:
  - {name: storm, for: 5m}
)");
  EXPECT_THAT(problems,
              ElementsAre("2:7 E0203 \"Bad Name\" cannot be the name of a scenario: names are 1 to "
                          "64 of a-z, 0-9, `_` and `-`",
                          "4:35 E0102 unknown key \"keepalive\"; did you mean \"keep_alive\"?",
                          "4:58 E0109 \"on\" is no boolean here; write true",
                          "6:18 E0201 no device is called \"metre\"; did you mean \"meter\"?",
                          "6:32 E0110 a leading zero makes this octal for some readers; write it "
                          "in decimal",
                          "7:3 E0103 the key \"city\" is given twice; first in line 6"));
}

TEST(BadScenarios, do_not_complain_about_what_follows_from_a_problem) {
  const World world;
  // With its length unreadable, the phase is not "over before the fault fires".
  EXPECT_THAT(world.problems(with_line(11, "  - {name: storm, for: 5 minutes}") +
                             "faults: [{name: a, at: storm + 10s, do: drop}]\n"),
              ElementsAre("11:25 E0107 unknown unit \" minutes\"; the units are h, m, s, ms, us, "
                          "ns"));
}

TEST(BadScenarios, stop_counting_at_a_limit) {
  const World world;
  std::string text{kGood};
  for (int i = 0; i < 300; ++i) text += fmt::format("key{}: 1\n", i);
  const auto problems = world.problems(text);
  ASSERT_EQ(problems.size(), Problems::kProblemsMax + 1);
  EXPECT_EQ(problems.back(), "0:0 E0102 … and 100 more problems");
}

TEST(BadScenarios, with_a_section_above_its_limit_are_not_read_further) {
  const World world;
  std::string text{kGood};
  text += "gate:\n";
  for (int i = 0; i < 51; ++i) text += "  - {expct: x}\n";
  EXPECT_THAT(world.problems(text), ElementsAre("13:1 E0204 51 are too many: at most 50"));
}

TEST(BadScenarios, in_a_file_that_is_not_there) {
  const auto loaded = load_file("/nonexistent/x.yaml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(render(loaded.error(), false),
            "/nonexistent/x.yaml: error: cannot be read: No such file or directory [E0127]\n");
}

}  // namespace
}  // namespace probate::yaml
