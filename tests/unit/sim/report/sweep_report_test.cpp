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

TEST(SweepReport, says_in_one_sentence_what_is_dominated) {
  SweepReport report = sample::sweep();
  conclude(report);
  EXPECT_EQ(front_sentence(report),
            "On the Pareto front: naive at keep_alive=30s; debounce_5s at keep_alive=30s. "
            "Dominated: naive at keep_alive=300s; debounce_5s at keep_alive=300s.");
}

// A policy at each point of a grid, with a rate that is the less the better the point is.
SweepReport grid(const std::vector<std::vector<double>>& rates) {
  SweepReport report = sample::sweep();
  report.seeds = 1;
  report.axes = {{"devices.meter.keep_alive", {}}, {"fleet.city.count", {}}};
  for (std::size_t i = 0; i < rates.size(); ++i) {
    report.axes[0].values.push_back(std::to_string(i + 1) + "s");
  }
  for (std::size_t j = 0; j < rates[0].size(); ++j) {
    report.axes[1].values.push_back(std::to_string((j + 1) * 10));
  }
  report.points.clear();
  for (std::size_t i = 0; i < rates.size(); ++i) {
    for (std::size_t j = 0; j < rates[i].size(); ++j) {
      report.points.push_back(
          {{i, j}, {{"naive", "naive", ""}}, {sample::sweep_run(7, {{rates[i][j], 5}})}});
    }
  }
  conclude(report);
  return report;
}

TEST(SweepReport, names_all_points_by_ranges_however_many_there_are) {
  EXPECT_EQ(front_sentence(grid({{1, 1, 1}, {1, 0, 1}, {1, 1, 1}, {1, 1, 1}})),
            "On the Pareto front: naive at keep_alive=2s, count=20. Dominated: naive at "
            "keep_alive=1s, at keep_alive=2s, count=10, at keep_alive=2s, count=30 and at "
            "keep_alive=3s and 4s.");
  EXPECT_EQ(front_sentence(grid({{0, 1, 1}, {0, 1, 1}, {0, 1, 1}, {0, 1, 1}})),
            "On the Pareto front: naive at count=10. Dominated: naive at count=20 and 30.");
  std::vector<std::vector<double>> large(50, std::vector<double>(50, 1));
  large[0][0] = 0;
  EXPECT_EQ(front_sentence(grid(large)),
            "On the Pareto front: naive at keep_alive=1s, count=10. Dominated: naive at "
            "keep_alive=1s, count=20 to 500 and at keep_alive=2s to 50s.");
}

TEST(SweepReport, names_each_of_several_values_that_are_in_no_order) {
  SweepReport report = grid({{0}, {1}, {1}, {1}, {0}});
  report.axes[1].values = {"10"};
  report.axes[0].values = {"30s", "5s", "1m", "20s", "10s"};
  EXPECT_THAT(front_sentence(report), HasSubstr("Dominated: naive at keep_alive=5s | 1m | 20s, "));
  report.axes[0].values = {"1m", "20s", "19s", "5s", "1s"};
  EXPECT_THAT(front_sentence(report), HasSubstr("Dominated: naive at keep_alive=20s to 5s, "));
  report.axes[0].values = {"3.1", "3.1.1", "5", "6", "7"};
  EXPECT_THAT(front_sentence(report), HasSubstr("Dominated: naive at keep_alive=3.1.1 | 5 | 6, "));
}

// The wait of the debounce is varied, which does not touch naive.
SweepReport waits() {
  SweepReport report = sample::sweep();
  report.axes = {{"devices.meter.keep_alive", {"30s", "300s"}},
                 {"backend.presence[1].debounce", {"5s", "9s"}}};
  std::vector<SweepPoint> points;
  for (const SweepPoint& point : report.points) {
    for (std::size_t wait = 0; wait < 2; ++wait) {
      SweepPoint& added = points.emplace_back(point);
      added.values.push_back(wait);
      if (wait == 0) continue;
      added.policies[1].label = "debounce_9s";
      for (auto& run : added.runs) *run->policies[1].detection_s += 4;
    }
  }
  report.points = std::move(points);
  conclude(report);
  return report;
}

TEST(SweepReport, takes_a_policy_that_an_axis_does_not_touch_for_one_option) {
  const SweepReport report = waits();
  ASSERT_EQ(report.options.size(), 8U);
  EXPECT_EQ(report.options[0].same_as, std::nullopt);
  EXPECT_EQ(report.options[2].same_as, 0U);
  EXPECT_EQ(report.options[6].same_as, 4U);  // not 0: the keep-alive changes what happens
  EXPECT_EQ(report.options[3].same_as, std::nullopt);
  EXPECT_THAT(report.options[0].points, ElementsAre(0, 1));
  EXPECT_EQ(axis_text(report, report.options[0], 1), "any");
  EXPECT_EQ(axis_text(report, report.options[3], 1), "9s");
  EXPECT_EQ(option_name(report, report.options[0]), "naive at keep_alive=30s");
  EXPECT_THAT(
      front_sentence(report),
      HasSubstr("front: naive at keep_alive=30s; debounce at keep_alive=30s, debounce=5s."));
}

TEST(SweepReport, tells_options_apart_of_which_one_run_differs) {
  SweepReport report = waits();
  ++report.points[1].runs[1]->policies[0].reconnects;
  conclude(report);
  EXPECT_EQ(report.options[2].same_as, std::nullopt);
  report.points[3].runs[0].reset();
  conclude(report);
  EXPECT_EQ(report.options[6].same_as, std::nullopt);
}

