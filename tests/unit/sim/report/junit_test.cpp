#include "sim/report/junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pugixml.hpp>

#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

using testing::HasSubstr;

class Junit {
 public:
  explicit Junit(const RunReport& report) {
    EXPECT_TRUE(document_.load_string(junit_xml(report).c_str()));
  }
  pugi::xml_node suite() const { return document_.child("testsuites").child("testsuite"); }
  pugi::xml_node testcase(const char* name) const {
    return suite().find_child_by_attribute("testcase", "name", name);
  }

 private:
  pugi::xml_document document_;
};

TEST(Junit, has_a_testcase_for_each_rule) {
  const Junit junit{sample::report()};
  EXPECT_EQ(junit.suite().attribute("tests").as_int(), 5);
  EXPECT_EQ(junit.suite().attribute("failures").as_int(), 1);
  EXPECT_EQ(junit.suite().attribute("errors").as_int(), 1);
  EXPECT_STREQ(junit.suite().attribute("timestamp").value(), "2026-11-02T10:00:00Z");
  EXPECT_STREQ(junit.suite().attribute("time").value(), "72.500");
  EXPECT_TRUE(junit.testcase("wills-in-time [group city]"));
}

TEST(Junit, fails_for_a_violated_rule_with_the_evidence) {
  const Junit junit{sample::report()};
  const pugi::xml_node failure = junit.testcase("no-false-offline").child("failure");
  EXPECT_STREQ(failure.attribute("message").value(),
               "13 of 612 reconnects were followed by a false offline");
  EXPECT_THAT(failure.text().get(), HasSubstr("found:  2.12 % (bound 3.36 %), wanted < 0.5 %"));
  EXPECT_THAT(failure.text().get(), HasSubstr("meter-00412: silent from +301.2 s"));
}

TEST(Junit, is_in_error_for_an_inconclusive_rule) {
  const Junit junit{sample::report()};
  EXPECT_STREQ(junit.testcase("twins").child("error").attribute("type").value(), "inconclusive");
}

TEST(Junit, passes_a_violated_warning_and_says_so) {
  const Junit junit{sample::report()};
  const pugi::xml_node storm = junit.testcase("storm");
  EXPECT_FALSE(storm.child("failure"));
  EXPECT_THAT(storm.child("system-out").text().get(), HasSubstr("warning: violated"));
}

TEST(Junit, tells_what_happened_besides_the_rules) {
  const Junit junit{sample::report()};
  const std::string happened = junit.suite().child("system-out").text().get();
  EXPECT_THAT(happened, HasSubstr("meter-00017: silent from +100.0 s"));
  EXPECT_THAT(happened, HasSubstr("meter-00412: silent from +301.2 s"));
}

TEST(Junit, tells_what_was_found_from_what_was_wanted) {
  RunReport report = sample::report();
  report.rules = {sample::rule("none", "wills_missing == 0", analysis::gate::RuleStatus::fail)};
  report.rules[0].value = 1;
  report.rules[0].relation = "==";
  const Junit junit{report};
  EXPECT_STREQ(junit.testcase("none").child("failure").attribute("message").value(),
               "found 1, wanted == 0");
}

// XML 1.0 has no place for any of them, not even escaped.
TEST(Junit, is_well_formed_whatever_a_name_holds) {
  RunReport report = sample::report();
  report.outcome.wills[0].line = "a\xff\xfe: \xef\xbf\xbe\xef\xbf\xbf \x01 \u00e9";
  const std::string text = junit_xml(report);
  EXPECT_THAT(text, HasSubstr("a\\xff\\xfe: \\ufffe\\uffff \\x01 \u00e9"));
}

TEST(Junit, says_which_fidelity_the_silences_had) {
  EXPECT_THAT(junit_xml(sample::report()),
              HasSubstr(R"(<property name="fidelity" value="segment" />)"));
}

TEST(Junit, has_no_property_without_a_value) {
  RunReport report = sample::report();
  report.digest.clear();
  report.repeat.clear();
  const std::string text = junit_xml(report);
  EXPECT_THAT(text, testing::Not(HasSubstr("\"digest\"")));
  EXPECT_THAT(text, testing::Not(HasSubstr("\"repeat\"")));
  EXPECT_THAT(text, HasSubstr("\"seed\""));
}

TEST(Junit, has_a_testcase_more_for_a_run_that_broke_off) {
  RunReport report = sample::report();
  report.verdict = Verdict::aborted;
  report.reason = "SIGINT";
  const Junit junit{report};
  EXPECT_EQ(junit.suite().attribute("tests").as_int(), 6);
  EXPECT_EQ(junit.suite().attribute("errors").as_int(), 2);
  EXPECT_STREQ(junit.testcase("the run itself").child("error").attribute("message").value(),
               "SIGINT");
}

TEST(Junit, is_in_error_for_a_run_that_no_rule_calls_inconclusive) {
  RunReport report = sample::report();
  report.verdict = Verdict::inconclusive;
  report.rules.clear();
  report.outcome.guards = {
      {analysis::GuardKind::undecided, false, {}, {}, "only a note"},
      {analysis::GuardKind::never_up, true, {}, {}, "none of the 4 devices was ever up"}};
  const Junit junit{report};
  EXPECT_EQ(junit.suite().attribute("tests").as_int(), 1);
  EXPECT_EQ(junit.suite().attribute("errors").as_int(), 1);
  const pugi::xml_node error = junit.testcase("the run itself").child("error");
  EXPECT_STREQ(error.attribute("type").value(), "inconclusive");
  EXPECT_STREQ(error.attribute("message").value(), "none of the 4 devices was ever up");
}

TEST(Junit, escapes_what_xml_has_no_place_for) {
  RunReport report = sample::report();
  report.rules[2].reason = "a<b>&\"c\" \x01 </failure>";
  const Junit junit{report};
  EXPECT_STREQ(junit.testcase("no-false-offline").child("failure").attribute("message").value(),
               "a<b>&\"c\" \\x01 </failure>");
}

}  // namespace
}  // namespace probate::report
