#include "core/scenario/policies.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using testing::HasSubstr;

constexpr PolicySpec kEpoch{PolicyName::epoch};
constexpr PolicySpec kNaive{PolicyName::naive};

TEST(Policies, apply_where_will_and_birth_carry_the_epoch) {
  Scenario scenario = sample();
  EXPECT_EQ(why_not_applicable(scenario, kEpoch), std::nullopt);
  scenario.devices[0].will->payload = text("{client_id} {bdseq}");
  EXPECT_EQ(why_not_applicable(scenario, kEpoch), std::nullopt);
}

TEST(Policies, epoch_needs_it_in_the_will) {
  Scenario scenario = sample();
  scenario.devices[1].will->payload = text("{client_id}device_conn_err");
  EXPECT_THAT(why_not_applicable(scenario, kEpoch).value_or(""),
              HasSubstr("will of \"gauge\" carries neither"));
  EXPECT_EQ(why_not_applicable(scenario, kNaive), std::nullopt);
}

TEST(Policies, epoch_needs_it_in_a_birth) {
  Scenario scenario = sample();
  scenario.devices[0].birth->payload = text("up");
  EXPECT_THAT(why_not_applicable(scenario, kEpoch).value_or(""), HasSubstr("birth of \"meter\""));
  scenario.devices[0].birth.reset();
  EXPECT_THAT(why_not_applicable(scenario, kEpoch).value_or(""), HasSubstr("no birth"));
}

TEST(Policies, a_client_id_with_the_epoch_carries_it_too) {
  Scenario scenario = sample();
  scenario.devices[0].client_id = text("r{index}-{epoch}");
  scenario.devices[0].will->payload = text("{client_id} gone");
  scenario.devices[0].birth->payload = text("up");  // its topic has the ClientID
  EXPECT_EQ(why_not_applicable(scenario, kEpoch), std::nullopt);
}

TEST(Policies, devices_without_a_will_and_kinds_without_devices_do_not_matter) {
  Scenario scenario = sample();
  scenario.devices[0].will.reset();
  EXPECT_EQ(why_not_applicable(scenario, kEpoch), std::nullopt);
  scenario.devices[1].birth.reset();
  scenario.fleet[1].count = 0;
  EXPECT_EQ(why_not_applicable(scenario, kEpoch), std::nullopt);
}

TEST(Policies, every_policy_must_learn_who_died) {
  Scenario scenario = sample();
  scenario.devices[0].will->payload = text("gone {epoch}");
  EXPECT_THAT(why_not_applicable(scenario, kNaive).value_or(""), HasSubstr("which device"));
  scenario.fleet[0].count = 1;  // then there is no question
  EXPECT_EQ(why_not_applicable(scenario, kNaive), std::nullopt);
}

TEST(Policies, rules_name_a_policy_by_its_label) {
  EXPECT_TRUE(names_policy("false_offline_ratio{policy=naive} < 5%", "naive"));
  EXPECT_TRUE(names_policy("x{ policy = \"naive\" , group=city} < 5%", "naive"));
  EXPECT_TRUE(names_policy("x{policy=epoch} - x{policy=naive} < 1%", "naive"));
  EXPECT_FALSE(names_policy("x{policy=naive_alarm} < 5%", "naive"));
  EXPECT_FALSE(names_policy("x{policy!=naive} < 5%", "naive"));
  EXPECT_FALSE(names_policy("naive < 5%", "naive"));
}

}  // namespace
}  // namespace probate::scenario
