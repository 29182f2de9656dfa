// Validates a JSON value against the part of JSON Schema (draft 7) that our own schema uses.
#pragma once

#include <algorithm>
#include <array>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace probate::test {

class JsonSchema {
 public:
  // Braces would make a list of one.
  explicit JsonSchema(boost::json::value schema) : root_(std::move(schema)) {}

  // What is wrong with the value, one sentence each; a keyword that is not known here fails the
  // test.
  std::vector<std::string> mistakes(const boost::json::value& value) const {
    std::vector<std::string> found;
    check(root_, value, "", found);
    return found;
  }

 private:
  using Value = boost::json::value;
  using Object = boost::json::object;
  using Found = std::vector<std::string>;

  bool fits(const Value& schema, const Value& value) const {
    Found found;
    check(schema, value, "", found);
    return found.empty();
  }

  void check(const Value& schema, const Value& value, const std::string& path, Found& out) const {
    if (schema.is_bool()) {
      if (!schema.get_bool()) out.push_back(path + ": nothing may stand here");
      return;
    }
    for (const auto& [keyword, rule] : schema.as_object()) {
      check_keyword(schema.as_object(), keyword, value, path, out);
    }
  }

  void check_keyword(const Object& schema, std::string_view keyword, const Value& value,
                     const std::string& path, Found& out) const {
    const Value& rule = schema.at(keyword);
    const auto wrong = [&] {
      out.push_back(fmt::format("{}: {} does not fit {} {}", path, boost::json::serialize(value),
                                keyword, boost::json::serialize(rule).substr(0, 80)));
    };
    const auto fits_one = [&](const Value& choice) { return fits(choice, value); };
    if (keyword == "$ref") return check(target(rule), value, path, out);
    if (keyword == "type" && !is_of_a_type(rule, value)) return wrong();
    if (keyword == "const" && value != rule) return wrong();
    if (keyword == "enum" && !contains(rule.as_array(), value)) return wrong();
    if (keyword == "pattern" && !matches(rule, value)) return wrong();
    if (keyword == "minimum" && value.is_int64() && value.get_int64() < rule.as_int64()) wrong();
    if (keyword == "anyOf") {
      const auto& choices = rule.as_array();
      if (std::none_of(choices.begin(), choices.end(), fits_one)) wrong();
    }
    if (keyword == "allOf") {
      for (const Value& each : rule.as_array()) check(each, value, path, out);
    }
    if (keyword == "if" && fits_one(rule)) check(schema.at("then"), value, path, out);
    if (value.is_array()) check_array(keyword, rule, value.get_array(), path, out);
    if (value.is_object()) check_object(schema, keyword, value.get_object(), path, out);
    EXPECT_TRUE(is_known(keyword)) << keyword;
  }

  void check_array(std::string_view keyword, const Value& rule, const boost::json::array& items,
                   const std::string& path, Found& out) const {
    if (keyword == "minItems" && items.size() < rule.to_number<std::size_t>()) {
      out.push_back(path + ": too few items");
    }
    if (keyword == "maxItems" && items.size() > rule.to_number<std::size_t>()) {
      out.push_back(path + ": too many items");
    }
    if (keyword != "items") return;
    for (std::size_t i = 0; i < items.size(); ++i) {
      check(rule, items[i], fmt::format("{}[{}]", path, i), out);
    }
  }

  void check_object(const Object& schema, std::string_view keyword, const Object& members,
                    const std::string& path, Found& out) const {
    const Value& rule = schema.at(keyword);
    if (keyword == "required") {
      for (const Value& key : rule.as_array()) {
        if (members.contains(key.as_string())) continue;
        out.push_back(fmt::format("{}: {} is missing", path, std::string_view{key.as_string()}));
      }
    }
    const Value* properties = schema.if_contains("properties");
    for (const auto& [key, member] : members) {
      const std::string below = path + "." + std::string{key};
      const bool named = properties != nullptr && properties->as_object().contains(key);
      if (keyword == "properties" && named) check(rule.at(key), member, below, out);
      if (keyword == "additionalProperties" && !named) check(rule, member, below, out);
      if (keyword == "propertyNames") check(rule, boost::json::string{key}, below, out);
    }
  }

  const Value& target(const Value& reference) const {
    constexpr std::string_view kPrefix = "#/definitions/";
    const std::string_view text = reference.as_string();
    return root_.at("definitions").at(text.substr(kPrefix.size()));
  }
  static bool contains(const boost::json::array& words, const Value& value) {
    return std::find(words.begin(), words.end(), value) != words.end();
  }
  static bool matches(const Value& pattern, const Value& value) {
    if (!value.is_string()) return true;
    return std::regex_search(std::string{value.get_string()},
                             std::regex{std::string{pattern.as_string()}});
  }
  static bool is_of_a_type(const Value& types, const Value& value) {
    if (types.is_string()) return is_of(types.get_string(), value);
    const auto& all = types.as_array();
    return std::any_of(all.begin(), all.end(),
                       [&value](const Value& type) { return is_of(type.as_string(), value); });
  }
  static bool is_of(std::string_view type, const Value& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_bool();
    if (type == "integer") return value.is_int64() || value.is_uint64();
    EXPECT_EQ(type, "number");
    return value.is_number();
  }
  static bool is_known(std::string_view keyword) {
    constexpr std::array<std::string_view, 21> kKnown{"$schema",
                                                      "title",
                                                      "description",
                                                      "definitions",
                                                      "$ref",
                                                      "type",
                                                      "const",
                                                      "enum",
                                                      "pattern",
                                                      "minimum",
                                                      "anyOf",
                                                      "allOf",
                                                      "if",
                                                      "then",
                                                      "items",
                                                      "minItems",
                                                      "maxItems",
                                                      "additionalProperties",
                                                      "propertyNames",
                                                      "properties",
                                                      "required"};
    return std::find(kKnown.begin(), kKnown.end(), keyword) != kKnown.end();
  }

  boost::json::value root_;
};

}  // namespace probate::test
