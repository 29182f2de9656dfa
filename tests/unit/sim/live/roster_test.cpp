#include "sim/live/roster.hpp"

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/scenario/schedule.hpp"
#include "tests/unit/sim/live/lab.hpp"

namespace probate::live {
namespace {

const scenario::Scenario kLab = test::lab();

fault::FaultSpec with(fault::Selector on) {
  fault::FaultSpec fault;
  fault.name = "cut";
  fault.on = std::move(on);
  fault.lasts = Uniform{1s, 9s};
  fault.what = fault::HalfOpen{};
  return fault;
}

void enroll(Roster& roster, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) roster.enroll(fmt::format("{}-{}", prefix, i));
}

std::set<std::string> names(const Roster& roster, const fault::FaultSpec& fault,
                            std::uint32_t ordinal) {
  std::set<std::string> all;
  for (const DeviceId device : roster.select(fault, ordinal)) {
    all.insert(roster.client_id_of(device));
  }
  return all;
}

TEST(Roster, numbers_devices_as_they_come_and_knows_them_again) {
  Roster roster{kLab, 10};
  EXPECT_EQ(roster.enroll("a"), DeviceId{0});
  EXPECT_EQ(roster.enroll("b"), DeviceId{1});
  EXPECT_EQ(roster.enroll("a"), DeviceId{0});
  EXPECT_EQ(roster.size(), 2u);
  EXPECT_EQ(roster.next_epoch(DeviceId{0}), 1u);
  EXPECT_EQ(roster.next_epoch(DeviceId{0}), 2u);
}

TEST(Roster, has_so_many_places_and_no_more) {
  Roster roster{kLab, 2};
  enroll(roster, "m", 2);
  EXPECT_EQ(roster.enroll("one-too-many"), kNoDevice);
  EXPECT_EQ(roster.enroll("m-1"), DeviceId{1});
  EXPECT_EQ(roster.size(), 2u);
}

TEST(Roster, counts_who_is_online_once) {
  Roster roster{kLab, 2};
  const DeviceId device = roster.enroll("a");
  EXPECT_FALSE(roster.was_online(device));
  EXPECT_TRUE(roster.set_online(device, true));
  EXPECT_FALSE(roster.set_online(device, true));
  EXPECT_EQ(roster.count_of(GroupId{0}).online, 1u);
  EXPECT_TRUE(roster.set_online(device, false));
  EXPECT_EQ(roster.count_of(GroupId{0}).online, 0u);
  EXPECT_TRUE(roster.was_online(device));
}

TEST(Roster, selects_by_pattern_among_those_that_appeared) {
  const auto fault = with({.devices = "meter-?"});
  Roster roster{kLab, 100};
  EXPECT_TRUE(roster.select(fault, 0).empty());
  enroll(roster, "meter", 3);
  enroll(roster, "valve", 3);
  EXPECT_EQ(names(roster, fault, 0), (std::set<std::string>{"meter-0", "meter-1", "meter-2"}));
}

TEST(Roster, takes_a_client_id_at_another_broker_for_another_device) {
  Roster roster{kLab, 100};
  const DeviceId first = roster.enroll("m");
  const DeviceId second = roster.enroll("m", 1);
  EXPECT_NE(first, second);
  EXPECT_EQ(roster.enroll("m", 1), second);
  EXPECT_EQ(roster.client_id_of(second), "m");
  // And it has draws of its own.
  const auto fault = with({.share = 0.5});
  std::set<DeviceId> at_first, at_second;
  for (int i = 0; i < 20; ++i) {
    at_first.insert(roster.enroll("x" + std::to_string(i)));
    at_second.insert(roster.enroll("x" + std::to_string(i), 1));
  }
  int differ = 0;
  const auto chosen = roster.select(fault, 0);
  const std::set<DeviceId> hit{chosen.begin(), chosen.end()};
  for (auto a = at_first.begin(), b = at_second.begin(); a != at_first.end(); ++a, ++b) {
    if (hit.contains(*a) != hit.contains(*b)) ++differ;
  }
  EXPECT_GT(differ, 0);
}

TEST(Roster, has_places_for_streams_as_long_as_they_stand) {
  Roster roster{kLab, 3};
  const DeviceId known = roster.enroll("m");
  const DeviceId first = roster.enroll_stream();
  const DeviceId second = roster.enroll_stream();
  EXPECT_EQ(roster.enroll_stream(), kNoDevice) << "they share the places with ClientIDs";
  EXPECT_TRUE(roster.is_stream(first));
  EXPECT_FALSE(roster.is_stream(known));
  EXPECT_EQ(roster.size(), 1u);
  roster.note(first, {"", "10.20.0.1", "127.0.0.1:1884", "broker.lab"});
  EXPECT_EQ(roster.select(with({.sni = "*.lab"}), 0), std::vector{first});
  EXPECT_EQ(roster.select(with({.devices = "*"}), 0).size(), 3u);
  EXPECT_EQ(roster.select(with({.devices = "m*"}), 0), std::vector{known});
  EXPECT_TRUE(roster.set_online(first, true));
  EXPECT_EQ(roster.count_of(GroupId{0}).online, 0u) << "of those with a ClientID";
  roster.release(first);
  EXPECT_TRUE(roster.select(with({.sni = "*.lab"}), 0).empty());
  EXPECT_EQ(roster.select(with({}), 0).size(), 2u);
  EXPECT_EQ(roster.enroll("later"), kNoDevice) << "a stream's place is no ClientID's";
  EXPECT_EQ(roster.enroll_stream(), first);
  EXPECT_FALSE(roster.is_online(first));
  EXPECT_NE(first, second);
}

TEST(Roster, selects_by_what_a_device_came_with_last) {
  Roster roster{kLab, 100};
  enroll(roster, "m", 3);
  roster.note(DeviceId{0}, {"city", "10.20.0.1", "127.0.0.1:1880"});
  roster.note(DeviceId{1}, {"city", "10.30.0.1", "127.0.0.1:1881"});
  roster.note(DeviceId{2}, {"", "10.20.0.2", "127.0.0.1:1882"});
  EXPECT_EQ(names(roster, with({.username = "c?ty"}), 0), (std::set<std::string>{"m-0", "m-1"}));
  EXPECT_EQ(names(roster, with({.username = ""}), 0), std::set<std::string>{"m-2"});
  EXPECT_EQ(names(roster, with({.listener = "*:1881"}), 0), std::set<std::string>{"m-1"});
  EXPECT_EQ(names(roster, with({.source = "10.20.*"}), 0), (std::set<std::string>{"m-0", "m-2"}));
  roster.note(DeviceId{2}, {"city", "10.30.0.9", "127.0.0.1:1882"});
  EXPECT_EQ(names(roster, with({.username = "city", .source = "10.20.*"}), 0),
            std::set<std::string>{"m-0"});
}

TEST(Roster, takes_a_share_rounded_and_keeps_its_victims) {
  const auto fault = with({.share = 0.25});
  Roster roster{kLab, 100};
  enroll(roster, "m", 10);
  EXPECT_EQ(names(roster, fault, 0).size(), 3u);  // ⌊2.5 + ½⌋
  EXPECT_EQ(names(roster, fault, 0), names(roster, fault, 1));
}

TEST(Roster, draws_a_count_anew_at_every_firing_and_by_client_id_only) {
  const auto fault = with({.count = 5});
  Roster roster{kLab, 100};
  enroll(roster, "m", 40);
  EXPECT_EQ(names(roster, fault, 0).size(), 5u);
  EXPECT_NE(names(roster, fault, 0), names(roster, fault, 1));
  Roster reversed{kLab, 100};
  for (int i = 39; i >= 0; --i) reversed.enroll(fmt::format("m-{}", i));
  EXPECT_EQ(names(roster, fault, 0), names(reversed, fault, 0));
}

TEST(Roster, takes_who_is_online_where_the_selector_says_so) {
  const auto fault = with({.share = 0.5, .online_only = true});
  Roster roster{kLab, 100};
  enroll(roster, "m", 4);
  roster.set_online(DeviceId{2}, true);
  EXPECT_EQ(names(roster, fault, 0), std::set<std::string>{"m-2"});
}

TEST(Roster, draws_what_a_schedule_draws_for_the_same_client_id) {
  scenario::Scenario scenario;
  scenario.seed = 7;
  scenario.faults.push_back(with({}));
  scenario.devices.emplace_back();
  scenario.devices[0].client_id = *Template::parse("m-{index}");
  scenario.fleet.push_back({"city", 0, 4, {}});
  scenario.phases.push_back({"storm", std::nullopt, scenario::ForDuration{1min}});
  scenario.faults[0].timing = fault::Once{PhaseId{0}, {}};
  const scenario::Schedule schedule{scenario};
  const scenario::Firing firing = schedule.firings(PhaseId{0})[0];
  Roster roster{kLab, 100};
  enroll(roster, "m", 4);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const fault::Draws draws = roster.draw(scenario.faults[0], firing.ordinal(), DeviceId{i});
    EXPECT_EQ(draws.lasts, schedule.lasts(firing, DeviceId{i}));
    EXPECT_EQ(draws.notices, schedule.notices(firing, DeviceId{i}));
  }
}

