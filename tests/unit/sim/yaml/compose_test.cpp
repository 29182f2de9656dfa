// Several texts become one: variables, include, --set, presets.
#include <gmock/gmock.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// ---- ${VAR}

TEST(Variables, stand_for_values_of_any_kind) {
  World world;
  world.variables = {{"N", "25"}, {"K", "20s"}, {"NAME", "from-outside"}};
  const auto scenario = world.good(R"(version: 1
name: ${NAME}
devices: {meter: {client_id: "m-{index}", keep_alive: "${K}", clean: "${CLEAN:-false}"}}
fleet: {city: {device: meter, count: "${N}"}}
phases: [{name: storm, for: "${MINUTES:-5}m"}]
)");
  EXPECT_EQ(scenario.name, "from-outside");
  EXPECT_EQ(scenario.devices[0].keep_alive, 20s);
  EXPECT_FALSE(scenario.devices[0].clean);
  EXPECT_EQ(scenario.fleet[0].count, 25U);
  EXPECT_EQ(std::get<scenario::ForDuration>(scenario.phases[0].end).duration, 5min);
}

TEST(Variables, keep_placeholders_in_their_defaults) {
  const World world;
  const auto scenario =
      world.good(with_line(7, "    will: {topic: \"${T:-w/{client_id}}\", payload: \"$$5\"}"));
  EXPECT_EQ(scenario.devices[0].will->topic.text(), "w/{client_id}");
  EXPECT_EQ(scenario.devices[0].will->payload.text(), "$5");
}

TEST(Variables, are_never_read_as_yaml_nor_replaced_again) {
  World world;
  world.variables = {{"EVIL", "x}, abort: {${OTHER}"}, {"OTHER", "no"}};
  EXPECT_EQ(world.good(with("about: ${EVIL}\n")).about, "x}, abort: {${OTHER}");
}

TEST(Variables, that_are_not_set_are_reported_at_their_place) {
  World world;
  world.variables = {{"EMPTY", ""}};
  EXPECT_THAT(world.problems(with("about: \"say ${NOTHING}\"\n")),
              ElementsAre("13:13 E0117 the environment variable NOTHING is not set; ${NOTHING:-…} "
                          "gives it a default"));
  EXPECT_THAT(world.problems(with("seed: \"${NOTHING}\"\n")),
              ElementsAre("13:8 E0117 the environment variable NOTHING is not set; ${NOTHING:-…} "
                          "gives it a default"));
  EXPECT_THAT(world.problems(with("about: ${EMPTY:?say what it is about}\n")),
              ElementsAre("13:8 E0117 EMPTY: say what it is about"));
}

TEST(Variables, that_are_malformed_are_reported) {
  const World world;
  EXPECT_THAT(world.problems(with("about: a${1x}\n")),
              ElementsAre("13:9 E0118 a variable is ${NAME}, ${NAME:-default} or ${NAME:?message}; "
                          "a dollar sign is $$"));
  EXPECT_THAT(world.problems(with("about: a${X\n")),
              ElementsAre("13:9 E0118 this ${ is never closed"));
}

// ---- include

TEST(Including, merges_maps_deeply_and_the_includer_wins) {
  World world;
  world.files["parts/base.yaml"] =
      "devices: {meter: {client_id: \"base-{index}\", keep_alive: 30s}}\n"
      "fleet: {rural: {device: meter, count: 3}}\n"
      "backend: {presence: [epoch]}\n"
      "judge: {horizon: 7s}\n";
  const auto scenario =
      world.good(with("include: parts/base.yaml\nbackend: {presence: [naive, naive_alarm]}\n"));
  EXPECT_EQ(scenario.devices[0].client_id.text(), "m-{index:05}");
  EXPECT_EQ(scenario.devices[0].keep_alive, 10s);
  EXPECT_EQ(scenario.fleet.size(), 2U);
  EXPECT_EQ(scenario.backend.presence.size(), 2U);  // a list is replaced, not joined
  EXPECT_EQ(scenario.judge.horizon, 7s);
}

