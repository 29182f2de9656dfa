#include "core/scenario/schedule.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Scenario with(std::vector<fault::FaultSpec> faults) {
  Scenario scenario = sample();
  scenario.faults = std::move(faults);
  return scenario;
}

fault::FaultSpec drop_once() {
  return sample_fault("once", fault::Once{kStorm, 10s}, fault::Drop{});
}

std::vector<Duration> offsets(const std::vector<Firing>& firings) {
  std::vector<Duration> found;
  for (const Firing& firing : firings) found.push_back(firing.offset);
  return found;
}

TEST(Schedule, once_fires_once) {
  const Scenario scenario = with({drop_once()});
  const Schedule schedule{scenario};
  ASSERT_THAT(schedule.firings(kStorm), SizeIs(1));
  EXPECT_EQ(schedule.firings(kStorm)[0].offset, 10s);
  EXPECT_EQ(schedule.firings(kStorm)[0].device(), kNoDevice);
  EXPECT_THAT(schedule.firings(kRamp), IsEmpty());
}

TEST(Schedule, every_fires_from_the_start_of_its_phase_to_before_its_end) {
  const Scenario scenario = with({sample_fault("f", fault::Repeated{100s, kStorm}, fault::Drop{})});
  const Schedule schedule{scenario};
  EXPECT_THAT(offsets(schedule.firings(kStorm)), ElementsAre(0s, 100s, 200s));
  EXPECT_EQ(schedule.firings(kStorm)[2].ordinal(), 2u);
}

TEST(Schedule, every_goes_on_to_the_latest_end_of_an_open_phase) {
  const Scenario scenario = with({sample_fault("f", fault::Repeated{1min, kRamp}, fault::Drop{})});
  EXPECT_THAT(Schedule{scenario}.firings(kRamp), SizeIs(3));
}

