#include "metrics/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/metrics/world.hpp"

namespace probate::metrics {
namespace {

using test::value_of;
using test::World;
using testing::ElementsAre;

World with_groups(int count) {
  World world;
  world.info.groups.clear();
  for (int i = 0; i < count; ++i) world.info.groups.push_back("g" + std::to_string(i));
  world.resize();
  for (auto& group : world.loops.groups) group.connects = 1;
  return world;
}

TEST(LabelValues, gives_the_sixteenth_and_later_groups_one_name) {
  const std::string fifteen = with_groups(15).text();
  EXPECT_EQ(value_of(fifteen, R"(probate_connects_total{group="g14"})"), "1");
  EXPECT_EQ(value_of(fifteen, R"(probate_connects_total{group="other"})"), "");
  const std::string many = with_groups(20).text();
  EXPECT_EQ(value_of(many, R"(probate_connects_total{group="g14"})"), "1");
  EXPECT_EQ(value_of(many, R"(probate_connects_total{group="g15"})"), "");
  EXPECT_EQ(value_of(many, R"(probate_connects_total{group="other"})"), "5");
}

TEST(LabelValues, shares_a_value_with_a_name_that_is_already_there) {
  const LabelValues values{{"other", "a", "b", "none"}, 2, {"none"}};
  EXPECT_THAT(values.values(), ElementsAre("other", "a", "none"));
  EXPECT_EQ(values.slot(0), 0u);
  EXPECT_EQ(values.slot(2), 0u);  // "b" is one of the others
  EXPECT_EQ(values.slot(4), 2u);
  EXPECT_EQ(values.slot(99), 2u);
}

TEST(Labels, keep_to_a_thousand_series_whatever_the_scenario) {
  World world;
  for (int i = 0; i < 70; ++i) {
    const std::string number = std::to_string(i);
    world.info.groups.push_back("group-" + number);
    world.info.faults.push_back("fault-" + number);
    world.info.policies.push_back("policy-" + number);
    world.info.phases.push_back("phase-" + number);
    world.info.rules.push_back("rule-" + number);
  }
  world.info.swallowed = {mqtt::PacketType::connack, mqtt::PacketType::puback,
                          mqtt::PacketType::pingresp, mqtt::PacketType::suback};
  // The Exposer adds eight of its own.
  EXPECT_LE(Figures{world.info}.series_count() + 8, 1000u);
}

TEST(Labels, count_as_many_series_as_are_written) {
  const World world;
  const std::string text = world.text();
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text[at] != '#') ++lines;
  }
  EXPECT_EQ(Figures{world.info}.series_count(), lines);
}

TEST(Labels, escape_what_would_break_a_line) {
  World world;
  world.info.scenario = "a\"b\\c\nd";
  EXPECT_THAT(world.text(), testing::HasSubstr(R"(scenario="a\"b\\c\nd")"));
  EXPECT_EQ(escape_help("a\\b\nc"), "a\\\\b\\nc");
}

// The half of the statuses that a rule cannot come to would be a fifth of all series.
TEST(Labels, give_a_rule_only_what_it_can_come_to) {
  World world;
  world.info.warnings = {"wills-in-time"};
  const std::string text = world.text();
  const auto status = [&text](const char* rule, const char* word) {
    return value_of(
        text, std::string{"probate_gate_status{rule=\""} + rule + "\",status=\"" + word + "\"}");
  };
  for (const char* word : {"pass", "inconclusive"}) {
    EXPECT_EQ(status("no-missing-wills", word), "0");
    EXPECT_EQ(status("wills-in-time", word), "0");
  }
  EXPECT_EQ(status("no-missing-wills", "fail"), "0");
  EXPECT_EQ(status("no-missing-wills", "warn"), "");
  EXPECT_EQ(status("wills-in-time", "warn"), "0");
  EXPECT_EQ(status("wills-in-time", "fail"), "");
}

TEST(RunInfo, takes_its_names_from_the_scenario) {
  scenario::Scenario scenario;
  scenario.name = "twin-war";
  scenario.seed = 9;
  scenario.fleet.resize(1);
  scenario.fleet[0].name = "city";
  scenario.faults.resize(1);
  scenario.faults[0].name = "twins";
  scenario.backend.presence = {{.name = scenario::PolicyName::debounce, .wait = 10s}};
  scenario.gate.resize(1);
  scenario.gate[0].name = "no-missing-wills";
  scenario.gate.push_back({.name = "slow", .expect = "", .over = "", .per = ""});
  scenario.gate[1].severity = scenario::Severity::warn;
  const RunInfo info = run_info_of(scenario);
  EXPECT_EQ(info.scenario, "twin-war");
  EXPECT_EQ(info.seed, 9u);
  EXPECT_THAT(info.groups, ElementsAre("city"));
  EXPECT_THAT(info.faults, ElementsAre("twins"));
  EXPECT_THAT(info.policies, ElementsAre("debounce_10s"));
  EXPECT_THAT(info.rules, ElementsAre("no-missing-wills", "slow"));
  EXPECT_THAT(info.warnings, ElementsAre("slow"));
}

TEST(RunInfo, takes_from_its_begin_which_fidelity_the_silences_have) {
  World world;
  journal::RunBegan begin;
  begin.fidelity = "segment";
  world.info = run_info_of({}, begin);
  world.resize();
  EXPECT_THAT(world.text(),
              testing::ContainsRegex("probate_run_info\\{.*fidelity=\"segment\".*\\} 1"));
}

}  // namespace
}  // namespace probate::metrics
