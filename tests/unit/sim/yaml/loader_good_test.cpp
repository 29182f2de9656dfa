// What a good scenario becomes: every key reaches its field.
#include <gmock/gmock.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using scenario::Scenario;
using testing::ElementsAre;

// Every key of the language that this version supports, with a value that is not its default.
constexpr std::string_view kEveryKey = R"(
version: 1
name: every-key
about: Every key once.
seed: 7
fidelity: segment
include: [rest.yaml]
broker: {managed: mosquitto, config: {max_queued_messages: 100}, profile: mosquitto-2.0.11,
         username: watcher, password_file: secret.txt, wills: none,
         capacity: {connects: 30/m, backlog: 7}}
devices:
  meter:
    preset: luat-3.1
    client_id: "8685700001{index:05}"
    protocol: "5"
    clean: false
    session_expiry: 60s
    keep_alive: 10s
    connect: {tcp_timeout: 7s, connack_timeout: 8s,
              retry: {policy: exponential, base: 3s, max: 40s, jitter: none}}
    will: {topic: "/w/{client_id}", payload: "gone {epoch}", qos: 1, retain: true, delay: 20s}
    birth: {topic: "/b/{client_id}", payload: "up {epoch}", qos: 2, retain: true, when: boot}
    farewell: {topic: "/f/{client_id}", payload: "bye {epoch}", qos: 1, retain: true}
    subscribe: ["/s/{client_id}", "/all"]
    subscribe_qos: 1
    publish: [{topic: "/p/{client_id}", payload: "{seq}", qos: 1, retain: true, every: 120s}]
    workload: luat_loop
    luat_loop:
      receive_timeout: 9s
      publish_every: 11s
      report: {topic: "/r/{client_id}", payload: "r", qos: 1, retain: true}
      response: {topic: "/q/{client_id}", payload: "q", qos: 2, retain: true}
    on_error: reset
    pingresp_timeout: 5s
    username: meter
    password_file: secret.txt
  other: {client_id: "o-{index}", connect: {retry: {policy: fixed, every: 6s}}}
fleet:
  city: {device: meter, count: 30, link: {latency: 300ms, jitter: 80ms,
         nat_idle: {after: 240s, then: silent, notices: own}, bandwidth: 64KiB/s, loss: 2%}}
  rural: {device: other, count: 5}
phases:
  - {name: ramp, connect: {arrival: poisson, rate: 100/s}, until: {online: 99.5%, timeout: 2m}}
  - {name: storm, for: 5m}
  - {name: settle, for: auto, at_most: 9m}
backend:
  wills: ["/w/+"]
  births: "/b/+"
  messages: ["/p/+", "/r/+", "/f/+"]
  publish: [{topic: "/s/{client_id}", payload: poll, qos: 1, retain: true, every: 10m}]
  qos: 2
  presence: [naive_alarm, naive, naive_birth, debounce, {debounce: 20s}, epoch, sparkplug,
             retained, last_seen, {last_seen_will: {heartbeat: 30s, wait: 4s}},
             {hybrid: {wait: 5s, heartbeat: 1m, misses: 4}}, aws_lifecycle, broker_events]
judge: {allowance: 2s, horizon: 6s, flicker: 3s}
gate:
  - name: silent
    expect: "will_missing_ratio < 1%"
    over: last 90s
    per: group
    confidence: 95%
    min_samples: 600
    severity: warn
    on_no_data: fail
    for: 10s
    abort: false
  - name: at-once
    expect: "wills_missing <= 3"
    abort: true
  - "wills_duplicate == 0"
)";

