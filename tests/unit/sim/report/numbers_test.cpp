#include "sim/report/numbers.hpp"

#include <gtest/gtest.h>

namespace probate::report {
namespace {

using analysis::gate::RuleResult;
using analysis::gate::Unit;

TEST(Numbers, say_a_duration_in_three_digits) {
  EXPECT_EQ(seconds_text(0.0), "0 s");
  EXPECT_EQ(seconds_text(0.0000123), "0.0123 ms");
  EXPECT_EQ(seconds_text(0.0123), "12.3 ms");
  EXPECT_EQ(seconds_text(0.9999), "1 s");
  EXPECT_EQ(seconds_text(3.456), "3.46 s");
  EXPECT_EQ(seconds_text(119.4), "119 s");
  EXPECT_EQ(seconds_text(125.0), "2 min 5 s");
  EXPECT_EQ(seconds_text(3780.0), "1 h 3 min");
  EXPECT_EQ(seconds_text(-125.0), "-2 min 5 s");
  EXPECT_EQ(seconds_text(1500ms), "1.5 s");
}

TEST(Numbers, say_a_share_in_percent) {
  EXPECT_EQ(percent_text(0.0), "0 %");
  EXPECT_EQ(percent_text(13.0 / 612), "2.12 %");
  EXPECT_EQ(percent_text(0.000034), "0.0034 %");
  EXPECT_EQ(percent_text(1.0), "100 %");
  EXPECT_EQ(percent_text(std::uint64_t{1}, std::uint64_t{3}), "33.3 %");
  EXPECT_EQ(percent_text(std::uint64_t{0}, std::uint64_t{0}), "–");
}

TEST(Numbers, keep_whole_numbers_whole) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(123456), "123456");
  EXPECT_EQ(number_text(1234.5), "1234");
  EXPECT_EQ(number_text(0.5), "0.5");
}

TEST(Numbers, compare_in_the_unit_of_the_rule) {
  RuleResult rule;
  rule.relation = "<";
  rule.limit = 2;
  rule.unit = Unit::seconds;
  EXPECT_EQ(comparison_text(rule), "no data < 2 s");
  rule.value = 0.25;
  EXPECT_EQ(comparison_text(rule), "250 ms < 2 s");
  rule.relation = "between";
  rule.limit_high = 200;
  EXPECT_EQ(comparison_text(rule), "250 ms between 2 s and 3 min 20 s");
}

TEST(Numbers, name_the_bound_that_was_compared) {
  RuleResult rule;
  rule.relation = "<";
  rule.limit = 0.05;
  rule.unit = Unit::ratio;
  rule.value = 0;
  rule.bound = 0.072;
  EXPECT_EQ(comparison_text(rule), "0 % (bound 7.2 %) < 5 %");
}

TEST(Numbers, name_the_evidence) {
  RuleResult rule;
  EXPECT_EQ(evidence_text(rule), "");
  rule.samples = 1;
  EXPECT_EQ(evidence_text(rule), "1 sample");
  rule.denominator = 300;
  rule.bound = 0.0099;
  rule.unit = Unit::ratio;
  EXPECT_EQ(evidence_text(rule), "0 of 300, compared with its bound 0.99 %");
}

TEST(Numbers, say_when_in_universal_time) {
  EXPECT_EQ(rfc3339_text(1793613600.9), "2026-11-02T10:00:00Z");
  EXPECT_EQ(rfc3339_text(0), "");
}

}  // namespace
}  // namespace probate::report