TEST(Roster, knows_who_is_alone_behind_an_address) {
  Roster roster{kLab, 10};
  const DeviceId first = roster.enroll("a");
  const DeviceId second = roster.enroll("b");
  const auto comes_from = [&](DeviceId device, const char* source) {
    roster.note(device, {.username = "", .source = source, .listener = ""});
  };
  comes_from(first, "10.0.0.7");
  EXPECT_TRUE(roster.is_alone(first));
  comes_from(first, "10.0.0.7");
  EXPECT_TRUE(roster.is_alone(first)) << "it came twice";
  comes_from(second, "10.0.0.7");
  EXPECT_FALSE(roster.is_alone(first));
  comes_from(second, "10.0.0.8");
  EXPECT_TRUE(roster.is_alone(first));
  EXPECT_TRUE(roster.is_alone(second));
  const DeviceId stream = roster.enroll_stream();
  comes_from(stream, "10.0.0.8");
  EXPECT_FALSE(roster.is_alone(second));
  roster.release(stream);
  EXPECT_TRUE(roster.is_alone(second));
}

scenario::Scenario lab_of_groups() {
  scenario::Scenario lab = test::lab();
  lab.fleet.push_back(test::group("meters", scenario::RealGroup{"meter-*", 2}));
  lab.fleet.push_back(test::group("rest-of-m", scenario::RealGroup{"m*", 3}));
  return lab;
}

