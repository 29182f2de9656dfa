// validate() on fleet, devices, phases, back end, judge and gate; faults: validate_faults_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/scenario/complaint_matchers.hpp"
#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using namespace std::string_view_literals;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Validate, has_nothing_to_say_about_a_good_scenario) {
  EXPECT_THAT(validate(sample()), IsEmpty());
}

TEST(Validate, accepts_a_fleet_of_nobody) {
  Scenario scenario = sample();
  scenario.fleet[0].count = 0;
  scenario.fleet[1].count = 0;
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.fleet.clear();
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(Validate, reports_everything_at_once_by_path) {
  Scenario scenario = sample();
  scenario.judge.horizon = 0s;
  scenario.devices[0].keep_alive = 2500ms;
  scenario.phases[1].name = "ramp";
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.keep_alive", "E0211", "3s is"),
                          complaint("judge.horizon", "E0209", "out of range"),
                          complaint("phases[1].name", "E0202", "\"ramp\"")));
}

TEST(ValidateNames, are_bounded_and_plain) {
  Scenario scenario = sample();
  scenario.name = "My Test";
  scenario.phases[1].name = std::string(65, 'a');
  scenario.fleet[1].name = "";
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("fleet.", "E0203", "needs a name"),
                                              complaint("name", "E0203", "\"My Test\""),
                                              complaint("phases[1].name", "E0203", "1 to 64")));
}

TEST(ValidateNames, are_used_once) {
  Scenario scenario = sample();
  scenario.gate.resize(2);
  scenario.gate[0].name = scenario.gate[1].name = "rule";
  scenario.gate[0].expect = scenario.gate[1].expect = "wills_missing == 0";
  scenario.fleet[1].name = "city";
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("fleet.city", "E0202", "group"),
                                              complaint("gate[1].name", "E0202", "gate rule")));
}

TEST(ValidateSizes, are_limited) {
  Scenario scenario = sample();
  scenario.fleet.clear();
  for (int i = 0; i < 65; ++i) {
    scenario.fleet.push_back({.name = "g" + std::to_string(i), .device = 0, .count = 1});
  }
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("fleet", "E0204", "at most 64")));
}

TEST(ValidateFleet, has_at_most_a_million_devices) {
  Scenario scenario = sample();
  scenario.fleet[0].count = 1'000'000;
  scenario.phases[0].end = UntilOnline{1, 2h};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("fleet", "E0219", "1000010 devices")));
}

TEST(ValidateFleet, joins_an_existing_kind) {
  Scenario scenario = sample();
  scenario.fleet[1].device = 2;
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("fleet.rural.device", "E0201", "device")));
}

TEST(ValidateFleet, jitter_is_no_more_than_the_latency) {
  Scenario scenario = sample();
  scenario.fleet[0].link = {10ms, 20ms};
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("fleet.city.link.jitter", "E0209", "10ms")));
}

TEST(ValidateClientIds, are_different) {
  Scenario scenario = sample();
  scenario.devices[1].client_id = text("meter-000{index:02}");
  scenario.fleet[0].count = 21;  // meter-00020, and the first gauge is number 21
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.devices[0].client_id = text("meter");
  scenario.devices[1].client_id = text("{group}");
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.gauge.client_id", "E0217",
                                    "device 21 of group \"rural\" and device 22"),
                          complaint("devices.meter.client_id", "E0217",
                                    "device 0 of group \"city\" and device 1 of group \"city\" "
                                    "both get the ClientID \"meter\"")));
}

TEST(ValidateClientIds, may_change_with_the_epoch_if_they_can_be_read_back) {
  Scenario scenario = sample();
  scenario.devices[0].client_id = text("r{index}-{epoch}");
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.devices[0].client_id = text("r{index}{epoch}");
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.client_id", "E0218", "which device")));
}

TEST(ValidateClientIds, exist_and_do_not_contain_what_changes_all_the_time) {
  Scenario scenario = sample();
  scenario.devices[0].client_id = Template{};
  scenario.devices[1].client_id = text("{index}-{time}-{client_id}");
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.gauge.client_id", "E0218", "{client_id}"),
                          complaint("devices.gauge.client_id", "E0218", "{time}"),
                          complaint("devices.meter.client_id", "E0218", "ClientID")));
}

