// The presets that are built in, and what `probate list` says of the language.
#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>

#include "core/scenario/policies.hpp"
#include "sim/yaml/catalogue.hpp"
#include "sim/yaml/keys.hpp"
#include "sim/yaml/policy_text.hpp"
#include "sim/yaml/presets.hpp"
#include "tests/support/scenario_files.hpp"
#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using testing::ElementsAre;

device::DeviceConfig preset(std::string_view name) {
  const World world;
  const auto scenario = world.good(fmt::format(
      "version: 1\ndevices: {{m: {{preset: {}}}}}\nfleet: {{c: {{device: m, count: 5}}}}\n"
      "phases: [{{name: storm, for: 1m}}]\n",
      name));
  return scenario.devices.empty() ? device::DeviceConfig{} : scenario.devices[0];
}

TEST(BuiltinPresets, all_load_on_their_own) {
  EXPECT_THAT(preset_names(),
              ElementsAre("birth-once", "esp-idf", "luat-3.1", "no-birth", "paho-default",
                          "random-client-id", "sparkplug-edge-node", "will-delay"));
  for (const std::string_view name : preset_names()) {
    EXPECT_FALSE(preset(name).client_id.empty()) << name;
  }
}

TEST(BuiltinPresets, each_say_which_habit_they_reproduce) {
  for (const Listed& each : list_presets()) EXPECT_GT(each.about.size(), 20U) << each.name;
}

// E0230, that MQTT carries whole seconds, is the one thing that may stand against it.
TEST(BuiltinScenarios, say_the_same_of_policies_twice_as_fast) {
  std::size_t good = 0;
  for (const auto& file : test::scenario_files({"scenarios"})) {
    LoadOptions options;
    options.time_scale = 2;
    const auto loaded = load_file(file, options);
    if (loaded) {
      ++good;
      continue;
    }
    for (const Diagnostic& each : loaded.error()) EXPECT_EQ(each.code, "E0230") << file;
  }
  EXPECT_GT(good, 20U);
}

// Or the will would come when the session ends, before its delay is over.
TEST(WillDelayPreset, keeps_its_session_for_longer_than_keep_alive_and_delay_together) {
  const device::DeviceConfig kind = preset("will-delay");
  EXPECT_EQ(kind.protocol, mqtt::Version::v5);
  EXPECT_FALSE(kind.clean);
  ASSERT_TRUE(kind.will && kind.will->delay > 0s);
  EXPECT_GE(kind.session_expiry, kind.will->delay + kind.keep_alive * 3 / 2);
}

// The Luat demo's loop, as its source says it: version "3.1" is MQIsdp level 3, a nil cleansession
// is 1, connect waits 120 s for TCP and 60 s for CONNACK, retries after 2 s, never checks PINGRESP.
TEST(LuatPreset, is_the_loop_of_the_demo) {
  const device::DeviceConfig luat = preset("luat-3.1");
  TemplateValues values;
  values.index = 7;
  EXPECT_EQ(luat.client_id.expand(values), "868570000000007");
  values.client_id = "868570000000007";
  EXPECT_EQ(luat.protocol, mqtt::Version::v3_1);
  EXPECT_TRUE(luat.clean);
  EXPECT_EQ(luat.keep_alive, 300s);
  ASSERT_TRUE(luat.will && luat.birth && luat.luat_loop);
  EXPECT_EQ(luat.will->topic.text(), "/willmsg");
  EXPECT_EQ(luat.will->payload.expand(values), "868570000000007device_conn_err");
  EXPECT_EQ(luat.will->qos, mqtt::QoS::at_most_once);
  EXPECT_FALSE(luat.will->retain);
  EXPECT_EQ(luat.connect.retry.policy, device::RetryPolicy::fixed);
  EXPECT_EQ(luat.connect.retry.every, 2s);
  EXPECT_EQ(luat.connect.connack_timeout, 60s);
  EXPECT_EQ(luat.connect.tcp_timeout, 120s);
  ASSERT_EQ(luat.subscribe.size(), 1U);
  EXPECT_EQ(luat.subscribe[0].expand(values), "/device/868570000000007/req");
  EXPECT_EQ(luat.workload, device::Workload::luat_loop);
  EXPECT_EQ(luat.luat_loop->receive_timeout, 120s);
  EXPECT_EQ(luat.luat_loop->publish_every, 180s);
  EXPECT_EQ(luat.luat_loop->report.topic.expand(values), "/device/868570000000007/report");
  EXPECT_EQ(luat.luat_loop->response.topic.expand(values), "/device/868570000000007/resp");
  EXPECT_EQ(luat.birth->topic.text(), luat.luat_loop->report.topic.text());
  EXPECT_EQ(luat.on_error, device::OnError::disconnect);
  EXPECT_FALSE(luat.pingresp_timeout);
}