TEST(Including, takes_paths_relative_to_the_including_file) {
  World world;
  world.files["a/one.yaml"] = "include: b/two.yaml\n";
  world.files["a/b/two.yaml"] = "about: deep\n";
  EXPECT_EQ(world.good(with("include: [a/one.yaml]\n")).about, "deep");
}

TEST(Including, lets_a_later_file_win_over_an_earlier_one) {
  World world;
  world.files = {{"a.yaml", "about: a\n"}, {"b.yaml", "about: b\n"}};
  EXPECT_EQ(world.good(with("include: [a.yaml, b.yaml]\n")).about, "b");
}

TEST(Including, reports_problems_in_the_included_file) {
  World world;
  world.files["base.yaml"] = "judge: {horizon: 7}\nfautls: []\n";
  EXPECT_THAT(world.problems(with("include: base.yaml\nabuot: x\n")),
              ElementsAre("14:1 E0102 unknown key \"abuot\"; did you mean \"about\"?",
                          "base.yaml 1:18 E0106 a duration needs its unit; did you mean 7s?",
                          "base.yaml 2:1 E0102 unknown key \"fautls\"; did you mean \"faults\"?"));
}

TEST(Including, reports_a_missing_file) {
  const World world;
  EXPECT_THAT(world.problems(with("include: [base.yaml]\n")),
              ElementsAre("13:11 E0119 cannot read \"base.yaml\": no such file"));
}

TEST(Including, refuses_to_go_round) {
  World world;
  world.files = {{"a.yaml", "include: b.yaml\n"}, {"b.yaml", "include: a.yaml\n"}};
  EXPECT_THAT(world.problems(with("include: a.yaml\n")),
              ElementsAre("b.yaml 1:10 E0120 \"a.yaml\" includes itself: x.yaml → a.yaml → b.yaml "
                          "→ a.yaml"));
  EXPECT_THAT(world.problems(with("include: ./x.yaml\n")),
              ElementsAre("13:10 E0120 \"x.yaml\" includes itself: x.yaml → x.yaml"));
}

TEST(Including, ends_at_a_depth_and_at_a_number_of_files) {
  World world;
  for (int i = 0; i < 20; ++i) {
    world.files[fmt::format("f{}.yaml", i)] = fmt::format("include: f{}.yaml\n", i + 1);
  }
  EXPECT_THAT(world.problems(with("include: f0.yaml\n")),
              ElementsAre("f7.yaml 1:10 E0120 files are included more than 8 deep"));
  std::string many = "include: [";
  for (int i = 0; i < 201; ++i) many += "one.yaml, ";
  world.files["one.yaml"] = "about: x\n";
  const auto problems = world.problems(with(many + "one.yaml]\n"));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_NE(problems[0].find("E0120 more than 200 files and presets in one scenario"),
            std::string::npos);
}

// ---- --set

TEST(Overriding, replaces_one_value) {
  World world;
  world.options.set = {
      "fleet.city.count=500", "devices.meter.will.qos=1", "backend.presence=[naive, epoch]",
      "phases.storm.for=1m",  "phases[1].at_most=2m",     "about=changed"};
  const auto scenario = world.good(kGood);
  EXPECT_EQ(scenario.fleet[0].count, 500U);
  EXPECT_EQ(scenario.devices[0].will->qos, mqtt::QoS::at_least_once);
  EXPECT_EQ(scenario.backend.presence.size(), 2U);
  EXPECT_EQ(std::get<scenario::ForDuration>(scenario.phases[0].end).duration, 1min);
  EXPECT_EQ(std::get<scenario::ForAuto>(scenario.phases[1].end).at_most, 2min);
  EXPECT_EQ(scenario.about, "changed");
}

