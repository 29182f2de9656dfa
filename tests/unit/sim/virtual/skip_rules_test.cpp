#include "sim/virtual/skip_rules.hpp"

#include <gtest/gtest.h>

#include "sim/yaml/loader.hpp"

namespace probate::virtual_time {
namespace {

SkipRules rules_of(const std::string& device, const std::string& backend) {
  const auto scenario = yaml::load_text(
      "version: 1\nname: x\ndevices: {d: {" + device + "}}\nfleet: {g: {device: d, count: 3}}\n" +
          "phases: [{name: day, for: 1h}]\nbackend: {" + backend + "}\n",
      "x.yaml");
  if (!scenario) {
    ADD_FAILURE() << "does not load";
    return {};
  }
  return skip_rules(*scenario, scenario::Recognizer{*scenario});
}

constexpr const char* kMeter =
    "client_id: 'm{index}', keep_alive: 60s, publish: ["
    "{topic: 'a/{client_id}', payload: x, every: 1m}, "
    "{topic: 'b/{client_id}', payload: x, every: 5m}]";

TEST(SkipRules, ask_for_nothing_where_nobody_counts) {
  const SkipRules rules = rules_of(kMeter, "presence: [naive]");
  EXPECT_FALSE(rules.silence_max.has_value());
  EXPECT_EQ(rules.settling, Duration{});
}

TEST(SkipRules, know_the_policy_that_bears_the_least) {
  const SkipRules rules = rules_of(kMeter,
                                   "presence: [{last_seen: {heartbeat: 20m, misses: 3}}, "
                                   "{last_seen_will: {heartbeat: 9m, misses: 2}}]");
  EXPECT_EQ(rules.silence_max, 18min);
}

TEST(SkipRules, count_only_what_the_back_end_hears) {
  EXPECT_EQ(rules_of(kMeter, "presence: [last_seen]").heard_every[0], 1min);
  EXPECT_EQ(rules_of(kMeter, "presence: [last_seen], messages: ['b/+']").heard_every[0], 5min);
  EXPECT_EQ(rules_of(kMeter, "presence: [last_seen], messages: ['c/+']").heard_every[0],
            std::nullopt);
}

TEST(SkipRules, know_how_long_the_luat_loop_can_be_silent) {
  EXPECT_EQ(rules_of("preset: luat-3.1", "presence: [last_seen]").heard_every[0], 2min);
  EXPECT_EQ(rules_of("preset: luat-3.1, luat_loop: {receive_timeout: 120s, publish_every: 60s}",
                     "presence: [last_seen]")
                .heard_every[0],
            1min)
      << "the response always comes first";
}

TEST(SkipRules, wait_for_delayed_wills) {
  const SkipRules rules = rules_of(
      "client_id: 'm{index}', protocol: '5', session_expiry: 5m, keep_alive: 60s, "
      "will: {topic: w, payload: '{client_id}', delay: 2m}",
      "presence: [naive]");
  EXPECT_EQ(rules.settling, 3min);
}

}  // namespace
}  // namespace probate::virtual_time
