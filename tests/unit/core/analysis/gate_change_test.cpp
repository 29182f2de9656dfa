// Rules about what is different between two runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/gate/bounds.hpp"
#include "core/analysis/gate/gate.hpp"
#include "tests/unit/core/analysis/gate_world.hpp"

namespace probate::analysis::gate {
namespace {

TEST(GateChange, compares_new_minus_base) {
  World base;
  World fresh;
  base.outcome.totals.wills.lateness.add(100ms);
  fresh.outcome.totals.wills.lateness.add(350ms);
  scenario::GateRuleSpec spec;
  spec.name = "rule";
  spec.expect = "max(will_lateness) <= 200ms";
  base.scenario.gate = {spec};
  ASSERT_TRUE(check(base.scenario).empty());
  const auto gate = evaluate_change(base.scenario, base.outcome, fresh.outcome);
  EXPECT_EQ(gate.rules.at(0).status, RuleStatus::fail);
  EXPECT_NEAR(*gate.rules[0].value, 0.25, 1e-9);
  EXPECT_FALSE(evaluate_change(base.scenario, fresh.outcome, base.outcome).any_failed);
}

// What no run can do a change can: fall.
TEST(GateChange, may_be_limited_below_zero) {
  World base;
  World fresh;
  base.scenario.judges_change = true;
  base.outcome.totals.wills.lateness.add(350ms);
  fresh.outcome.totals.wills.lateness.add(100ms);
  const std::pair<const char*, RuleStatus> rules[] = {
      {"max(will_lateness) >= 0s", RuleStatus::fail},
      {"max(will_lateness) < 0s", RuleStatus::pass},
      {"max(will_lateness) >= -300ms", RuleStatus::pass},
      {"max(will_lateness) between -200ms and -100ms", RuleStatus::fail},
  };
  for (const auto& [expect, status] : rules) {
    scenario::GateRuleSpec spec;
    spec.name = "rule";
    spec.expect = expect;
    base.scenario.gate = {spec};
    ASSERT_TRUE(check(base.scenario).empty()) << expect;
    const auto gate = evaluate_change(base.scenario, base.outcome, fresh.outcome);
    EXPECT_EQ(gate.rules.at(0).status, status) << expect;
  }
}

TEST(GateChange, cannot_be_more_than_all_or_less_than_nothing) {
  World world;
  world.scenario.judges_change = true;
  for (const char* expect : {"will_missing_ratio <= 100%", "will_missing_ratio >= -100%"}) {
    scenario::GateRuleSpec spec;
    spec.name = "rule";
    spec.expect = expect;
    world.scenario.gate = {spec};
    EXPECT_THAT(check(world.scenario).at(0).message, testing::HasSubstr("holds in every run"));
  }
}

TEST(GateChange, compares_the_bound_of_the_difference_where_confidence_is_asked_for) {
  World base;
  World fresh;
  for (auto* world : {&base, &fresh}) world->outcome.totals.policies[0].all.reconnects = 200;
  fresh.outcome.totals.policies[0].all.reconnects_followed = 2;
  scenario::GateRuleSpec spec;
  spec.name = "rule";
  spec.expect = "false_offline_ratio{policy=naive} <= 2%";
  base.scenario.gate = {spec};
  EXPECT_FALSE(evaluate_change(base.scenario, base.outcome, fresh.outcome).any_failed);
  base.scenario.gate[0].confidence = 0.95;
  const auto gate = evaluate_change(base.scenario, base.outcome, fresh.outcome);
  EXPECT_TRUE(gate.any_failed) << "1 % more, but it may be 3 %";
  EXPECT_NEAR(*gate.rules[0].bound, difference_bounds({0, 200}, {2, 200}, 0.9).high, 1e-12);
}

TEST(GateChange, is_inconclusive_by_a_guard_of_either_run) {
  World base;
  World fresh;
  Guard guard;
  guard.voids_run = true;
  guard.text = "lag";
  base.outcome.guards = {guard};
  scenario::GateRuleSpec spec;
  spec.expect = "wills_missing <= 0";
  base.scenario.gate = {spec};
  const auto gate = evaluate_change(base.scenario, base.outcome, fresh.outcome);
  EXPECT_EQ(gate.rules.at(0).status, RuleStatus::inconclusive);
  EXPECT_EQ(gate.rules[0].reason, "base: lag");
}

}  // namespace
}  // namespace probate::analysis::gate