constexpr std::string_view kFaults = R"(
faults:
  - {name: a, at: storm + 10s, do: half_open, until: device_returns, notices: {uniform: [1s, 4s]},
     on: {group: city, share: 10%, where: online}}
  - {name: b, at: storm, do: sim_arrears, mode: barred, for: 2m, ramp: 10s, notices: own,
     on: {count: 5, devices: "86857*", hash: 1/4}}
  - {name: c, rate: 6/h, during: storm, do: stall, direction: up, for: {exponential: 20s}}
  - {name: d, every: 5s, during: storm, do: drop, how: fin, leg: broker}
  - {name: e, at: storm + 2m, do: duplicate_login, logins: 5, gap: 3s, will: strip}
  - {name: f, at: storm, do: latency, delay: 200ms, jitter: 50ms, direction: down, for: 1m}
  - {name: g, at: storm, do: mqtt, swallow: connack, for: 1m}
  - {name: h, at: storm, do: leave, for: {lognormal: {median: 5s, p99: 60s}}}
  - {name: i, at: storm, do: power_cut, for: never, epoch: reset}
  - {name: j, at: storm, do: rebind, notices: {uniform: [3s, 5s]}}
  - {name: k, at: storm, do: nat_idle, after: 2m, then: rst_sender}
  - {name: l, at: storm, do: outage, for: 30s}
  - {name: m, at: storm, do: bandwidth, throughput: 512B/s, direction: up}
  - {name: n, at: storm, do: sim_arrears, mode: walled_garden, answer: discard}
  - {name: o, at: storm, do: sim_arrears, mode: throttled, throughput: 2KiB/s}
  - {name: p, at: storm, do: lossy, loss: 1.5%, rto: 300ms, direction: down}
  - {name: q, at: storm, do: slice, piece: 64B, gap: 10ms, direction: up}
  - {name: r, at: storm, do: limit, bytes: 4KiB, after: 1m, how: fin, direction: down}
  - {name: s, at: storm, do: slow_close, delay: 5s}
  - {name: t, at: storm, do: refuse, for: 10s}
  - {name: u, at: storm, do: connect_delay, delay: 3s}
  - {name: v, at: storm, do: mqtt, hold: publish, delay: 2s, direction: up, nth: 3, topic: "/a/+",
     qos: 1}
  - {name: w, at: storm, do: mqtt, cut_inside: pingreq, bytes: 1B, how: fin}
  - {name: x, at: storm, do: mqtt, rewrite: suback, reason: 0x87,
     on: {group: city}}
  - {name: y, at: storm, do: mqtt, inject: disconnect, reason: 137,
     on: {group: city}}
  - {name: z, at: storm, do: mqtt, duplicate: puback, direction: down, reason: 0x10,
     on: {group: city}}
  - {name: aa, at: storm, do: mqtt, reorder: pubrel}
  - {name: bb, at: storm, do: takeover_order, connect: after, gap: 20ms}
  - {name: cc, at: storm, do: vanish, leg: device}
  - {name: dd, at: storm, do: syn_drop, for: 20s}
  - {name: ee, at: storm, do: stall, ack: none}
  - {name: ff, at: storm, do: sim_arrears, for: 2m, recover: {needs_reboot: 30%, batch_at: 5m,
     reboot: {uniform: [1m, 3m]}, batch_every: 1h}}
)";

class EveryKey : public testing::Test {
 protected:
  EveryKey() {
    world_.files["rest.yaml"] = kFaults;
    world_.files["secret.txt"] = "geheim\n";
    scenario_ = world_.good(kEveryKey);
  }
  World world_;
  Scenario scenario_;
};

TEST_F(EveryKey, reaches_the_head_and_the_broker) {
  EXPECT_EQ(scenario_.name, "every-key");
  EXPECT_EQ(scenario_.about, "Every key once.");
  EXPECT_EQ(scenario_.seed, 7U);
  EXPECT_EQ(scenario_.fidelity, fault::Fidelity::segment);
  EXPECT_FALSE(scenario_.requires_fidelity);
  EXPECT_EQ(scenario_.file, "x.yaml");
  EXPECT_TRUE(scenario_.broker.managed);
  EXPECT_EQ(scenario_.broker.config.at("max_queued_messages"), "100");
  EXPECT_EQ(scenario_.broker.profile, "mosquitto-2.0.11");
  EXPECT_EQ(scenario_.broker.username, "watcher");
  EXPECT_EQ(scenario_.broker.password, "geheim");
  EXPECT_FALSE(scenario_.broker.publishes_wills);
  ASSERT_TRUE(scenario_.broker.capacity.has_value());
  EXPECT_DOUBLE_EQ(scenario_.broker.capacity->connects_per_second, 0.5);
  EXPECT_EQ(scenario_.broker.capacity->backlog, 7U);
}

