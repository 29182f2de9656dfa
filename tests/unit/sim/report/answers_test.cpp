#include "sim/report/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/markdown.hpp"
#include "sim/report/terminal.hpp"
#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

using analysis::NoWill;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string answer_to(const RunReport& report, const std::string& question) {
  for (const Answer& answer : answers(report)) {
    if (answer.question == question) return answer.text;
  }
  return "";
}

// One fault, two policies, nothing happened yet.
RunReport quiet() {
  RunReport report;
  report.faults = {"twins"};
  report.outcome.totals.faults.resize(1);
  report.outcome.totals.wills_by_fault.resize(2);
  return report;
}
std::uint64_t& none(RunReport& report, NoWill reason) {
  return report.outcome.totals.wills.no_will[static_cast<std::size_t>(reason)];
}

TEST(Answers, are_none_where_no_connection_ended) {
  EXPECT_THAT(answers(quiet()), IsEmpty());
  EXPECT_THAT(terminal_summary(quiet(), {.color = false}), Not(HasSubstr("Answers")));
}

TEST(Answers, say_why_there_was_no_will_the_most_frequent_reason_first) {
  RunReport report = quiet();
  none(report, NoWill::never_accepted) = 3;
  none(report, NoWill::graceful) = 7;
  none(report, NoWill::voided) = 1;
  EXPECT_EQ(answer_to(report, "Why no will?"),
            "of the connections 7 ended with DISCONNECT, whereupon the broker forgets the will; 3 "
            "came to no session: no CONNACK let them in.");
  report.outcome.totals.wills.expected = 1;
  EXPECT_THAT(answer_to(report, "Why no will?"), EndsWith("None that was due is missing."));
  none(report, NoWill::missing) = 1;
  EXPECT_THAT(answer_to(report, "Why no will?"), EndsWith("1 lack a will that was due."));
  report.outcome.totals.wills.delay.add(450s);
  EXPECT_THAT(answer_to(report, "Why no will?"),
              EndsWith("A will that came took 7 min 30 s in the median and 7 min 30 s at most, "
                       "from the end of its connection."));
}

TEST(Answers, say_which_fault_brought_more_wills_than_it_had_strokes) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 50;
  report.outcome.totals.wills_by_fault[0].observed = 50;
  report.outcome.totals.faults[0].injected = 50;
  EXPECT_EQ(answer_to(report, "Why several?"), "") << "one each";
  report.outcome.totals.faults[0].injected = 10;
  EXPECT_THAT(answer_to(report, "Why several?"),
              StartsWith("twins brought 50 wills in 10 strokes: "));
  report.outcome.totals.wills[analysis::WillClass::duplicate] = 2;
  EXPECT_THAT(answer_to(report, "Why several?"), EndsWith(" 2 were copies of one that had come."));
}

TEST(Answers, count_no_copy_among_those_that_a_fault_brought) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 20;
  report.outcome.totals.wills[analysis::WillClass::duplicate] = 10;
  report.outcome.totals.wills_by_fault[0].observed = 20;
  report.outcome.totals.wills_by_fault[0][analysis::WillClass::duplicate] = 10;
  report.outcome.totals.faults[0].injected = 10;
  EXPECT_EQ(answer_to(report, "Why several?"), "10 were copies of one that had come.");
  report.outcome.totals.wills_by_fault[0].observed = 22;
  EXPECT_THAT(answer_to(report, "Why several?"),
              StartsWith("twins brought 12 wills in 10 strokes: "));
  report.outcome.totals.faults[0].injected = 1;
  EXPECT_THAT(answer_to(report, "Why several?"), StartsWith("twins brought 12 wills in 1 stroke:"));
}

TEST(Answers, say_which_wills_came_on_the_return) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 9;
  EXPECT_EQ(answer_to(report, "Why when it is back?"), "");
  report.outcome.totals.wills.takeover = 8;
  report.outcome.totals.wills.ghost = 1;
  const std::string text = answer_to(report, "Why when it is back?");
  EXPECT_THAT(text, StartsWith("8 of 9 wills came at a takeover: "));
  EXPECT_THAT(text, HasSubstr(" or a twin came")) << "which took it over, nobody has counted";
  EXPECT_THAT(text, HasSubstr(". 1 came while their device was connected again: "));
}

