// Whether what we write is what its schema says, and whether the schema has nothing more.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "tests/unit/sim/report/folder.hpp"

namespace probate::report {

// A schema of docs/, as much of JSON Schema as they use. Collects what is wrong, and which
// properties of the schema were met.
class DocumentSchema {
 public:
  explicit DocumentSchema(const std::string& name)
      : root_(boost::json::parse(test::content_of(PROBATE_SOURCE_DIR "/docs/" + name))) {}

  void check(const boost::json::value& value) { check(root_.as_object(), value, ""); }
  // Every property anywhere in the schema, as "rule.name".
  std::set<std::string> all_properties() {
    std::set<std::string> all;
    collect(root_, all);
    return all;
  }

  std::vector<std::string> findings;
  std::set<std::string> met;

 private:
  const boost::json::object& resolve(const boost::json::object& schema) const {
    const boost::json::value* ref = schema.if_contains("$ref");
    if (ref == nullptr) return schema;
    const std::string name{ref->as_string().subview(std::string_view{"#/$defs/"}.size())};
    return root_.at("$defs").at(name).as_object();
  }

  static std::string kind_of(const boost::json::value& value) {
    if (value.is_null()) return "null";
    if (value.is_bool()) return "boolean";
    if (value.is_string()) return "string";
    if (value.is_array()) return "array";
    if (value.is_object()) return "object";
    return value.is_double() ? "number" : "integer";
  }

  static bool is_of(const boost::json::value& type, const boost::json::value& value) {
    const std::string kind = kind_of(value);
    const auto fits = [&kind](const boost::json::value& name) {
      return name.as_string() == kind || (name.as_string() == "number" && kind == "integer");
    };
    if (type.is_string()) return fits(type);
    return std::any_of(type.as_array().begin(), type.as_array().end(), fits);
  }

  void check(const boost::json::object& reference, const boost::json::value& value,
             const std::string& path) {
    const boost::json::object& schema = resolve(reference);
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
      for (const boost::json::value& item : value.get_array()) {
        check(schema.at("items").as_object(), item, path + "[]");
      }
    }
    if (value.is_object()) check_members(schema, value.get_object(), path);
  }

  void check_members(const boost::json::object& schema, const boost::json::object& object,
                     const std::string& path) {
    const boost::json::value* properties = schema.if_contains("properties");
    for (const auto& [key, value] : object) {
      const boost::json::value* property =
          properties ? properties->as_object().if_contains(key) : nullptr;
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
      for (const boost::json::value& key : required->as_array()) {
        if (!object.contains(key.as_string())) {
          findings.push_back(path + " lacks " + std::string{key.as_string()});
        }
      }
    }
  }

  void collect(const boost::json::value& schema, std::set<std::string>& all) {
    if (schema.is_array()) {
      for (const boost::json::value& item : schema.get_array()) collect(item, all);
    }
    if (!schema.is_object()) return;
    for (const auto& [key, value] : schema.get_object()) {
      if (key == "properties") {
        for (const auto& property : value.as_object()) all.insert(std::string{property.key()});
      }
      collect(value, all);
    }
  }

  boost::json::value root_;
};

}  // namespace probate::report