TEST_F(EveryKey, reaches_how_a_device_connects) {
  ASSERT_EQ(scenario_.devices.size(), 2U);
  const device::DeviceConfig& meter = scenario_.devices[0];
  EXPECT_EQ(meter.name, "meter");
  EXPECT_EQ(meter.client_id.text(), "8685700001{index:05}");
  EXPECT_EQ(meter.protocol, mqtt::Version::v5);
  EXPECT_FALSE(meter.clean);
  EXPECT_EQ(meter.session_expiry, 60s);
  EXPECT_EQ(meter.keep_alive, 10s);
  EXPECT_EQ(meter.connect.tcp_timeout, 7s);
  EXPECT_EQ(meter.connect.connack_timeout, 8s);
  EXPECT_EQ(meter.connect.retry.policy, device::RetryPolicy::exponential);
  EXPECT_EQ(meter.connect.retry.base, 3s);
  EXPECT_EQ(meter.connect.retry.max, 40s);
  EXPECT_EQ(meter.connect.retry.jitter, device::Jitter::none);
  EXPECT_EQ(meter.on_error, device::OnError::reset);
  EXPECT_EQ(meter.pingresp_timeout, 5s);
  EXPECT_EQ(meter.username, "meter");
  EXPECT_EQ(meter.password, "geheim");
  EXPECT_EQ(scenario_.devices[1].connect.retry.policy, device::RetryPolicy::fixed);
  EXPECT_EQ(scenario_.devices[1].connect.retry.every, 6s);
}

TEST_F(EveryKey, reaches_what_a_device_says) {
  const device::DeviceConfig& meter = scenario_.devices[0];
  ASSERT_TRUE(meter.will && meter.birth && meter.luat_loop);
  EXPECT_EQ(meter.will->topic.text(), "/w/{client_id}");
  EXPECT_EQ(meter.will->payload.text(), "gone {epoch}");
  EXPECT_EQ(meter.will->qos, mqtt::QoS::at_least_once);
  EXPECT_TRUE(meter.will->retain);
  EXPECT_EQ(meter.will->delay, 20s);
  EXPECT_EQ(meter.birth->topic.text(), "/b/{client_id}");
  EXPECT_EQ(meter.birth->qos, mqtt::QoS::exactly_once);
  EXPECT_EQ(meter.birth->when, device::BirthWhen::boot);
  ASSERT_EQ(meter.subscribe.size(), 2U);  // a list replaces the preset's
  EXPECT_EQ(meter.subscribe[1].text(), "/all");
  ASSERT_TRUE(meter.farewell);
  EXPECT_EQ(meter.farewell->topic.text(), "/f/{client_id}");
  EXPECT_EQ(meter.farewell->payload.text(), "bye {epoch}");
  EXPECT_TRUE(meter.farewell->retain);
  EXPECT_EQ(meter.subscribe_qos, mqtt::QoS::at_least_once);
  ASSERT_EQ(meter.publish.size(), 1U);
  EXPECT_EQ(meter.publish[0].every, 120s);
  EXPECT_TRUE(meter.publish[0].retain);
  EXPECT_EQ(meter.workload, device::Workload::luat_loop);
  EXPECT_EQ(meter.luat_loop->receive_timeout, 9s);
  EXPECT_EQ(meter.luat_loop->publish_every, 11s);
  EXPECT_EQ(meter.luat_loop->report.topic.text(), "/r/{client_id}");
  EXPECT_EQ(meter.luat_loop->response.qos, mqtt::QoS::exactly_once);
}

TEST_F(EveryKey, reaches_fleet_and_phases) {
  ASSERT_EQ(scenario_.fleet.size(), 2U);
  EXPECT_EQ(scenario_.fleet[0].count, 30U);
  EXPECT_EQ(scenario_.fleet[0].link.latency, 300ms);
  EXPECT_EQ(scenario_.fleet[0].link.jitter, 80ms);
  EXPECT_EQ(scenario_.fleet[1].name, "rural");
  EXPECT_EQ(scenario_.fleet[1].device, 1U);
  ASSERT_EQ(scenario_.phases.size(), 3U);
  ASSERT_TRUE(scenario_.phases[0].connect);
  EXPECT_EQ(scenario_.phases[0].connect->arrival, scenario::Arrival::poisson);
  EXPECT_DOUBLE_EQ(scenario_.phases[0].connect->rate, 100);
  const auto& until = std::get<scenario::UntilOnline>(scenario_.phases[0].end);
  EXPECT_DOUBLE_EQ(until.share, 0.995);
  EXPECT_EQ(until.timeout, 2min);
  EXPECT_EQ(std::get<scenario::ForDuration>(scenario_.phases[1].end).duration, 5min);
  EXPECT_EQ(std::get<scenario::ForAuto>(scenario_.phases[2].end).at_most, 9min);
}

