#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/scenario/complaint_matchers.hpp"
#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Scenario with(fault::Timing timing, fault::What what) {
  Scenario scenario = sample();
  scenario.faults = {sample_fault("f", timing, what)};
  return scenario;
}

Scenario with(fault::What what) { return with(fault::Once{kStorm, 10s}, what); }

TEST(ValidateFaults, accepts_every_kind_with_its_defaults) {
  for (const fault::What& what :
       {fault::What{fault::Drop{}}, fault::What{fault::Stall{}}, fault::What{fault::HalfOpen{}},
        fault::What{fault::SimArrears{}}, fault::What{fault::DuplicateLogin{}},
        fault::What{fault::Latency{.delay = 300ms, .jitter = 80ms}}, fault::What{fault::Mqtt{}},
        fault::What{fault::PowerCut{}}, fault::What{fault::Rebind{}},
        fault::What{fault::NatIdle{.after = 4min}}, fault::What{fault::Outage{}},
        fault::What{fault::Bandwidth{1024}},
        fault::What{fault::SimArrears{.mode = fault::ArrearsMode::throttled}},
        fault::What{fault::Lossy{0.02}}, fault::What{fault::Slice{64, 10ms}},
        fault::What{fault::Limit{.bytes = 1}}, fault::What{fault::SlowClose{1s}},
        fault::What{fault::Refuse{}}, fault::What{fault::ConnectDelay{1s}}}) {
    EXPECT_THAT(validate(with(what)), IsEmpty()) << fault::word(what);
  }
}

TEST(ValidateFaults, a_restart_needs_the_managed_broker_a_length_and_nobody_else) {
  Scenario scenario = with(fault::BrokerRestart{});
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0]", "E0224", "how long")));
  scenario.faults[0].lasts = Constant{5s};
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.broker.managed = false;
  scenario.broker.host = "broker.lab";
  scenario.faults[0].ramp = 1s;
  scenario.faults[0].on.count = 3;
  scenario.faults[0].timing = fault::Poisson{6, kStorm};
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("faults[0].do", "E0130", "the managed one"),
                          complaint("faults[0].on", "E0222", "leave `on` out"),
                          complaint("faults[0].ramp", "E0233", "one broker"),
                          complaint("faults[0].rate", "E0133", "`at` or `every`")));
}

TEST(ValidateFaults, treat_packets_that_there_are_in_ways_that_they_go) {
  using fault::PacketAct;
  using mqtt::PacketType;
  const auto complaints_of = [](fault::Mqtt what) { return validate(with(what)); };
  EXPECT_THAT(complaints_of({.packet = PacketType::publish, .topic = "a/#", .qos = mqtt::QoS{}}),
              IsEmpty());
  EXPECT_THAT(complaints_of({.packet = PacketType::publish, .topic = "a/b#"}),
              ElementsAre(complaint("faults[0].topic", "E0216", "no topic filter")));
  EXPECT_THAT(complaints_of({.packet = PacketType::puback, .topic = "a", .qos = mqtt::QoS{}}),
              ElementsAre(complaint("faults[0].qos", "E0130", "only a PUBLISH"),
                          complaint("faults[0].topic", "E0130", "only a PUBLISH")));
  EXPECT_THAT(
      complaints_of({.packet = PacketType::pingreq, .direction = fault::FlowDirection::down}),
      ElementsAre(complaint("faults[0].direction", "E0130", "PINGREQ goes up only")));
  EXPECT_THAT(complaints_of({.packet = PacketType::publish, .nth = 0}),
              ElementsAre(complaint("faults[0].nth", "E0108", "the first packet is 1")));
  EXPECT_THAT(complaints_of({.act = PacketAct::hold, .packet = PacketType::publish}),
              ElementsAre(complaint("faults[0].delay", "E0209", "out of range")));
  EXPECT_THAT(complaints_of({.packet = PacketType::pingresp, .reason = std::uint8_t{1}}),
              ElementsAre(complaint("faults[0].reason", "E0130", "no effect on PINGRESP")));
}

TEST(ValidateFaults, say_what_a_packet_of_that_version_can_say) {
  using fault::PacketAct;
  using mqtt::PacketType;
  const auto refusal = [](std::uint8_t code) {
    return with(fault::Mqtt{.act = PacketAct::inject, .reason = code});
  };
  EXPECT_THAT(validate(refusal(3)), IsEmpty());
  EXPECT_THAT(validate(refusal(0x88)),
              ElementsAre(complaint("faults[0].reason", "E0108", "CONNACK of MQTT 3.1.1")));
  EXPECT_THAT(validate(refusal(0)),
              ElementsAre(complaint("faults[0].reason", "E0227", "no reason to send")));
  Scenario modern = refusal(0x88);
  for (auto& kind : modern.devices) kind.protocol = mqtt::Version::v5;
  EXPECT_THAT(validate(modern), IsEmpty());
  modern.faults[0].what = fault::Mqtt{
      .act = PacketAct::inject, .packet = PacketType::disconnect, .reason = std::uint8_t{0x89}};
  modern.faults[0].lasts = Constant{5s};
  EXPECT_THAT(validate(modern), ElementsAre(complaint("faults[0].for", "E0233", "sent once")));
}

