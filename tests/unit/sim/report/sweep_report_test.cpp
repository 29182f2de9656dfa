#include "sim/report/sweep_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/report/sweep_sample.hpp"

namespace probate::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SweepReport, has_an_option_for_each_policy_at_each_point_and_the_front) {
  SweepReport report = sample::sweep();
  conclude(report);
  ASSERT_EQ(report.options.size(), 4U);
  EXPECT_THAT(report.series, ElementsAre("naive", "debounce_5s"));
  const SweepOption& naive = report.options[0];
  EXPECT_DOUBLE_EQ(naive.rate.mean.value(), 0.45);
  EXPECT_DOUBLE_EQ(naive.detection_s.mean.value(), 41);
  EXPECT_EQ(naive.rate.count, 2U);
  EXPECT_LT(naive.rate.low.value(), 0.4);
  EXPECT_EQ(naive.counts.outages, 10U);  // of both seeds
  EXPECT_TRUE(naive.standing.on_front());
  EXPECT_TRUE(report.options[1].standing.on_front());
  EXPECT_EQ(report.options[2].standing.dominated_by, 1U);
  EXPECT_EQ(report.options[3].standing.dominated_by, 1U);
}

TEST(SweepReport, says_in_one_sentence_what_is_dominated_and_by_what) {
  SweepReport report = sample::sweep();
  conclude(report);
  EXPECT_EQ(front_sentence(report, 9),
            "On the Pareto front: naive at keep_alive=30s and debounce_5s at keep_alive=30s; "
            "dominated: naive at keep_alive=300s (by debounce_5s at keep_alive=30s) and "
            "debounce_5s at keep_alive=300s (by debounce_5s at keep_alive=30s).");
  EXPECT_EQ(front_sentence(report, 1),
            "On the Pareto front: naive at keep_alive=30s and 1 more; dominated: naive at "
            "keep_alive=300s (by debounce_5s at keep_alive=30s) and 1 more.");
}

TEST(SweepReport, says_what_cannot_be_compared) {
  SweepReport report = sample::sweep();
  for (auto& run : report.points[0].runs) run->policies[0].detection_s.reset();
  conclude(report);
  EXPECT_THAT(front_sentence(report, 9),
              HasSubstr("not comparable, for want of a figure: naive at keep_alive=30s."));
  for (SweepPoint& point : report.points) point.runs.assign(2, std::nullopt);
  conclude(report);
  EXPECT_THAT(front_sentence(report, 9), HasSubstr("No option can be compared"));
}

TEST(SweepReport, says_that_nothing_is_dominated) {
  SweepReport report = sample::sweep();
  report.points.pop_back();
  conclude(report);
  EXPECT_THAT(front_sentence(report, 9), HasSubstr("no option is dominated."));
}

TEST(SweepReport, takes_a_policy_with_another_wait_for_the_same_series) {
  SweepReport report = sample::sweep();
  report.points[1].policies[1].label = "debounce_10s";
  conclude(report);
  EXPECT_THAT(report.series, ElementsAre("naive", "debounce"));
  EXPECT_EQ(option_name(report, report.options[3]), "debounce_10s at keep_alive=300s");
  report.points[0].policies.push_back({"debounce", "debounce_1m", ""});
  report.points[1].policies.push_back({"debounce", "debounce_2m", ""});
  conclude(report);
  EXPECT_THAT(report.series, ElementsAre("naive", "debounce", "debounce (2)"));
}

TEST(SweepReport, names_an_axis_by_the_shortest_end_that_no_other_has) {
  SweepReport report;
  report.axes = {{"fleet.city.link.latency", {"1s"}},
                 {"fleet.rural.link.latency", {"2s"}},
                 {"seed", {"1"}},
                 {"backend.presence[2].debounce", {"5s"}}};
  EXPECT_EQ(axis_name(report, 0), "city.link.latency");
  EXPECT_EQ(axis_name(report, 1), "rural.link.latency");
  EXPECT_EQ(axis_name(report, 2), "seed");
  EXPECT_EQ(axis_name(report, 3), "debounce");
}