TEST_F(EveryKey, reaches_which_packet_a_fault_treats_and_how) {
  const auto mqtt = [this](std::size_t fault) {
    return std::get<fault::Mqtt>(scenario_.faults[fault].what);
  };
  using fault::FlowDirection;
  using fault::PacketAct;
  const fault::Mqtt held = mqtt(21);
  EXPECT_EQ(held.act, PacketAct::hold);
  EXPECT_EQ(held.packet, mqtt::PacketType::publish);
  EXPECT_EQ(held.direction, FlowDirection::up);
  EXPECT_EQ(held.nth, 3U);
  EXPECT_EQ(held.topic, "/a/+");
  EXPECT_EQ(held.qos, mqtt::QoS::at_least_once);
  EXPECT_EQ(held.delay, 2s);
  const fault::Mqtt cut = mqtt(22);
  EXPECT_EQ(cut.act, PacketAct::cut_inside);
  EXPECT_EQ(cut.direction, FlowDirection::up) << "a PINGREQ goes no other way";
  EXPECT_EQ(cut.bytes, 1U);
  EXPECT_EQ(cut.how, fault::CutHow::fin);
  EXPECT_EQ(mqtt(23).act, PacketAct::rewrite);
  EXPECT_EQ(mqtt(23).reason, std::uint8_t{0x87});
  EXPECT_EQ(mqtt(24).act, PacketAct::inject);
  EXPECT_EQ(mqtt(24).packet, mqtt::PacketType::disconnect);
  EXPECT_EQ(mqtt(24).reason, std::uint8_t{0x89});
  EXPECT_EQ(mqtt(25).act, PacketAct::duplicate);
  EXPECT_EQ(mqtt(25).reason, std::uint8_t{0x10});
  EXPECT_EQ(mqtt(26).act, PacketAct::reorder);
  EXPECT_EQ(mqtt(26).direction, FlowDirection::both);
  const auto& order = std::get<fault::TakeoverOrder>(scenario_.faults[27].what);
  EXPECT_EQ(order.connect, fault::ConnectOrder::after);
  EXPECT_EQ(order.gap, 20ms);
  EXPECT_EQ(std::get<fault::Vanish>(scenario_.faults[28].what).leg, fault::LegChoice::device);
  EXPECT_TRUE(std::holds_alternative<fault::SynDrop>(scenario_.faults[29].what));
  EXPECT_EQ(std::get<fault::Stall>(scenario_.faults[30].what).ack, fault::AckBy::none);
}

TEST_F(EveryKey, reaches_when_and_whom_a_fault_hits) {
  ASSERT_EQ(scenario_.faults.size(), 35U) << "and three of a link";
  const auto& once = std::get<fault::Once>(scenario_.faults[0].timing);
  EXPECT_EQ(once.phase, PhaseId{1});
  EXPECT_EQ(once.offset, 10s);
  EXPECT_EQ(scenario_.faults[0].on.group, GroupId{0});
  EXPECT_EQ(scenario_.faults[0].on.share, 0.1);
  EXPECT_TRUE(scenario_.faults[0].on.online_only);
  EXPECT_EQ(scenario_.faults[1].on.count, 5U);
  EXPECT_EQ(scenario_.faults[1].on.devices, "86857*");
  ASSERT_TRUE(scenario_.faults[1].on.hash);
  EXPECT_EQ(scenario_.faults[1].on.hash->index, 1U);
  EXPECT_EQ(scenario_.faults[1].on.hash->of, 4U);
  EXPECT_EQ(scenario_.faults[1].lasts, Distribution{Constant{2min}});
  EXPECT_EQ(scenario_.faults[1].ramp, 10s);
  const auto& poisson = std::get<fault::Poisson>(scenario_.faults[2].timing);
  EXPECT_DOUBLE_EQ(poisson.per_hour, 6);
  EXPECT_EQ(poisson.during, PhaseId{1});
  EXPECT_EQ(scenario_.faults[2].lasts, Distribution{Exponential{20s}});
  EXPECT_EQ(std::get<fault::Repeated>(scenario_.faults[3].timing).period, 5s);
  EXPECT_EQ(scenario_.faults[7].lasts, (Distribution{Lognormal{5s, 60s}}));
  EXPECT_FALSE(scenario_.faults[8].lasts);
}

