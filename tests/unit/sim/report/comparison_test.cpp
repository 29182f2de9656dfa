#include "sim/report/comparison.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::report {
namespace {

using analysis::Change;
using analysis::Method;
using ::testing::HasSubstr;
using ::testing::Not;

Change ratio() {
  Change change;
  change.figure = "false_offline_ratio{policy=naive}";
  change.unit = analysis::gate::Unit::ratio;
  change.base = {0.02, 4, 200, std::nullopt, std::nullopt};
  change.fresh = {0.15, 30, 200, std::nullopt, std::nullopt};
  change.difference = 0.13;
  change.method = Method::newcombe;
  change.low = 0.08;
  change.high = 0.19;
  change.significant = true;
  return change;
}

Change count(double base, double fresh) {
  Change change;
  change.figure = "wills_late";
  change.base.value = base;
  change.fresh.value = fresh;
  change.difference = fresh - base;
  return change;
}

ComparisonReport comparison() {
  ComparisonReport report;
  report.verdict = "fail";
  report.exit_code = 3;
  report.base.path = "base.json";
  report.base.verdict = "pass";
  report.fresh.path = "new.json";
  report.fresh.verdict = "fail";
  report.differences = {"seed: 7 → 8"};
  report.changes = {count(3, 2), ratio(), count(5, 5)};
  return report;
}

TEST(Comparison, shows_what_differs_and_what_differs_beyond_chance_first) {
  const std::string text = terminal_comparison(comparison());
  EXPECT_THAT(text, HasSubstr("differs in seed: 7 → 8"));
  EXPECT_THAT(text, HasSubstr("* false_offline_ratio{policy=naive}  2 % (4/200)"));
  EXPECT_THAT(text, HasSubstr("+13 %"));
  EXPECT_THAT(text, HasSubstr("+8 % to +19 %"));
  EXPECT_LT(text.find("false_offline_ratio"), text.find("wills_late"));
  EXPECT_THAT(text, HasSubstr("−1"));
  EXPECT_THAT(text, HasSubstr("2 of 3 figures differ, 1 more than chance explains at 95 %"));
}

TEST(Comparison, says_which_fidelity_each_run_had) {
  ComparisonReport report = comparison();
  report.base.fidelity = "stream";
  report.fresh.fidelity = "segment";
  const std::string text = terminal_comparison(report);
  EXPECT_LT(text.find("fidelity stream"), text.find("fidelity segment"));
  const auto json = boost::json::parse(json_comparison(report));
  EXPECT_EQ(json.at("base").at("fidelity").as_string(), "stream");
  EXPECT_EQ(json.at("new").at("fidelity").as_string(), "segment");
}

TEST(Comparison, of_runs_that_are_not_comparable_has_no_figures) {
  ComparisonReport report = comparison();
  report.not_comparable = "not compared: the runs differ in fleet.city.count";
  for (const std::string& text : {terminal_comparison(report), markdown_comparison(report)}) {
    EXPECT_THAT(text, HasSubstr("not compared: the runs differ in fleet.city.count"));
    EXPECT_THAT(text, Not(HasSubstr("false_offline_ratio")));
  }
}

TEST(Comparison, is_a_table_in_markdown_whatever_names_hold) {
  ComparisonReport report = comparison();
  report.base.path = "a|b<script>";
  const std::string text = markdown_comparison(report);
  EXPECT_THAT(text, HasSubstr("a\\|b\\<script>"));
  EXPECT_THAT(text, HasSubstr("| **≠** | false_offline_ratio{policy=naive} | 2 % (4/200) |"));
}

TEST(Comparison, has_every_figure_in_json) {
  const auto json = boost::json::parse(json_comparison(comparison()));
  EXPECT_EQ(json.at("verdict").as_string(), "fail");
  ASSERT_EQ(json.at("figures").as_array().size(), 3U);
  const auto& figure = json.at("figures").at(1);
  EXPECT_EQ(figure.at("base").at("numerator").as_int64(), 4);
  EXPECT_EQ(figure.at("method").as_string(), "newcombe");
  EXPECT_TRUE(figure.at("significant").as_bool());
  EXPECT_TRUE(json.at("figures").at(0).at("low").is_null());
}

}  // namespace
}  // namespace probate::report
