// Loader, schema and documentation know the same keys.
#include "sim/yaml/keys.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/yaml/loader.hpp"
#include "sim/yaml/schema.hpp"

namespace probate::yaml {
namespace {

namespace json = boost::json;

const std::string kSchemaFile = PROBATE_SOURCE_DIR "/scenarios/scenario.schema.json";

std::string content(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::set<std::string> supported_keys() {
  std::set<std::string> keys;
  for (const Key& key : scenario_keys()) {
    if (key.supported) keys.emplace(key.path);
  }
  return keys;
}

// Every property that a schema describes, as the paths of the key table.
void collect(const json::value& schema, const std::string& path, std::set<std::string>& keys) {
  const json::object* object = schema.if_object();
  if (object == nullptr) return;
  if (const json::value* choices = object->if_contains("anyOf")) {
    for (const json::value& choice : choices->as_array()) collect(choice, path, keys);
  }
  if (const json::value* items = object->if_contains("items")) {
    collect(*items, path + "[]", keys);
  }
  if (const json::value* named = object->if_contains("additionalProperties")) {
    if (named->is_object()) collect(*named, path + ".*", keys);
  }
  if (const json::value* properties = object->if_contains("properties")) {
    for (const auto& [name, below] : properties->as_object()) {
      const std::string full = path.empty() ? std::string{name} : path + "." + std::string{name};
      keys.insert(full);
      collect(below, full, keys);
    }
  }
}

// The paths in backticks that begin a row of a table: | `fleet.*.count` | …
std::set<std::string> documented_keys(const std::string& heading_end) {
  std::istringstream page{content(PROBATE_SOURCE_DIR "/docs/scenario.md")};
  std::set<std::string> keys;
  for (std::string line; std::getline(page, line) && line != heading_end;) {
    if (!line.starts_with("| `")) continue;
    keys.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return keys;
}

TEST(Keys, of_the_schema_are_those_of_the_loader) {
  std::set<std::string> keys;
  collect(json::parse(scenario_schema()), "", keys);
  // A policy's parameters are no keys of the table.
  std::erase_if(keys,
                [](const std::string& key) { return key.starts_with("backend.presence[]."); });
  EXPECT_EQ(keys, supported_keys());
}

TEST(Keys, of_the_documentation_are_those_of_the_loader) {
  EXPECT_EQ(documented_keys("## Not in this version"), supported_keys());
}

TEST(Keys, have_each_a_sentence_and_a_parent) {
  for (const Key& key : scenario_keys()) {
    EXPECT_TRUE(key.about.ends_with('.')) << key.path;
    std::string parent{key.path};
    const std::size_t dot = parent.rfind('.');
    if (dot == std::string::npos) continue;
    parent.resize(dot);
    if (parent.ends_with("[]")) parent.resize(parent.size() - 2);
    if (parent.ends_with(".*")) parent.resize(parent.size() - 2);
    EXPECT_NE(find_key(scenario_keys(), parent), nullptr) << key.path;
  }
}

TEST(Documentation, has_an_example_that_is_valid) {
  const std::string page = content(PROBATE_SOURCE_DIR "/docs/scenario.md");
  const std::size_t start = page.find("```yaml\n") + 8;
  const auto loaded = load_text(page.substr(start, page.find("```", start) - start), "scenario.md");
  ASSERT_TRUE(loaded) << render(loaded.error(), false);
  EXPECT_EQ(loaded->device_count(), 2500U);
}

// UPDATE_GOLDEN=1 writes the file anew.
TEST(Schema, in_the_scenarios_folder_is_the_one_of_the_loader) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream{kSchemaFile, std::ios::binary} << scenario_schema();
  }
  EXPECT_EQ(content(kSchemaFile), scenario_schema())
      << "UPDATE_GOLDEN=1 build/release/tests/unit/sim_yaml_test --gtest_filter='Schema.*'";
}

TEST(Schema, is_a_draft_7_schema_that_refuses_unknown_keys) {
  const json::value schema = json::parse(scenario_schema());
  EXPECT_EQ(schema.at("$schema").as_string(), "http://json-schema.org/draft-07/schema#");
  EXPECT_FALSE(schema.at("additionalProperties").as_bool());
  EXPECT_EQ(schema.at("required").as_array(), json::array{"version"});
}

}  // namespace
}  // namespace probate::yaml