TEST_F(EveryKey, reaches_what_a_fault_does) {
  const auto& half_open = std::get<fault::HalfOpen>(scenario_.faults[0].what);
  EXPECT_TRUE(half_open.until_device_returns);
  EXPECT_EQ(half_open.notices.after, (Distribution{Uniform{1s, 4s}}));
  const auto& arrears = std::get<fault::SimArrears>(scenario_.faults[1].what);
  EXPECT_EQ(arrears.mode, fault::ArrearsMode::barred);
  EXPECT_EQ(arrears.notices.how, fault::NoticesHow::own);
  EXPECT_EQ(std::get<fault::Stall>(scenario_.faults[2].what).direction, fault::FlowDirection::up);
  const auto& drop = std::get<fault::Drop>(scenario_.faults[3].what);
  EXPECT_EQ(drop.how, fault::CutHow::fin);
  EXPECT_EQ(drop.leg, fault::LegChoice::broker);
  const auto& twin = std::get<fault::DuplicateLogin>(scenario_.faults[4].what);
  EXPECT_EQ(twin.logins, 5U);
  EXPECT_EQ(twin.gap, 3s);
  EXPECT_EQ(twin.will, fault::TwinWill::strip);
  const auto& latency = std::get<fault::Latency>(scenario_.faults[5].what);
  EXPECT_EQ(latency.delay, 200ms);
  EXPECT_EQ(latency.jitter, 50ms);
  EXPECT_EQ(latency.direction, fault::FlowDirection::down);
  EXPECT_TRUE(std::holds_alternative<fault::Mqtt>(scenario_.faults[6].what));
  EXPECT_TRUE(std::holds_alternative<fault::Leave>(scenario_.faults[7].what));
  EXPECT_EQ(std::get<fault::PowerCut>(scenario_.faults[8].what).epoch,
            fault::EpochAfterBoot::reset);
  EXPECT_EQ(std::get<fault::Rebind>(scenario_.faults[9].what).notices.after,
            (Distribution{Uniform{3s, 5s}}));
}

TEST_F(EveryKey, reaches_what_a_fault_does_to_a_link) {
  const auto text = [this](std::size_t i) { return fault::to_text(scenario_.faults[i].what); };
  EXPECT_EQ(text(10), "nat_idle after: 2m, then: rst_sender");
  EXPECT_EQ(text(11), "outage");
  EXPECT_EQ(text(12), "bandwidth throughput: 512B/s, direction: up");
  EXPECT_EQ(text(13),
            "sim_arrears mode: walled_garden, notices: {uniform: [2s, 10s]}, answer: discard");
  EXPECT_EQ(text(14), "sim_arrears mode: throttled, throughput: 2048B/s");
  EXPECT_EQ(text(31),
            "sim_arrears mode: cut, notices: {uniform: [2s, 10s]}, recover: {needs_reboot: 0.3, "
            "reboot: {uniform: [1m, 3m]}, batch_at: 5m, batch_every: 1h}");
  EXPECT_EQ(text(15), "lossy loss: 0.015, rto: 300ms, direction: down");
  EXPECT_EQ(text(16), "slice piece: 64B, gap: 10ms, direction: up");
  EXPECT_EQ(text(17), "limit how: fin, after: 1m, bytes: 4096B, direction: down");
  EXPECT_EQ(text(18), "slow_close delay: 5s");
  EXPECT_EQ(text(19), "refuse");
  EXPECT_EQ(text(20), "connect_delay delay: 3s");
}

