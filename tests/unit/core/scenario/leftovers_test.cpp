// What a run can leave on a broker.
#include "core/scenario/leftovers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Template text(std::string_view words) { return Template::parse(words).value(); }

device::MessageConfig retained(std::string_view topic) {
  device::MessageConfig message;
  message.topic = text(topic);
  message.retain = true;
  return message;
}

struct Household : Scenario {
  Household() {
    device::DeviceConfig kind;
    kind.name = "meter";
    kind.client_id = text("m-{index:03}");
    kind.clean = true;
    devices.push_back(kind);
    fleet.push_back({"city", 0, 3, {}});
  }
};

TEST(Leftovers, are_none_where_nothing_is_retained_or_kept) {
  Household scenario;
  scenario.devices[0].publish.emplace_back().topic = text("data/{client_id}");
  const Leftovers leftovers{scenario};
  EXPECT_TRUE(leftovers.empty());
  EXPECT_FALSE(leftovers.includes("data/m-001"));
}

TEST(Leftovers, are_the_retained_messages_of_every_sender_in_every_epoch) {
  Household scenario;
  auto& kind = scenario.devices[0];
  static_cast<device::MessageConfig&>(kind.publish.emplace_back()) = retained("data/{client_id}");
  static_cast<device::MessageConfig&>(kind.will.emplace()) = retained("will/{client_id}/{epoch}");
  kind.luat_loop.emplace().report = retained("report/{index}");
  scenario.backend.publish.emplace_back().message = retained("down/{group}/{client_id}");
  const Leftovers leftovers{scenario};
  EXPECT_THAT(leftovers.filters(), ElementsAre("will/+/+", "data/+", "report/+", "down/+/+"));
  for (const char* ours :
       {"will/m-000/1", "will/m-002/4711", "data/m-001", "report/2", "down/city/m-000"}) {
    EXPECT_TRUE(leftovers.includes(ours)) << ours;
  }
}

TEST(Leftovers, are_not_what_others_retain_under_the_same_filters) {
  Household scenario;
  static_cast<device::MessageConfig&>(scenario.devices[0].will.emplace()) =
      retained("will/{client_id}/{epoch}");
  scenario.backend.publish.emplace_back().message = retained("down/{group}/{index}");
  const Leftovers leftovers{scenario};
  for (const char* theirs :
       {"will/m-003/1", "will/pump/1", "will/m-001/x", "down/farm/1", "down/city/3"}) {
    EXPECT_FALSE(leftovers.includes(theirs)) << theirs;
  }
}

TEST(Leftovers, are_sessions_that_outlive_their_connection) {
  Household scenario;
  EXPECT_THAT(Leftovers{scenario}.sessions(), IsEmpty());
  scenario.devices[0].clean = false;
  EXPECT_THAT(Leftovers{scenario}.sessions(), ElementsAre("m-000", "m-001", "m-002"));
  scenario.devices[0].clean = true;
  scenario.devices[0].session_expiry = 60s;
  EXPECT_EQ(Leftovers{scenario}.sessions().size(), 3U);
}

}  // namespace
}  // namespace probate::scenario
