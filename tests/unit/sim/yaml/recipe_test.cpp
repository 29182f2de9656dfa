// What a scenario was read from, noted, and the same scenario read from the note.
#include "sim/yaml/recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scenario/canonical.hpp"
#include "sim/yaml/presets.hpp"
#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr std::string_view kText = R"(version: 1
include: base.yaml
broker: {address: "lab:1883", username: u, password_file: secret.txt, profile: ./lab.yaml}
devices:
  meter: {preset: ./meter.yaml, keep_alive: "${KEEP_ALIVE}"}
fleet:
  city: {device: meter, count: "${COUNT:-10}"}
phases:
  - {name: storm, for: 5m}
gate:
  - "wills_missing == 0"
)";

struct Noted : World {
  journal::Recipe recipe;

  Noted() {
    files = {{"base.yaml", "name: base\njudge: {allowance: 3s}\n"},
             {"secret.txt", "geheim"},
             {"lab.yaml", std::string{builtin_profile("spec-3.1.1").value()}},
             {"meter.yaml", "client_id: \"m-{index}\"\nkeep_alive: 10s\n"}};
    variables = {{"KEEP_ALIVE", "40s"}};
    options.set = {"fleet.city.link.latency=100ms"};
    options.time_scale = 4;
  }
  scenario::Scenario load_and_note() {
    const auto loaded = load_text(std::string{kText}, "x.yaml", noting(options, recipe));
    EXPECT_TRUE(loaded) << render(loaded.error(), false);
    return loaded ? *loaded : scenario::Scenario{};
  }
};

TEST(Recipe, gives_the_same_scenario_on_another_machine) {
  Noted here;
  const scenario::Scenario first = here.load_and_note();
  World elsewhere;
  elsewhere.variables = {{"KEEP_ALIVE", "77s"}, {"COUNT", "99"}};
  const auto again =
      load_text(std::string{kText}, "x.yaml", as_noted(here.recipe, elsewhere.options));
  ASSERT_TRUE(again) << render(again.error(), false);
  EXPECT_EQ(scenario::canonical_text(*again), scenario::canonical_text(first));
  EXPECT_EQ(again->devices.at(0).keep_alive, 10s);  // 40 s four times as fast
  EXPECT_EQ(again->fleet.at(0).count, 10U);
}

TEST(Recipe, holds_files_and_variables_but_no_password) {
  Noted here;
  EXPECT_EQ(here.load_and_note().broker.password, "geheim");
  EXPECT_THAT(here.recipe.variables, ElementsAre("KEEP_ALIVE=40s", "COUNT"));
  EXPECT_THAT(here.recipe.files, ElementsAre(Pair("base.yaml", HasSubstr("3s")),
                                             Pair("lab.yaml", HasSubstr("keep_alive")),
                                             Pair("meter.yaml", HasSubstr("10s"))));
}

TEST(Recipe, takes_rules_and_overrides_of_today_on_top) {
  Noted here;
  const scenario::Scenario first = here.load_and_note();
  World today;
  today.variables = {{"LIMIT", "7"}};
  today.files = {{"base.yaml", "- \"wills_true == ${LIMIT}\"\n"}};
  today.options.rules = "base.yaml";  // a file of the same name was included
  today.options.set = {"judge.flicker=9s"};
  const auto again = load_text(std::string{kText}, "x.yaml", as_noted(here.recipe, today.options));
  ASSERT_TRUE(again) << render(again.error(), false);
  EXPECT_EQ(again->gate.at(0).expect, "wills_true == 7");
  EXPECT_EQ(again->judge.allowance, first.judge.allowance);
  EXPECT_NE(again->judge.flicker, first.judge.flicker);
  EXPECT_EQ(again->fleet.at(0).link.latency, first.fleet.at(0).link.latency);
}

TEST(Recipe, of_an_older_version_leaves_files_to_the_disk) {
  Noted here;
  here.load_and_note();
  journal::Recipe old;
  old.overrides = here.recipe.overrides;
  const auto again = load_text(std::string{kText}, "x.yaml", as_noted(old, here.options));
  ASSERT_TRUE(again) << render(again.error(), false);
  EXPECT_EQ(again->devices.at(0).keep_alive, 10s);
}

TEST(LoadOptions, have_the_rules_typed_against_what_the_journal_has) {
  World world;
  world.options.reduce = [](scenario::Scenario& scenario) { scenario.phases.clear(); };
  EXPECT_TRUE(world.load(with("gate:\n  - \"wills_missing == 0\"\n")));
  const auto problems =
      world.problems(with("gate:\n  - {expect: \"wills_missing == 0\", over: phase storm}\n"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0], HasSubstr("14:"));
}

}  // namespace
}  // namespace probate::yaml