TEST(SweepReport, lets_an_option_that_detected_less_dominate_nothing_by_detection_times) {
  SweepReport report = sample::sweep();
  report.detection = DetectionFigure::mean;
  for (auto& run : report.points[1].runs) run->policies[0].detected = 5;
  for (auto& run : report.points[0].runs) {
    for (PolicyFigures& figures : run->policies) figures.detected = 2;
  }
  conclude(report);
  EXPECT_TRUE(report.options[2].standing.on_front());  // naive at 300 s, which told all
  EXPECT_EQ(report.options[3].standing.dominated_by, 1U);
  report.detection = DetectionFigure::untold;
  conclude(report);
  EXPECT_EQ(report.options[2].standing.dominated_by, 1U);
}

TEST(SweepReport, says_what_cannot_be_compared) {
  SweepReport report = sample::sweep();
  for (auto& run : report.points[0].runs) run->policies[0].detection_s.reset();
  conclude(report);
  EXPECT_THAT(front_sentence(report),
              HasSubstr("Not comparable, for want of a figure: naive at keep_alive=30s."));
  for (SweepPoint& point : report.points) point.runs.assign(2, std::nullopt);
  conclude(report);
  EXPECT_THAT(front_sentence(report), HasSubstr("No option can be compared"));
}

TEST(SweepReport, says_that_nothing_is_dominated) {
  SweepReport report = sample::sweep();
  report.points.pop_back();
  conclude(report);
  EXPECT_THAT(front_sentence(report), HasSubstr("No option is dominated."));
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

TEST(SweepReport, says_over_how_many_seeds_its_means_are) {
  SweepReport report = sample::sweep();
  EXPECT_EQ(seeds_text(report), "means over 2 seeds, 7 to 8");
  EXPECT_TRUE(has_intervals(report));
  report.points[1].runs[1].reset();
  EXPECT_EQ(seeds_text(report), "means over 1 to 2 of 2 seeds at each point");
  EXPECT_TRUE(has_intervals(report));
  report.points[0].runs[1].reset();
  EXPECT_EQ(seeds_text(report), "means over 1 of 2 seeds at each point");
  EXPECT_FALSE(has_intervals(report));
  report.points[1].runs[0].reset();
  EXPECT_EQ(seeds_text(report), "means over 0 to 1 of 2 seeds at each point");
  report.seeds = 1;
  EXPECT_EQ(seeds_text(report), "seed 7");
}

TEST(SweepReport, says_whose_the_seeds_are_if_the_seed_is_varied) {
  SweepReport report = sample::sweep();
  report.axes[0].path = "seed";
  EXPECT_EQ(seeds_text(report), "means over 2 seeds, that of the point and the 1 after it");
  report.seeds = 1;
  EXPECT_EQ(seeds_text(report), "one seed at each point");
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

TEST(SweepReport, counts_every_outage_by_the_time_until_it_was_told) {
  analysis::PresenceTotals totals = presence();
  totals.outages = 4;
  totals.untold_seconds += 10s + 30s + 200s + 160s;
  const auto figures = figures_of(totals, RateFigure::false_offline_ratio, DetectionFigure::untold);
  EXPECT_DOUBLE_EQ(figures.detection_s.value(), 100);
}

TEST(SweepReport, takes_no_outage_that_was_believed_before_for_detected_at_once) {
  analysis::PresenceTotals totals = presence();
  totals.outages = 5;
  for (int i = 0; i < 3; ++i) totals.detection.add(0s);
  totals.outages_foregone = 3;
  const auto of = [&totals](DetectionFigure figure) {
    return figures_of(totals, RateFigure::false_offline_ratio, figure);
  };
  EXPECT_DOUBLE_EQ(of(DetectionFigure::mean).detection_s.value(), 20);
  EXPECT_NEAR(of(DetectionFigure::p50).detection_s.value(), 10, 0.16);
  EXPECT_EQ(of(DetectionFigure::mean).detected, 2U);
  EXPECT_DOUBLE_EQ(of(DetectionFigure::mean).detected_share(), 0.4);
  EXPECT_DOUBLE_EQ(of(DetectionFigure::mean).detected_after_s().value(), 20);
}

TEST(SweepReport, warns_if_options_detected_unlike_shares_of_their_outages) {
  SweepReport report = sample::sweep();
  report.detection = DetectionFigure::mean;
  conclude(report);
  EXPECT_EQ(detection_warning(report), "");
  for (auto& run : report.points[0].runs) {
    run->policies[0].detected = 5;
    run->policies[1].detected = 2;
  }
  conclude(report);
  EXPECT_THAT(detection_warning(report), HasSubstr("detected 0 % to 100 % of theirs"));
  for (const auto figure : {DetectionFigure::untold, DetectionFigure::false_online}) {
    report.detection = figure;
    EXPECT_EQ(detection_warning(report), "");
  }
}

TEST(SweepReport, has_no_figure_where_nothing_happened) {
  const PolicyFigures none = figures_of({}, RateFigure::false_offline_ratio, DetectionFigure::max);
  EXPECT_EQ(none.rate, std::nullopt);
  EXPECT_EQ(none.detection_s, std::nullopt);
}

}  // namespace
}  // namespace probate::report
