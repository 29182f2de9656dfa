#include "sim/report/result_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json_text.hpp"
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

}  // namespace
}  // namespace probate::report
