#include "sim/report/result_json.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/report/json_text.hpp"
#include "tests/unit/sim/report/folder.hpp"
#include "tests/unit/sim/report/sample.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

using test::content_of;

// As much of JSON Schema as docs/result.schema.json uses. Collects what is wrong, and which
// properties of the schema were met.
class Schema {
 public:
  Schema() : root_(json::parse(content_of(PROBATE_SOURCE_DIR "/docs/result.schema.json"))) {}

  void check(const json::value& value) { check(root_.as_object(), value, ""); }
  // Every property anywhere in the schema, as "rule.name".
  std::set<std::string> all_properties() {
    std::set<std::string> all;
    collect(root_, all);
    return all;
  }

  std::vector<std::string> findings;
  std::set<std::string> met;

 private:
  const json::object& resolve(const json::object& schema) const {
    const json::value* ref = schema.if_contains("$ref");
    if (ref == nullptr) return schema;
    const std::string name{ref->as_string().subview(std::string_view{"#/$defs/"}.size())};
    return root_.at("$defs").at(name).as_object();
  }

  static std::string kind_of(const json::value& value) {
    if (value.is_null()) return "null";
    if (value.is_bool()) return "boolean";
    if (value.is_string()) return "string";
    if (value.is_array()) return "array";
    if (value.is_object()) return "object";
    return value.is_double() ? "number" : "integer";
  }

  static bool is_of(const json::value& type, const json::value& value) {
    const std::string kind = kind_of(value);
    const auto fits = [&kind](const json::value& name) {
      return name.as_string() == kind || (name.as_string() == "number" && kind == "integer");
    };
    if (type.is_string()) return fits(type);
    return std::any_of(type.as_array().begin(), type.as_array().end(), fits);
  }

  void check(const json::object& reference, const json::value& value, const std::string& path) {
    const json::object& schema = resolve(reference);
    if (const auto* type = schema.if_contains("type"); type && !is_of(*type, value)) {
      findings.push_back(path + " is " + kind_of(value));
      return;
    }
    if (const auto* words = schema.if_contains("enum")) {
      const auto& all = words->as_array();
      if (std::find(all.begin(), all.end(), value) == all.end()) findings.push_back(path);
    }
    if (const auto* constant = schema.if_contains("const"); constant && *constant != value) {
      findings.push_back(path);
    }
    if (value.is_array() && schema.contains("items")) {
      for (const json::value& item : value.get_array()) {
        check(schema.at("items").as_object(), item, path + "[]");
      }
    }
    if (value.is_object()) check_members(schema, value.get_object(), path);
  }

  void check_members(const json::object& schema, const json::object& object,
                     const std::string& path) {
    const json::value* properties = schema.if_contains("properties");
    for (const auto& [key, value] : object) {
      const json::value* property = properties ? properties->as_object().if_contains(key) : nullptr;
      if (property != nullptr) {
        met.insert(key);
        check(property->as_object(), value, path + "." + std::string{key});
      } else if (schema.at("additionalProperties").is_object()) {
        check(schema.at("additionalProperties").as_object(), value, path + ".*");
      } else {
        findings.push_back(path + "." + std::string{key} + " is not in the schema");
      }
    }
    if (const auto* required = schema.if_contains("required")) {
      for (const json::value& key : required->as_array()) {
        if (!object.contains(key.as_string())) {
          findings.push_back(path + " lacks " + std::string{key.as_string()});
        }
      }
    }
  }

  void collect(const json::value& schema, std::set<std::string>& all) {
    if (schema.is_array()) {
      for (const json::value& item : schema.get_array()) collect(item, all);
    }
    if (!schema.is_object()) return;
    for (const auto& [key, value] : schema.get_object()) {
      if (key == "properties") {
        for (const auto& property : value.as_object()) all.insert(std::string{property.key()});
      }
      collect(value, all);
    }
  }

  json::value root_;
};

TEST(ResultJson, is_what_its_schema_says) {
  Schema schema;
  schema.check(json::parse(pretty_json(result_json(sample::report()))));
  EXPECT_THAT(schema.findings, testing::IsEmpty());
  // And the schema has nothing that is never written.
  EXPECT_EQ(schema.met, schema.all_properties());
}

TEST(ResultJson, of_an_empty_run_is_what_its_schema_says) {
  Schema schema;
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
