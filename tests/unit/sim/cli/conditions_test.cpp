// What of two scenarios differs, in the words of their files.
#include "sim/cli/conditions.hpp"

#include <gtest/gtest.h>

#include "core/scenario/real_devices.hpp"

namespace probate::cli {
namespace {

scenario::Scenario of_two_groups() {
  scenario::Scenario scenario;
  scenario.devices.resize(2);
  scenario.devices[0].name = "meter";
  scenario.devices[1].name = "tracker";
  scenario.fleet = {{"city", 0, 10, {}}, {"rural", 1, 5, {}}};
  scenario.phases = {{"ramp", std::nullopt, scenario::ForDuration{5s}},
                     {"storm", std::nullopt, scenario::ForDuration{10s}}};
  scenario.faults.resize(3);
  scenario.faults[0].name = "cut";
  scenario.faults[0].timing = fault::Once{PhaseId{1}, 2s};
  scenario.faults[0].on.group = GroupId{1};
  scenario.faults[1].name = "again";
  scenario.faults[1].timing = fault::Repeated{3s, PhaseId{1}};
  scenario.faults[2].name = "now-and-then";
  scenario.faults[2].timing = fault::Poisson{6, PhaseId{0}};
  return scenario;
}

TEST(Conditions, name_what_the_file_names) {
  const auto settings = settings_of(of_two_groups());
  EXPECT_EQ(settings.at("fleet.city.device"), "meter");
  EXPECT_EQ(settings.at("fleet.rural.device"), "tracker");
  EXPECT_EQ(settings.at("fleet.rural.count"), "5");
  EXPECT_EQ(settings.at("faults.cut.timing"), "at storm + 2s");
  EXPECT_NE(settings.at("faults.cut.on").find("group: rural"), std::string::npos)
      << settings.at("faults.cut.on");
  EXPECT_EQ(settings.at("faults.again.timing"), "every 3s during storm");
  EXPECT_EQ(settings.at("faults.now-and-then.timing"), "rate 6/h during ramp");
}

TEST(Conditions, say_in_which_key_another_scenario_differs) {
  scenario::Scenario other = of_two_groups();
  EXPECT_EQ(why_not_judged_by(of_two_groups(), other), "");
  other.faults[0].timing = fault::Once{PhaseId{0}, 2s};
  EXPECT_EQ(why_not_judged_by(of_two_groups(), other),
            "faults.cut.timing was at storm + 2s in the run, not at ramp + 2s");
}

TEST(Conditions, say_of_real_devices_in_which_group_another_scenario_differs) {
  const auto of_meters = [](std::uint32_t places) {
    scenario::Scenario scenario = of_two_groups();
    scenario.has_real_devices = true;
    scenario.fleet = {{"devices", 0, 0, {}}, {"meters", 0, 0, {}}};
    scenario.fleet[1].real = scenario::RealGroup{"meter-*", places};
    return scenario::with_places(std::move(scenario));
  };
  EXPECT_EQ(why_not_judged_by(of_meters(3), of_meters(4)),
            "fleet.meters.count was 3 in the run, not 4");
}

}  // namespace
}  // namespace probate::cli
