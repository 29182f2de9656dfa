#include "core/analysis/gate/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/analysis/gate/bounds.hpp"
#include "tests/unit/core/analysis/gate_world.hpp"

namespace probate::analysis::gate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Gate, compares_counts) {
  World world;
  world.outcome.totals.wills.expected = 3;
  world.outcome.totals.wills[WillClass::in_time] = 3;
  EXPECT_EQ(world.status("wills_true == 3"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true != 3"), RuleStatus::fail);
  EXPECT_EQ(world.status("wills_true > 3"), RuleStatus::fail);
  EXPECT_EQ(world.status("wills_true >= 3"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true <= 2"), RuleStatus::fail);
  EXPECT_EQ(world.status("wills_true < 4"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true between 3 and 5"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true between 4 and 5"), RuleStatus::fail);
}

TEST(Gate, computes_with_the_usual_precedence) {
  World world;
  world.outcome.totals.wills.expected = 10;
  world.outcome.totals.wills[WillClass::late] = 2;
  world.outcome.totals.wills[WillClass::early] = 3;
  EXPECT_EQ(world.rule("wills_late + wills_early * 2 == 8").value, 8);
  EXPECT_EQ(world.rule("(wills_late + wills_early) * 2 == 10").value, 10);
  EXPECT_EQ(world.rule("wills_late / wills_expected < 50%").value, 0.2);
  EXPECT_EQ(world.rule("rate(wills_expected) < 2/s").value, 1);  // 10 in 10 s
}

TEST(Gate, reads_durations_in_every_unit) {
  World world;
  world.outcome.totals.wills.lateness.add(1500ms);
  EXPECT_EQ(world.status("max(will_lateness) == 1500ms"), RuleStatus::pass);
  EXPECT_EQ(world.status("max(will_lateness) == 1.5s"), RuleStatus::pass);
  EXPECT_EQ(world.status("max(will_lateness) < 0m2s"), RuleStatus::pass);
  EXPECT_EQ(world.status("p99(will_lateness) < 1s"), RuleStatus::fail);
  EXPECT_EQ(world.status("count(will_lateness) == 1"), RuleStatus::pass);
}

TEST(Gate, tells_the_unit_of_what_it_found) {
  World world;
  world.outcome.totals.policies[0].all.reconnects = 200;
  world.outcome.totals.policies[0].all.reconnects_followed = 3;
  const RuleResult result = world.rule("false_offline_ratio{policy=naive} < 1%");
  EXPECT_EQ(result.status, RuleStatus::fail);
  EXPECT_EQ(result.unit, Unit::ratio);
  EXPECT_EQ(result.numerator, 3U);
  EXPECT_EQ(result.denominator, 200U);
  EXPECT_EQ(result.samples, 200U);
  EXPECT_EQ(result.reason, "1.5 % is not < 1 %");
}

TEST(Gate, says_plainly_that_something_is_what_it_must_not_be) {
  World world;
  EXPECT_EQ(world.rule("wills_missing != 0").reason, "it is 0");
}

TEST(Gate, compares_the_exact_bound_where_confidence_is_asked_for) {
  World world;
  world.outcome.totals.policies[0].all.reconnects = 300;
  scenario::GateRuleSpec spec;
  spec.confidence = 0.95;
  const std::string expect = "false_offline_ratio{policy=naive} < 0.5%";
  EXPECT_EQ(world.status(expect), RuleStatus::pass) << "0 of 300 is below 0.5 %";
  const RuleResult result = world.rule(expect, spec);
  EXPECT_EQ(result.status, RuleStatus::fail) << "but it may be 0.99 %";
  ASSERT_TRUE(result.bound);
  EXPECT_NEAR(*result.bound, 0.009936, 1e-6);
  world.outcome.totals.policies[0].all.reconnects = 600;
  EXPECT_EQ(world.status(expect, spec), RuleStatus::pass);
}

TEST(Gate, is_inconclusive_with_too_few_samples) {
  World world;
  world.outcome.totals.policies[0].all.reconnects = 10;
  scenario::GateRuleSpec spec;
  spec.samples_min = 11;
  const RuleResult result = world.rule("false_offline_ratio{policy=naive} < 1%", spec);
  EXPECT_EQ(result.status, RuleStatus::inconclusive);
  EXPECT_EQ(result.reason, "10 samples, 11 needed");
}

TEST(Gate, never_passes_without_data_unless_told_to) {
  World world;
  const std::string expect = "p99(will_lateness) < 1s";
  EXPECT_EQ(world.status(expect), RuleStatus::inconclusive);
  EXPECT_EQ(world.status("false_offline_ratio{policy=naive} == 0%"), RuleStatus::inconclusive);
  scenario::GateRuleSpec spec;
  spec.on_no_data = scenario::OnNoData::fail;
  EXPECT_EQ(world.status(expect, spec), RuleStatus::fail);
  spec.on_no_data = scenario::OnNoData::pass;
  EXPECT_EQ(world.status(expect, spec), RuleStatus::pass);
}

TEST(Gate, finds_no_data_in_a_run_without_a_device) {
  World world;
  for (PolicyTotals& policy : world.outcome.totals.policies) policy.all.up_seconds = 0;
  EXPECT_EQ(world.status("wills_missing == 0"), RuleStatus::inconclusive);
}

TEST(Gate, counts_by_group_fault_phase_cause_and_flag) {
  World world;
  Totals& totals = world.outcome.totals;
  totals.wills.expected = 9;
  totals.wills.missing[static_cast<std::size_t>(MissingCause::topic_mismatch)] = 4;
  totals.wills.missing[static_cast<std::size_t>(MissingCause::broker)] = 5;
  totals.wills.takeover = 7;
  totals.wills_by_group[1][WillClass::in_time] = 2;
  totals.wills_by_fault[0][WillClass::in_time] = 3;
  totals.wills_by_phase[0][WillClass::in_time] = 6;
  EXPECT_EQ(world.rule("wills_missing == 9").value, 9);
  EXPECT_EQ(world.rule("wills_missing{cause=topic_mismatch} == 4").value, 4);
  EXPECT_EQ(world.rule("wills_missing{cause!=topic_mismatch} == 5").value, 5);
  EXPECT_EQ(world.rule("wills_missing{cause=~\"broker.*\"} == 5").value, 5);
  EXPECT_EQ(world.rule("wills_flagged{flag=takeover} == 7").value, 7);
  EXPECT_EQ(world.rule("wills_true{group=rural} == 2").value, 2);
  EXPECT_EQ(world.rule("wills_true{group=~\".*\"} == 2").value, 2);
  EXPECT_EQ(world.rule("wills_true{fault=cut} == 3").value, 3);
  scenario::GateRuleSpec spec;
  spec.over = "phase storm";
  EXPECT_EQ(world.rule("wills_true == 6", spec).value, 6);
  spec.over = "fault cut";
  EXPECT_EQ(world.rule("wills_true == 3", spec).value, 3);
}

TEST(Gate, judges_a_rule_once_for_each_of_its_per) {
  World world;
  world.outcome.totals.wills_by_group[1][WillClass::late] = 1;
  scenario::GateRuleSpec spec;
  spec.name = "on-time";
  spec.expect = "wills_late == 0";
  spec.per = "group";
  world.scenario.gate = {spec};
  ASSERT_TRUE(check(world.scenario).empty());
  const GateOutcome gate = evaluate(world.scenario, world.outcome);
  ASSERT_EQ(gate.rules.size(), 2U);
  EXPECT_EQ(gate.rules[0].per, "group city");
  EXPECT_EQ(gate.rules[0].status, RuleStatus::pass);
  EXPECT_EQ(gate.rules[1].per, "group rural");
  EXPECT_EQ(gate.rules[1].status, RuleStatus::fail);
  EXPECT_TRUE(gate.any_failed);
}

TEST(Gate, lets_a_warning_change_nothing) {
  World world;
  world.outcome.totals.wills[WillClass::late] = 1;
  scenario::GateRuleSpec spec;
  spec.name = "for-the-record";
  spec.expect = "wills_late == 0";
  spec.severity = scenario::Severity::warn;
  world.scenario.gate = {spec};
  const GateOutcome gate = evaluate(world.scenario, world.outcome);
  EXPECT_EQ(gate.rules[0].status, RuleStatus::warn);
  EXPECT_FALSE(gate.any_failed);
  EXPECT_FALSE(gate.any_inconclusive);
}

TEST(Gate, trusts_no_figure_that_a_guard_voids) {
  World world;
  Guard guard;
  guard.kind = GuardKind::lag;
  guard.voids_run = true;
  guard.text = "the generator was late";
  world.outcome.guards = {guard};
  const RuleResult result = world.rule("wills_missing == 0");
  EXPECT_EQ(result.status, RuleStatus::inconclusive);
  EXPECT_EQ(result.reason, "the generator was late");
}

TEST(Gate, applies_the_guard_of_a_fault_to_rules_over_it_only) {
  World world;
  Guard guard;
  guard.kind = GuardKind::fault_hit_nobody;
  guard.fault = FaultId{1};
  world.outcome.guards = {guard};
  scenario::GateRuleSpec spec;
  EXPECT_EQ(world.status("wills_missing == 0"), RuleStatus::pass);
  spec.over = "fault stall";
  EXPECT_EQ(world.status("wills_missing == 0", spec), RuleStatus::inconclusive);
  spec.over = "fault cut";
  EXPECT_EQ(world.status("wills_missing == 0", spec), RuleStatus::pass);
}

TEST(Gate, names_the_worst_offenders_of_a_violated_rule) {
  World world;
  WillEntry entry;
  entry.will_class = WillClass::missing;
  entry.line = "m-3: cut and nothing came";
  world.outcome.wills = {entry};
  world.outcome.totals.wills.missing[0] = 1;
  EXPECT_THAT(world.rule("wills_missing == 0").offenders, ElementsAre("m-3: cut and nothing came"));
  EXPECT_TRUE(world.rule("wills_missing == 1").offenders.empty()) << "it held";
}

TEST(Gate, applies_the_guard_of_a_fault_to_labels_that_select_nothing_else) {
  World world;
  Guard guard;
  guard.kind = GuardKind::fault_hit_nobody;
  guard.fault = FaultId{1};
  guard.text = "fault stall hit nobody";
  world.outcome.guards = {guard};
  EXPECT_EQ(world.status("wills_true{fault=stall} == 0"), RuleStatus::inconclusive);
  EXPECT_EQ(world.status("1 + wills_true{fault=stall} == 1"), RuleStatus::inconclusive);
  EXPECT_EQ(world.status("wills_true{fault=cut} == 0"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true{fault=~\".*t.*\"} == 0"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true{fault!=stall} == 0"), RuleStatus::pass);
  guard.fault = FaultId{0};
  world.outcome.guards.push_back(guard);
  EXPECT_EQ(world.status("wills_true{fault=~\"cut|stall\"} == 0"), RuleStatus::inconclusive);
}

TEST(Gate, applies_the_guard_of_a_phase_to_rules_over_it_only) {
  World world;
  world.scenario.phases.push_back({"settle", std::nullopt, scenario::ForDuration{10s}});
  world.outcome.totals.wills_by_phase.resize(2);
  Guard guard;
  guard.kind = GuardKind::phase_timeout;
  guard.phase = PhaseId{1};
  world.outcome.guards = {guard};
  scenario::GateRuleSpec spec;
  EXPECT_EQ(world.status("wills_missing == 0"), RuleStatus::pass);
  spec.over = "phase settle";
  EXPECT_EQ(world.status("wills_missing == 0", spec), RuleStatus::inconclusive);
  spec.over = "phase storm";
  EXPECT_EQ(world.status("wills_missing == 0", spec), RuleStatus::pass);
}

TEST(Gate, voids_every_rule_by_every_guard_that_voids_the_run) {
  for (const GuardKind kind :
       {GuardKind::events_dropped, GuardKind::events_out_of_order, GuardKind::broker_lost,
        GuardKind::voided, GuardKind::lag, GuardKind::observer_gap}) {
    World world;
    Guard guard;
    guard.kind = kind;
    guard.voids_run = true;
    guard.text = to_text(kind);
    world.outcome.guards = {guard};
    scenario::GateRuleSpec spec;
    spec.on_no_data = scenario::OnNoData::pass;
    const RuleResult result = world.rule("wills_missing == 0", spec);
    EXPECT_EQ(result.status, RuleStatus::inconclusive) << to_text(kind);
    EXPECT_EQ(result.reason, to_text(kind));
  }
}

TEST(Gate, subtracts_where_a_label_would_have_a_hyphen) {
  World world;
  world.scenario.fleet[1].name = "rural-2";
  world.scenario.faults[1].name = "3g-stall";
  world.outcome.totals.wills.expected = 9;
  world.outcome.totals.wills[WillClass::in_time] = 4;
  world.outcome.totals.wills_by_group[1][WillClass::in_time] = 3;
  world.outcome.totals.wills_by_fault[1][WillClass::in_time] = 2;
  EXPECT_EQ(world.rule("wills_expected-wills_true == 5").value, 5);
  EXPECT_EQ(world.rule("wills_expected-4 == 5").value, 5);
  EXPECT_EQ(world.rule("wills_true{group=rural-2} == 3").value, 3);
  EXPECT_EQ(world.rule("wills_true{fault=3g-stall} == 2").value, 2);
}

TEST(Gate, compares_rates_per_second_with_rates_per_hour) {
  World world;
  world.outcome.totals.wills.expected = 10;  // in 10 s
  EXPECT_EQ(world.status("rate(wills_expected) == 3600/h"), RuleStatus::pass);
  EXPECT_EQ(world.status("rate(wills_expected) < 3599/h"), RuleStatus::fail);
  world.outcome.totals.policies[0].all.false_offlines = 4;  // in 2 hours
  EXPECT_EQ(world.status("false_offlines_per_device_hour{policy=naive} < 1/s"), RuleStatus::pass);
}

TEST(Gate, knows_whom_the_faults_hit) {
  World world;
  world.outcome.totals.faults.resize(2);
  world.outcome.totals.faults[0].injected = 5;
  world.outcome.totals.faults[1].injected = 2;
  world.outcome.totals.faults[1].skipped = {{"offline", 3}, {"silent", 1}};
  EXPECT_EQ(world.rule("faults_injected == 7").value, 7);
  EXPECT_EQ(world.rule("faults_injected{fault=cut} == 5").value, 5);
  EXPECT_EQ(world.rule("faults_skipped{fault!=cut} == 4").value, 4);
  scenario::GateRuleSpec spec;
  spec.over = "fault stall";
  EXPECT_EQ(world.rule("faults_injected == 2", spec).value, 2);
  spec.over = "phase storm";
  EXPECT_THAT(world.mistake("faults_injected == 2", spec), HasSubstr("by fault only"));
}

TEST(GateData, is_lacking_where_wills_were_owed_and_none_was_decided) {
  World world;
  WillTotals& wills = world.outcome.totals.wills;
  wills = {};
  EXPECT_EQ(world.status("wills_missing == 0"), RuleStatus::pass);  // none was owed
  wills.expected = 4;
  wills[WillClass::censored] = 4;
  wills.censored[static_cast<std::size_t>(CensoredCause::not_due)] = 4;
  for (const char* expect : {"wills_missing == 0", "wills_missing / wills_expected < 1%",
                             "wills_late == 0", "will_obligations{class=missing} == 0"}) {
    const RuleResult result = world.rule(expect);
    EXPECT_EQ(result.status, RuleStatus::inconclusive) << expect;
    EXPECT_THAT(result.reason, HasSubstr("4 wills were owed, and none was decided")) << expect;
  }
  EXPECT_EQ(world.status("wills_censored == 4"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_expected == 4"), RuleStatus::pass);
}

// Owed, and of them decided (in time) and not.
void owe(WillTotals& wills, std::uint64_t in_time, std::uint64_t censored) {
  wills = {};
  wills.expected = in_time + censored;
  wills.observed = in_time;
  wills[WillClass::in_time] = in_time;
  wills[WillClass::censored] = censored;
  wills.censored[static_cast<std::size_t>(CensoredCause::not_due)] = censored;
  for (std::uint64_t i = 0; i < in_time; ++i) {
    wills.delay.add(1s);
    wills.lateness.add(0s);
  }
}

TEST(GateData, is_lacking_where_fewer_wills_were_decided_than_not) {
  World world;
  WillTotals& wills = world.outcome.totals.wills;
  owe(wills, 1, 19);
  for (const char* expect :
       {"wills_missing == 0", "wills_missing{cause=~\"broker|acl\"} == 0", "wills_late == 0",
        "wills_true <= 1", "will_obligations{class=missing} == 0", "will_missing_ratio < 1%",
        "will_late_ratio < 1%", "p99(will_lateness) < 1s", "max(will_delay) < 2s",
        "wills_observed{class=late} == 0", "wills_flagged{flag=ghost} == 0",
        "no_wills{reason=missing} == 0", "wills_expected * 0.1 + wills_missing < 3",
        "wills_true >= 2"}) {
    const RuleResult result = world.rule(expect);
    EXPECT_EQ(result.status, RuleStatus::inconclusive) << expect;
    EXPECT_THAT(result.reason,
                HasSubstr("no data: 20 wills were owed, and only 1 of them was decided"))
        << expect;
    EXPECT_FALSE(result.value) << expect;
  }
  for (const char* expect : {"wills_censored == 19", "wills_expected == 20", "wills_spurious == 0",
                             "no_wills{reason=graceful} == 0"}) {
    EXPECT_EQ(world.status(expect), RuleStatus::pass) << expect;
  }
  owe(wills, 10, 10);
  EXPECT_EQ(world.status("wills_missing == 0"), RuleStatus::pass) << "as many as not";
}

// Nineteen wills are not known, but one is missing whatever became of them.
TEST(GateData, is_enough_where_the_undecided_wills_could_not_change_the_answer) {
  World world;
  WillTotals& wills = world.outcome.totals.wills;
  owe(wills, 2, 17);
  wills.expected += 1;
  wills[WillClass::missing] = 1;
  wills.missing[static_cast<std::size_t>(MissingCause::broker)] = 1;
  EXPECT_EQ(world.status("wills_missing == 0"), RuleStatus::fail);
  EXPECT_EQ(world.status("wills_missing + wills_late == 0"), RuleStatus::fail);
  EXPECT_EQ(world.status("wills_missing <= 1"), RuleStatus::inconclusive);
  EXPECT_EQ(world.status("wills_true >= 2"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_true > 2"), RuleStatus::inconclusive);
  EXPECT_EQ(world.status("will_missing_ratio < 5%"), RuleStatus::inconclusive);
}

TEST(GateData, of_selected_parts_is_lacking_though_one_of_them_owed_nothing) {
  World world;
  Totals& totals = world.outcome.totals;
  owe(totals.wills, 1, 19);
  owe(totals.wills_by_fault[0], 1, 0);   // cut
  owe(totals.wills_by_fault[1], 0, 19);  // stall; none of them by no fault
  owe(totals.wills_by_group[0], 1, 19);  // city; none in rural
  for (const char* expect :
       {"wills_missing{fault!=cut} == 0", "wills_missing{fault=~\"stall|none\"} == 0",
        "wills_missing{fault=stall} == 0", "wills_missing{group=~\".*\"} == 0",
        "wills_late{fault!=cut} == 0"}) {
    EXPECT_EQ(world.status(expect), RuleStatus::inconclusive) << expect;
  }
  EXPECT_EQ(world.status("wills_missing{fault=cut} == 0"), RuleStatus::pass);
  EXPECT_EQ(world.status("wills_missing{fault=none} == 0"), RuleStatus::pass) << "none was owed";
  EXPECT_THAT(world.rule("wills_missing{fault!=cut,cause=~\".*\"} == 0").reason,
              HasSubstr("19 wills were owed, and none was decided"));
}

TEST(GateData, of_a_change_is_lacking_if_either_run_lacks_it) {
  World base;
  World fresh;
  owe(base.outcome.totals.wills, 20, 0);
  owe(fresh.outcome.totals.wills, 1, 19);
  scenario::GateRuleSpec spec;
  spec.expect = "wills_missing <= 0";
  base.scenario.gate = {spec};
  for (const auto& [one, other] : {std::pair{&base, &fresh}, std::pair{&fresh, &base}}) {
    const auto gate = evaluate_change(base.scenario, one->outcome, other->outcome);
    EXPECT_EQ(gate.rules.at(0).status, RuleStatus::inconclusive);
    EXPECT_THAT(gate.rules[0].reason, HasSubstr("only 1 of them was decided"));
  }
}

TEST(GateMetrics, can_each_be_asked_for) {
  World world;
  world.outcome.totals.wills.delay.add(1s);
  for (const MetricName& metric : metric_names()) {
    std::string expect = metric.name;
    if (metric.labels.find("policy") != std::string::npos) expect += "{policy=naive}";
    if (metric.kind == "histogram") expect = "count(" + expect + ")";
    const bool seconds = metric.unit == "s" && metric.kind != "histogram";
    const bool ratio = metric.kind == "ratio";
    expect += seconds ? " < 900h" : metric.unit == "/h" ? " < 9/h" : ratio ? " < 100%" : " < 9999";
    EXPECT_NE(world.status(expect), RuleStatus::fail) << expect;
    EXPECT_FALSE(metric.meaning.empty()) << metric.name;
  }
}

}  // namespace
}  // namespace probate::analysis::gate