TEST(GoodScenario, can_end_its_managed_broker) {
  const World world;
  const Scenario scenario = world.good(with(
      "faults:\n"
      "  - {name: a, at: storm, do: broker_restart, for: 5s}\n"
      "  - {name: b, at: storm + 9s, do: broker_restart, how: kill, for: {uniform: [1s, 2s]}}\n"));
  EXPECT_EQ(fault::to_text(scenario.faults[0].what), "broker_restart how: term");
  EXPECT_EQ(fault::to_text(scenario.faults[1].what), "broker_restart how: kill");
  EXPECT_EQ(scenario.faults[0].lasts, Distribution{Constant{5s}});
}

TEST(GoodScenario, can_speak_sparkplug) {
  const World world;
  const Scenario scenario = world.good(
      "version: 1\n"
      "devices: {edge: {preset: sparkplug-edge-node}}\n"
      "fleet: {plant: {device: edge, count: 2}}\n"
      "phases: [{name: a, for: 1m}]\n");
  const device::DeviceConfig& edge = scenario.devices[0];
  EXPECT_EQ(edge.will->encoding, device::Encoding::ndeath);
  EXPECT_EQ(edge.birth->encoding, device::Encoding::nbirth);
  EXPECT_EQ(edge.will->payload.text(), "{bdseq}");
}

TEST_F(EveryKey, makes_faults_of_what_a_groups_link_says) {
  const auto expect = [this](std::size_t i, const char* name, const char* what) {
    const fault::FaultSpec& spec = scenario_.faults[i];
    EXPECT_EQ(spec.name, name);
    EXPECT_EQ(fault::to_text(spec.what), what);
    EXPECT_EQ(std::get<fault::Once>(spec.timing).phase, PhaseId{0});
    EXPECT_EQ(spec.on.group, GroupId{0});
    EXPECT_FALSE(spec.lasts);
  };
  expect(32, "city-link-nat_idle", "nat_idle after: 4m, then: silent, notices: own");
  expect(33, "city-link-bandwidth", "bandwidth throughput: 65536B/s, direction: both");
  expect(34, "city-link-loss", "lossy loss: 0.02, rto: 200ms, direction: both");
}

TEST_F(EveryKey, reaches_back_end_judge_and_gate) {
  const scenario::BackendSpec& backend = scenario_.backend;
  EXPECT_THAT(backend.wills, ElementsAre("/w/+"));
  EXPECT_THAT(backend.births, ElementsAre("/b/+"));
  EXPECT_THAT(backend.messages, ElementsAre("/p/+", "/r/+", "/f/+"));
  ASSERT_EQ(backend.publish.size(), 1U);
  EXPECT_EQ(backend.publish[0].every, 10min);
  EXPECT_EQ(backend.publish[0].message.payload.text(), "poll");
  EXPECT_EQ(backend.qos, mqtt::QoS::exactly_once);
  std::vector<std::string> labels;
  for (const auto& policy : backend.presence) labels.push_back(policy.label());
  EXPECT_THAT(labels,
              ElementsAre("naive_alarm", "naive", "naive_birth", "debounce_10s", "debounce_20s",
                          "epoch", "sparkplug", "retained", "last_seen", "last_seen_will_4s_1m30s",
                          "hybrid_5s_4m", "aws_lifecycle", "broker_events"));
  EXPECT_EQ(backend.presence[8].silence(), 6min);
  EXPECT_EQ(backend.presence[11].wait, 5s);  // AWS's own wait state
  EXPECT_EQ(scenario_.judge.allowance, 2s);
  EXPECT_EQ(scenario_.judge.horizon, 6s);
  EXPECT_EQ(scenario_.judge.flicker, 3s);
  ASSERT_EQ(scenario_.gate.size(), 3U);
  const scenario::GateRuleSpec& rule = scenario_.gate[0];
  EXPECT_EQ(rule.name, "silent");
  EXPECT_EQ(rule.expect, "will_missing_ratio < 1%");
  EXPECT_EQ(rule.over, "last 90s");
  EXPECT_EQ(rule.window, 90s);
  EXPECT_EQ(rule.held_for, 10s);
  EXPECT_FALSE(rule.abort);
  EXPECT_EQ(rule.per, "group");
  EXPECT_EQ(rule.confidence, 0.95);
  EXPECT_EQ(rule.samples_min, 600U);
  EXPECT_EQ(rule.severity, scenario::Severity::warn);
  EXPECT_EQ(rule.on_no_data, scenario::OnNoData::fail);
  EXPECT_TRUE(scenario_.gate[1].abort);
  EXPECT_EQ(scenario_.gate[2].name, "rule-3");
  EXPECT_EQ(scenario_.gate[2].expect, "wills_duplicate == 0");
}