// [MQTT-1.5.3-2] [MQTT5-1.5.4-2]
TEST(ValidateClientIds, contain_no_control_character) {
  for (const std::string_view client_id :
       {"m\0{index}"sv, "m\t{index}"sv, "m\x7F{index}"sv, "m\xC2\x85{index}"sv}) {
    Scenario scenario = sample();
    scenario.devices[0] = sample_device("meter");
    scenario.devices[0].client_id = text(client_id);
    scenario.devices[0].birth.reset();
    scenario.devices[0].publish.clear();
    scenario.devices[0].subscribe.clear();
    EXPECT_THAT(validate(scenario),
                ElementsAre(complaint("devices.meter.client_id", "E0218", "control character")));
  }
}

TEST(ValidateTopics, contain_no_control_character) {
  Scenario scenario = sample();
  scenario.devices[0] = sample_device("meter");
  scenario.devices[0].birth->topic = text("birth/\n{client_id}");
  EXPECT_THAT(validate(scenario), testing::Contains(complaint("devices.meter.birth.topic", "E0215",
                                                              "control character")));
}

TEST(ValidateNames, leave_reports_the_words_for_what_has_no_name) {
  for (const char* name : {"none", "other"}) {
    Scenario scenario = sample();
    scenario.fleet[0].name = name;
    EXPECT_THAT(validate(scenario), testing::Contains(complaint(std::string{"fleet."} + name,
                                                                "E0203", "cannot be called")));
  }
}

TEST(ValidateDevices, keep_alive_fits_sixteen_bits) {
  Scenario scenario = sample();
  scenario.devices[0].keep_alive = 65'535s;
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.devices[0].keep_alive = 65'536s;
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.keep_alive", "E0212", "65535s")));
}

TEST(ValidateDevices, will_delay_and_session_expiry_need_mqtt_5) {
  Scenario scenario = sample();
  scenario.devices[0].will->delay = 20s;
  scenario.devices[0].session_expiry = 60s;
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.session_expiry", "E0213", "protocol: \"5\""),
                          complaint("devices.meter.will.delay", "E0213", "speaks 3.1.1")));
  scenario.devices[0].protocol = mqtt::Version::v5;
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.devices[0].will->delay = 1500ms;
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.will.delay", "E0211", "whole seconds")));
}

// [MQTT-3.1.2-22]
TEST(ValidateDevices, a_password_needs_a_username_before_mqtt_5) {
  Scenario scenario = sample();
  scenario.devices[0].password = "secret";
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.password_file", "E0105", "username")));
  scenario.devices[0].protocol = mqtt::Version::v5;
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateDevices, waits_and_periods_are_positive) {
  Scenario scenario = sample();
  device::DeviceConfig& kind = scenario.devices[0];
  kind.connect.tcp_timeout = 0s;
  kind.connect.retry.base = 10s;
  kind.connect.retry.max = 5s;
  kind.publish[0].every = -1s;
  kind.pingresp_timeout = 24h * 1000;
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.connect.retry.max", "E0209", "10s to"),
                          complaint("devices.meter.connect.tcp_timeout", "E0209", "0s"),
                          complaint("devices.meter.pingresp_timeout", "E0209", "range"),
                          complaint("devices.meter.publish[0].every", "E0209", "range")));
}

TEST(ValidateDevices, luat_loop_and_its_settings_come_together) {
  Scenario scenario = sample();
  scenario.devices[0].workload = device::Workload::luat_loop;
  scenario.devices[1].luat_loop.emplace();
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.gauge.luat_loop", "E0130", "no effect"),
                          complaint("devices.meter.workload", "E0105", "luat_loop")));
  scenario.devices[0].luat_loop.emplace();
  scenario.devices[0].luat_loop->report.topic = text("/r");
  scenario.devices[1].luat_loop.reset();
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.luat_loop.response.topic", "E0214", "topic")));
}

