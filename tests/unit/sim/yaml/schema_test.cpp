// The schema says of scenarios what the loader says.
#include "sim/yaml/schema.hpp"

#include <charconv>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/yaml/keys.hpp"
#include "sim/yaml/parse.hpp"
#include "tests/support/json_schema.hpp"
#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// As YAML 1.2 types a plain scalar.
boost::json::value typed(const Node& node) {
  const std::string& text = node.text;
  if (node.quoted) return boost::json::value(text);
  if (text == "true" || text == "false") return text == "true";
  const char* const end = text.data() + text.size();
  std::int64_t whole = 0;
  if (text.starts_with("0x")) {
    if (auto read = std::from_chars(text.data() + 2, end, whole, 16); read.ptr == end) return whole;
  }
  if (auto read = std::from_chars(text.data(), end, whole); read.ptr == end) return whole;
  double number = 0;
  if (auto read = std::from_chars(text.data(), end, number); read.ptr == end) return number;
  return boost::json::value(text);
}

boost::json::value as_json(const Node& node) {
  switch (node.kind) {
    case NodeKind::null:
      return nullptr;
    case NodeKind::scalar:
      return typed(node);
    case NodeKind::list: {
      boost::json::array items;
      for (const Node& item : node.items) items.push_back(as_json(item));
      return items;
    }
    case NodeKind::map:
      break;
  }
  boost::json::object members;
  for (const Entry& entry : node.entries) members[entry.key] = as_json(entry.value);
  return members;
}

std::vector<std::string> schema_mistakes(const std::string& text) {
  static const test::JsonSchema kSchema{boost::json::parse(scenario_schema())};
  Sources sources;
  Problems problems{sources};
  Budget budget;
  const auto tree = parse(sources.add("x", text, SourceKind::scenario), sources, budget, problems);
  if (!tree) return {"no YAML"};
  return kSchema.mistakes(as_json(*tree));
}

TEST(Schema, accepts_every_scenario_that_is_shipped) {
  std::size_t count = 0;
  for (const char* folder : {"/scenarios", "/tests/negative", "/tests/parity"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator{std::string{PROBATE_SOURCE_DIR} + folder}) {
      if (entry.path().extension() != ".yaml") continue;
      ++count;
      const auto text = read_from_disk(entry.path().string());
      ASSERT_TRUE(text);
      EXPECT_THAT(schema_mistakes(*text), IsEmpty()) << entry.path();
    }
  }
  EXPECT_GT(count, 30U);
}

TEST(Schema, refuses_what_is_wrong) {
  EXPECT_THAT(schema_mistakes(std::string{kGood}), IsEmpty());
  EXPECT_THAT(schema_mistakes(with_line(1, "about: nothing")),
              Contains(HasSubstr("version is missing")));
  EXPECT_THAT(schema_mistakes(with_line(6, "    keepalive: 10s")), Not(IsEmpty()));
  EXPECT_THAT(schema_mistakes(with_line(6, "    keep_alive: 10")), Not(IsEmpty()));
  EXPECT_THAT(schema_mistakes(with_line(9, "  city: {device: meter, count: -1}")), Not(IsEmpty()));
  EXPECT_THAT(schema_mistakes(with_line(11, "  - {for: 5m}")),
              Contains(HasSubstr("name is missing")));
  EXPECT_THAT(schema_mistakes(with("gate: [{name: x}]\n")), Not(IsEmpty()));
  EXPECT_THAT(schema_mistakes("version: 2\n"), Not(IsEmpty()));
  EXPECT_THAT(schema_mistakes("version: 1\ninclude: base.yaml\nfleet: {city: {count: 5}}\n"),
              IsEmpty());
}

TEST(Schema, needs_of_every_fault_what_the_loader_needs) {
  const World world;
  for (const std::string_view word : split_words(find_key(scenario_keys(), "faults[].do")->words)) {
    const std::string text =
        with(fmt::format("faults:\n  - {{name: f, at: storm + 1s, do: {}}}\n", word));
    const auto problems = world.problems(text);
    const std::string code = scenario::to_text(ErrorCode::missing_key);
    EXPECT_EQ(schema_mistakes(text).empty(),
              testing::Value(problems, Not(Contains(HasSubstr(code)))))
        << word << ": " << testing::PrintToString(problems);
  }
}

TEST(Schema, leaves_to_a_preset_what_it_may_have_said) {
  EXPECT_THAT(schema_mistakes(with_line(5, "    preset: ./meter.yaml")), IsEmpty());
  EXPECT_THAT(schema_mistakes(with_line(7, "    will: {retain: true}")), IsEmpty());
  EXPECT_THAT(schema_mistakes(with_line(6, "    luat_loop: {publish_every: 1m}")), IsEmpty());
}

}  // namespace
}  // namespace probate::yaml
