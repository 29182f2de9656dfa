// What rules read of the failure detectors' figures.
#include "core/analysis/gate/catalogue_figures.hpp"

#include <gtest/gtest.h>

#include "core/analysis/gate/gate.hpp"
#include "tests/support/journal_script.hpp"

namespace probate::analysis::gate {
namespace {

PresenceTotals sample() {
  PresenceTotals totals;
  totals.offline_declarations = 40;
  totals.suspicions = 6;
  totals.false_offlines = 10;
  totals.false_offlines_over_flicker = 4;
  totals.false_offlines_reach = 7;
  totals.false_offlines_after_quiet = 2;
  totals.reconnects = 100;
  totals.reconnects_followed_over_flicker = 3;
  totals.outages_over_bound = 8;
  totals.missed_offlines = 1;
  totals.disturbances = 5;
  totals.takeovers = 20;
  totals.devices = 50;
  totals.devices_hit = 9;
  totals.up_seconds = 1000;
  totals.reach_seconds = 800;
  totals.false_offline_seconds = 10;
  totals.false_offline_reach_seconds = 4;
  totals.false_online_avoidable_seconds = 30;
  totals.mistake_recurrence.add(20s);
  totals.good_period.add(18s);
  return totals;
}

// Numerator over denominator.
double figure(std::string_view name) {
  const Metric* metric = find_metric(name);
  if (metric == nullptr) return -1;
  const Reading reading = metric->of_presence(sample());
  return reading.numerator / reading.denominator;
}

TEST(FigureMetrics, each_divide_by_what_their_name_says) {
  EXPECT_DOUBLE_EQ(figure("false_discovery_ratio"), 10.0 / 40);
  EXPECT_DOUBLE_EQ(figure("false_offlines_per_disturbance"), 10.0 / 5);
  EXPECT_DOUBLE_EQ(figure("false_offlines_per_takeover"), 10.0 / 20);
  EXPECT_DOUBLE_EQ(figure("false_offline_device_ratio"), 9.0 / 50);
  EXPECT_DOUBLE_EQ(figure("false_offline_ratio_over_flicker"), 3.0 / 100);
  EXPECT_DOUBLE_EQ(figure("missed_offline_ratio"), 1.0 / 8);
  EXPECT_DOUBLE_EQ(figure("query_accuracy"), 990.0 / 1000);
  EXPECT_DOUBLE_EQ(figure("false_offline_reach_time_ratio"), 4.0 / 800);
}

TEST(FigureMetrics, read_counts_amounts_and_durations) {
  EXPECT_EQ(figure("offline_suspicions"), 6);
  EXPECT_EQ(figure("false_offlines_reach"), 7);
  EXPECT_EQ(figure("false_offlines_after_quiet"), 2);
  EXPECT_EQ(figure("reach_seconds"), 800);
  EXPECT_EQ(figure("false_offline_reach_seconds"), 4);
  EXPECT_EQ(figure("false_online_avoidable_seconds"), 30);
  EXPECT_EQ(find_metric("mistake_recurrence")->of_presence(sample()).histogram.max(), 20s);
  EXPECT_EQ(find_metric("good_period")->of_presence(sample()).histogram.max(), 18s);
}

// A bound exists for counted trials only: what one trial can bring several of is a quotient.
TEST(FigureMetrics, are_ratios_only_where_every_trial_brings_one_at_most) {
  for (const Metric& metric : figure_metrics()) {
    if (metric.kind != MetricKind::ratio) continue;
    const Reading reading = metric.of_presence(sample());
    EXPECT_LE(reading.numerator, reading.denominator) << metric.name;
  }
  EXPECT_EQ(find_metric("false_offlines_per_disturbance")->kind, MetricKind::quotient);
  EXPECT_EQ(find_metric("false_discovery_ratio")->kind, MetricKind::ratio);
}

TEST(FigureMetrics, of_a_policy_without_broker_events_are_no_data) {
  scenario::Scenario scenario = test::fleet_of(1);
  scenario.backend.presence = {{scenario::PolicyName::aws_lifecycle, 5s}};
  scenario.gate.resize(1);
  scenario.gate[0].name = "none";
  scenario.gate[0].expect = "false_offlines{policy=aws_lifecycle_5s} == 0";
  scenario.backend.presence[0].is_adjusted = true;
  ASSERT_TRUE(check(scenario).empty());
  test::JournalScript script{scenario};
  script.birth(1.1, script.connects(1));
  EXPECT_EQ(evaluate(script.scenario(), script.judged(100)).rules.at(0).status,
            RuleStatus::inconclusive);
  script.scenario().gate[0].expect = "count(detection{policy=aws_lifecycle_5s}) == 0";
  ASSERT_TRUE(check(script.scenario()).empty());
  EXPECT_EQ(evaluate(script.scenario(), script.judged(100)).rules.at(0).status,
            RuleStatus::inconclusive);
}

}  // namespace
}  // namespace probate::analysis::gate