TEST(RandomClientIdPreset, has_another_client_id_at_every_connect) {
  const device::DeviceConfig random = preset("random-client-id");
  EXPECT_TRUE(random.client_id.uses(Placeholder::epoch));
  EXPECT_FALSE(random.will->topic.uses(Placeholder::client_id));
}

TEST(BirthOncePreset, says_online_once_per_boot) {
  EXPECT_EQ(preset("birth-once").birth->when, device::BirthWhen::boot);
}

// As mqtt_config.h of esp-mqtt has it, and process_keepalive() in its mqtt_client.c.
TEST(EspIdfPreset, is_esp_mqtt_as_it_comes) {
  const device::DeviceConfig esp = preset("esp-idf");
  EXPECT_EQ(esp.keep_alive, 120s);
  EXPECT_EQ(esp.connect.tcp_timeout, 10s);
  EXPECT_EQ(esp.connect.connack_timeout, 10s);
  EXPECT_EQ(esp.connect.retry.policy, device::RetryPolicy::fixed);
  EXPECT_EQ(esp.connect.retry.every, 10s);
  EXPECT_TRUE(esp.clean);
  EXPECT_EQ(esp.on_error, device::OnError::close);
  EXPECT_EQ(esp.pingresp_timeout, esp.keep_alive / 2);
}

TEST(NoBirthPreset, says_nothing_when_it_is_back_but_its_next_report) {
  const device::DeviceConfig mute = preset("no-birth");
  EXPECT_TRUE(mute.will.has_value());
  EXPECT_FALSE(mute.birth.has_value());
  ASSERT_EQ(mute.publish.size(), 1U);
  EXPECT_EQ(mute.publish[0].every, 5min);
}

std::vector<std::string> names_of(const std::vector<Listed>& listed) {
  std::vector<std::string> names;
  for (const Listed& each : listed) names.push_back(each.name);
  return names;
}

std::vector<std::string> words_of(std::string_view path) {
  const Key* key = find_key(scenario_keys(), path);
  std::vector<std::string> words;
  for (const std::string_view word : split_words(key->words)) words.emplace_back(word);
  return words;
}

// "| `debounce_N` | as naive, but … |" of docs/verdicts.md, without its marks.
std::string rule_in_the_docs(const std::string& policy) {
  std::ifstream page{PROBATE_SOURCE_DIR "/docs/verdicts.md"};
  for (std::string line; std::getline(page, line);) {
    for (const char* end : {"` | ", "_N` | "}) {
      const std::string begin = "| `" + policy + end;
      if (!line.starts_with(begin) || !line.ends_with(" |")) continue;
      std::string rule = line.substr(begin.size(), line.size() - begin.size() - 2);
      std::erase_if(rule, [](char c) { return c == '*' || c == '`'; });
      return rule;
    }
  }
  return "";
}

TEST(PolicyTexts, say_what_the_documentation_says) {
  for (const Listed& each : list_policies()) {
    const auto text = policy_text(each.name);
    ASSERT_TRUE(text.has_value()) << each.name;
    EXPECT_EQ(text->rule, rule_in_the_docs(each.name));
    EXPECT_FALSE(text->needs.empty());
  }
  EXPECT_FALSE(policy_text("debounce_10s").has_value());
}

TEST(PolicyTexts, show_what_the_loader_takes) {
  const World world;
  for (const std::string_view name : policy_names()) {
    const std::string written = policy_text(name)->written;
    const auto scenario = world.good(with(fmt::format("backend: {{presence: [{}]}}\n", written)));
    ASSERT_EQ(scenario.backend.presence.size(), 1U) << written;
    EXPECT_EQ(scenario::word(scenario.backend.presence[0].name), name);
  }
}

TEST(Catalogue, lists_the_words_that_the_loader_takes) {
  EXPECT_EQ(names_of(list_faults()), words_of("faults[].do"));
  EXPECT_EQ(names_of(list_policies()), words_of("backend.presence"));
}

}  // namespace
}  // namespace probate::yaml