// [MQTT-3.1.2-9] allows a payload of no bytes, [MQTT-4.7.3-1] no topic of none.
TEST(ValidateTopics, a_will_needs_a_topic_and_may_do_without_a_payload) {
  Scenario scenario = sample();
  scenario.backend.presence.clear();
  scenario.devices[0].will->payload = Template{};
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.devices[0].will->topic = Template{};
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.will.topic", "E0214", "no topic")));
}

TEST(ValidateTopics, are_checked_as_they_are_sent) {
  Scenario scenario = sample();
  scenario.devices[0].client_id = text("m+{index}");
  scenario.devices[1].subscribe.push_back(text("/x#"));
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.gauge.subscribe[1]", "E0216", "/x#"),
                          complaint("devices.meter.birth.topic", "E0215", "/device/m+0/birth"),
                          complaint("devices.meter.publish[0].topic", "E0215", "m+0"),
                          complaint("devices.meter.subscribe[0]", "E0216", "m+0")));
}

TEST(ValidateTopics, derived_filters_must_match_them) {
  Scenario scenario = sample();
  scenario.devices[0].client_id = text("eu/{index}");
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.birth.topic", "E0215", "/device/+/birth"),
                          complaint("devices.meter.publish[0].topic", "E0215", "under `backend`")));
  scenario.backend.births = {"/device/#"};
  scenario.backend.messages = {"/device/#"};
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateTopics, wills_can_be_read_back_where_presence_is_judged) {
  Scenario scenario = sample();
  scenario.devices[0].will->payload = text("{index}{epoch}");
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("devices.meter.will.payload", "E0125", "read")));
  scenario.backend.presence.clear();
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateBroker, is_managed_or_has_an_address) {
  Scenario scenario = sample();
  scenario.broker.managed = false;
  scenario.broker.port = 0;
  scenario.broker.config["max_queued_messages"] = "1000";
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("broker.address", "E0228", "host"),
                                              complaint("broker.address", "E0228", "port 0"),
                                              complaint("broker.config", "E0130", "managed")));
}

TEST(ValidatePhases, exist) {
  Scenario scenario = sample();
  scenario.phases.clear();
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("phases", "E0205", "at least one")));
}

TEST(ValidatePhases, wait_for_every_will_only_at_the_end) {
  Scenario scenario = sample();
  std::swap(scenario.phases[1], scenario.phases[2]);
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("phases[1].for", "E0206", "last phase")));
}

TEST(ValidatePhases, connect_once) {
  Scenario scenario = sample();
  scenario.phases[1].connect.emplace();
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("phases[1].connect", "E0208", "\"ramp\"")));
}

TEST(ValidatePhases, do_not_wait_for_devices_before_they_connect) {
  Scenario scenario = sample();
  scenario.phases[0].connect.reset();
  EXPECT_THAT(validate(scenario), IsEmpty()) << "then they connect in the first phase";
  scenario.phases[1].connect.emplace();
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("phases[0].until", "E0207", "later")));
}

TEST(ValidatePhases, have_sensible_numbers) {
  Scenario scenario = sample();
  scenario.phases[0].connect->rate = 0;
  scenario.phases[0].end = UntilOnline{1.2, 0s};
  scenario.phases[1].end = ForDuration{-1s};
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("phases[0].connect.rate", "E0210", "0/s"),
                          complaint("phases[0].until.online", "E0232", "120%"),
                          complaint("phases[0].until.timeout", "E0209", "range"),
                          complaint("phases[1].for", "E0209", "range")));
}

TEST(ValidatePhases, give_the_last_device_time_to_connect) {
  Scenario scenario = sample();
  scenario.fleet[0].count = 1000;
  scenario.fleet.resize(1);
  scenario.faults.clear();
  scenario.phases[0].connect = ConnectPlan{Arrival::even, 20};
  scenario.phases[0].end = UntilOnline{1, 49'950ms};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("phases[0].until.timeout", "E0209",
                                                        "the last of 1000 devices")));
  scenario.phases[0].end = UntilOnline{1, 50s};
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.phases[0].end = UntilOnline{0.4, 20s};
  EXPECT_THAT(validate(scenario), IsEmpty()) << "the last of 400 after 19.95 s";
  // On the average after 50 s, 1.6 s more or less.
  scenario.phases[0].connect->arrival = Arrival::poisson;
  scenario.phases[0].end = UntilOnline{1, 40s};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("phases[0].until.timeout", "E0209", "")));
  scenario.phases[0].end = UntilOnline{1, 45s};
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidatePhases, name_a_share_as_it_was_written) {
  Scenario scenario = sample();
  std::get<UntilOnline>(scenario.phases[0].end).share = 1.000001;
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("phases[0].until.online", "E0232", "100.0001% is out")));
}

