#include "sim/report/sweep_text.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/report/document_schema.hpp"
#include "tests/unit/sim/report/sweep_sample.hpp"

namespace probate::report {
namespace {

using testing::HasSubstr;
using testing::Not;

SweepReport concluded(SweepReport report) {
  conclude(report);
  return report;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(SweepTable, shows_every_option_with_its_interval_and_standing) {
  const std::string table = sweep_table(concluded(sample::sweep()), false);
  EXPECT_THAT(table, HasSubstr("meters: 2 points, 4 of 4 runs"));
  EXPECT_THAT(table, HasSubstr("keep_alive  policy"));
  EXPECT_THAT(table, HasSubstr("95 % interval of Student's t"));
  // 0.4 and 0.5 with t(0.975, 1) = 12.7: 45 % ± 63.5 %, and a ratio is from 0 to 1.
  EXPECT_THAT(table, HasSubstr("45 % [0 %, 100 %]"));
  EXPECT_THAT(table, HasSubstr("dominated by debounce_5s at keep_alive=30s"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b[")));
}

TEST(SweepTable, shows_an_option_that_is_the_same_at_several_points_once) {
  SweepReport report = sample::sweep();
  report.axes[0].path = "backend.presence[1].debounce";
  report.points[1].runs = report.points[0].runs;
  report.points[1].policies[1].label = "debounce_9s";
  conclude(report);
  const std::string table = sweep_table(report, false);
  EXPECT_THAT(table, HasSubstr("\nany       naive"));
  EXPECT_THAT(table, HasSubstr("\n30s       debounce_5s"));
  EXPECT_THAT(table, HasSubstr("\n300s      debounce_9s"));
  EXPECT_THAT(table, Not(HasSubstr("300s      naive")));
  EXPECT_EQ(lines_in(sweep_csv(report)), 5U);
  const auto options = boost::json::parse(sweep_json(report)).at("options").as_array();
  ASSERT_EQ(options.size(), 4U);
  EXPECT_TRUE(options[0].at("same_as").is_null());
  EXPECT_EQ(options[2].at("same_as"), 0);
}

TEST(SweepTable, shows_how_many_outages_were_told_and_after_how_long) {
  SweepReport report = sample::sweep();
  for (auto& run : report.points[0].runs) {
    run->policies[0].detected = 2;  // of 5
    run->policies[0].detected_s = 9;
  }
  const std::string table = sweep_table(concluded(report), false);
  EXPECT_THAT(table, HasSubstr("4/10 (40 %) in 4.5 s"));
  EXPECT_THAT(table, HasSubstr("0/10 (0 %)  "));
}

TEST(SweepTable, of_one_seed_has_no_interval) {
  SweepReport report = sample::sweep();
  report.seeds = 1;
  for (SweepPoint& point : report.points) point.runs.pop_back();
  const std::string table = sweep_table(concluded(report), false);
  EXPECT_THAT(table, HasSubstr("\nseed 7\n"));
  EXPECT_THAT(table, Not(HasSubstr("[0")));
}

TEST(SweepTable, says_first_and_last_that_it_is_partial) {
  SweepReport report = sample::sweep();
  report.stopped = "SIGINT";
  report.points[1].runs.assign(2, std::nullopt);
  const std::string table = sweep_table(concluded(report), false);
  EXPECT_THAT(table, testing::StartsWith("PARTIAL: stopped by SIGINT after 2 of 4 runs\n"));
  EXPECT_THAT(table, testing::EndsWith("PARTIAL: stopped by SIGINT after 2 of 4 runs\n"));
  EXPECT_THAT(table, HasSubstr("\nmeans over 0 to 2 of 2 seeds at each point, with the 95 %"));
  EXPECT_THAT(table, HasSubstr("not run"));
  EXPECT_THAT(table, HasSubstr("no figure"));
}

TEST(SweepTable, shows_control_characters_of_a_value_and_does_not_obey_them) {
  SweepReport report = sample::sweep();
  report.axes[0].values[0] = "\x1b[31m30s";
  EXPECT_THAT(sweep_table(concluded(report), false), Not(HasSubstr("\x1b")));
}

TEST(SweepCsv, has_a_line_for_each_option_and_quotes_what_needs_it) {
  SweepReport report = sample::sweep();
  report.axes[0].values[1] = "\"a,b\"";
  const std::string csv = sweep_csv(concluded(report));
  EXPECT_EQ(lines_in(csv), 5U);
  EXPECT_THAT(csv, testing::StartsWith(
                       "devices.meter.keep_alive,policy,series,false_offline_ratio,"
                       "false_offline_ratio_low,false_offline_ratio_high,detection_untold_s,"));
  EXPECT_THAT(csv, HasSubstr("\r\n30s,naive,naive,0.45,"));
  EXPECT_THAT(csv, HasSubstr("\r\n\"\"\"a,b\"\"\",naive,naive,"));
}

TEST(SweepCsv, leaves_a_figure_empty_that_there_is_not) {
  SweepReport report = sample::sweep();
  report.seeds = 1;
  for (SweepPoint& point : report.points) point.runs.pop_back();
  report.points[0].runs[0]->policies[0].detection_s.reset();
  EXPECT_THAT(sweep_csv(concluded(report)), HasSubstr("30s,naive,naive,0.4,,,,,,1,3,10,"));
}

TEST(SweepJson, holds_the_grid_the_runs_and_the_front) {
  const auto document = boost::json::parse(sweep_json(concluded(sample::sweep())));
  EXPECT_EQ(document.at("probate_sweep"), 1);
  EXPECT_EQ(document.at("complete"), true);
  const auto& points = document.at("points").as_array();
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[1].at("values").at("devices.meter.keep_alive"), "300s");
  EXPECT_EQ(points[1].at("runs").as_array().size(), 2U);
  EXPECT_EQ(points[0].at("runs").at(1).at("repeat"),
            "probate run meters.yaml --engine virtual --seed 8 --set "
            "devices.meter.keep_alive=30s");
  const auto& options = document.at("options").as_array();
  ASSERT_EQ(options.size(), 4U);
  EXPECT_EQ(options[0].at("front"), true);
  EXPECT_TRUE(options[0].at("dominated_by").is_null());
  EXPECT_EQ(options[3].at("dominated_by"), 1);
  EXPECT_EQ(options[3].at("rate").at("samples"), 2);
}

TEST(SweepJson, is_what_its_schema_says) {
  DocumentSchema schema{"sweep.schema.json"};
  schema.check(boost::json::parse(sweep_json(concluded(sample::sweep()))));
  EXPECT_THAT(schema.findings, testing::IsEmpty());
  // And the schema has nothing that is never written.
  EXPECT_EQ(schema.met, schema.all_properties());

  SweepReport report = sample::sweep();
  report.stopped = "SIGTERM";
  report.points[1].runs[1].reset();
  report.points[0].runs[0]->policies[0].detection_s.reset();
  schema.check(boost::json::parse(sweep_json(concluded(report))));
  EXPECT_THAT(schema.findings, testing::IsEmpty());
}

TEST(SweepJson, says_what_is_missing_of_a_partial_sweep) {
  SweepReport report = sample::sweep();
  report.stopped = "SIGTERM";
  report.points[1].runs[1].reset();
  const auto document = boost::json::parse(sweep_json(concluded(report)));
  EXPECT_EQ(document.at("complete"), false);
  EXPECT_EQ(document.at("stopped"), "SIGTERM");
  EXPECT_EQ(document.at("runs_done"), 3);
  EXPECT_EQ(document.at("points").at(1).at("runs").as_array().size(), 1U);
}

}  // namespace
}  // namespace probate::report
