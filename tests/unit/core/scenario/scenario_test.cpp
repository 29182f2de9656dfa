#include "core/scenario/scenario.hpp"

#include <gtest/gtest.h>

#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

TEST(Scenario, devices_are_numbered_group_by_group) {
  const Scenario scenario = sample();
  EXPECT_EQ(scenario.device_count(), 30u);
  EXPECT_EQ(scenario.group_of(DeviceId{0}), GroupId{0});
  EXPECT_EQ(scenario.group_of(DeviceId{19}), GroupId{0});
  EXPECT_EQ(scenario.group_of(DeviceId{20}), GroupId{1});
  EXPECT_EQ(scenario.group_of(DeviceId{29}), GroupId{1});
  EXPECT_EQ(scenario.kind_of(DeviceId{20}).name, "gauge");
}

TEST(Scenario, empty_groups_have_no_devices) {
  Scenario scenario = sample();
  scenario.fleet[0].count = 0;
  EXPECT_EQ(scenario.group_of(DeviceId{0}), GroupId{1});
  scenario.fleet[1].count = 0;
  EXPECT_EQ(scenario.device_count(), 0u);
}

TEST(Scenario, client_id_is_filled_in_for_the_device) {
  Scenario scenario = sample();
  EXPECT_EQ(scenario.client_id_of(DeviceId{3}), "meter-00003");
  EXPECT_EQ(scenario.client_id_of(DeviceId{20}), "gauge-00020");
  scenario.devices[0].client_id = text("{group}-{index}-{epoch}");
  EXPECT_EQ(scenario.client_id_of(DeviceId{3}), "city-3-1") << "that of the first attempt";
}

TEST(Scenario, values_are_those_of_the_device) {
  const Scenario scenario = sample();
  const TemplateValues values = scenario.values_of(DeviceId{21}, "id");
  EXPECT_EQ(values.client_id, "id");
  EXPECT_EQ(values.index, 21u);
  EXPECT_EQ(values.group, "rural");
}

TEST(PolicySpec, label_is_what_metrics_and_rules_say) {
  EXPECT_EQ((PolicySpec{PolicyName::naive_alarm}).label(), "naive_alarm");
  EXPECT_EQ((PolicySpec{PolicyName::naive}).label(), "naive");
  EXPECT_EQ((PolicySpec{PolicyName::debounce, 10s}).label(), "debounce_10s");
  EXPECT_EQ((PolicySpec{PolicyName::debounce, 2500ms}).label(), "debounce_2s500ms");
  EXPECT_EQ((PolicySpec{PolicyName::epoch}).label(), "epoch");
  EXPECT_EQ((PolicySpec{PolicyName::hybrid}).label(), "hybrid");
  EXPECT_EQ((PolicySpec{PolicyName::hybrid, 5s, 30s, 4, true}).label(), "hybrid_5s_2m");
  EXPECT_EQ((PolicySpec{PolicyName::last_seen, 10s, 30s, 2, true}).label(), "last_seen_1m");
  EXPECT_EQ((PolicySpec{PolicyName::aws_lifecycle, 3s, 120s, 3, true}).label(), "aws_lifecycle_3s");
}

}  // namespace
}  // namespace probate::scenario
