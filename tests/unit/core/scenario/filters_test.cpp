#include "core/scenario/filters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using testing::ElementsAre;

TEST(Filters, are_derived_from_the_topics_once_each) {
  Scenario scenario = sample();
  EXPECT_THAT(will_filters(scenario), ElementsAre("/willmsg"));
  EXPECT_THAT(birth_filters(scenario), ElementsAre("/device/+/birth"));
  EXPECT_THAT(message_filters(scenario), ElementsAre("/device/+/report"));
}

TEST(Filters, include_the_topics_of_the_luat_loop) {
  Scenario scenario = sample();
  scenario.devices[1].workload = device::Workload::luat_loop;
  scenario.devices[1].luat_loop.emplace();
  scenario.devices[1].luat_loop->report.topic = text("/device/{client_id}/report");
  scenario.devices[1].luat_loop->response.topic = text("/device/{client_id}/resp");
  EXPECT_THAT(message_filters(scenario), ElementsAre("/device/+/report", "/device/+/resp"));
}

TEST(Filters, given_ones_win) {
  Scenario scenario = sample();
  scenario.backend.wills = {"willmsg", "willmsg", "#"};
  scenario.backend.births = {"/device/#"};
  scenario.backend.messages = {"+/x"};
  EXPECT_THAT(will_filters(scenario), ElementsAre("willmsg", "#"));
  EXPECT_THAT(birth_filters(scenario), ElementsAre("/device/#"));
  EXPECT_THAT(message_filters(scenario), ElementsAre("+/x"));
}

}  // namespace
}  // namespace probate::scenario
