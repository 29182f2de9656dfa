#include "sim/report/results.hpp"

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

TEST(Results, that_cannot_be_written_are_named_each) {
  const auto errors = write_results(sample::report(), "/proc/probate");
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_EQ(to_text(errors[0]),
            "cannot write /proc/probate/result.json: No such file or directory");
}

TEST(SummaryMarkdown, keeps_foreign_text_text) {
  RunReport report = sample::report();
  report.scenario = "<img src=x onerror=alert(1)>|`code`";
  report.outcome.wills[0].line = "[click](http://x) *bold*\nnew";
  const std::string text = summary_markdown(report);
  EXPECT_THAT(text, HasSubstr("&lt;img src=x onerror=alert(1)&gt;\\|\\`code\\`"));
  EXPECT_THAT(text, HasSubstr("\\[click\\](http://x) \\*bold\\* new"));
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
  EXPECT_THAT(text, HasSubstr("< 0.5%25: 2.12 %25 < 0.5 %25;"));
  EXPECT_THAT(text, HasSubstr("::warning file="));
  EXPECT_THAT(text, Not(HasSubstr("no-missing-wills")));
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
