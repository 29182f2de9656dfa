// Broker profiles: those that are built in, and files of the user's.
#include "sim/yaml/profiles.hpp"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>

#include "sim/yaml/catalogue.hpp"
#include "sim/yaml/keys.hpp"
#include "sim/yaml/presets.hpp"
#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using broker::Evidence;
using testing::ElementsAre;
using testing::HasSubstr;

broker::Profile builtin(const std::string& name) {
  auto profile = load_profile(name);
  EXPECT_TRUE(profile) << render(profile.error(), false);
  return profile ? std::move(profile).value() : broker::Profile{};
}

// What a file of the user's is told is wrong with it.
std::string complaints_on(const std::string& text) {
  World world;
  world.files["lab/mine.yaml"] = text;
  const auto profile = load_profile("lab/mine.yaml", world.options.read_file);
  return profile ? "" : render(profile.error(), false);
}

TEST(BuiltinProfiles, all_load) {
  EXPECT_THAT(profile_names(),
              ElementsAre("activemq", "aedes", "emqx-4.4", "emqx-5.1", "emqx-5.8", "flashmq",
                          "hivemq-ce", "mosquitto-2.0.11", "mosquitto-2.0.22", "nanomq", "rabbitmq",
                          "spec-3.1.1", "spec-5.0", "vernemq"));
  for (const std::string_view name : profile_names()) {
    const auto profile = load_profile(std::string{name});
    ASSERT_TRUE(profile) << render(profile.error(), false);
    EXPECT_EQ(profile->name, name);
    EXPECT_GT(profile->about.size(), 20U);
  }
}

TEST(MosquittoProfile, closes_between_the_floor_and_a_scan_later) {
  const auto profile = load_profile("mosquitto-2.0.11");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->keep_alive.lowest(5s), 7s);
  EXPECT_EQ(profile->keep_alive.highest(5s), 13100ms);
  EXPECT_FALSE(profile->takeover.kept_to_kept);
  EXPECT_TRUE(profile->takeover.clean_to_clean);
  EXPECT_TRUE(profile->delay_head_of_line);
}

TEST(Profiles, can_be_a_file_held_to_its_keys) {
  World world;
  world.files["lab/mine.yaml"] =
      "about: A broker in the lab that nobody knows.\nkeep_alive: {factor_low: 1.25, scan: 10s}\n"
      "takeover: {kept_to_kept: false}\n";
  const auto good = load_profile("lab/mine.yaml", world.options.read_file);
  ASSERT_TRUE(good) << render(good.error(), false);
  EXPECT_EQ(good->name, "mine");
  EXPECT_DOUBLE_EQ(good->keep_alive.factor_low, 1.25);
  world.files["lab/mine.yaml"] = "about: x\nkeep_alive: {scan: 10, scann: 1s}\n";
  const auto bad = load_profile("lab/mine.yaml", world.options.read_file);
  ASSERT_FALSE(bad);
  EXPECT_EQ(render(bad.error(), false),
            "lab/mine.yaml:1:1: error: `takeover` is missing here [E0105]\n"
            "    about: x\n"
            "    ^\n"
            "lab/mine.yaml:2:20: error: a duration needs its unit; did you mean 10s? [E0106]\n"
            "    keep_alive: {scan: 10, scann: 1s}\n"
            "                       ^\n"
            "lab/mine.yaml:2:24: error: unknown key \"scann\"; did you mean \"scan\"? [E0102]\n"
            "    keep_alive: {scan: 10, scann: 1s}\n"
            "                           ^\n");
}

TEST(Profiles, of_a_scenario_are_read_when_it_is_loaded) {
  World world;
  world.files["mine.yaml"] = "about: x\n";
  EXPECT_THAT(world.problems(with("broker: {profile: ./mine.yaml}\n")),
              ElementsAre("13:19 E0134 mine.yaml:1:1: `keep_alive` is missing here",
                          "13:19 E0134 mine.yaml:1:1: `takeover` is missing here"));
}

struct WindowOf {
  const char* profile;
  Duration keep_alive;
  Duration lowest;
  Duration highest;
};

