#include "sim/report/result_json.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/json_text.hpp"
#include "tests/unit/sim/report/document_schema.hpp"
#include "tests/unit/sim/report/folder.hpp"
#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

TEST(ResultJson, is_what_its_schema_says) {
  DocumentSchema schema{"result.schema.json"};
  schema.check(json::parse(pretty_json(result_json(sample::report()))));
  EXPECT_THAT(schema.findings, testing::IsEmpty());
  // And the schema has nothing that is never written.
  EXPECT_EQ(schema.met, schema.all_properties());
}

TEST(ResultJson, of_an_empty_run_is_what_its_schema_says) {
  DocumentSchema schema{"result.schema.json"};
  RunReport report;
  report.verdict = Verdict::environment;
  schema.check(json::parse(pretty_json(result_json(report))));
  EXPECT_THAT(schema.findings, testing::IsEmpty());
}

TEST(ResultJson, has_sums_that_add_up) {
  const json::object result = result_json(sample::report());
  const auto& all = result.at("wills").at("all");
  const auto& by_class = all.at("by_class");
  const auto count = [&by_class](const char* name) { return by_class.at(name).to_number<int>(); };
  EXPECT_EQ(all.at("expected").to_number<int>(),
            count("true") + count("early") + count("late") + count("missing") + count("censored"));
  EXPECT_EQ(all.at("observed").to_number<int>(), count("true") + count("early") + count("late") +
                                                     count("duplicate") + count("spurious") +
                                                     count("wrong_epoch") + count("unattributed"));
}

TEST(ResultJson, carries_the_rule_with_its_evidence) {
  const json::object result = result_json(sample::report());
  const auto& rule = result.at("rules").at(2).as_object();
  EXPECT_EQ(rule.at("status"), "fail");
  EXPECT_EQ(rule.at("numerator").to_number<int>(), 13);
  EXPECT_EQ(rule.at("denominator").to_number<int>(), 612);
  EXPECT_EQ(rule.at("bound").as_double(), 0.0336);
  EXPECT_EQ(rule.at("line").to_number<int>(), 43);
  EXPECT_TRUE(result.at("rules").at(4).at("value").is_null());
}

TEST(PrettyJson, keeps_small_things_on_a_line_and_fills_lines_with_numbers) {
  json::array numbers;
  for (int i = 0; i < 60; ++i) numbers.emplace_back(i);
  const json::object value{{"small", json::object{{"a", 1}, {"b", 0.25}}},
                           {"empty", json::array{}},
                           {"numbers", numbers}};
  EXPECT_EQ(
      pretty_json(value),
      "{\n"
      "  \"small\": {\"a\": 1, \"b\": 0.25},\n"
      "  \"empty\": [],\n"
      "  \"numbers\": [\n"
      "    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,\n"
      "    23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,\n"
      "    43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59\n"
      "  ]\n"
      "}\n");
}

TEST(PrettyJson, has_no_number_that_json_does_not_know) {
  EXPECT_EQ(pretty_json(json::value(std::numeric_limits<double>::quiet_NaN())), "null\n");
  EXPECT_EQ(pretty_json(json::value(0.1)), "0.1\n");
  EXPECT_EQ(pretty_json(json::value("</script>\"\n")), "\"</script>\\\"\\n\"\n");
}

}  // namespace
}  // namespace probate::report
