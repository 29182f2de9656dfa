// Rules that are refused when the scenario is loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/gate/expression.hpp"
#include "tests/unit/core/analysis/gate_world.hpp"

namespace probate::analysis::gate {
namespace {

using testing::HasSubstr;

struct Mistake {
  const char* expect;
  const char* says;  // "expect@offset: part of the message"
};

TEST(GateMistakes, are_found_when_the_scenario_is_loaded_and_point_at_the_place) {
  const Mistake mistakes[] = {
      {"wills_mising == 0", "expect@0: unknown metric \"wills_mising\"; did you mean"},
      {"wills_missing = 0", "expect@14: expected <, <=, ==, !=, >=, > or between"},
      {"wills_missing == ", "expect@17: expected a quantity"},
      {"wills_missing == 0 0", "expect@19: the rule should end here"},
      {"(wills_missing == 0", "expect@15: expected \")\""},
      {"== 0", "expect@0: expected a metric"},
      {"(1 + 2) * 3 == 9", "expected a metric: this is the same in every run"},
      {"wills_missing >= 0", "expect@0: this holds in every run"},
      {"wills_missing < 0", "expect@0: this holds in no run"},
      {"wills_missing > -1", "expect@0: this holds in every run"},
      {"wills_missing == - ", "expect@19: expected a quantity"},
      {"wills_missing + 3 <= 2", "this holds in no run"},
      {"will_missing_ratio <= 100%", "this holds in every run"},
      {"will_missing_ratio > 100%", "this holds in no run"},
      {"will_missing_ratio between 101% and 102%", "this holds in no run"},
      {"wills_missing * 0 == 0", "this holds in every run"},
      {"wills_missing * 0 > 0", "this holds in no run"},
      {"wills_missing - wills_missing == 0", "this holds in every run"},
      {"wills_late + wills_early - (wills_early + wills_late) != 0", "this holds in no run"},
      {"wills_missing / wills_missing == 1", "this holds in every run"},
      {"will_missing_ratio * 2 <= 2", "this holds in every run"},
      {"will_missing_ratio * will_late_ratio <= 100%", "this holds in every run"},
      {"will_missing_ratio / 4 > 25%", "this holds in no run"},
      {"min(will_lateness) >= 0s", "this holds in every run"},
      {"p99(will_delay) < 0s", "this holds in no run"},
      {"wills_missing / 0 == 0", "nothing can be divided by 0"},
      {"wills_missing == 5 parsecs", "expect@19: the rule should end here"},
      {"wills_missing == 5parsecs", "expect@18: unknown unit \"parsecs\""},
      {"wills_missing == 2m30%", "expect@21: only durations"},
      {"wills_missing == 0 $", "expect@19: unexpected character"},
      {"wills_missing == 0 \u00e9", "expect@19: unexpected character \"\u00e9\""},
      {"wills_missing\n== 0", "expect@13: a rule stands on one line"},
      {"wills_missing{cause=\"broker} == 0", "expect@20: this text has no closing quote"},
      {"p98(will_lateness) < 1s", "expect@0: unknown function \"p98\"; did you mean"},
      {"p99(wills_missing) < 1", "expect@4: p99() is not defined for wills_missing, a count"},
      {"will_lateness < 1s", "expect@0: will_lateness is a histogram"},
      {"p99(will_lateness) < 1", "expect@21: a duration cannot be compared with a number; write"},
      {"will_missing_ratio < 5ms", "expect@21: a ratio cannot be compared with a duration"},
      {"wills_missing < 5%", "expect@16: a number cannot be compared with a ratio"},
      {"wills_missing + up_seconds{policy=naive} < 5", "expect@0: a number and a duration cannot"},
      {"wills_missing{grup=city} == 0",
       "expect@14: unknown label of wills_missing \"grup\"; did you mean"},
      {"wills_missing{group=ciyt} == 0",
       "expect@20: unknown group \"ciyt\"; did you mean \"city\""},
      {"wills_missing{cause=~\"(\"} == 0", "this is no regular expression"},
      {"wills_missing{group=city,fault=cut} == 0", "not by two of them at once"},
      {"wills_missing{cause=broker,cause=acl} == 0",
       "expect@33: cause is given twice; cause=~\"a|b\" means either"},
      {"wills_true{fault=cut,fault=none} == 0", "fault is given twice"},
      {"false_offline_device_ratio{policy=naive,fault=cut} < 1%",
       "expect@0: false_offline_device_ratio is known for the run and by group only"},
      {"broker_deviations{group=city} == 0", "broker_deviations has no labels"},
      {"false_offlines == 0", "false_offlines needs {policy=…}: one of naive, debounce_2s"},
      {"wills_missing between 5 and 3", "expect@28: the upper limit is below the lower one"},
      {"wills_missing between 5 or 7", "expect@24: expected \"and\""},
      {"wills_missing < 1e308h", "expect@16: this is too large a number"},
      {"connects == 5", "expect@0: connects is volume"},
      {"wills_true{group=~\"(a)\\1\"} == 0", "this is no regular expression"},
      {"wills_true{group=~\"a{9777777777777777777}\"} == 0", "this is no regular expression"},
  };
  World world;
  for (const Mistake& mistake : mistakes) {
    EXPECT_THAT(world.mistake(mistake.expect), HasSubstr(mistake.says)) << mistake.expect;
  }
}

TEST(GateMistakes, of_the_other_keys_are_found_too) {
  World world;
  scenario::GateRuleSpec spec;
  spec.over = "phase strom";
  EXPECT_THAT(world.mistake("wills_missing == 0", spec), HasSubstr("did you mean \"storm\"?"));
  spec.over = "last 60s";
  spec.window = 2h;
  EXPECT_THAT(world.mistake("wills_missing == 0", spec), HasSubstr("over@0: 2h is out of range"));
  spec = {};
  spec.per = "device";
  EXPECT_THAT(world.mistake("wills_missing == 0", spec), HasSubstr("per@0"));
  spec = {};
  spec.confidence = 0.95;
  EXPECT_THAT(world.mistake("wills_missing == 0", spec), HasSubstr("confidence@0"));
  EXPECT_THAT(world.mistake("will_missing_ratio == 0", spec), HasSubstr("needs <"));
  scenario::GateRuleSpec enough;
  enough.samples_min = 600;
  EXPECT_THAT(world.mistake("wills_missing == 0", enough), HasSubstr("min_samples@0: a count"));
  EXPECT_THAT(world.mistake("count(will_delay) > 3", enough), HasSubstr("min_samples@0"));
  EXPECT_THAT(world.mistake("false_offline_time_ratio{policy=naive} < 1%", spec),
              HasSubstr("counted trials"));
  spec = {};
  spec.per = "policy";
  EXPECT_THAT(world.mistake("false_offlines{policy=naive} == 0", spec),
              HasSubstr("the rule's `per: policy` gives policy already"));
  spec.per = "fault";
  EXPECT_THAT(world.mistake("wills_true{fault=none} == 0", spec),
              HasSubstr("the rule's `per: fault` gives fault already"));
}

TEST(GateMistakes, are_not_seen_in_rules_that_a_run_can_violate) {
  World world;
  for (const char* expect :
       {"wills_missing - wills_late == 0", "wills_missing{group=city} - wills_missing == 0",
        "wills_missing{cause=acl} - wills_missing{cause=broker} == 0", "wills_missing * 2 == 0",
        "wills_missing / wills_expected == 1", "max(will_delay) - min(will_delay) == 0s",
        "wills_late - wills_early / 2 <= 0", "min(will_lateness) > 0s",
        "will_missing_ratio * 2 < 2", "will_missing_ratio / will_late_ratio > 1"}) {
    EXPECT_EQ(world.mistake(expect), "not one mistake") << expect;
  }
}

TEST(GateMistakes, include_a_per_with_nothing_to_range_over) {
  World world;
  world.scenario.faults.clear();
  scenario::GateRuleSpec spec;
  spec.per = "fault";
  EXPECT_THAT(world.mistake("wills_missing == 0", spec), HasSubstr("per@0: there is no fault"));
}

TEST(GateMistakes, of_depth_and_length_are_bounded) {
  EXPECT_FALSE(parse(std::string(40, '(') + "wills_missing" + std::string(40, ')') + " == 0"));
  EXPECT_FALSE(parse(std::string(600, ' ') + "wills_missing == 0"));
  EXPECT_TRUE(parse(std::string(20, '(') + "wills_missing" + std::string(20, ')') + " == 0"));
}

}  // namespace
}  // namespace probate::analysis::gate