// From the brokers' sources and from measurements, by hand; docs/brokers.md.
TEST(BuiltinProfiles, close_a_silent_connection_when_their_broker_does) {
  const std::vector<WindowOf> windows{
      {"spec-3.1.1", 10s, 15s, 15s},
      {"spec-5.0", 5s, 7500ms, 7500ms},
      {"mosquitto-2.0.11", 4s, 6s, 12100ms},
      {"mosquitto-2.0.11", 300s, 450s, 456100ms},
      {"mosquitto-2.0.22", 4s, 6s, 7100ms},
      {"emqx-4.4", 60s, 90s, 135s},
      {"emqx-5.1", 60s, 90s, 180s},
      {"emqx-5.8", 300s, 450s, 480s},
      {"emqx-5.8", 60s, 90s, 120s},
      {"emqx-5.8", 10s, 15s, 20s},
      {"vernemq", 60s, 90s, 135s},
      {"rabbitmq", 60s, 90s, 135s},
      {"hivemq-ce", 5s, 7s, 7200ms},
      {"flashmq", 60s, 90s, 97s},
      {"nanomq", 60s, 80s, 95s},
      {"nanomq", 1s, 10s, 25s},
      {"aedes", 60s, 90s, 90001ms},
      {"activemq", 60s, 90s, 120s},
  };
  for (const WindowOf& window : windows) {
    const broker::Profile profile = builtin(window.profile);
    EXPECT_EQ(profile.keep_alive.lowest(window.keep_alive), window.lowest) << window.profile;
    EXPECT_EQ(profile.keep_alive.highest(window.keep_alive), window.highest) << window.profile;
  }
}

TEST(BuiltinProfiles, say_of_every_value_how_it_is_known) {
  std::size_t values = 0;
  for (const Key& key : profile_keys()) {
    const bool is_about =
        key.path == "about" || key.path == "specification" || key.path.starts_with("evidence");
    if (key.shape != Shape::map && !is_about) ++values;
  }
  for (const std::string_view name : profile_names()) {
    EXPECT_EQ(builtin(std::string{name}).evidence.size(), values) << name;
  }
  const broker::Profile mosquitto = builtin("mosquitto-2.0.11");
  EXPECT_EQ(mosquitto.evidence.at("keep_alive.scan"), Evidence::measured);
  EXPECT_EQ(mosquitto.evidence.at("keep_alive.factor_low"), Evidence::code);
  EXPECT_EQ(mosquitto.evidence.at("takeover.kept_to_kept"), Evidence::measured);
  EXPECT_EQ(builtin("emqx-5.1").evidence.at("takeover.clean_to_clean"), Evidence::issue);
  EXPECT_EQ(builtin("emqx-5.8").evidence.at("takeover.clean_to_clean"), Evidence::docs);
  EXPECT_EQ(builtin("activemq").evidence.at("takeover.clean_to_clean"), Evidence::unverified);
  EXPECT_EQ(builtin("spec-5.0").evidence.at("keep_alive.factor_low"), Evidence::specification);
}

TEST(BuiltinProfiles, differ_where_their_brokers_are_known_to) {
  EXPECT_TRUE(builtin("spec-3.1.1").specification);
  EXPECT_FALSE(builtin("vernemq").specification);
  EXPECT_FALSE(builtin("emqx-4.4").takeover.clean_to_clean);
  EXPECT_TRUE(builtin("emqx-5.8").takeover.clean_to_clean);
  EXPECT_EQ(builtin("hivemq-ce").takeover.reading, broker::Reading::b);
  EXPECT_EQ(builtin("mosquitto-2.0.22").takeover.reading, broker::Reading::a);
  EXPECT_TRUE(builtin("rabbitmq").takeover.new_delay_holds_it);
  EXPECT_TRUE(builtin("nanomq").will_reason_deletes_will);
  EXPECT_TRUE(builtin("nanomq").delay_from_connect);
  EXPECT_TRUE(builtin("activemq").malformed_deletes_will);
  EXPECT_FALSE(builtin("aedes").will_before_connack);
  EXPECT_EQ(builtin("hivemq-ce").keep_alive.batch_max, 100U);
  EXPECT_EQ(builtin("mosquitto-2.0.11").will_acl, broker::WillAcl::at_publication);
  EXPECT_EQ(builtin("vernemq").will_acl, broker::WillAcl::at_connect);
}