TEST(Overriding, comes_before_presets) {
  World world;
  world.options.set = {"devices.meter.preset=birth-once", "devices.meter.birth.qos=2"};
  const auto scenario = world.good(kGood);
  EXPECT_EQ(scenario.devices[0].birth->when, device::BirthWhen::boot);
  EXPECT_EQ(scenario.devices[0].birth->qos, mqtt::QoS::exactly_once);
}

TEST(Overriding, is_checked_like_the_file) {
  World world;
  world.options.set = {"fleet.city.cuont=5", "fleet.city.count=010", "flet.city=1",
                       "devices.meter.keep_alive=2500ms", "devices.meter.will={topic: w, qos: 3}"};
  EXPECT_THAT(world.problems(kGood),
              ElementsAre("--set 0:12 E0102 unknown key \"cuont\"; did you mean \"count\"?",
                          "--set 0:18 E0110 a leading zero makes this octal for some readers; "
                          "write it in decimal",
                          "--set 0:1 E0102 unknown key \"flet\"; did you mean \"fleet\"?",
                          "--set 0:26 E0211 MQTT carries the keep-alive in whole seconds; 2s500ms "
                          "is not, 3s is",
                          "--set 0:36 E0108 3 is not between 0 and 2"));
}

TEST(Overriding, reports_what_cannot_be_set) {
  World world;
  const auto problems = [&world](std::string argument) {
    world.options.set = {std::move(argument)};
    return world.problems(kGood);
  };
  constexpr const char* kForm =
      "--set 0:1 E0126 --set takes PATH=VALUE, as in fleet.city.count=500";
  for (const char* argument : {"fleet.city.count", "=5", ""}) {
    EXPECT_THAT(problems(argument), ElementsAre(kForm)) << argument;
  }
  EXPECT_THAT(problems("include=base.yaml"),
              ElementsAre("--set 0:1 E0126 files are included before --set sets anything: write "
                          "`include` into the scenario"));
  EXPECT_THAT(problems("fleet.city.count="),
              ElementsAre("--set 0:17 E0126 no value stands after the ="));
  EXPECT_THAT(
      problems("phases.stomr.for=1m"),
      ElementsAre("--set 0:8 E0126 the list has 2 items and none is \"stomr\"; did you mean "
                  "\"storm\"?"));
  EXPECT_THAT(problems("phases[7].for=1m"),
              ElementsAre("--set 0:8 E0126 the list has 2 items and none is \"7\""));
  EXPECT_THAT(problems("version.x=1"),
              ElementsAre("--set 0:9 E0126 \"x\" cannot be set: what stands above it is a single "
                          "value"));
  EXPECT_THAT(problems("about={x"),
              ElementsAre("--set 0:9 E0101 a `{` is not closed by `}` before this place"));
}

TEST(Overriding, points_at_the_place_where_a_path_is_malformed) {
  World world;
  const std::pair<const char*, const char*> mistakes[] = {
      {"gate[0.expect=1", "0:5 E0126 this [ has no ]: a list item is PATH[POSITION] or PATH[NAME]"},
      {"gate[0=1", "0:5 E0126 this [ has no ]: a list item is PATH[POSITION] or PATH[NAME]"},
      {"gate[[0]]=1", "0:5 E0126 this [ has no ]: a list item is PATH[POSITION] or PATH[NAME]"},
      {"gate0].expect=1", "0:6 E0126 this ] closes nothing"},
      {"gate[0]expect=1", "0:8 E0126 expected . or [ after ]"},
      {"[0].expect=1", "0:1 E0126 a path begins with a key"},
      {"a..b=5", "0:3 E0126 a key is missing here"},
      {".a=5", "0:1 E0126 a key is missing here"},
      {"a.=5", "0:2 E0126 a key is missing after the ."},
      {"a[]=1", "0:3 E0126 a key is missing here"}};
  for (const auto& [argument, says] : mistakes) {
    world.options.set = {argument};
    EXPECT_THAT(world.problems(kGood), ElementsAre("--set " + std::string{says})) << argument;
  }
}

