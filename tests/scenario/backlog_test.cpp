// A reconnect storm that a slow broker takes one by one: devices hang up while they wait for it,
// and it reads them all the same.
#include <gtest/gtest.h>

#include "sim/yaml/loader.hpp"
#include "tests/support/virtual_run.hpp"

namespace probate {
namespace {

using analysis::WillClass;

// will-storm before a broker that accepts 10 connections a second.
test::VirtualResult storm_before(std::uint32_t backlog) {
  auto loaded = yaml::load_file(PROBATE_SOURCE_DIR "/scenarios/will-storm.yaml");
  if (!loaded) {
    ADD_FAILURE() << "will-storm does not load";
    return {};
  }
  scenario::Scenario scenario = std::move(loaded).value();
  scenario.broker.capacity =
      scenario::BrokerCapacity{.connects_per_second = 10, .backlog = backlog};
  scenario.judge.horizon = 5s;
  std::get<scenario::UntilOnline>(scenario.phases[0].end).timeout = 200s;
  std::get<scenario::ForAuto>(scenario.phases[2].end).at_most = 400s;
  return test::run_virtually(std::move(scenario));
}

// The model owes and publishes a will for each CONNECT that it has read, whoever is there still.
TEST(SlowBroker, is_accused_of_no_will_of_who_hung_up_in_its_backlog) {
  for (const std::uint32_t backlog : {100U, 1'000U}) {
    const auto wills = storm_before(backlog).outcome.totals.wills;
    EXPECT_EQ(wills.observed, wills[WillClass::in_time]) << backlog;
    EXPECT_EQ(wills.expected, wills.observed) << backlog;
    EXPECT_GT(wills.observed, backlog * 3U) << "hardly anybody hung up";
  }
}

}  // namespace
}  // namespace probate
