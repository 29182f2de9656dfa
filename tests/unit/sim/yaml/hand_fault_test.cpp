#include "sim/yaml/hand_fault.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probate::yaml {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// "LINE:COLUMN CODE message" of each mistake.
std::vector<std::string> mistakes(std::string text) {
  std::vector<std::string> all;
  const auto loaded = load_hand_fault(std::move(text), "fault");
  if (loaded) return all;
  for (const Diagnostic& each : loaded.error()) {
    all.push_back(fmt::format("{}:{} {} {}", each.line, each.column, each.code, each.message));
  }
  return all;
}

TEST(HandFaultText, is_read_as_json) {
  const auto loaded =
      load_hand_fault(R"({"do":"stall","on":{"devices":"meter-*","count":3,"username":"city"},)"
                      R"("for":"30s","direction":"up","name":"mine"})",
                      "fault");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->spec.name, "mine");
  EXPECT_EQ(loaded->spec.on.devices, "meter-*");
  EXPECT_EQ(loaded->spec.on.count, 3u);
  EXPECT_EQ(loaded->spec.on.username, "city");
  EXPECT_EQ(loaded->spec.lasts, Distribution{Constant{30s}});
  EXPECT_EQ(std::get<fault::Stall>(loaded->spec.what).direction, fault::FlowDirection::up);
  EXPECT_FALSE(loaded->newcomers);
  EXPECT_FALSE(loaded->forever);
}

TEST(HandFaultText, selects_groups_that_the_proxy_has) {
  const std::vector<std::string> groups{"devices", "meters"};
  const auto loaded = load_hand_fault("{do: drop, on: {group: meters}}", "fault", groups);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->spec.on.group, GroupId{1});
  const auto unknown = load_hand_fault("{do: drop, on: {group: meter}}", "fault", groups);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().front().message,
              HasSubstr("no group is called \"meter\"; did you mean \"meters\"?"));
}

TEST(HandFaultText, is_read_as_json_over_several_lines) {
  const auto loaded = load_hand_fault(
      "{\n  \"do\": \"latency\",\n  \"delay\": \"300ms\",\n  \"newcomers\": true,\n"
      "  \"forever\": true\n}\n",
      "fault");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(loaded->newcomers);
  EXPECT_TRUE(loaded->forever);
}

TEST(HandFaultText, is_read_as_yaml) {
  const auto loaded =
      load_hand_fault("do: half_open\nnotices: {uniform: [1s, 2s]}\non: {share: 10%}\n", "fault");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->spec.on.share, 0.1);
}

TEST(HandFaultText, has_the_mistakes_of_a_scenario_at_their_places) {
  EXPECT_THAT(mistakes(R"({"do":"stall","for":"30"})"), ElementsAre(StartsWith("1:21 E0106")));
  EXPECT_THAT(mistakes(R"({"do":"stal"})"), ElementsAre(HasSubstr("did you mean \"stall\"?")));
  EXPECT_THAT(mistakes(R"({"do":"bandwidth","throughput":"1B/s"})"),
              ElementsAre(HasSubstr("1 B/s is out of range")));
  EXPECT_THAT(mistakes(R"({"do":"drop","for":"3s"})"),
              ElementsAre(HasSubstr("a drop is over at once")));
  EXPECT_THAT(mistakes(R"({"on":{"share":"140%"},"do":"drop"})"),
              ElementsAre(HasSubstr("140% is out of range")));
  EXPECT_THAT(mistakes("[]"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(mistakes(""), ElementsAre(HasSubstr("there is nothing in it")));
  EXPECT_THAT(mistakes("{"), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(mistakes("{}"), ElementsAre(HasSubstr("`do`")));
}

TEST(HandFaultText, has_no_time_of_its_own) {
  EXPECT_THAT(mistakes("{do: drop, at: storm + 10s}"),
              ElementsAre(HasSubstr("a fault by hand strikes at once")));
  EXPECT_THAT(mistakes("{do: drop, every: 10s, during: storm}"),
              ElementsAre(HasSubstr("strikes at once"), HasSubstr("strikes at once")));
}

TEST(HandFaultText, asks_only_what_a_proxy_can_do) {
  EXPECT_THAT(mistakes("{do: power_cut, for: 5s}"), ElementsAre(HasSubstr("E0234 power_cut")));
  EXPECT_THAT(mistakes("{do: broker_restart, for: 5s}"),
              testing::Contains(HasSubstr("E0234 broker_restart ends a managed broker")));
  EXPECT_THAT(
      mistakes("{do: sim_arrears, recover: {needs_reboot: 10%, reboot: 5s}}"),
      ElementsAre(HasSubstr("E0234 the power of a real device cannot be cycled from here")));
  EXPECT_THAT(mistakes("{do: sim_arrears, for: 5s, recover: {batch_every: 10s}}"),
              ElementsAre(HasSubstr("E0130 batches count from the start of a phase")));
}

TEST(HandFaultText, may_say_what_any_version_of_mqtt_can) {
  for (const char* text :
       {"{do: mqtt, inject: disconnect, reason: 0x89}", "{do: mqtt, inject: connack, reason: 5}",
        "{do: mqtt, inject: connack, reason: 0x88}", "{do: mqtt, rewrite: suback, reason: 0x87}",
        "{do: mqtt, swallow: connack, reason: 0x87}"}) {
    EXPECT_TRUE(load_hand_fault(text, "fault").has_value()) << text;
  }
  EXPECT_THAT(mistakes("{do: mqtt, rewrite: connack, reason: 7}"),
              ElementsAre(HasSubstr("E0108 0x07 is nothing that CONNACK of any version")));
}

TEST(HandFaultText, says_of_what_is_impossible_nothing_else) {
  EXPECT_THAT(mistakes("{do: leave}"), ElementsAre(HasSubstr("E0234 leave is")));
  EXPECT_THAT(mistakes("{do: broker_restart}"), ElementsAre(HasSubstr("E0234 broker_restart")));
}

TEST(HandFaultText, says_when_newcomers_and_forever_make_no_sense) {
  EXPECT_THAT(mistakes("{do: stall, for: 5s, forever: true}"),
              ElementsAre(HasSubstr("either `for` a time or `forever`")));
  EXPECT_THAT(mistakes("{do: drop, newcomers: true}"),
              ElementsAre(HasSubstr("nobody can come while it lasts")));
  EXPECT_THAT(mistakes("{do: stall, on: {count: 1}, newcomers: true}"),
              ElementsAre(HasSubstr("take from those who are there")));
  EXPECT_THAT(mistakes("{do: stall, for: {uniform: [1s, 2s]}, newcomers: true}"),
              ElementsAre(HasSubstr("needs one end for all")));
}

TEST(HandFaultText, reads_neither_files_nor_variables) {
  EXPECT_THAT(mistakes("{include: /etc/passwd, do: drop}"),
              ElementsAre(HasSubstr("unknown key \"include\"")));
  const auto loaded = load_hand_fault("{do: drop, on: {devices: \"${HOME}\"}}", "fault");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->spec.on.devices, "${HOME}");
}

}  // namespace
}  // namespace probate::yaml
