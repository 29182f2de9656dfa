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

PolicySpec policy(PolicyName name) { return {name}; }
std::string reason(const Scenario& scenario, PolicyName name) {
  return why_not_applicable(scenario, policy(name)).value_or("");
}

TEST(Policies, sparkplug_and_hybrid_need_what_epoch_needs) {
  Scenario scenario = sample();
  for (const PolicyName name : {PolicyName::sparkplug, PolicyName::hybrid}) {
    EXPECT_EQ(reason(scenario, name), "");
  }
  scenario.devices[0].birth->payload = text("up");
  for (const PolicyName name : {PolicyName::sparkplug, PolicyName::hybrid}) {
    EXPECT_THAT(reason(scenario, name), HasSubstr("birth of \"meter\" carries neither"));
  }
}

TEST(Policies, retained_needs_one_retained_status_topic) {
  Scenario scenario = sample();
  scenario.fleet[1].count = 0;
  device::DeviceConfig& meter = scenario.devices[0];
  EXPECT_THAT(reason(scenario, PolicyName::retained), HasSubstr("different topics"));
  meter.will->topic = meter.birth->topic = text("status/{client_id}");
  EXPECT_THAT(reason(scenario, PolicyName::retained), HasSubstr("the will of \"meter\""));
  meter.will->retain = true;
  EXPECT_THAT(reason(scenario, PolicyName::retained), HasSubstr("the birth of \"meter\""));
  meter.birth->retain = true;
  EXPECT_EQ(reason(scenario, PolicyName::retained), "");
  meter.farewell.emplace();
  meter.farewell->topic = meter.will->topic;
  meter.farewell->payload = text("bye");
  EXPECT_THAT(reason(scenario, PolicyName::retained), HasSubstr("farewell of \"meter\""));
  meter.farewell->retain = true;
  EXPECT_EQ(reason(scenario, PolicyName::retained), "");
  meter.birth.reset();
  EXPECT_THAT(reason(scenario, PolicyName::retained), HasSubstr("no birth"));
}

TEST(Policies, last_seen_needs_messages_at_intervals_and_no_wills) {
  Scenario scenario = sample();
  scenario.devices[0].will->payload = text("gone");
  EXPECT_EQ(reason(scenario, PolicyName::last_seen), "");
  EXPECT_THAT(reason(scenario, PolicyName::last_seen_will), HasSubstr("which device"));
  scenario.devices[1].publish[0].topic = text("/reports");
  EXPECT_THAT(reason(scenario, PolicyName::last_seen), HasSubstr("\"gauge\" publishes nothing"));
  scenario.devices[1].publish.clear();
  EXPECT_THAT(reason(scenario, PolicyName::last_seen), HasSubstr("\"gauge\""));
}

TEST(Policies, that_go_by_broker_events_show_only_in_the_journal_whether_they_can) {
  Scenario scenario = sample();
  scenario.devices[0].will->payload = text("gone");
  EXPECT_EQ(reason(scenario, PolicyName::aws_lifecycle), "");
  EXPECT_EQ(reason(scenario, PolicyName::broker_events), "");
  EXPECT_TRUE(needs_broker_events(PolicyName::aws_lifecycle));
  EXPECT_FALSE(needs_broker_events(PolicyName::hybrid));
}

TEST(Policies, tell_the_longest_wait_behind_a_will) {
  Scenario scenario = sample();
  EXPECT_EQ(longest_wait(scenario), 0s);
  scenario.backend.presence = {{PolicyName::hybrid, 7s}, {PolicyName::last_seen, 90s}};
  EXPECT_EQ(longest_wait(scenario), 7s);
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