TEST(SweepReport, counts_the_verdicts_of_a_point) {
  SweepReport report = sample::sweep();
  EXPECT_EQ(verdicts_of(report.points[0]), "pass");
  report.points[0].runs[1]->verdict = Verdict::fail;
  EXPECT_EQ(verdicts_of(report.points[0]), "1 fail, 1 pass");
  report.points[0].runs[1].reset();
  EXPECT_EQ(verdicts_of(report.points[0]), "1 not run, 1 pass");
  report.points[0].has_rules = false;
  EXPECT_EQ(verdicts_of(report.points[0]), "1 no rules, 1 not run");
}

TEST(SweepReport, repeats_a_run_by_a_command_for_the_shell) {
  SweepReport report = sample::sweep();
  report.overrides = {"fleet.city.count=5"};
  report.axes[0].values[1] = "\"a b\"";
  EXPECT_EQ(repeat_command(report, 1, 8),
            "probate run meters.yaml --engine virtual --seed 8 --set fleet.city.count=5 --set "
            "'devices.meter.keep_alive=\"a b\"'");
}

TEST(SweepReport, repeats_a_run_with_its_seed_once) {
  SweepReport report = sample::sweep();
  report.overrides = {"seed=7", "gate=[]"};
  report.axes[0] = {"seed", {"7", "9"}};
  EXPECT_EQ(repeat_command(report, 1, 9),
            "probate run meters.yaml --engine virtual --seed 9 --set 'gate=[]'");
}

TEST(SweepReport, says_that_it_is_partial) {
  SweepReport report = sample::sweep();
  EXPECT_EQ(partial_sentence(report), "");
  report.stopped = "SIGINT";
  report.points[1].runs[1].reset();
  EXPECT_EQ(partial_sentence(report), "PARTIAL: stopped by SIGINT after 3 of 4 runs");
}

analysis::PresenceTotals presence() {
  analysis::PresenceTotals totals;
  totals.reconnects = 8;
  totals.reconnects_followed = 2;
  totals.false_offlines = 3;
  totals.up_seconds += 7200s;
  totals.false_offline_seconds += 72s;
  totals.detection.add(10s);
  totals.detection.add(30s);
  return totals;
}

TEST(SweepReport, reads_the_figures_that_were_asked_for) {
  const auto rate = [](RateFigure figure) {
    return figures_of(presence(), figure, DetectionFigure::mean).rate.value();
  };
  EXPECT_DOUBLE_EQ(rate(RateFigure::false_offline_ratio), 0.25);
  EXPECT_DOUBLE_EQ(rate(RateFigure::false_offlines_per_device_hour), 1.5);
  EXPECT_DOUBLE_EQ(rate(RateFigure::false_offline_time_ratio), 0.01);
  const auto detection = [](DetectionFigure figure) {
    return figures_of(presence(), RateFigure::false_offline_ratio, figure).detection_s.value();
  };
  EXPECT_DOUBLE_EQ(detection(DetectionFigure::mean), 20);
  EXPECT_DOUBLE_EQ(detection(DetectionFigure::max), 30);
  EXPECT_NEAR(detection(DetectionFigure::p50), 10, 0.16);  // a bucket's upper edge
}

TEST(SweepReport, counts_every_outage_if_asked_for_the_time_believed_online) {
  analysis::PresenceTotals totals = presence();
  totals.outages = 4;
  totals.false_online_seconds += 240s;
  const auto figures =
      figures_of(totals, RateFigure::false_offline_ratio, DetectionFigure::false_online);
  EXPECT_DOUBLE_EQ(figures.detection_s.value(), 60);
}

TEST(SweepReport, warns_if_options_detected_unlike_shares_of_their_outages) {
  SweepReport report = sample::sweep();
  conclude(report);
  EXPECT_EQ(detection_warning(report), "");
  for (auto& run : report.points[0].runs) {
    run->policies[0].detected = 5;
    run->policies[1].detected = 2;
  }
  conclude(report);
  EXPECT_THAT(detection_warning(report), HasSubstr("detected 0 % to 100 % of theirs"));
  report.detection = DetectionFigure::false_online;
  EXPECT_EQ(detection_warning(report), "");
}

TEST(SweepReport, has_no_figure_where_nothing_happened) {
  const PolicyFigures none = figures_of({}, RateFigure::false_offline_ratio, DetectionFigure::max);
  EXPECT_EQ(none.rate, std::nullopt);
  EXPECT_EQ(none.detection_s, std::nullopt);
}

}  // namespace
}  // namespace probate::report