TEST(ValidateFaults, fire_within_their_phase) {
  EXPECT_THAT(validate(with(fault::Once{kStorm, 5min - 1ns}, fault::Drop{})), IsEmpty());
  EXPECT_THAT(validate(with(fault::Once{kStorm, 5min}, fault::Drop{})),
              ElementsAre(complaint("faults[0].at", "E0220", "over after 5m")));
  EXPECT_THAT(validate(with(fault::Once{kRamp, 3min}, fault::Drop{})),
              ElementsAre(complaint("faults[0].at", "E0220", "\"ramp\"")));
  EXPECT_THAT(validate(with(fault::Once{kStorm, -1s}, fault::Drop{})),
              ElementsAre(complaint("faults[0].at", "E0209", "negative")));
}

TEST(ValidateFaults, do_not_fire_while_settle_heals) {
  EXPECT_THAT(validate(with(fault::Once{kSettle, 1s}, fault::Drop{})),
              ElementsAre(complaint("faults[0].at", "E0220", "heals every fault")));
  EXPECT_THAT(validate(with(fault::Repeated{1s, kSettle}, fault::Drop{})),
              ElementsAre(complaint("faults[0].during", "E0220", "heals every fault")));
}

TEST(ValidateFaults, join_phases_and_groups) {
  Scenario scenario = with(fault::Once{PhaseId{9}, 0s}, fault::Drop{});
  scenario.faults[0].on.group = GroupId{2};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].at", "E0201", "phase"),
                                              complaint("faults[0].on.group", "E0201", "group")));
}

TEST(ValidateFaults, have_possible_periods_and_rates) {
  EXPECT_THAT(validate(with(fault::Repeated{0s, kStorm}, fault::Drop{})),
              ElementsAre(complaint("faults[0].every", "E0221", "0s")));
  EXPECT_THAT(validate(with(fault::Poisson{0, kStorm}, fault::Drop{})),
              ElementsAre(complaint("faults[0].rate", "E0221", "0/h")));
  EXPECT_THAT(validate(with(fault::Poisson{std::nan(""), kStorm}, fault::Drop{})),
              ElementsAre(complaint("faults[0].rate", "E0221", "out of range")));
}

TEST(ValidateFaults, firings_are_bounded_over_all_of_them) {
  // 30 devices · 5 min · 2,400,000/h = 6,000,000 firings each.
  Scenario scenario = with(fault::Poisson{2'400'000, kStorm}, fault::Drop{});
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.faults.push_back(scenario.faults[0]);
  scenario.faults[1].name = "g";
  // There is room for 4,000,000 of the second.
  EXPECT_THAT(
      validate(scenario),
      ElementsAre(complaint("faults[1].rate", "E0225",
                            "6000000 firings are expected, 12000000 with the faults before; "
                            "at most 10000000: divide the rate by 2 or more, or shorten the "
                            "phase")));
  scenario.faults[1].timing = fault::Poisson{1'200'000, kStorm};
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.faults[1].timing = fault::Poisson{2'400'000, kStorm};
  scenario.faults[1].on.count = 1;
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateFaults, that_fire_too_often_are_told_a_longer_interval) {
  // In 20 min 30 devices · 900,000/h = 9,000,000, and 1,200,000 at every millisecond.
  Scenario scenario = with(fault::Poisson{900'000, kStorm}, fault::Drop{});
  std::get<ForDuration>(scenario.phases[kStorm.index()].end).duration = 20min;
  scenario.faults.push_back(scenario.faults[0]);
  scenario.faults[1].name = "g";
  scenario.faults[1].timing = fault::Repeated{1ms, kStorm};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[1].every", "E0225",
                                                        "multiply the interval by 2 or more")));
  scenario.faults[1].timing = fault::Repeated{2ms, kStorm};
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateFaults, selectors_can_choose) {
  Scenario scenario = with(fault::Drop{});
  fault::Selector& on = scenario.faults[0].on;
  on.share = 0.0;
  on.count = 0;
  on.hash = fault::Selector::Hash{4, 4};
  on.devices = "";
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("faults[0].on.count", "E0222", "exclude"),
                          complaint("faults[0].on.count", "E0222", "count of 0"),
                          complaint("faults[0].on.devices", "E0222", "pattern"),
                          complaint("faults[0].on.hash", "E0222", "4/4"),
                          complaint("faults[0].on.share", "E0222", "0%")));
}

