#include "core/scenario/real_devices.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/yaml/loading.hpp"

namespace probate::yaml {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct ProxyWorld : World {
  ProxyWorld() { options.real_devices = true; }
};

TEST(RealDevices, need_neither_devices_nor_fleet_nor_phases) {
  const ProxyWorld world;
  const auto loaded = world.load("version: 1\nname: lab\n");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->name, "lab");
  EXPECT_EQ(loaded->device_count(), 0u);
  EXPECT_EQ(loaded->backend.wills, std::vector<std::string>{"#"});
  EXPECT_TRUE(loaded->backend.births.empty());
  EXPECT_FALSE(scenario::ends_by_itself(*loaded));
  const auto places = scenario::with_places(*loaded);
  EXPECT_EQ(places.device_count(), scenario::kRealDevicesMax);
  EXPECT_EQ(places.fleet[0].name, "devices");
}

TEST(RealDevices, take_phases_that_wait_and_faults_by_client_id) {
  const ProxyWorld world;
  const auto loaded = world.load(R"(version: 1
name: lab
phases:
  - {name: storm, for: 30s}
  - {name: settle, for: auto}
faults:
  - {name: cut, at: storm + 1s, on: {devices: "meter-*"}, do: drop}
  - {name: dead, at: storm + 2s, on: {share: 10%}, do: half_open, until: device_returns}
backend: {wills: ["status/+"], births: ["birth/+"], presence: [naive, {debounce: 5s}]}
gate:
  - {name: none-missing, expect: "wills_missing == 0"}
)");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(scenario::ends_by_itself(*loaded));
  EXPECT_EQ(loaded->faults.size(), 2u);
  EXPECT_EQ(loaded->backend.wills, std::vector<std::string>{"status/+"});
}

TEST(RealDevices, have_a_broker_with_a_capacity_of_its_own) {
  const ProxyWorld world;
  EXPECT_THAT(world.problems("version: 1\nname: lab\nbroker: {capacity: {connects: 5/s}}\n"),
              ElementsAre(HasSubstr("3:10 E0234 a real broker has the capacity that it has")));
}

TEST(RealDevices, are_not_described) {
  const ProxyWorld world;
  EXPECT_THAT(world.problems(kGood), ElementsAre(HasSubstr("3:1 E0234 `devices` describes"),
                                                 HasSubstr("8:1 E0234 `fleet` describes")));
}

TEST(RealDevices, are_told_everything_else_too_where_they_are_described) {
  const ProxyWorld world;
  EXPECT_THAT(
      world.problems(std::string{kGood} +
                     "faults: [{name: a, at: storm + 1s, do: leave, for: 5s}]\n"
                     "gate: [\"wills_missing{group=city} == 0\", \"wills_mising == 0\"]\n"),
      ElementsAre(HasSubstr("3:1 E0234 `devices` describes"),
                  HasSubstr("8:1 E0234 `fleet` describes"), HasSubstr("E0234 leave is"),
                  HasSubstr("E0303 unknown group \"city\""), HasSubstr("E0302 unknown metric")));
}

constexpr const char* kGroups = R"(version: 1
name: lab
phases: [{name: storm, for: 30s}]
fleet:
  meters: {devices: "meter-*", count: 300}
  gateways: {devices: "gw-?"}
faults: [{name: a, at: storm + 1s, on: {group: gateways}, do: drop}]
gate: ["wills_missing{group=meters} == 0"]
)";

TEST(RealDevices, can_be_in_groups_by_client_id) {
  const auto loaded = ProxyWorld{}.load(kGroups);
  ASSERT_TRUE(loaded.has_value());
  ASSERT_EQ(loaded->fleet.size(), 3u);
  EXPECT_EQ(loaded->device_count(), 0u) << "nobody is simulated";
  EXPECT_EQ(loaded->faults[0].on.group, GroupId{2});
  EXPECT_EQ(scenario::real_group_of(*loaded, "meter-7"), GroupId{1});
  EXPECT_EQ(scenario::real_group_of(*loaded, "gw-1"), GroupId{2});
  EXPECT_EQ(scenario::real_group_of(*loaded, "gw-12"), GroupId{0});
  const auto places = scenario::with_places(*loaded);
  EXPECT_EQ(places.device_count(), scenario::kRealDevicesMax);
  EXPECT_EQ(places.fleet[0].count, scenario::kRealDevicesMax - 300 - scenario::kRealGroupPlaces);
  EXPECT_EQ(places.fleet[1].count, 300u);
}

TEST(RealDevices, are_in_groups_that_say_whose_they_are) {
  EXPECT_THAT(ProxyWorld{}.problems(R"(version: 1
name: lab
fleet:
  devices: {devices: "*"}
  meters: {count: 5}
  modems: {devices: "modem-*", link: {latency: 3ms}, count: 0}
  others: {devices: "o*", cuont: 5}
  city: {device: meter, count: 3}
)"),
              ElementsAre(HasSubstr("4:3 E0234 `devices` is the group of those that belong"),
                          HasSubstr("5:3 E0105 whose ClientIDs are of this group?"),
                          HasSubstr("6:32 E0234 `link` is of simulated devices"),
                          HasSubstr("6:61 E0108"), HasSubstr("7:27 E0102"),
                          HasSubstr("8:3 E0105 whose ClientIDs are of this group?")));
}

TEST(RealDevices, of_all_groups_are_no_more_than_there_are_places) {
  EXPECT_THAT(ProxyWorld{}.problems(R"(version: 1
name: lab
fleet:
  meters: {devices: "meter-*", count: 9500}
  modems: {devices: "modem-*", count: 500}
)"),
              ElementsAre(HasSubstr("5:39 E0219 with this group 10000 places are taken")));
}