TEST(Overriding, reaches_a_list_item_by_position_or_name_in_brackets) {
  World world;
  world.options.set = {"phases[storm].for=1m", "phases[1].at_most=2m"};
  const auto scenario = world.good(kGood);
  EXPECT_EQ(std::get<scenario::ForDuration>(scenario.phases[0].end).duration, 1min);
  EXPECT_EQ(std::get<scenario::ForAuto>(scenario.phases[1].end).at_most, 2min);
}

TEST(OtherRules, of_a_file_take_the_place_of_the_scenarios) {
  World world;
  world.options.rules = "rules.yaml";
  const std::string text = with("gate: [\"wills_missing == 0\"]\n");
  world.files["rules.yaml"] = "- {name: mine, expect: \"wills_late == 0\"}\n- wills_true > 3\n";
  EXPECT_EQ(world.good(text).gate.size(), 2U);
  EXPECT_EQ(world.good(text).gate[0].name, "mine");
  EXPECT_EQ(world.good(text).gate[1].file, "rules.yaml");
  EXPECT_EQ(world.good(text).gate[1].line, 2U);
  world.files["rules.yaml"] = "gate: [\"wills_early == 0\"]\n";
  EXPECT_EQ(world.good(text).gate.at(0).expect, "wills_early == 0");
}

TEST(OtherRules, report_their_mistakes_in_their_own_file) {
  World world;
  world.options.rules = "rules.yaml";
  world.files["rules.yaml"] = "gate:\n  - \"wills_mising == 0\"\n";
  EXPECT_THAT(world.problems(kGood),
              ElementsAre(testing::HasSubstr("rules.yaml 2:6 E0302 unknown metric")));
  for (const char* empty : {"[]", "gate: []"}) {
    world.files["rules.yaml"] = empty;
    EXPECT_THAT(world.problems(kGood), ElementsAre(testing::HasSubstr("no rules"))) << empty;
  }
  world.files["rules.yaml"] = "seed: 3\ngate: []\n";
  EXPECT_THAT(world.problems(kGood), ElementsAre(testing::HasSubstr("a file of rules is a list")));
}

TEST(OtherRules, can_be_given_one_by_one) {
  World world;
  world.options.expect = {"wills_late == 0", "wills_true > 3"};
  EXPECT_EQ(world.good(kGood).gate.size(), 2U);
  world.options.expect = {"wills_late == 0", "wills_late = 0"};
  EXPECT_THAT(world.problems(kGood),
              ElementsAre(testing::HasSubstr("--expect 0:12 E0301 expected <, <=")));
}

TEST(Overriding, of_a_name_that_was_not_there_says_so_where_something_is_missing) {
  World world;
  world.options.set = {"devices.metre.keep_alive=4s"};
  EXPECT_THAT(
      world.problems(kGood),
      Contains("--set 0:9 E0105 `client_id` is missing here; \"metre\" was not there before; "
               "did you mean \"meter\"?"));
  world.options.set.clear();
  world.options.vary = {"fleet.citty.count=5"};
  EXPECT_THAT(world.problems(kGood),
              Contains("--vary 0:7 E0105 `device` is missing here; \"citty\" was not there before; "
                       "did you mean \"city\"?"));
  world.options.vary = {"fleet.rural.count=5"};
  EXPECT_THAT(
      world.problems(kGood),
      Contains("--vary 0:7 E0105 `device` is missing here; \"rural\" was not there before"));
}

TEST(Overriding, adds_a_group_of_another_name_bit_by_bit) {
  World world;
  world.options.set = {"fleet.city2.device=meter", "fleet.city2.count=3"};
  const auto scenario = world.good(kGood);
  ASSERT_EQ(scenario.fleet.size(), 2U);
  EXPECT_EQ(scenario.fleet[1].count, 3U);
}