TEST(Roster, puts_a_client_id_into_the_first_group_whose_pattern_it_fits) {
  const scenario::Scenario lab = lab_of_groups();
  const scenario::Scenario judged = scenario::with_places(lab, 10);
  Roster roster{lab, 10};
  const auto group_of = [&](const char* client_id) {
    const DeviceId device = roster.enroll(client_id);
    EXPECT_EQ(judged.group_of(device), roster.group_of(device)) << "as the judge has it";
    return roster.group_of(device).index();
  };
  EXPECT_EQ(group_of("gateway"), 0u);
  EXPECT_EQ(group_of("meter-1"), 1u);
  EXPECT_EQ(group_of("modem"), 2u);
  EXPECT_EQ(group_of("meter-2"), 1u);
  EXPECT_EQ(group_of("gateway-2"), 0u);
  EXPECT_EQ(roster.size(), 5u);
  roster.set_online(roster.enroll("meter-2"), true);
  EXPECT_EQ(roster.count_of(GroupId{1}).known, 2u);
  EXPECT_EQ(roster.count_of(GroupId{1}).online, 1u);
  EXPECT_EQ(roster.count_of(GroupId{2}).online, 0u);
}

TEST(Roster, lets_no_group_take_the_places_of_another) {
  const scenario::Scenario lab = lab_of_groups();
  Roster roster{lab, 10};
  enroll(roster, "meter", 2);
  EXPECT_EQ(roster.enroll("meter-too-many"), kNoDevice);
  EXPECT_NE(roster.enroll("meter-1"), kNoDevice) << "known already";
  enroll(roster, "x", 5);
  EXPECT_EQ(roster.enroll("y"), kNoDevice);
  EXPECT_EQ(roster.enroll_stream(), kNoDevice);
  EXPECT_NE(roster.enroll("m"), kNoDevice);
}

TEST(Roster, selects_by_group) {
  const scenario::Scenario lab = lab_of_groups();
  Roster roster{lab, 10};
  roster.enroll("m");
  enroll(roster, "meter", 2);
  roster.enroll("x");
  const fault::FaultSpec meters = with({.group = GroupId{1}});
  EXPECT_EQ(names(roster, meters, 0), (std::set<std::string>{"meter-0", "meter-1"}));
  EXPECT_EQ(names(roster, with({.group = GroupId{1}, .devices = "*-1"}), 0),
            (std::set<std::string>{"meter-1"}));
  EXPECT_EQ(names(roster, with({.group = GroupId{0}}), 0), (std::set<std::string>{"x"}));
  EXPECT_EQ(names(roster, with({}), 0).size(), 4u);
  EXPECT_EQ(roster.to_text(meters.on), "group: meters");
  EXPECT_EQ(roster.to_text({.group = GroupId{1}, .share = 0.5}), "group: meters, share: 50%");
  EXPECT_EQ(roster.to_text({.devices = "m*", .share = 0.07}), "share: 7%, devices: \"m*\"");
  EXPECT_EQ(roster.to_text({}), "all");
}

}  // namespace
}  // namespace probate::live