TEST(Profiles, refuse_keys_that_another_keep_alive_rule_has) {
  EXPECT_EQ(complaints_on("about: x\ntakeover: {}\n"
                          "keep_alive: {rule: strikes, period: 0.5, factor_low: 1.2}\n"),
            "lab/mine.yaml:3:42: error: `factor_low` has no effect with rule: strikes [E0130]\n"
            "    keep_alive: {rule: strikes, period: 0.5, factor_low: 1.2}\n"
            "                                             ^\n");
}

TEST(Profiles, refuse_windows_that_make_no_sense) {
  const auto complaint = [](const std::string& keep_alive) {
    return complaints_on("about: x\ntakeover: {}\nkeep_alive: {" + keep_alive + "}\n");
  };
  EXPECT_THAT(complaint("factor_low: 2"), HasSubstr("0 < factor_low ≤ factor_high must hold"));
  EXPECT_THAT(complaint("rule: strikes, period: 0"), HasSubstr("`period` must be above 0"));
  EXPECT_THAT(complaint("rule: strikes, strikes: 0"), HasSubstr("strikes"));
  EXPECT_THAT(complaint("rule: interval, interval: 10ms"), HasSubstr("must be at least 1s"));
  EXPECT_THAT(complaint("rule: ticks, tick: 0s"), HasSubstr("`tick` must be above 0s"));
  EXPECT_THAT(complaint("batch_max: 5"), HasSubstr("`batch_max` and `batch_interval`"));
  EXPECT_THAT(complaint("rule: tick"), HasSubstr("did you mean"));
}

TEST(Profiles, refuse_marks_for_what_they_do_not_have) {
  const std::string head = "about: x\ntakeover: {}\nkeep_alive: {}\n";
  EXPECT_THAT(complaints_on(head + "evidence: {measured: [delay_scam]}\n"),
              HasSubstr("lab/mine.yaml:4:23: error: no value of a profile is called "
                        "\"delay_scam\"; did you mean \"delay_scan\"?"));
  EXPECT_THAT(complaints_on(head + "evidence: {measured: [delay_scan], code: [delay_scan]}\n"),
              HasSubstr("lab/mine.yaml:4:43: error: \"delay_scan\" has two marks"));
  EXPECT_THAT(complaints_on(head + "evidence: {guessed: [delay_scan]}\n"),
              HasSubstr("unknown key \"guessed\""));
}

TEST(Profiles, have_each_key_in_the_documentation) {
  std::ifstream page{PROBATE_SOURCE_DIR "/docs/brokers.md"};
  std::vector<std::string> documented;
  bool is_of_keys = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## ")) is_of_keys = line == "## The keys of a profile";
    if (is_of_keys && line.starts_with("| `"))
      documented.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  std::vector<std::string> keys;
  for (const Key& key : profile_keys()) keys.emplace_back(key.path);
  EXPECT_EQ(documented, keys);
}

TEST(Profiles, are_listed_with_their_values_and_how_they_are_known) {
  const auto values = list_profile("emqx-5.8");
  const auto found = std::find_if(values.begin(), values.end(), [](const ListedValue& each) {
    return each.key == "keep_alive.interval";
  });
  ASSERT_NE(found, values.end());
  EXPECT_EQ(found->value, "30s");
  EXPECT_EQ(found->evidence, "code");
  for (const ListedValue& each : values) {
    EXPECT_NE(each.key, "keep_alive.scan");
    EXPECT_NE(each.value, "") << each.key;
  }
  EXPECT_TRUE(list_profile("nobody").empty());
}

TEST(Profiles, without_marks_are_unverified) {
  World world;
  world.files["lab/mine.yaml"] = "about: x\ntakeover: {}\nkeep_alive: {}\n";
  const auto profile = load_profile("lab/mine.yaml", world.options.read_file);
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->evidence.at("keep_alive.scan"), Evidence::unverified);
}

}  // namespace
}  // namespace probate::yaml