TEST(Schedule, a_rate_gives_each_device_firings_of_its_own) {
  Scenario scenario = with({sample_fault("f", fault::Poisson{120, kStorm}, fault::Drop{})});
  scenario.fleet[0].count = 1000;
  scenario.faults[0].on.group = GroupId{0};
  const Schedule schedule{scenario};
  const auto& firings = schedule.firings(kStorm);
  // 1,000 devices · 120/h · 5 min: 10,000 expected, standard deviation 100.
  EXPECT_NEAR(static_cast<double>(firings.size()), 10'000, 500);
  EXPECT_TRUE(std::is_sorted(firings.begin(), firings.end(),
                             [](const auto& a, const auto& b) { return a.offset < b.offset; }));
  for (std::uint32_t i = 0; i < firings.size(); ++i) {
    ASSERT_LT(firings[i].device().value, 1000u);
    ASSERT_LT(firings[i].offset, 5min);
    ASSERT_THAT(schedule.select(firings[i]).ranked, ElementsAre(firings[i].device()));
  }
}

TEST(Schedule, firings_of_a_phase_are_in_order_of_time_then_fault) {
  const Scenario scenario = with({sample_fault("b", fault::Repeated{100s, kStorm}, fault::Drop{}),
                                  sample_fault("a", fault::Repeated{50s, kStorm}, fault::Drop{})});
  const Schedule schedule{scenario};
  const auto& firings = schedule.firings(kStorm);
  ASSERT_THAT(firings, SizeIs(9));
  EXPECT_EQ(firings[0].fault, FaultId{0});
  EXPECT_EQ(firings[1].fault, FaultId{1});
  EXPECT_EQ(firings[1].offset, 0s);
  EXPECT_EQ(firings[2].offset, 50s);
}

TEST(ScheduleSelection, takes_all_without_share_and_count) {
  const Scenario scenario = with({drop_once()});
  const Schedule schedule{scenario};
  const Selection selection = schedule.select(schedule.firings(kStorm)[0]);
  EXPECT_EQ(selection.take, 30u);
  EXPECT_EQ((std::set<DeviceId>{selection.ranked.begin(), selection.ranked.end()}).size(), 30u);
}

TEST(ScheduleSelection, share_is_rounded_half_up) {
  Scenario scenario = with({drop_once()});
  const auto taken = [&](double share) {
    scenario.faults[0].on.share = share;
    const Schedule schedule{scenario};
    const Selection selection = schedule.select(schedule.firings(kStorm)[0]);
    EXPECT_EQ(selection.ranked.size(), selection.take);
    return selection.take;
  };
  EXPECT_EQ(taken(0.1), 3u);
  EXPECT_EQ(taken(0.05), 2u);  // 1.5
  EXPECT_EQ(taken(0.04), 1u);  // 1.2
  EXPECT_EQ(taken(0.01), 0u);  // 0.3
  EXPECT_EQ(taken(1.0), 30u);
}

TEST(ScheduleSelection, a_larger_share_contains_the_smaller) {
  Scenario scenario = with({drop_once()});
  const auto victims = [&](double share) {
    scenario.faults[0].on.share = share;
    const Schedule schedule{scenario};
    return schedule.select(schedule.firings(kStorm)[0]).ranked;
  };
  const auto few = victims(0.1);
  const auto many = victims(0.5);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
}

TEST(ScheduleSelection, count_is_drawn_anew_and_share_is_kept) {
  Scenario scenario = with({sample_fault("f", fault::Repeated{1s, kStorm}, fault::Drop{})});
  const auto distinct = [&] {
    const Schedule schedule{scenario};
    std::set<std::vector<DeviceId>> found;
    for (const Firing& firing : schedule.firings(kStorm)) {
      found.insert(schedule.select(firing).ranked);
    }
    return found.size();
  };
  scenario.faults[0].on.count = 3;
  EXPECT_GT(distinct(), 250u) << "300 firings, 24,360 ordered choices";
  scenario.faults[0].on.count.reset();
  scenario.faults[0].on.share = 0.1;
  EXPECT_EQ(distinct(), 1u);
}

TEST(ScheduleSelection, count_hits_everybody_alike) {
  Scenario scenario = with({sample_fault("f", fault::Repeated{100ms, kStorm}, fault::Drop{})});
  scenario.faults[0].on.count = 3;
  const Schedule schedule{scenario};
  std::vector<int> hits(30);
  for (const Firing& firing : schedule.firings(kStorm)) {
    for (const DeviceId device : schedule.select(firing).ranked) ++hits[device.index()];
  }
  // 3,000 firings of 3 out of 30: 300 each, standard deviation 16.
  EXPECT_THAT(hits, Each(testing::AllOf(testing::Gt(210), testing::Lt(390))));
}

TEST(ScheduleSelection, count_above_the_fleet_takes_the_fleet) {
  Scenario scenario = with({drop_once()});
  scenario.faults[0].on.count = 1000;
  const Schedule schedule{scenario};
  EXPECT_EQ(schedule.select(schedule.firings(kStorm)[0]).take, 30u);
}

TEST(ScheduleSelection, where_online_ranks_everybody_so_that_others_can_step_in) {
  Scenario scenario = with({drop_once()});
  scenario.faults[0].on.count = 3;
  scenario.faults[0].on.online_only = true;
  const Schedule schedule{scenario};
  const Selection selection = schedule.select(schedule.firings(kStorm)[0]);
  EXPECT_EQ(selection.take, 3u);
  EXPECT_EQ(selection.ranked.size(), 30u);
  scenario.faults[0].on.online_only = false;
  const auto first = schedule.select(schedule.firings(kStorm)[0]).ranked;
  EXPECT_TRUE(std::equal(first.begin(), first.end(), selection.ranked.begin()));
}

// Of a large fleet the ranks are found a part at a time: whoever stands in a small one stands in
// the same order in it, nobody is lost, and the first ones are the first ones.
TEST(ScheduleSelection, ranks_a_large_fleet_as_it_would_a_small_one) {
  Scenario scenario = with({drop_once()});
  const auto ranked = [&] {
    const Schedule schedule{scenario};
    return schedule.select(schedule.firings(kStorm)[0]).ranked;
  };
  const auto few = ranked();
  const auto small = static_cast<std::uint32_t>(few.size());
  for (const std::uint32_t count : {131'071u, 131'072u, 400'000u}) {
    scenario.fleet.back().count += count - scenario.device_count();
    const auto many = ranked();
    ASSERT_EQ((std::set<DeviceId>{many.begin(), many.end()}).size(), count);
    std::vector<DeviceId> known;
    std::copy_if(many.begin(), many.end(), std::back_inserter(known),
                 [small](DeviceId device) { return device.index() < small; });
    EXPECT_EQ(known, few);
    scenario.faults[0].on.share = 0.5;
    const auto half = ranked();
    ASSERT_EQ(half.size(), (count + 1) / 2);
    EXPECT_TRUE(std::equal(half.begin(), half.end(), many.begin()));
    scenario.faults[0].on.share.reset();
  }
}

TEST(ScheduleSelection, conditions_are_all_held) {
  Scenario scenario = with({drop_once()});
  fault::Selector& on = scenario.faults[0].on;
  on.group = GroupId{1};
  on.devices = "*-0002?";
  std::set<DeviceId> all;
  std::size_t sum = 0;
  for (std::uint32_t part = 0; part < 3; ++part) {
    on.hash = fault::Selector::Hash{part, 3};
    const Schedule schedule{scenario};
    const auto ranked = schedule.select(schedule.firings(kStorm)[0]).ranked;
    all.insert(ranked.begin(), ranked.end());
    sum += ranked.size();
  }
  EXPECT_EQ(all.size(), 10u) << "the parts cover the group";
  EXPECT_EQ(sum, 10u) << "and do not overlap";
  EXPECT_EQ(all.begin()->value, 20u);
}

TEST(ScheduleSelection, hash_parts_do_not_move_with_the_seed) {
  Scenario scenario = with({drop_once()});
  scenario.faults[0].on.hash = fault::Selector::Hash{0, 2};
  const auto members = [&] {
    const Schedule schedule{scenario};
    auto ranked = schedule.select(schedule.firings(kStorm)[0]).ranked;
    std::sort(ranked.begin(), ranked.end());
    return ranked;
  };
  const auto before = members();
  scenario.seed = 8;
  EXPECT_EQ(members(), before);
}

TEST(ScheduleSelection, nobody_is_a_selection_too) {
  Scenario scenario = with({drop_once()});
  scenario.faults[0].on.devices = "nobody";
  const Schedule schedule{scenario};
  EXPECT_EQ(schedule.select(schedule.firings(kStorm)[0]).take, 0u);
}

TEST(ScheduleDraws, length_and_notice_belong_to_firing_and_device) {
  Scenario scenario = with({sample_fault("f", fault::Repeated{1min, kStorm}, fault::Rebind{})});
  scenario.faults[0].what = fault::HalfOpen{.until_device_returns = false};
  scenario.faults[0].lasts = Uniform{2s, 10s};
  const Schedule schedule{scenario};
  const auto& firings = schedule.firings(kStorm);
  std::set<Duration> drawn;
  for (const Firing& firing : firings) {
    for (std::uint32_t i = 0; i < 30; ++i) {
      const Duration lasts = schedule.lasts(firing, DeviceId{i});
      EXPECT_EQ(schedule.lasts(firing, DeviceId{i}), lasts) << "asking again changes nothing";
      EXPECT_GE(lasts, 2s);
      EXPECT_LE(lasts, 10s);
      EXPECT_NE(schedule.notices(firing, DeviceId{i}), lasts);
      drawn.insert(lasts);
    }
  }
  EXPECT_EQ(drawn.size(), firings.size() * 30);
}

TEST(ScheduleDraws, who_needs_a_reboot_and_when_belong_to_firing_and_device) {
  Scenario scenario = with({sample_fault("f", fault::Repeated{1min, kStorm},
                                         fault::SimArrears{.mode = fault::ArrearsMode::barred})});
  const std::string without = Schedule{scenario}.digest();
  EXPECT_EQ(Schedule{scenario}.reboot(Schedule{scenario}.firings(kStorm)[0], DeviceId{0}),
            std::nullopt);
  auto& recover = std::get<fault::SimArrears>(scenario.faults[0].what).recover;
  recover = {.needs_reboot = 0.3, .reboot = Uniform{2s, 10s}};
  const Schedule schedule{scenario};
  EXPECT_NE(schedule.digest(), without);
  std::set<Duration> drawn;
  std::size_t asked = 0;
  for (const Firing& firing : schedule.firings(kStorm)) {
    for (std::uint32_t i = 0; i < 30; ++i, ++asked) {
      const auto reboot = schedule.reboot(firing, DeviceId{i});
      EXPECT_EQ(schedule.reboot(firing, DeviceId{i}), reboot) << "asking again changes nothing";
      if (!reboot) continue;
      EXPECT_GE(*reboot, 2s);
      EXPECT_LE(*reboot, 10s);
      EXPECT_TRUE(drawn.insert(*reboot).second);
    }
  }
  const double share = static_cast<double>(drawn.size()) / static_cast<double>(asked);
  EXPECT_NEAR(share, 0.3, 0.12);
  recover.needs_reboot = 1;
  EXPECT_TRUE(Schedule{scenario}.reboot(schedule.firings(kStorm)[0], DeviceId{0}));
}

TEST(ScheduleDraws, without_for_a_fault_lasts_until_it_is_healed) {
  const Scenario scenario = with({drop_once()});
  const Schedule schedule{scenario};
  EXPECT_EQ(schedule.lasts(schedule.firings(kStorm)[0], DeviceId{0}), kNever - kRunStart);
}

struct Drawn {
  std::vector<std::pair<Duration, DeviceId>> firings;
  std::vector<DeviceId> ranked;
  Duration lasts{};
  bool operator==(const Drawn&) const = default;
};

Drawn drawn_for(const Scenario& scenario, std::string_view fault) {
  const Schedule schedule{scenario};
  Drawn drawn;
  for (const Firing& firing : schedule.firings(kStorm)) {
    if (scenario.faults[firing.fault.index()].name != fault) continue;
    drawn.firings.emplace_back(firing.offset, firing.device());
    if (drawn.firings.size() > 1) continue;
    drawn.ranked = schedule.select(firing).ranked;
    drawn.lasts = schedule.lasts(firing, drawn.ranked[0]);
  }
  return drawn;
}

TEST(ScheduleDraws, another_fault_moves_nothing) {
  auto rate = sample_fault("rate", fault::Poisson{60, kStorm}, fault::Stall{});
  rate.lasts = Exponential{20s};
  auto once = drop_once();
  once.on.count = 5;
  const Scenario before = with({rate, once});
  const Scenario after =
      with({sample_fault("new", fault::Poisson{60, kStorm}, fault::Drop{}), once,
            sample_fault("more", fault::Repeated{1s, kStorm}, fault::Drop{}), rate});
  EXPECT_EQ(drawn_for(before, "rate"), drawn_for(after, "rate"));
  EXPECT_EQ(drawn_for(before, "once"), drawn_for(after, "once"));
}

TEST(ScheduleDraws, another_group_moves_no_device_of_the_others) {
  auto rate = sample_fault("rate", fault::Poisson{60, kStorm}, fault::Stall{});
  rate.lasts = Exponential{20s};
  rate.on.group = GroupId{1};
  const Scenario before = with({rate});
  Scenario after = with({rate});
  // The gauges keep their ClientIDs only if nothing shifts their index: put the new group last.
  after.fleet.push_back({.name = "new", .device = 0, .count = 50});
  EXPECT_EQ(drawn_for(before, "rate"), drawn_for(after, "rate"));
}

TEST(ScheduleArrivals, come_evenly_in_a_shuffled_order) {
  Scenario scenario = sample();
  scenario.phases[0].connect->rate = 10;
  const Schedule schedule{scenario};
  EXPECT_EQ(schedule.connect_phase(), kRamp);
  std::vector<Duration> sorted;
  for (std::uint32_t i = 0; i < 30; ++i) sorted.push_back(schedule.connect_offset(DeviceId{i}));
  EXPECT_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < 30; ++i) EXPECT_EQ(sorted[static_cast<std::size_t>(i)], i * 100ms);
}

TEST(ScheduleArrivals, poisson_has_its_rate) {
  Scenario scenario = sample();
  scenario.fleet[0].count = 10'000;
  scenario.phases[0].connect = ConnectPlan{Arrival::poisson, 1000};
  const Schedule schedule{scenario};
  Duration last{};
  for (std::uint32_t i = 0; i < 10'010; ++i) {
    last = std::max(last, schedule.connect_offset(DeviceId{i}));
  }
  EXPECT_NEAR(to_seconds(last), 10.0, 0.5);  // five standard deviations
}

TEST(ScheduleArrivals, without_connect_all_come_in_the_first_phase_200_a_second) {
  Scenario scenario = sample();
  scenario.phases[0].connect.reset();
  scenario.fleet[0].count = 191;
  const Schedule schedule{scenario};
  EXPECT_EQ(schedule.connect_phase(), PhaseId{0});
  Duration last{};
  for (std::uint32_t i = 0; i < 201; ++i) {
    last = std::max(last, schedule.connect_offset(DeviceId{i}));
  }
  EXPECT_EQ(last, 1s);
}

TEST(ScheduleArrivals, happen_in_the_phase_that_says_connect) {
  Scenario scenario = sample();
  scenario.phases[1].connect = scenario.phases[0].connect;
  scenario.phases[0].connect.reset();
  EXPECT_EQ(Schedule{scenario}.connect_phase(), kStorm);
}

TEST(ScheduleDigest, is_the_same_for_the_same_and_differs_for_what_is_drawn_otherwise) {
  auto rate = sample_fault("rate", fault::Poisson{60, kStorm}, fault::Stall{});
  rate.lasts = Exponential{20s};
  Scenario scenario = with({rate, drop_once()});
  const std::string digest = Schedule{scenario}.digest();
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(Schedule{scenario}.digest(), digest);
  scenario.about = "other words";
  EXPECT_EQ(Schedule{scenario}.digest(), digest);
  scenario.seed = 8;
  EXPECT_NE(Schedule{scenario}.digest(), digest);
  scenario.seed = 7;
  scenario.faults[0].lasts = Exponential{21s};
  EXPECT_NE(Schedule{scenario}.digest(), digest);
}

// A golden: what a seed draws must not change between versions, compilers or machines unnoticed.
TEST(ScheduleDigest, a_seed_draws_what_it_always_drew) {
  Scenario scenario = with({drop_once()});
  scenario.faults[0].on.count = 3;
  const Schedule schedule{scenario};
  std::vector<std::uint32_t> victims;
  for (const DeviceId device : schedule.select(schedule.firings(kStorm)[0]).ranked) {
    victims.push_back(device.value);
  }
  EXPECT_THAT(victims, ElementsAre(10u, 7u, 4u));
}

TEST(Schedule, a_fleet_of_nobody_has_a_schedule) {
  Scenario scenario = with({drop_once()});
  scenario.fleet.clear();
  const Schedule schedule{scenario};
  EXPECT_EQ(schedule.select(schedule.firings(kStorm)[0]).take, 0u);
  EXPECT_EQ(schedule.digest().size(), 64u);
}

}  // namespace
}  // namespace probate::scenario
