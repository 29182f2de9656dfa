#include "sim/yaml/schema.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "core/base/json_text.hpp"
#include "core/scenario/policies.hpp"
#include "sim/yaml/keys.hpp"
#include "sim/yaml/sections.hpp"

namespace probate::yaml {
namespace {

namespace json = boost::json;

json::object of_type(std::string_view type) { return {{"type", type}}; }
json::object reference(std::string_view name) {
  return {{"$ref", std::string{"#/definitions/"} + std::string{name}}};
}
json::object any_of(json::array choices) { return {{"anyOf", std::move(choices)}}; }
json::object list_of(json::object items) {
  json::object schema = of_type("array");
  schema["items"] = std::move(items);
  return schema;
}

json::object matching(std::string_view pattern) {
  json::object schema = of_type("string");
  schema["pattern"] = pattern;
  return schema;
}

json::object words_of(const Key& key) {
  json::array words;
  for (const std::string_view word : split_words(key.words)) {
    // A bare 5 and a quoted "5" are the same word.
    if (word == "0" || word == "1" || word == "2" || word == "5") words.push_back(word[0] - '0');
    if (key.shape != Shape::whole) words.push_back(json::string{word});
    if (word == "3.1") words.push_back(3.1);
  }
  return {{"enum", std::move(words)}};
}

json::object map_below(const std::string& path);

// {debounce: 10s}, {hybrid: {wait: 10s, …}}.
json::object policy_with_parameters(scenario::PolicyName name) {
  const auto keys = policy_parameters(name);
  json::object parameters = reference("duration");
  if (keys.size() > 1) {
    parameters = of_type("object");
    parameters["additionalProperties"] = false;
    json::object properties;
    for (const std::string_view key : keys) {
      properties[key] = key == "misses" ? of_type("integer") : reference("duration");
    }
    parameters["properties"] = std::move(properties);
  }
  json::object schema = of_type("object");
  schema["properties"] = {{scenario::word(name), std::move(parameters)}};
  schema["required"] = json::array{scenario::word(name)};
  schema["additionalProperties"] = false;
  return schema;
}

// What may stand there when it is no word.
json::object shape_of(const Key& key) {
  const std::string path{key.path};
  switch (key.shape) {
    case Shape::map:
      return map_below(path);
    case Shape::named_map: {
      json::object schema = of_type("object");
      schema["propertyNames"] = matching("^[a-z0-9_-]{1,64}$");
      schema["additionalProperties"] = map_below(path + ".*");
      return schema;
    }
    case Shape::list:
      return list_of(map_below(path + "[]"));
    case Shape::rules:
      return list_of(any_of({of_type("string"), map_below(path + "[]")}));
    case Shape::text:
    case Shape::word:
      return of_type("string");
    case Shape::text_list:
      return any_of({of_type("string"), list_of(of_type("string"))});
    case Shape::settings: {
      json::object schema = of_type("object");
      schema["additionalProperties"] = {{"type", {"string", "number", "boolean"}}};
      return schema;
    }
    case Shape::whole: {
      json::object schema = of_type("integer");
      schema["minimum"] = 0;
      return schema;
    }
    case Shape::number:
      return of_type("number");
    case Shape::boolean:
      return of_type("boolean");
    case Shape::duration:
      return reference("duration");
    case Shape::distribution:
      return reference("distribution");
    case Shape::share:
      return reference("share");
    case Shape::rate:
      return reference("rate");
    case Shape::bytes:
      return reference("bytes");
    case Shape::byte_rate:
      return reference("byte_rate");
    case Shape::policies: {
      json::array choices{words_of(key)};
      for (std::size_t i = 0; i < scenario::kPolicyNameCount; ++i) {
        const auto name = static_cast<scenario::PolicyName>(i);
        if (!policy_parameters(name).empty()) choices.push_back(policy_with_parameters(name));
      }
      return list_of(any_of(std::move(choices)));
    }
  }
  return {};
}

bool takes_variables(Shape shape) {
  switch (shape) {
    case Shape::word:
    case Shape::whole:
    case Shape::number:
    case Shape::boolean:
    case Shape::duration:
    case Shape::distribution:
    case Shape::share:
    case Shape::rate:
    case Shape::bytes:
    case Shape::byte_rate:
      return true;
    case Shape::map:
    case Shape::named_map:
    case Shape::list:
    case Shape::rules:
    case Shape::text:
    case Shape::text_list:
    case Shape::settings:
    case Shape::policies:
      return false;
  }
  return false;
}

json::object value_of(const Key& key) {
  json::array choices;
  const bool words_only = key.shape == Shape::word || key.shape == Shape::whole;
  const bool words = !key.words.empty() && key.shape != Shape::policies;
  if (words) choices.push_back(words_of(key));
  if (!words || !words_only) choices.push_back(shape_of(key));
  if (takes_variables(key.shape)) choices.push_back(reference("variable"));
  json::object schema =
      choices.size() == 1 ? choices.front().as_object() : any_of(std::move(choices));
  schema["description"] = key.about;
  return schema;
}

// What a kind of fault cannot be without.
struct Need {
  const char* word;
  const char* key;
};
constexpr std::array kNeeds{
    Need{"latency", "delay"},        Need{"slow_close", "delay"}, Need{"connect_delay", "delay"},
    Need{"bandwidth", "throughput"}, Need{"lossy", "loss"},       Need{"slice", "piece"},
    Need{"power_cut", "for"},        Need{"nat_idle", "after"},
};

// Keys that are required with some values of `do` only.
bool depends_on_do(const Key& key) {
  constexpr std::string_view kFaults = "faults[].";
  return key.path.starts_with(kFaults) &&
         std::any_of(kNeeds.begin(), kNeeds.end(),
                     [&](const Need& need) { return key.path.substr(kFaults.size()) == need.key; });
}

json::array needs_by_do() {
  json::array needs;
  for (const Need& need : kNeeds) {
    json::object is_one{{"properties", {{"do", {{"const", need.word}}}}},
                        {"required", json::array{"do"}}};
    needs.push_back(
        json::object{{"if", std::move(is_one)}, {"then", {{"required", json::array{need.key}}}}});
  }
  json::array acts;
  for (const char* act :
       {"swallow", "hold", "duplicate", "reorder", "cut_inside", "rewrite", "inject"}) {
    acts.push_back(json::object{{"required", json::array{act}}});
  }
  json::object is_mqtt{{"properties", {{"do", {{"const", "mqtt"}}}}},
                       {"required", json::array{"do"}}};
  needs.push_back(json::object{{"if", std::move(is_mqtt)}, {"then", {{"anyOf", std::move(acts)}}}});
  return needs;
}

// Items of a list are given whole. Maps are laid over those of a preset or an included file, which
// may have said what is required.
bool stands_whole(const std::string& path) { return path.find("[]") != std::string::npos; }

json::object map_below(const std::string& path) {
  json::object properties;
  json::array required;
  for (const std::string_view name : names_below(scenario_keys(), path)) {
    const Key& key = *find_key(scenario_keys(),
                               path.empty() ? std::string{name} : path + "." + std::string{name});
    if (!key.supported) continue;
    properties[name] = value_of(key);
    if (key.standard == "required" && !depends_on_do(key)) required.push_back(json::string{name});
  }
  json::object schema = of_type("object");
  schema["additionalProperties"] = false;
  schema["properties"] = std::move(properties);
  if (!required.empty() && stands_whole(path)) schema["required"] = std::move(required);
  if (path == "faults[]") schema["allOf"] = needs_by_do();
  return schema;
}

json::object pair_of(std::string_view first, std::string_view second, json::object value) {
  json::object schema = of_type("object");
  schema["properties"] = {{first, value}, {second, value}};
  schema["required"] = json::array{first, second};
  schema["additionalProperties"] = false;
  return schema;
}

json::object single(std::string_view name, json::object value) {
  json::object schema = of_type("object");
  schema["properties"] = {{name, std::move(value)}};
  schema["required"] = json::array{name};
  schema["additionalProperties"] = false;
  return schema;
}

json::object definitions() {
  constexpr std::string_view kNumber = "[0-9]+(\\.[0-9]+)?";
  const std::string number{kNumber};
  json::object two = list_of(reference("duration"));
  two["minItems"] = 2;
  two["maxItems"] = 2;
  return {
      {"variable", matching("\\$\\{")},
      {"duration", matching("^([0-9]+(\\.[0-9]+)?(h|ms|m|s|us|ns))+$")},
      {"share", matching("^" + number + "%$")},
      {"rate", matching("^" + number + "/[smh]$")},
      {"bytes", matching("^" + number + "([KMG]i)?B$")},
      {"byte_rate", matching("^" + number + "([KMG]i)?B/s$")},
      {"distribution",
       any_of({reference("duration"), single("uniform", std::move(two)),
               single("exponential", reference("duration")),
               single("lognormal", pair_of("median", "p99", reference("duration")))})},
  };
}

}  // namespace

std::string scenario_schema() {
  json::object schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                      {"title", "Probate scenario"},
                      {"description", "See docs/scenario.md. `probate validate` checks more."}};
  for (auto& [key, value] : map_below("")) schema[key] = std::move(value);
  // All else may come from an included file, or from the real devices of `probate proxy`.
  schema["required"] = json::array{"version"};
  schema["definitions"] = definitions();
  return pretty_json(schema);
}

}  // namespace probate::yaml