TEST(Overriding, of_a_point_replaces_nothing_that_was_set_by_another_path) {
  World world;
  world.options.set = {"phases[storm].for=4m"};
  world.options.vary = {"phases[0].for=3m"};
  EXPECT_THAT(world.problems(kGood),
              ElementsAre("--vary 0:1 E0126 --set phases[storm].for=4m sets this value already: "
                          "give only one of them"));
  world.options.vary = {"phases[0]={name: storm, for: 3m}"};
  EXPECT_EQ(world.problems(kGood).size(), 1U);
}

TEST(Overriding, of_a_point_replaces_a_part_of_what_was_set) {
  World world;
  world.options.set = {"phases=[{name: storm, for: 4m}, {name: settle, for: auto}]"};
  world.options.vary = {"phases[storm].for=3m"};
  const auto scenario = world.good(kGood);
  EXPECT_EQ(std::get<scenario::ForDuration>(scenario.phases[0].end).duration, 3min);
}

// ---- presets

TEST(Presets, can_be_a_file_of_the_users_that_starts_from_another) {
  World world;
  world.files["my.yaml"] = "about: mine\npreset: luat-3.1\nkeep_alive: 20s\n";
  const auto scenario = world.good(
      "version: 1\ndevices: {m: {preset: ./my.yaml, on_error: close}}\n"
      "fleet: {c: {device: m, count: 1}}\nphases: [{name: storm, for: 1m}]\n");
  EXPECT_EQ(scenario.devices[0].protocol, mqtt::Version::v3_1);
  EXPECT_EQ(scenario.devices[0].keep_alive, 20s);
  EXPECT_EQ(scenario.devices[0].on_error, device::OnError::close);
}

TEST(Presets, report_their_problems_in_their_own_file) {
  World world;
  world.files["my.yaml"] = "keepalive: 20s\nclean: no\n";
  EXPECT_THAT(world.problems(with_line(6, "    preset: ./my.yaml")),
              ElementsAre("my.yaml 1:1 E0102 unknown key \"keepalive\"; did you mean "
                          "\"keep_alive\"?",
                          "my.yaml 2:8 E0109 \"no\" is no boolean here; write false"));
}

TEST(Presets, cannot_start_from_themselves) {
  World world;
  world.files = {{"a.yaml", "preset: ./b.yaml\n"}, {"b.yaml", "preset: ./a.yaml\n"}};
  EXPECT_THAT(world.problems(with_line(6, "    preset: ./a.yaml")),
              ElementsAre("b.yaml 1:9 E0120 the preset \"a.yaml\" starts from itself"));
}

TEST(Presets, give_way_to_another_choice_as_a_whole) {
  const World world;
  const auto scenario = world.good(
      with_line(6,
                "    preset: luat-3.1\n    connect: {retry: {policy: exponential, base: 5s}}\n"
                "    workload: periodic"));
  EXPECT_EQ(scenario.devices[0].connect.retry.base, 5s);
  EXPECT_EQ(scenario.devices[0].connect.connack_timeout, 60s);
  EXPECT_FALSE(scenario.devices[0].luat_loop);
}

// ---- anchors

TEST(Anchors, share_parts_of_a_scenario) {
  const World world;
  const auto scenario = world.good(R"(version: 1
devices:
  a: &base {client_id: "a-{index}", keep_alive: 20s}
  b: {<<: *base, client_id: "b-{index}"}
fleet: {one: {device: a, count: 1}, two: {device: b, count: 1}}
phases: [{name: storm, for: 1m}]
)");
  EXPECT_EQ(scenario.devices[1].keep_alive, 20s);
  EXPECT_EQ(scenario.devices[1].client_id.text(), "b-{index}");
  EXPECT_THAT(world.problems(kGood), IsEmpty());
}

}  // namespace
}  // namespace probate::yaml
