#include "sim/report/terminal.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/headline.hpp"
#include "sim/report/markdown.hpp"
#include "sim/report/page.hpp"
#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string plain(const RunReport& report) { return terminal_summary(report, {.color = false}); }

TEST(TerminalSummary, begins_with_the_verdict_and_ends_with_the_command) {
  const std::string text = plain(sample::report());
  EXPECT_THAT(text, StartsWith("FAIL  will-on-return"));
  EXPECT_THAT(text, HasSubstr("exit 3\n"));
  EXPECT_THAT(text, testing::EndsWith(
                        "Again\n"
                        "  ./build/release/probate run scenarios/will-on-return.yaml --seed 7\n"));
}

TEST(TerminalSummary, names_the_fidelity_with_the_engine) {
  const std::string named = "500 devices, 72.5 s, live, fidelity segment, mosquitto version";
  RunReport report = sample::report();
  EXPECT_THAT(circumstances(report), StartsWith(named));
  EXPECT_THAT(plain(report), HasSubstr("live, fidelity segment"));
  EXPECT_THAT(summary_markdown(report), HasSubstr(named));
  report.fidelity.clear();
  EXPECT_THAT(circumstances(report), Not(HasSubstr("fidelity"))) << "nobody knows it";
}

TEST(TerminalSummary, shows_rules_as_a_table) {
  EXPECT_THAT(
      plain(sample::report()),
      HasSubstr("Rules\n"
                "  pass          no-missing-wills                                          0 == 0\n"
                "  pass          wills-in-time, group city                           412 ms < 2 s\n"
                "  FAIL          no-false-offline                   2.12 % (bound 3.36 %) < 0.5 %\n"
                "                13 of 612, compared with its bound 3.36 %\n"
                "                13 of 612 reconnects were followed by a false offline\n"
                "  warn          storm                                              240/s < 100/s\n"
                "  inconclusive  twins                                    no data between 5 and 9\n"
                "                the fault twins hit nobody\n"));
}

TEST(TerminalSummary, shows_will_sums_that_add_up) {
  EXPECT_THAT(
      plain(sample::report()),
      HasSubstr("Wills\n"
                "  expected    600 = 400 true + 0 early + 100 late + 100 missing + 0 censored\n"
                "  observed    700 = 400 true + 0 early + 100 late + 200 duplicate + 0 spurious +\n"
                "              0 wrong_epoch + 0 unattributed\n"
                "  of these    300 at a takeover, 100 of a ghost\n"));
  EXPECT_THAT(
      plain(sample::report()),
      HasSubstr(
          "  after               expected    true  early   late  missing  censored observed\n"
          "  gone-and-back            360     240      0     60       60         0      420\n"
          "  twins                    180     120      0     30       30         0      210\n"
          "  none                      60      40      0     10       10         0       70\n"));
}

TEST(TerminalSummary, compares_the_policies) {
  EXPECT_THAT(
      plain(sample::report()),
      HasSubstr("  policy          offline     reconnects    time up  offline      p50        p99\n"
                "  naive                13         2.12 %    0.228 %        0   2.02 s       15 s\n"
                "  debounce_10s          0            0 %        0 %        0   2.02 s       15 s\n"
                "  epoch             n/a: the will payload carries no {epoch}\n"));
}

TEST(TerminalSummary, explains_what_happened_once) {
  const std::string text = plain(sample::report());
  const std::string line = "  meter-00412: silent from +301.2 s (half_open)";
  EXPECT_THAT(text, HasSubstr(line));
  EXPECT_EQ(text.find(line), text.rfind(line));
  EXPECT_THAT(text, HasSubstr("12 × MQTT-3.1.2-8"));
  EXPECT_THAT(text, HasSubstr("Do not trust\n  a part   the fault twins hit nobody"));
}

TEST(TerminalSummary, tells_that_a_broker_of_unknown_version_is_judged_by_the_specification) {
  RunReport report = sample::report();
  report.broker.clear();
  report.profile = "spec-5.0";
  const std::string text = plain(report);
  EXPECT_THAT(text, HasSubstr("broker of unknown version, judged\n  as spec-5.0"));
  EXPECT_THAT(text, HasSubstr("a part   the broker does not tell its version"));
  report.names_profile = true;
  EXPECT_THAT(plain(report), Not(HasSubstr("version"))) << "the user has chosen it";
}