TEST(Answers, recommend_the_policy_that_is_wrong_least_and_name_the_worst) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 1;
  report.outcome.totals.policies = {sample::policy("naive", 40), sample::policy("epoch", 0)};
  report.outcome.totals.policies.push_back(sample::policy("hybrid", 0));
  report.outcome.totals.policies.back().not_applicable = "no epoch";
  const std::string text = answer_to(report, "How not to misjudge?");
  EXPECT_THAT(text, StartsWith("epoch: 0 false offlines, 0 % of the time up, 2 of 2 outages told, "
                               "half of them within "));
  EXPECT_THAT(text, HasSubstr("; not naive: 40 false offlines, 0.7 % of"));
  EXPECT_THAT(text, Not(HasSubstr("hybrid")));
}

// A policy of which nothing is known but this.
analysis::PolicyTotals only(const std::string& label, std::uint64_t false_offlines,
                            double false_offline_seconds) {
  analysis::PolicyTotals policy;
  policy.label = label;
  policy.all.outages = 3;
  policy.all.up_seconds = 1000;
  policy.all.false_offlines = false_offlines;
  policy.all.false_offline_seconds = false_offline_seconds;
  return policy;
}

TEST(Answers, do_not_recommend_who_sees_nothing_before_who_is_as_right) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 1;
  report.outcome.totals.policies = {only("debounce_1s", 0, 0), only("debounce_1h", 0, 0)};
  report.outcome.totals.policies[0].all.detection.add(4s);
  EXPECT_EQ(answer_to(report, "How not to misjudge?"),
            "debounce_1s: 0 false offlines, 0 % of the time up, 1 of 3 outages told, half of them "
            "within 4 s.");
  report.outcome.totals.policies.erase(report.outcome.totals.policies.begin());
  EXPECT_THAT(answer_to(report, "How not to misjudge?"), EndsWith(", none of 3 outages told."));
}

// An alarm that nobody takes back is no false offline: the device was down as it came.
TEST(Answers, do_not_recommend_who_never_believes_that_a_device_is_back) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 1;
  report.outcome.totals.policies = {only("naive_alarm", 0, 0), only("naive", 1, 0.1)};
  for (analysis::PolicyTotals& policy : report.outcome.totals.policies) {
    policy.all.reconnects = 3;
    policy.all.devices = 1;
    for (int i = 0; i < 3; ++i) policy.all.detection.add(1s);
  }
  report.outcome.totals.policies[0].all.unrecovered = 3;
  for (int i = 0; i < 3; ++i) report.outcome.totals.policies[1].all.recovery.add(10ms);
  EXPECT_EQ(
      answer_to(report, "How not to misjudge?"),
      "naive: 1 false offline, 0.01 % of the time up, 3 of 3 outages told, half of them within "
      "1 s; not naive_alarm: 0 false offlines, 0 % of the time up, 3 of 3 outages told, half "
      "of them within 1 s; of 3 returns it never believed that the device was back.");
}

TEST(Answers, say_of_whom_a_policy_had_no_opinion_and_whom_it_had_given_up_before) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 1;
  report.outcome.totals.policies = {only("naive", 0, 0)};
  analysis::PresenceTotals& all = report.outcome.totals.policies[0].all;
  all.unknown_seconds = 500;
  all.outages_foregone = 2;
  all.detection.add({});
  all.detection.add({});
  all.detection.add(4s);
  EXPECT_EQ(
      answer_to(report, "How not to misjudge?"),
      "naive: 0 false offlines, 0 % of the time up, no opinion for 50 % of it, 1 of 3 outages "
      "told, half of them within 4 s, before 2 it believed OFF already.");
}

TEST(Answers, count_for_how_long_a_policy_is_wrong_before_how_often) {
  RunReport report = quiet();
  report.outcome.totals.wills.observed = 1;
  report.outcome.totals.policies = {only("naive_alarm", 37, 50), only("naive", 40, 0.1)};
  EXPECT_THAT(answer_to(report, "How not to misjudge?"), StartsWith("naive: 40 false offlines, "));
  EXPECT_THAT(answer_to(report, "How not to misjudge?"), HasSubstr("; not naive_alarm: 37 "));
}

TEST(Answers, stand_in_both_summaries) {
  EXPECT_THAT(terminal_summary(sample::report(), {.color = false}),
              HasSubstr("\n\nAnswers\n  Why no will?\n    of the connections 300 ended with "));
  EXPECT_THAT(summary_markdown(sample::report()),
              HasSubstr("\n- **Why no will?** of the connections 300 ended with "));
}

}  // namespace
}  // namespace probate::report