TEST(ValidateFaults, a_pattern_must_match_some_client_id_of_those_it_is_meant_for) {
  Scenario scenario = with(fault::Drop{});
  fault::Selector& on = scenario.faults[0].on;
  on.devices = "nobody-*";
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].on.devices", "E0222",
                                                        "no ClientID matches \"nobody-*\"; they")));
  // The last ClientID of the last group, then asked of the first group only.
  on.devices = scenario.client_id_of(DeviceId{scenario.device_count() - 1});
  EXPECT_THAT(validate(scenario), IsEmpty());
  on.group = GroupId{0};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].on.devices", "E0222", "no")));
}

TEST(ValidateFaults, a_pattern_may_match_nobody_in_a_fleet_of_nobody) {
  Scenario scenario = with(fault::Drop{});
  scenario.faults[0].on.devices = "nobody-*";
  for (GroupSpec& group : scenario.fleet) group.count = 0;
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateFaults, half_open_until_the_device_returns_needs_a_way_to_notice) {
  EXPECT_THAT(validate(with(fault::HalfOpen{.notices = {.how = fault::NoticesHow::never}})),
              ElementsAre(complaint("faults[0].notices", "E0223", "never returns")));
  Scenario scenario = with(fault::HalfOpen{.notices = {.how = fault::NoticesHow::own}});
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("faults[0].notices", "E0223", "no pingresp_timeout")));
  scenario.devices[0].pingresp_timeout = 10s;
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("faults[0].notices", "E0223", "\"gauge\"")));
  scenario.faults[0].on.group = GroupId{0};
  EXPECT_THAT(validate(scenario), IsEmpty());
  scenario.devices[0].keep_alive = 0s;  // then it never sends a PINGREQ
  EXPECT_THAT(validate(scenario),
              ElementsAre(complaint("faults[0].notices", "E0223", "no keep_alive")));
}

TEST(ValidateFaults, half_open_for_a_time_may_go_unnoticed) {
  Scenario scenario = with(
      fault::HalfOpen{.notices = {.how = fault::NoticesHow::never}, .until_device_returns = false});
  scenario.faults[0].lasts = Constant{2min};
  EXPECT_THAT(validate(scenario), IsEmpty());
  std::get<fault::HalfOpen>(scenario.faults[0].what).until_device_returns = true;
  std::get<fault::HalfOpen>(scenario.faults[0].what).notices = {};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].until", "E0130", "either")));
}

TEST(ValidateFaults, leave_says_for_how_long_and_power_cut_may_be_for_ever) {
  Scenario scenario = with(fault::Leave{});
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0]", "E0224", "`for`")));
  scenario.faults[0].lasts = Exponential{30s};
  EXPECT_THAT(validate(scenario), IsEmpty());
}

TEST(ValidateFaults, what_is_over_at_once_has_no_length) {
  Scenario scenario = with(fault::Drop{});
  scenario.faults[0].lasts = Constant{10s};
  scenario.faults[0].ramp = 10s;
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].for", "E0233", "at once"),
                                              complaint("faults[0].ramp", "E0233", "at once")));
}

TEST(ValidateFaults, lengths_are_distributions_of_positive_times) {
  Scenario scenario = with(fault::Stall{});
  scenario.faults[0].lasts = Uniform{10s, 2s};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].for", "E0128", "first end")));
  scenario.faults[0].lasts = Exponential{0s};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].for", "E0128", "mean")));
  scenario.faults[0].lasts = Lognormal{10s, 2s};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].for", "E0128", "p99")));
  scenario.faults[0].lasts = Constant{0s};
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].for", "E0209", "range")));
  scenario.faults[0].lasts = Exponential{24h * 366};  // draws go up to twenty times that
  EXPECT_THAT(validate(scenario), ElementsAre(complaint("faults[0].for", "E0209", "range")));
}

TEST(ValidateFaults, parameters_do_something) {
  EXPECT_THAT(validate(with(fault::DuplicateLogin{.logins = 0})),
              ElementsAre(complaint("faults[0].logins", "E0227", "nothing happens")));
  EXPECT_THAT(validate(with(fault::DuplicateLogin{.logins = 1001})),
              ElementsAre(complaint("faults[0].logins", "E0204", "at most 1000")));
  EXPECT_THAT(validate(with(fault::Latency{})),
              ElementsAre(complaint("faults[0].delay", "E0227", "nothing")));
  EXPECT_THAT(validate(with(fault::Latency{.delay = 10ms, .jitter = 20ms})),
              ElementsAre(complaint("faults[0].jitter", "E0209", "10ms")));
}

