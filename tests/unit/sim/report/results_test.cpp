#include "sim/report/results.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/annotations.hpp"
#include "sim/report/headline.hpp"
#include "sim/report/markdown.hpp"
#include "tests/unit/sim/report/folder.hpp"
#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

using test::content_of;
using test::Folder;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Results, are_three_files) {
  const Folder folder;
  EXPECT_TRUE(write_results(sample::report(), folder.path + "/out").empty());
  EXPECT_THAT(content_of(folder.path + "/out/result.json"), HasSubstr("\"verdict\": \"fail\""));
  EXPECT_THAT(content_of(folder.path + "/out/junit.xml"), HasSubstr("<testsuite "));
  EXPECT_THAT(content_of(folder.path + "/out/summary.md"), HasSubstr("## ❌ probate"));
}

TEST(Results, of_an_earlier_run_are_removed_and_nothing_else) {
  const Folder folder;
  for (const char* name :
       {"result.json", "junit.xml", "summary.md.12.part", "metrics.prom", "events.ndjson.gz",
        "events.ndjson.gz.7.part", "result.json.bak", "notes.txt"}) {
    ASSERT_TRUE(write_file(folder.path + "/" + name, "x"));
  }
  EXPECT_TRUE(clear_results(folder.path, Leftovers::results).empty());
  EXPECT_EQ(content_of(folder.path + "/events.ndjson.gz"), "x");
  EXPECT_FALSE(std::filesystem::exists(folder.path + "/summary.md.12.part"));
  EXPECT_TRUE(clear_results(folder.path, Leftovers::all).empty());
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator{folder.path}) {
    left.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(left, testing::UnorderedElementsAre("result.json.bak", "notes.txt"));
  EXPECT_TRUE(clear_results(folder.path + "/none", Leftovers::all).empty());
}

TEST(Results, that_cannot_be_written_are_named_each) {
  const auto errors = write_results(sample::report(), "/proc/probate");
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(to_text(errors[0]),
            "cannot write /proc/probate/result.json: No such file or directory");
}

TEST(SummaryMarkdown, keeps_foreign_text_text) {
  RunReport report = sample::report();
  report.scenario = "<img src=x onerror=alert(1)>|`code`";
  report.outcome.wills[0].line =
      "[click](http://x) *bold*\nnew \xE2\x80\xAE"
      "neerg \xE2\x81\xA6"
      "ok \xE2\x80\xA6";
  const std::string text = summary_markdown(report);
  EXPECT_THAT(text, HasSubstr("&lt;img src=x onerror=alert(1)&gt;\\|\\`code\\`"));
  EXPECT_THAT(text, HasSubstr("\\[click\\](http://x) \\*bold\\* new ?neerg ?ok \xE2\x80\xA6"));
  EXPECT_THAT(text, Not(HasSubstr("<img")));
}

TEST(SummaryMarkdown, has_a_row_for_each_rule_fault_and_policy) {
  const std::string text = summary_markdown(sample::report());
  EXPECT_THAT(text, HasSubstr("| no-missing-wills | ✅ pass | 0 == 0 | 612 samples |"));
  EXPECT_THAT(text, HasSubstr("| gone-and-back | 360 | 240 | 0 | 60 | 60 | 0 | 420 | 180 |"));
  EXPECT_THAT(text, HasSubstr("| all | 600 | 400 | 0 | 100 | 100 | 0 | 700 | 300 |"));
  EXPECT_THAT(text, HasSubstr("| naive | 13 | 2.12 % | 0.228 % | 2.02 s | 15 s |"));
}

TEST(GithubAnnotations, stand_at_the_lines_of_what_did_not_pass) {
  const std::string text = github_annotations(sample::report());
  EXPECT_THAT(text, StartsWith("::error file=scenarios/will-on-return.yaml,line=43,"
                               "title=probate%3A no-false-offline::"));
  EXPECT_THAT(text, HasSubstr("< 0.5%25: found 2.12 %25 (bound 3.36 %25), wanted < 0.5 %25;"));
  EXPECT_THAT(text, HasSubstr("::warning title="));
  EXPECT_THAT(text, Not(HasSubstr("no-missing-wills")));
}

TEST(GithubAnnotations, of_a_rule_that_stands_in_no_file_name_none) {
  RunReport report = sample::report();
  for (auto& rule : report.rules) rule.line = 0;
  EXPECT_THAT(github_annotations(report),
              StartsWith("::error title=probate%3A no-false-offline::"));
}

TEST(Headline, counts_what_decided) {
  RunReport report = sample::report();
  EXPECT_EQ(headline(report), "1 of 5 rules violated, 1 of 5 rules inconclusive, 1 warning");
  report.rules.resize(2);
  EXPECT_EQ(headline(report), "all 2 rules held");
  report.rules.resize(1);
  EXPECT_EQ(headline(report), "the rule held");
  report.rules = {sample::rules()[0], sample::rules()[3]};
  EXPECT_EQ(headline(report), "no rule of severity fail violated, 1 warning");
  report.verdict = Verdict::aborted;
  report.reason = "SIGINT";
  EXPECT_EQ(headline(report), "SIGINT; judged as far as it came");
}

}  // namespace
}  // namespace probate::report