TEST(RealDevices, are_in_as_many_groups_as_there_can_be_with_that_of_all_others) {
  std::string text = "version: 1\nname: lab\nfleet:\n";
  const auto add = [&text](int group) {
    text += fmt::format("  g{0}: {{devices: \"g{0}-*\", count: 1}}\n", group);
  };
  for (int group = 1; group <= 63; ++group) add(group);
  EXPECT_TRUE(ProxyWorld{}.load(text).has_value());
  add(64);
  EXPECT_THAT(ProxyWorld{}.problems(text),
              ElementsAre(HasSubstr("3:1 E0204 64 are too many: at most 63")));
}

TEST(RealDevices, are_for_a_proxy_also_where_they_are_in_groups) {
  EXPECT_THAT(World{}.problems("version: 1\nname: lab\nphases: [{name: storm, for: 30s}]\n"
                               "fleet: {meters: {devices: \"m-*\"}}\n"),
              ElementsAre(HasSubstr("1:1 E0105 `devices` is missing: nobody is simulated; a "
                                    "scenario like this is for `probate proxy`")));
}

TEST(RealDevices, are_no_group_of_simulated_ones) {
  EXPECT_THAT(World{}.problems(with_line(9, "  city: {devices: \"m-*\", count: 10}")),
              ElementsAre(HasSubstr("9:19 E0235 `devices` says which real devices")));
}

TEST(RealDevices, do_nothing_that_only_simulated_ones_can) {
  const ProxyWorld world;
  const auto problems = world.problems(R"(version: 1
name: lab
phases:
  - {name: ramp, connect: {rate: 5/s}, until: {online: 100%}}
  - {name: storm, for: 30s}
faults:
  - {name: a, at: storm + 1s, do: power_cut, for: 5s}
  - {name: b, at: storm + 1s, do: leave, for: 5s}
  - {name: c, at: storm + 1s, do: rebind}
  - {name: d, rate: 6/h, during: storm, do: drop}
  - {name: e, at: storm + 1s, do: broker_restart, for: 5s}
  - {name: f, at: storm + 1s, do: sim_arrears, for: 5s, recover: {batch_at: 9s}}
  - {name: g, at: storm + 1s, do: sim_arrears, for: 5s, recover: {needs_reboot: 10%, reboot: 5s}}
)");
  EXPECT_THAT(problems,
              ElementsAre(HasSubstr("E0234 real devices connect by themselves"),
                          HasSubstr("E0234 how many real devices there are is not known"),
                          HasSubstr("E0234 power_cut is something that a simulated device does"),
                          HasSubstr("E0234 leave is"), HasSubstr("E0234 rebind is"),
                          HasSubstr("E0234 `rate` is drawn for every device"),
                          HasSubstr("E0234 broker_restart ends a managed broker"),
                          HasSubstr("13:81 E0234 the power of a real device cannot be cycled")));
}

TEST(RealDevices, speak_any_version) {
  constexpr const char* kFault = R"(version: 1
name: lab
phases: [{name: storm, for: 30s}]
faults: [{name: a, at: storm + 1s, do: mqtt, inject: disconnect, reason: 0x89}]
)";
  EXPECT_TRUE(ProxyWorld{}.load(kFault).has_value());
}

TEST(RealDevices, alone_are_selected_by_what_they_come_with) {
  constexpr const char* kFault =
      "phases: [{name: storm, for: 30s}]\n"
      "faults:\n  - {name: a, at: storm, on: {username: \"c*\", source: \"10.*\", listener: "
      "\"*:1\", sni: x}, "
      "do: drop}\n";
  const ProxyWorld proxy;
  const auto loaded = proxy.load(std::string{"version: 1\nname: lab\n"} + kFault);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->faults[0].on.username, "c*");
  EXPECT_EQ(loaded->faults[0].on.source, "10.*");
  EXPECT_EQ(loaded->faults[0].on.listener, "*:1");
  EXPECT_EQ(loaded->faults[0].on.sni, "x");
  const World simulated;
  EXPECT_THAT(simulated.problems(std::string{R"(version: 1
name: lab
devices: {meter: {client_id: "m-{index}"}}
fleet: {city: {device: meter, count: 1}}
)"} + kFault),
              ElementsAre(HasSubstr("E0235 `username` selects real devices"),
                          HasSubstr("E0235 `source` selects real devices"),
                          HasSubstr("E0235 `listener` selects real devices"),
                          HasSubstr("E0235 `sni` selects real devices")));
}

TEST(RealDevices, have_the_broker_of_the_command_line) {
  const ProxyWorld world;
  EXPECT_THAT(world.problems("version: 1\nname: lab\nbroker: {address: \"b:1883\"}\n"),
              ElementsAre(HasSubstr("E0234 a proxy's broker is its --upstream")));
}

TEST(RealDevices, can_be_judged_by_last_words_where_messages_are_heard) {
  const ProxyWorld world;
  const auto heard = world.load(
      "version: 1\nname: lab\nbackend: {messages: [\"data/#\"], presence: [last_seen]}\n"
      "gate: [\"false_offlines{policy=last_seen} == 0\"]\n");
  EXPECT_TRUE(heard.has_value());
  EXPECT_FALSE(world
                   .problems("version: 1\nname: lab\nbackend: {presence: [last_seen]}\n"
                             "gate: [\"false_offlines{policy=last_seen} == 0\"]\n")
                   .empty());
}

}  // namespace
}  // namespace probate::yaml
