// Bad input → every problem, with place, code and text.
#include <ostream>

#include <gmock/gmock.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

struct BadCase {
  const char* name;
  std::string text;
  std::vector<std::string> problems;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
void PrintTo(const BadCase& each, std::ostream* out) { *out << each.text; }

class BadScenario : public testing::TestWithParam<BadCase> {};

TEST_P(BadScenario, is_refused_with_every_problem) {
  const World world;
  EXPECT_EQ(world.problems(GetParam().text), GetParam().problems);
}

std::vector<BadCase> head_cases() {
  return {
      {"no_version",
       with_line(1, "about: x"),
       {"1:1 E0113 the file does not say its language: `version: 1` is missing"}},
      {"other_version",
       with_line(1, "version: 2"),
       {"1:10 E0113 this version of Probate reads `version: 1`"}},
      {"other_version_says_nothing_else",
       "version: 2\nfleets: 7\n",
       {"1:10 E0113 this version of Probate reads `version: 1`"}},
      {"list_at_the_top",
       "- a\n",
       {"1:1 E0104 a scenario is a map that starts with `version: 1`, not a list"}},
      {"unknown_key",
       with("fautls: []\n"),
       {"13:1 E0102 unknown key \"fautls\"; did you mean \"faults\"?"}},
      {"key_of_a_later_version",
       with("processes: 4\n"),
       {"13:1 E0114 `processes` is not supported by this version"}},
      {"fidelity_that_does_not_exist",
       with("fidelity: packet\n"),
       {"13:11 E0123 unknown word \"packet\"; one of stream, segment"}},
      {"fidelity_wanted_and_needed",
       with("fidelity: stream\nrequire_fidelity: segment\n"),
       {"14:1 E0130 `fidelity` is what is wanted and `require_fidelity` what is needed: give one "
        "of them"}},
      {"text_that_is_a_number",
       with_line(2, "name: 5"),
       {"2:7 E0104 a text is needed here, and this reads as a number; quote it: \"5\""}},
      {"text_that_is_a_boolean",
       with("about: off\n"),
       {"13:8 E0104 a text is needed here, and this reads as a boolean; quote it: \"off\""}},
      {"key_without_value", with("about:\n"), {"13:1 E0104 `about` has no value"}},
      {"octal_seed",
       with("seed: 010\n"),
       {"13:7 E0110 a leading zero makes this octal for some readers; write it in decimal"}},
      {"capacity_of_none",
       with("broker: {capacity: {connects: 0/s, backlog: -1, rate: 3/s}}\n"),
       {"13:31 E0108 0/s is out of range: a broker accepts 0.01/s to 10000000/s",
        "13:45 E0104 a whole number is needed, not \"-1\"", "13:49 E0102 unknown key \"rate\""}},
      {"missing_sections",
       "version: 1\n",
       {"1:1 E0105 `devices` is missing here", "1:1 E0105 `fleet` is missing here",
        "1:1 E0105 `phases` is missing here"}},
  };
}

std::vector<BadCase> device_cases() {
  return {
      {"birth_that_is_the_will",
       "version: 1\ndevices:\n  m:\n    client_id: a\n    keep_alive: 60s\n"
       "    will: {topic: w, payload: me}\n    birth: {topic: w, payload: me}\n"
       "fleet: {g: {device: m, count: 1}}\nphases: [{name: p, for: 1s}]\n",
       {"7:32 E0130 the birth is the very message that the will is: nobody can tell whether the "
        "device came or went; give it another payload"}},
      {"farewell_that_is_the_will",
       "version: 1\ndevices:\n  m:\n    client_id: a\n    keep_alive: 60s\n"
       "    will: {topic: w, payload: gone}\n    farewell: {topic: w, payload: gone}\n"
       "fleet: {g: {device: m, count: 1}}\nphases: [{name: p, for: 1s}]\n",
       {"7:35 E0130 the farewell is the very message that the will is: nobody can tell a will that "
        "should not have come from a device that left; give it another payload"}},
      {"bare_duration",
       with_line(6, "    keep_alive: 10"),
       {"6:17 E0106 a duration needs its unit; did you mean 10s?"}},
      {"misspelt_key",
       with_line(6, "    keepalive: 10s"),
       {"6:5 E0102 unknown key \"keepalive\"; did you mean \"keep_alive\"?"}},
      {"ambiguous_boolean",
       with_line(6, "    clean: yes"),
       {"6:12 E0109 \"yes\" is no boolean here; write true"}},
      {"quoted_boolean",
       with_line(6, "    clean: \"true\""),
       {"6:12 E0104 true or false is needed here, not \"true\" in quotes"}},
      {"qos_out_of_range",
       with_line(6, "    subscribe_qos: 3"),
       {"6:20 E0108 3 is not between 0 and 2"}},
      {"quoted_number",
       with_line(6, "    subscribe_qos: \"1\""),
       {"6:20 E0104 a whole number is needed here, not a text; leave out the quotes"}},
      {"bad_template",
       with_line(7, "    will: {topic: \"w/{clientid}\"}"),
       {"7:22 E0125 unknown placeholder {clientid}; did you mean \"client_id\"?"}},
      {"later_will_property",
       with_line(7, "    will: {topic: w, content_type: text}"),
       {"7:22 E0114 `content_type` is not supported by this version"}},
      {"map_needed",
       with_line(7, "    will: gone"),
       {"7:11 E0104 a map is needed here, as in {topic: …}, not a single value"}},
      {"retry_keys_of_the_other_policy",
       with_line(6, "    connect: {retry: {policy: fixed, base: 1s}}"),
       {"6:38 E0130 `base` has no effect with policy: fixed"}},
      {"tls",
       with_line(6, "    tls: {ca: ca.pem}"),
       {"6:5 E0114 `tls` is not supported by this version"}},
      {"password_in_the_file",
       with_line(6, "    password: geheim"),
       {"6:5 E0102 a password does not stand in a scenario; name a file with `password_file`"}},
      {"password_file_missing",
       with_line(6, "    password_file: secret.txt"),
       {"6:20 E0127 cannot read \"secret.txt\": no such file"}},
      {"unknown_preset",
       with_line(6, "    preset: luat"),
       {"6:13 E0124 no preset is called \"luat\"; there are birth-once, esp-idf, luat-3.1, "
        "no-birth, paho-default, random-client-id, sparkplug-edge-node, will-delay"}},
      {"mistyped_preset",
       with_line(6, "    preset: paho-defualt"),
       {"6:13 E0124 no preset is called \"paho-defualt\"; did you mean \"paho-default\"?; there "
        "are birth-once, esp-idf, luat-3.1, no-birth, paho-default, random-client-id, "
        "sparkplug-edge-node, will-delay"}},
      {"mistyped_auto",
       with_line(12, "  - {name: settle, for: auot}"),
       {"12:25 E0107 not a duration; did you mean \"auto\"?"}},
      {"loop_without_workload",
       with_line(6, "    luat_loop: {}"),
       {"6:5 E0130 `luat_loop` has no effect without workload: luat_loop"}},
      {"workload_without_loop",
       with_line(6, "    workload: luat_loop"),
       {"5:5 E0105 `luat_loop` is missing here"}},
      {"meaning_at_its_place",
       with_line(6, "    keep_alive: 2500ms"),
       {"6:17 E0211 MQTT carries the keep-alive in whole seconds; 2s500ms is not, 3s is"}},
  };
}

std::vector<BadCase> fleet_and_phase_cases() {
  return {
      {"unknown_device",
       with_line(9, "  city: {device: metre, count: 10}"),
       {"9:18 E0201 no device is called \"metre\"; did you mean \"meter\"?"}},
      {"nat_idle",
       with_line(9, "  city: {device: meter, count: 1, link: {nat_idle: 5m}}"),
       {"9:52 E0104 a map is needed here, as in {after: …}, not a single value"}},
      {"bandwidth_that_is_none",
       with_line(9, "  city: {device: meter, count: 1, link: {bandwidth: 2KiB}}"),
       {"9:53 E0106 bytes per second are needed; did you mean 2KiB/s?"}},
      {"loss_of_everything",
       with_line(9, "  city: {device: meter, count: 1, link: {loss: 100%}}"),
       {"9:48 E0108 a loss of 100% is out of range: above 0% and at most 90%"}},
      {"count_missing",
       with_line(9, "  city: {device: meter}"),
       {"9:9 E0105 `count` is missing here"}},
      {"phases_as_a_map",
       "version: 1\ndevices: {m: {client_id: \"{index}\"}}\n"
       "fleet: {c: {device: m, count: 1}}\nphases: {name: a, for: 1m}\n",
       {"4:9 E0104 a list is needed here, as in [ … ]"}},
      {"phase_without_end",
       with_line(11, "  - {name: storm}"),
       {"11:5 E0105 a phase needs an end: `for: 1m`, `for: auto` or `until: {online: 99%}`"}},
      {"phase_with_two_ends",
       with_line(11, "  - {name: storm, for: 1m, until: {online: 9%}}"),
       {"11:28 E0130 a phase ends either by `for` or by `until`, which has its own timeout"}},
      {"bound_of_a_fixed_phase",
       with_line(11, "  - {name: storm, for: 1m, at_most: 2m}"),
       {"11:28 E0130 `at_most` is the bound of `for: auto`"}},
      {"words_for_minutes",
       with_line(11, "  - {name: storm, for: 5 minutes}"),
       {"11:25 E0107 unknown unit \" minutes\"; the units are h, m, s, ms, us, ns"}},
      {"bare_share",
       with_line(11, "  - {name: storm, until: {online: 99}}"),
       {"11:35 E0106 a share needs its %; did you mean 99%?"}},
      {"bare_rate",
       with_line(11, "  - {name: storm, connect: {rate: 20}, for: 5m}"),
       {"11:35 E0106 a rate needs its unit; did you mean 20/s?"}},
  };
}

std::string fault(std::string_view line) { return with(fmt::format("faults:\n  - {}\n", line)); }

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<BadCase> fault_cases() {
  return {
      {"restart_by_fin",
       fault("{name: a, at: storm, do: broker_restart, for: 5s, how: fin}"),
       {"14:60 E0130 with do: broker_restart `how` is term or kill"}},
      {"kill_of_a_drop",
       fault("{name: a, at: storm, do: drop, how: kill}"),
       {"14:41 E0130 `how: term` and `how: kill` go with do: broker_restart"}},
      {"cut_in_no_way_that_there_is",
       fault("{name: a, at: storm, do: drop, how: xyz}"),
       {"14:41 E0123 unknown word \"xyz\"; one of fin, rst"}},
      {"broker_ended_in_no_way_that_there_is",
       fault("{name: a, at: storm, do: broker_restart, for: 5s, how: xyz}"),
       {"14:60 E0123 unknown word \"xyz\"; one of term, kill"}},
      {"restart_without_a_length",
       fault("{name: a, at: storm, do: broker_restart}"),
       {"14:5 E0224 broker_restart needs `for`: how long it is down"}},
      {"syn_drop_with_anothers_key",
       fault("{name: a, at: storm, do: syn_drop, delay: 5s}"),
       {"14:40 E0130 `delay` has no effect with do: syn_drop"}},
      {"acknowledged_by_whom",
       fault("{name: a, at: storm, do: stall, ack: broker}"),
       {"14:42 E0123 unknown word \"broker\"; one of none, proxy"}},
      {"acknowledged_in_a_drop",
       fault("{name: a, at: storm, do: drop, ack: none}"),
       {"14:36 E0130 `ack` has no effect with do: drop"}},
      {"vanish_for_a_time",
       fault("{name: a, at: storm, do: vanish, for: 5s}"),
       {"14:43 E0233 what has vanished does not come back: it is over when the device redials"}},
      {"vanish_of_an_unknown_leg",
       fault("{name: a, at: storm, do: vanish, leg: brokr}"),
       {"14:43 E0123 unknown word \"brokr\"; did you mean \"broker\"?"}},
      {"vanish_with_anothers_key",
       fault("{name: a, at: storm, do: vanish, how: rst}"),
       {"14:38 E0130 `how` has no effect with do: vanish"}},
      {"mqtt_of_what",
       fault("{name: a, at: storm, do: mqtt, nth: 1}"),
       {"14:5 E0105 do: mqtt needs exactly one of `swallow`, `hold`, `duplicate`, `reorder`, "
        "`cut_inside`, `rewrite` and `inject`"}},
      {"mqtt_of_two",
       fault("{name: a, at: storm, do: mqtt, swallow: puback, reorder: publish}"),
       {"14:5 E0130 do: mqtt needs exactly one of `swallow`, `hold`, `duplicate`, `reorder`, "
        "`cut_inside`, `rewrite` and `inject`"}},
      {"misspelt_packet",
       fault("{name: a, at: storm, do: mqtt, swallow: pingrsep}"),
       {"14:45 E0123 unknown word \"pingrsep\"; did you mean \"pingresp\"?"}},
      {"misspelt_filter",
       fault("{name: a, at: storm, do: mqtt, swallow: pingresp, tpoic: x}"),
       {"14:55 E0102 unknown key \"tpoic\"; did you mean \"topic\"?"}},
      {"packet_that_goes_the_other_way",
       fault("{name: a, at: storm, do: mqtt, swallow: pingresp, direction: up}"),
       {"14:66 E0130 PINGRESP goes down only"}},
      {"reason_too_large",
       fault("{name: a, at: storm, do: mqtt, rewrite: suback, reason: 0x1ff}"),
       {"14:61 E0108 0x1ff is not between 0x00 and 0xff"}},
      {"topic_of_a_ping",
       fault("{name: a, at: storm, do: mqtt, swallow: pingreq, topic: x, qos: 1}"),
       {"14:61 E0130 only a PUBLISH has it", "14:69 E0130 only a PUBLISH has it"}},
      {"injected_for_a_while",
       fault("{name: a, at: storm, do: mqtt, inject: connack, reason: 3, nth: 1}"),
       {"14:64 E0130 `nth` has no effect with do: mqtt"}},
      {"reason_of_another_version",
       fault("{name: a, at: storm, do: mqtt, inject: connack, reason: 0x88}"),
       {"14:61 E0108 0x88 is nothing that CONNACK of MQTT 3.1.1 can say, which \"meter\" speaks"}},
      {"sparkplug_with_a_payload_of_its_own",
       with_line(7, "    will: {topic: t, encoding: sparkplug, payload: x}"),
       {"7:43 E0130 with `encoding: sparkplug` the payload is made for you, with {bdseq} in it"}},
      {"misspelt_fault",
       fault("{name: a, at: storm, do: half-open}"),
       {"14:30 E0123 unknown word \"half-open\"; did you mean \"half_open\"?"}},
      {"idle_for_how_long",
       fault("{name: a, at: storm, do: nat_idle}"),
       {"14:5 E0105 `after` is missing here"}},
      {"notice_of_who_is_told_by_a_reset",
       fault("{name: a, at: storm, do: nat_idle, after: 2m, then: rst, notices: own}"),
       {"14:62 E0130 `notices` has no effect with do: nat_idle"}},
      {"answer_of_a_garden_that_is_not_there",
       fault("{name: a, at: storm, do: sim_arrears, mode: cut, answer: discard}"),
       {"14:54 E0130 `answer` has no effect with do: sim_arrears"}},
      {"reboot_of_whom",
       fault("{name: a, at: storm, do: sim_arrears, recover: {reboot: 5s}}"),
       {"14:53 E0130 `reboot` goes with `needs_reboot`: how many of them need one"}},
      {"reboot_when",
       fault("{name: a, at: storm, do: sim_arrears, recover: {needs_reboot: 10%}}"),
       {"14:52 E0105 `reboot` is missing here"}},
      {"reboot_of_nobody",
       fault("{name: a, at: storm, do: sim_arrears, recover: {needs_reboot: 0%, reboot: 5s}}"),
       {"14:67 E0108 0% is out of range: above 0% and at most 100%"}},
      {"reboot_of_a_throttled_sim",
       fault("{name: a, at: storm, do: sim_arrears, mode: throttled, recover: {needs_reboot: 10%, "
             "reboot: 5s}}"),
       {"14:84 E0130 a throttled SIM is rejected nowhere: `needs_reboot` goes with mode barred, "
        "cut or walled_garden"}},
      {"recovery_of_nothing",
       fault("{name: a, at: storm, do: sim_arrears, recover: {}}"),
       {"14:52 E0227 `recover` is empty: `needs_reboot`, `batch_at` or `batch_every` says how"}},
      {"recovery_as_a_length",
       fault("{name: a, at: storm, do: sim_arrears, recover: 5s}"),
       {"14:52 E0104 a map is needed here, as in {needs_reboot: …}, not a single value"}},
      {"batch_for_nobody_who_pays",
       fault("{name: a, at: storm, do: sim_arrears, recover: {batch_at: 5s}}"),
       {"14:63 E0224 a batch lets in who has paid by then, and nobody pays without `for`: how long "
        "after the fault struck"}},
      {"batch_before_the_fault",
       fault("{name: a, at: storm + 5s, do: sim_arrears, for: 1s, recover: {batch_at: 5s}}"),
       {"14:77 E0227 nobody has paid by 5s: the fault strikes 5s into its phase, and there is no "
        "further batch; a later one, or `batch_every`, lets them in"}},
      {"batches_without_a_pause",
       fault("{name: a, at: storm, do: sim_arrears, for: 1s, recover: {batch_every: 0s}}"),
       {"14:75 E0209 0s is out of range: 1ms to 8784h"}},
      {"bandwidth_of_how_much",
       fault("{name: a, at: storm, do: bandwidth}"),
       {"14:5 E0105 `throughput` is missing here"}},
      {"limit_without_one",
       fault("{name: a, at: storm, do: limit}"),
       {"14:5 E0227 limit needs `bytes` or `after`: how much, or how long, a connection may have"}},
      {"recovering_stall",
       fault("{name: a, at: storm, do: stall, recover: 1m}"),
       {"14:37 E0130 `recover` has no effect with do: stall"}},
      {"key_of_another_fault",
       fault("{name: a, at: storm, do: drop, mode: cut}"),
       {"14:36 E0130 `mode` has no effect with do: drop"}},
      {"unknown_phase",
       fault("{name: a, at: strom + 1s, do: drop}"),
       {"14:19 E0201 no phase is called \"strom\"; did you mean \"storm\"?"}},
      {"timing_without_plus",
       fault("{name: a, at: storm 10s, do: drop}"),
       {"14:19 E0133 `at` takes PHASE + DURATION, as in storm + 10s"}},
      {"bare_offset",
       fault("{name: a, at: \"storm + 10\", do: drop}"),
       {"14:28 E0106 a duration needs its unit; did you mean 10s?"}},
      {"two_timings",
       fault("{name: a, at: storm, every: 5s, during: storm, do: drop}"),
       {"14:5 E0133 exactly one of `at: PHASE + DURATION`, `every: DURATION` and `rate: N/h` says "
        "when"}},
      {"no_timing",
       fault("{name: a, do: drop}"),
       {"14:5 E0133 exactly one of `at: PHASE + DURATION`, `every: DURATION` and `rate: N/h` says "
        "when"}},
      {"every_without_during",
       fault("{name: a, every: 5s, do: drop}"),
       {"14:5 E0105 `during` is missing here"}},
      {"unknown_group",
       fault("{name: a, at: storm, do: drop, on: {group: citi}}"),
       {"14:48 E0201 no group is called \"citi\"; did you mean \"city\"?"}},
      {"bad_hash",
       fault("{name: a, at: storm, do: drop, on: {hash: 4}}"),
       {"14:47 E0222 `hash` takes I/N, as in 0/4"}},
      {"bad_distribution",
       fault("{name: a, at: storm, do: stall, for: {uniform: [10s, 2s]}}"),
       {"14:52 E0128 the first duration of uniform is the shorter one"}},
      {"unknown_distribution",
       fault("{name: a, at: storm, do: stall, for: {unifrom: 2s}}"),
       {"14:43 E0128 unknown distribution \"unifrom\"; did you mean \"uniform\"?"}},
      {"half_open_with_two_ends",
       fault("{name: a, at: storm, do: half_open, until: device_returns, for: 2m}"),
       {"14:41 E0130 half_open lasts either `until: device_returns` or `for` a time"}},
      {"never_ending_stall",
       fault("{name: a, at: storm, do: stall, for: never}"),
       {"14:42 E0130 `for: never` goes with do: power_cut, not with do: stall"}},
      {"power_cut_without_length",
       fault("{name: a, at: storm, do: power_cut}"),
       {"14:5 E0105 `for` is missing here"}},
      {"never_notices",
       fault("{name: a, at: storm, do: half_open, notices: own, until: device_returns}"),
       {"14:50 E0223 \"meter\" cannot notice by itself: it has no pingresp_timeout"}},
      {"never_returns",
       fault("{name: a, at: storm, do: half_open, notices: never, until: device_returns}"),
       {"14:50 E0223 a device that never notices never returns; give `for`, or let it notice"}},
  };
}

std::vector<BadCase> back_end_cases() {
  return {
      {"policy_with_an_unknown_parameter",
       with("backend: {presence: [{hybrid: {heartbeet: 10s}}]}\n"),
       {"13:32 E0102 the policy hybrid has no parameter \"heartbeet\"; did you mean "
        "\"heartbeat\"?"}},
      {"policy_with_a_parameter_of_another",
       with("backend: {presence: [{last_seen: {wait: 10s}}]}\n"),
       {"13:35 E0102 the policy last_seen has no parameter \"wait\""}},
      {"policy_parameter_without_unit",
       with("backend: {presence: [{last_seen: {heartbeat: 30}}]}\n"),
       {"13:46 E0106 a duration needs its unit; did you mean 30s?"}},
      {"policy_with_a_bare_value_for_a_map",
       with("backend: {presence: [{last_seen: 30s}]}\n"),
       {"13:34 E0104 last_seen takes a map, as in {last_seen: {heartbeat: 120s, misses: 3}}"}},
      {"misspelt_policy",
       with("backend: {presence: [debonce]}\n"),
       {"13:22 E0123 unknown word \"debonce\"; did you mean \"debounce\"?"}},
      {"policy_with_a_parameter_it_lacks",
       with("backend: {presence: [{naive: 5s}]}\n"),
       {"13:23 E0130 the policy naive takes no parameter"}},
      {"empty_filter_list",
       with("backend: {wills: []}\n"),
       {"13:18 E0104 an empty list; leave the key out to derive the filters from the devices"}},
  };
}

std::vector<BadCase> broker_cases() {
  return {
      {"managed_and_address",
       with("broker: {managed: mosquitto, address: \"b:1883\"}\n"),
       {"13:10 E0130 the broker is either `managed` or at an `address`"}},
      {"config_of_a_foreign_broker",
       with("broker: {address: \"b:1883\", config: {a: 1}}\n"),
       {"13:29 E0130 `config` is for a managed broker; this one is not ours to configure"}},
      {"bad_address",
       with("broker: {address: \":1883\"}\n"),
       {"13:19 E0228 \":1883\" is no HOST:PORT with a port from 1 to 65535"}},
      {"broker_tls_of_the_managed_one",
       with("broker: {tls: {}}\n"),
       {"13:10 E0130 the managed broker speaks plain MQTT; `tls` is of one at an `address`"}},
      {"broker_tls_without_its_files",
       with("broker: {address: b, tls: {insecure: true, ca: x.pem, cert: 7, sin: z}}\n"),
       {"13:44 E0130 with `insecure: true` any certificate will do, so that `ca` has no effect",
        "13:48 E0127 cannot read \"x.pem\": no such file",
        "13:55 E0130 `cert` and `key` belong together",
        "13:61 E0104 a text is needed here, and this reads as a number; quote it: \"7\"",
        "13:64 E0102 unknown key \"sin\"; did you mean \"sni\"?"}},
      {"unknown_profile",
       with("broker: {profile: mosquitto}\n"),
       {"13:19 E0134 no profile is called \"mosquitto\"; there are activemq, aedes, "
        "emqx-4.4, emqx-5.1, emqx-5.8, flashmq, hivemq-ce, mosquitto-2.0.11, mosquitto-2.0.22, "
        "nanomq, "
        "rabbitmq, spec-3.1.1, spec-5.0, vernemq"}},
  };
}

std::vector<BadCase> gate_cases() {
  return {
      {"bad_rule_words",
       with("gate:\n  - {expect: \"wills_missing == 0\", severity: error}\n"),
       {"14:46 E0123 unknown word \"error\"; one of fail, warn"}},
      {"rule_over_a_window_of_no_length",
       with("gate: [{expect: \"wills_missing == 0\", over: last 5 minutes}]\n"),
       {"13:45 E0107 unknown unit \" minutes\"; the units are h, m, s, ms, us, ns"}},
      {"rule_that_cannot_end_a_run",
       with("gate: [{expect: \"wills_true > 3\", abort: true}]\n"),
       {"13:42 E0306 this rule can be violated now and hold again later: say with `for` how long "
        "the violation must last (`for: 10s`)"}},
      {"rule_with_an_unknown_metric",
       with("gate: [\"wills_mising == 0\"]\n"),
       {"13:9 E0302 unknown metric \"wills_mising\"; did you mean \"wills_missing\"? (`probate "
        "list "
        "metrics`)"}},
      {"rule_without_expect", with("gate: [{name: a}]\n"), {"13:8 E0105 `expect` is missing here"}},
  };
}

std::string case_name(const testing::TestParamInfo<BadCase>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Head, BadScenario, testing::ValuesIn(head_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Devices, BadScenario, testing::ValuesIn(device_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(FleetAndPhases, BadScenario, testing::ValuesIn(fleet_and_phase_cases()),
                         case_name);
INSTANTIATE_TEST_SUITE_P(Faults, BadScenario, testing::ValuesIn(fault_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(BackEnd, BadScenario, testing::ValuesIn(back_end_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Broker, BadScenario, testing::ValuesIn(broker_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(Gate, BadScenario, testing::ValuesIn(gate_cases()), case_name);

}  // namespace
}  // namespace probate::yaml