TEST(ValidateBackend, filters_and_downlink_are_well_formed) {
  Scenario scenario = sample();
  scenario.backend.wills = {"/willmsg", "/a#"};
  scenario.backend.births = {""};
  scenario.backend.publish.resize(2);
  scenario.backend.publish[0].message.topic = text("/device/{client_id}/req");
  scenario.backend.publish[0].every = 10min;
  scenario.backend.publish[1].message.topic = text("/+/req");
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("backend.births[0]", "E0216", "filter"),
                          complaint("backend.publish[1].every", "E0209", "range"),
                          complaint("backend.publish[1].topic", "E0215", "/+/req"),
                          complaint("backend.wills[1]", "E0216", "/a#")));
}

TEST(ValidateBackend, policies_differ) {
  Scenario scenario = sample();
  scenario.backend.presence = {{PolicyName::debounce, 10s},
                               {PolicyName::debounce, 20s},
                               {PolicyName::debounce, 10s},
                               {PolicyName::debounce, 0s}};
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("backend.presence[2]", "E0231", "debounce_10s"),
                          complaint("backend.presence[3]", "E0209", "range")));
}

TEST(ValidateBackend, heartbeats_and_misses_are_in_range) {
  Scenario scenario = sample();
  scenario.backend.presence = {{PolicyName::last_seen, 10s, 0s, 3, true},
                               {PolicyName::hybrid, 0s, 60s, 0, true}};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("backend.presence[0]", "E0209", "range"),
                                              complaint("backend.presence[1]", "E0108", "0 misses"),
                                              complaint("backend.presence[1]", "E0209", "range")));
}

TEST(ValidateGate, rules_are_about_policies_that_can_be_judged) {
  Scenario scenario = sample();
  scenario.devices[0].birth->payload = text("up");
  scenario.backend.presence = {{PolicyName::retained}, {PolicyName::sparkplug}};
  scenario.gate.resize(2);
  scenario.gate[0].name = "a";
  scenario.gate[1].name = "b";
  scenario.gate[0].expect = "false_offlines{policy=retained} == 0";
  scenario.gate[1].expect = "false_offlines{policy=sparkplug} == 0";
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("gate[0].expect", "E0226", "different topics"),
                          complaint("gate[1].expect", "E0226", "birth of \"meter\"")));
}

TEST(ValidateGate, rules_join_and_have_sensible_numbers) {
  Scenario scenario = sample();
  scenario.gate.resize(3);
  scenario.gate[0].name = "a";
  scenario.gate[0].confidence = 1.0;
  scenario.gate[0].samples_min = 0;
  scenario.gate[1].name = "b";
  scenario.gate[1].expect = "wills_missing == 0";
  scenario.gate[1].over = "phase strom";
  scenario.gate[1].per = "groups";
  scenario.gate[2].name = "c";
  scenario.gate[2].expect = "wills_missing == 0";
  scenario.gate[2].over = "fault x";
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("gate[0].confidence", "E0229", "100%"),
                          complaint("gate[0].expect", "E0105", "expects"),
                          complaint("gate[0].min_samples", "E0229", "at least 1"),
                          complaint("gate[1].over", "E0201", "did you mean \"storm\""),
                          complaint("gate[1].per", "E0306", "did you mean \"group\""),
                          complaint("gate[2].over", "E0201", "\"x\"")));
}

TEST(ValidateGate, a_policy_that_cannot_work_is_an_error_only_where_a_rule_names_it) {
  Scenario scenario = sample();
  scenario.devices[0].birth.reset();
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.gate.resize(1);
  scenario.gate[0].name = "a";
  scenario.gate[0].expect = "false_offline_ratio{policy=epoch} < 1%";
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("gate[0].expect", "E0226", "no birth")));
}

}  // namespace
}  // namespace probate::scenario