TEST(TerminalSummary, shows_ten_lines_of_every_kind_in_turn_and_counts_the_rest) {
  RunReport report = sample::report();
  auto& episodes = report.outcome.false_offlines;
  analysis::FalseOffline episode = episodes[0];
  for (int i = 0; i < 20; ++i) {
    episode.policy = i < 19 ? 0 : 1;
    episode.line = "device " + std::to_string(i) + " believed OFF";
    episodes.push_back(episode);
  }
  const std::string text = plain(report);
  // One of the other policy and the missing will, then the first policy's, up to ten.
  EXPECT_THAT(text, HasSubstr("  device 19 believed OFF\n"));
  EXPECT_THAT(text, HasSubstr("  meter-00017: silent from +100.0 s (half_open)"));
  EXPECT_THAT(text, HasSubstr("  device 6 believed OFF\n"));
  EXPECT_THAT(text, Not(HasSubstr("  device 7 believed OFF\n")));
  EXPECT_THAT(text, HasSubstr("  … and 12 more in result.json\n"));
}

TEST(TerminalSummary, is_at_most_eighty_columns_wide) {
  RunReport report = sample::report();
  report.scenario = std::string(200, 's');
  report.faults[0] = std::string(60, 'f');
  report.rules[0].name = std::string(90, 'r');
  report.outcome.totals.policies[0].label = std::string(60, 'p');
  report.outcome.totals.wills_by_fault[1].observed = 12345678;
  for (const bool aborted : {false, true}) {
    report.verdict = aborted ? Verdict::aborted : Verdict::fail;
    report.reason = "SIGTERM";
    std::istringstream lines{plain(report)};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), 80u) << line;
  }
}

TEST(TerminalSummary, colours_the_same_text) {
  std::string coloured = terminal_summary(sample::report(), {.color = true});
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;31mFAIL\x1b[0m"));
  for (std::size_t at = 0; (at = coloured.find('\x1b')) != coloured.npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, plain(sample::report()));
}

TEST(TerminalSummary, lets_no_foreign_byte_reach_the_terminal) {
  RunReport report = sample::report();
  report.outcome.wills[0].line = "meter\x1b[2J\x07 gone";
  report.rules[2].reason = "\x1b]0;title\x07";
  const std::string text = plain(report);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("meter\\x1b[2J\\x07 gone"));
}

TEST(TerminalSummary, of_a_run_that_could_not_begin_is_the_reason) {
  RunReport report;
  report.verdict = Verdict::environment;
  report.exit_code = 6;
  report.scenario = "first-look";
  report.reason = "nothing listens on broker.lab:1883";
  report.engine = "live";
  EXPECT_EQ(plain(report),
            "NOT RUN  first-look                                                       exit 6\n"
            "  nothing listens on broker.lab:1883\n"
            "  0 devices, live\n");
}

TEST(TerminalSummary, tells_of_retained_copies_where_wills_are_missing) {
  RunReport report = sample::report();
  const auto missing = report.outcome.totals.wills[analysis::WillClass::missing];
  ASSERT_GT(missing, 0U);
  report.outcome.totals.retained_copies = 0;
  EXPECT_THAT(plain(report), Not(HasSubstr("RETAIN=1")));
  report.outcome.totals.retained_copies = 12;
  EXPECT_THAT(plain(report), HasSubstr("12 copies came with RETAIN=1"));
  EXPECT_THAT(summary_markdown(report), HasSubstr("12 copies came with RETAIN=1"));
  report.outcome.totals.wills[analysis::WillClass::missing] = 0;
  EXPECT_THAT(plain(report), Not(HasSubstr("RETAIN=1")));
}

TEST(TerminalSummary, of_a_run_without_rules_says_that_there_are_none) {
  RunReport report = sample::report();
  report.verdict = Verdict::pass;
  report.rules.clear();
  EXPECT_THAT(plain(report), StartsWith("NO RULES  "));
  EXPECT_THAT(plain(report), HasSubstr("  no rules to hold\n"));
  EXPECT_THAT(summary_markdown(report),
              StartsWith("## ℹ️ probate: will-on-return – no rules\n"));
  EXPECT_THAT(plain(report), Not(HasSubstr("\nRules\n")));
}

}  // namespace
}  // namespace probate::report
