#include "sim/live/preflight.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace probate::live {
namespace {

using testing::HasSubstr;

scenario::Scenario fleet_of(std::uint32_t count) {
  scenario::Scenario scenario;
  scenario.devices.resize(1);
  scenario.fleet.push_back({.name = "city", .device = 0, .count = count, .link = {}});
  return scenario;
}

fault::FaultSpec fault_that(fault::What what) {
  fault::FaultSpec spec;
  spec.what = std::move(what);
  return spec;
}

TEST(Descriptors, are_three_for_each_device_and_a_margin) {
  const std::uint64_t margin = descriptors_needed(fleet_of(0));
  EXPECT_EQ(descriptors_needed(fleet_of(1000)), 3000 + margin);
}

TEST(Descriptors, are_four_where_a_fault_leaves_ghosts_or_brings_twins) {
  const std::uint64_t margin = descriptors_needed(fleet_of(0));
  for (const fault::What& what :
       {fault::What{fault::HalfOpen{}}, fault::What{fault::SimArrears{}},
        fault::What{fault::PowerCut{}}, fault::What{fault::Rebind{}},
        fault::What{fault::DuplicateLogin{}}, fault::What{fault::Stall{}},
        fault::What{fault::Drop{fault::CutHow::rst, fault::LegChoice::device}}}) {
    auto scenario = fleet_of(1000);
    scenario.faults.push_back(fault_that(what));
    scenario.faults.push_back(fault_that(what));
    EXPECT_EQ(descriptors_needed(scenario), 4000 + margin) << fault::word(what);
  }
  auto scenario = fleet_of(1000);
  scenario.faults.push_back(fault_that(fault::Drop{}));
  scenario.faults.push_back(fault_that(fault::Refuse{}));
  EXPECT_EQ(descriptors_needed(scenario), 3000 + margin);
}

TEST(Descriptors, are_one_more_for_each_such_fault_where_no_device_takes_its_ghost_over) {
  const std::uint64_t margin = descriptors_needed(fleet_of(0));
  auto scenario = fleet_of(1000);
  scenario.devices[0].client_id = Template::parse("m-{index}-{epoch}").value();
  scenario.faults.push_back(fault_that(fault::HalfOpen{}));
  scenario.faults.push_back(fault_that(fault::Drop{fault::CutHow::rst, fault::LegChoice::device}));
  EXPECT_EQ(descriptors_needed(scenario), 5000 + margin);
}

TEST(Descriptors, raise_the_soft_limit_to_the_hard_one) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  // However few are needed: an estimate can be too low.
  const auto raised = ensure_descriptors(1);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(raised);
  EXPECT_EQ(*raised, before.rlim_max);
}

TEST(Descriptors, beyond_the_hard_limit_are_refused_with_the_remedy) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const auto refused = ensure_descriptors(std::uint64_t{limit.rlim_max} + 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr(std::to_string(limit.rlim_max)));
  EXPECT_THAT(refused.error(), HasSubstr("ulimit -Hn"));
}

TEST(Descriptors, too_few_for_a_proxy_are_refused_with_the_figures) {
  const auto none = room_for_devices(20, 1);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error(), HasSubstr("1 listener needs 44 file descriptors"));
  EXPECT_THAT(none.error(), HasSubstr("may have at most 20"));
  EXPECT_EQ(room_for_devices(44, 1).value(), 1u);
  EXPECT_EQ(room_for_devices(1024, 2).value(), 490u) << "(1024 - 40 - 2 * 2) / 2";
}

}  // namespace
}  // namespace probate::live