TEST(ValidateFaults, let_in_who_could_pay_and_reboot_who_could_be_rejected) {
  using fault::ArrearsMode;
  const auto complaints_of = [](ArrearsMode mode, fault::Recovery recover) {
    Scenario scenario = with(fault::SimArrears{.mode = mode, .recover = recover});
    scenario.faults[0].lasts = Constant{5s};
    return validate(scenario);
  };
  const fault::Recovery reboots{.needs_reboot = 1, .reboot = Constant{}};
  for (const auto mode : {ArrearsMode::barred, ArrearsMode::cut, ArrearsMode::walled_garden}) {
    EXPECT_THAT(complaints_of(mode, reboots), IsEmpty());
  }
  EXPECT_THAT(complaints_of(ArrearsMode::throttled, reboots),
              ElementsAre(complaint("faults[0].recover.needs_reboot", "E0130", "throttled")));
  EXPECT_THAT(complaints_of(ArrearsMode::cut, {.needs_reboot = 1.5}),
              ElementsAre(complaint("faults[0].recover.needs_reboot", "E0108", "150%")));
  EXPECT_THAT(
      complaints_of(ArrearsMode::cut, {.needs_reboot = 1, .reboot = Exponential{Duration{}}}),
      testing::Contains(complaint("faults[0].recover.reboot", "E0128", "mean")));
  EXPECT_THAT(complaints_of(ArrearsMode::throttled, {.batch_at = 11s}), IsEmpty());
  EXPECT_THAT(complaints_of(ArrearsMode::throttled, {.batch_at = 10s}),
              ElementsAre(complaint("faults[0].recover.batch_at", "E0227", "10s")));
  EXPECT_THAT(complaints_of(ArrearsMode::cut, {.batch_at = 0s, .batch_every = 1h}), IsEmpty());
  EXPECT_THAT(complaints_of(ArrearsMode::cut, {.batch_at = -1s, .batch_every = 1h}),
              ElementsAre(complaint("faults[0].recover.batch_at", "E0209", "-1s")));
  EXPECT_THAT(complaints_of(ArrearsMode::cut, {.batch_every = 0s}),
              ElementsAre(complaint("faults[0].recover.batch_every", "E0209", "0s")));
  EXPECT_THAT(validate(with(fault::SimArrears{.recover = {.batch_every = 1h}})),
              ElementsAre(complaint("faults[0].recover.batch_every", "E0224", "`for`")));
}

TEST(ValidateFaults, of_a_links_quality_are_possible) {
  using testing::ElementsAre;
  EXPECT_THAT(validate(with(fault::NatIdle{})),
              ElementsAre(complaint("faults[0].after", "E0209", "100ms")));
  EXPECT_THAT(validate(with(fault::Bandwidth{15})),
              ElementsAre(complaint("faults[0].throughput", "E0108", "16 B/s")));
  EXPECT_THAT(validate(with(
                  fault::SimArrears{.mode = fault::ArrearsMode::throttled, .bytes_per_second = 0})),
              ElementsAre(complaint("faults[0].throughput", "E0108", "0 B/s")));
  EXPECT_THAT(validate(with(fault::Lossy{0.95})),
              ElementsAre(complaint("faults[0].loss", "E0108", "95%")));
  EXPECT_THAT(validate(with(fault::Lossy{0.1, 0s})),
              ElementsAre(complaint("faults[0].rto", "E0209", "0s")));
  EXPECT_THAT(validate(with(fault::Slice{0, 10ms})),
              ElementsAre(complaint("faults[0].piece", "E0227", "0B")));
  EXPECT_THAT(validate(with(fault::Slice{64, 0s})),
              ElementsAre(complaint("faults[0].gap", "E0209", "0s")));
  EXPECT_THAT(validate(with(fault::Limit{})),
              ElementsAre(complaint("faults[0]", "E0227", "`bytes` or `after`")));
  EXPECT_THAT(validate(with(fault::Limit{.bytes = 0})),
              ElementsAre(complaint("faults[0].bytes", "E0227", "refuse")));
  EXPECT_THAT(validate(with(fault::SlowClose{})),
              ElementsAre(complaint("faults[0].delay", "E0209", "0s")));
  EXPECT_THAT(validate(with(fault::ConnectDelay{})),
              ElementsAre(complaint("faults[0].delay", "E0209", "0s")));
}

TEST(ValidateFaults, of_a_groups_link_are_complained_about_there) {
  Scenario scenario = with(fault::Bandwidth{1});
  scenario.faults[0].stands_at = "fleet.city.link.bandwidth";
  EXPECT_THAT(validate(scenario), testing::ElementsAre(complaint(
                                      "fleet.city.link.bandwidth.throughput", "E0108", "1 B/s")));
}

}  // namespace
}  // namespace probate::scenario