TEST(GoodScenario, needs_little) {
  const World world;
  const Scenario scenario = world.good(kGood);
  EXPECT_EQ(scenario.device_count(), 10U);
  EXPECT_EQ(scenario.seed, 1U);
  EXPECT_TRUE(scenario.broker.managed);
  ASSERT_EQ(scenario.backend.presence.size(), 1U);
  EXPECT_EQ(scenario.backend.presence[0].name, scenario::PolicyName::naive);
  EXPECT_EQ(scenario.devices[0].connect.retry.policy, device::RetryPolicy::exponential);
}

TEST(GoodScenario, waits_for_the_whole_fleet_unless_it_says_otherwise) {
  const World world;
  const Scenario scenario = world.good(with_line(11, "  - {name: storm, until: {timeout: 30s}}"));
  const auto& until = std::get<scenario::UntilOnline>(scenario.phases.at(0).end);
  EXPECT_EQ(until.share, 1);
  EXPECT_EQ(until.timeout, 30s);
}

TEST(GoodScenario, is_called_like_its_file_unless_it_says_otherwise) {
  const World world;
  EXPECT_EQ(world.good(with_line(2, "about: nameless")).name, "x");
}

TEST(GoodScenario, knows_the_line_of_each_expectation) {
  const World world;
  const Scenario scenario =
      world.good(with("gate:\n  - {name: a,\n     expect: \"wills_missing == 0\"}\n"));
  EXPECT_EQ(scenario.gate.at(0).line, 15U);
}

TEST(GoodScenario, can_name_a_broker_of_the_users) {
  const World world;
  for (const auto& [text, host, port] :
       {std::tuple{"broker.lab:1884", "broker.lab", 1884},
        std::tuple{"broker.lab", "broker.lab", 1883}, std::tuple{"[::1]:1885", "::1", 1885},
        std::tuple{"127.0.0.1:1883", "127.0.0.1", 1883}}) {
    const Scenario scenario = world.good(with(fmt::format("broker: {{address: \"{}\"}}\n", text)));
    EXPECT_FALSE(scenario.broker.managed);
    EXPECT_EQ(scenario.broker.host, host);
    EXPECT_EQ(scenario.broker.port, port);
  }
}

TEST(GoodScenario, can_need_a_fidelity_instead_of_wanting_it) {
  const World world;
  // It is TCP then that tells a device of a dead link.
  const Scenario scenario = world.good(
      with("require_fidelity: segment\n"
           "faults: [{name: a, at: storm, do: half_open, notices: own, until: device_returns}]\n"));
  EXPECT_EQ(scenario.fidelity, fault::Fidelity::segment);
  EXPECT_TRUE(scenario.requires_fidelity);
  EXPECT_FALSE(scenario.devices[0].pingresp_timeout);
}

TEST(GoodScenario, can_take_its_seed_from_the_command_line) {
  World world;
  world.options.seed = 99;
  EXPECT_EQ(world.good(with("seed: 7\n")).seed, 99U);
}

TEST(GoodScenario, can_leave_out_a_presets_will) {
  const World world;
  const Scenario scenario =
      world.good(with_line(7, "    will: none\n    preset: luat-3.1\n    birth: none"));
  EXPECT_FALSE(scenario.devices[0].will);
  EXPECT_FALSE(scenario.devices[0].birth);
}

TEST(Judge, reads_a_takeover_as_the_scenario_says_or_as_the_profile_does) {
  const World world;
  EXPECT_EQ(world.good(with("judge: {takeover_reading: B}\n")).judge.takeover_reading,
            broker::Reading::b);
  EXPECT_FALSE(world.good(kGood).judge.takeover_reading.has_value());
}

}  // namespace
}  // namespace probate::yaml
