// Skipping is a matter of speed alone: with and without it a day has the same wills, the same
// policies, the same causal lines.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/verdicts.hpp"

namespace probate {
namespace {

using test::VirtualResult;

// 24 devices for a day, with everything that can disturb them.
constexpr const char* kDay = R"(version: 1
name: day
about: A day.
seed: {}
devices:
  luat: {{preset: luat-3.1}}
  meter:
    client_id: "m{{index:05}}"
    keep_alive: 60s
    will: {{topic: "/willmsg", payload: "{{client_id}}device_conn_err#{{epoch}}"}}
    birth: {{topic: "/device/{{client_id}}/birth", payload: "up {{epoch}}"}}
    publish:
      - {{topic: "/device/{{client_id}}/report", payload: "report {{seq}}", every: 5m, qos: 1}}
    on_error: close
    pingresp_timeout: 10s
fleet:
  city: {{device: luat, count: 12}}
  rural: {{device: luat, count: 6, link: {{latency: 300ms, jitter: 80ms}}}}
  meters: {{device: meter, count: 6, link: {{latency: 200ms, jitter: 150ms}}}}
phases:
  - {{name: ramp, connect: {{rate: 10/s}}, until: {{online: 100%, timeout: 1m}}}}
  - {{name: day, for: 24h}}
  - {{name: settle, for: auto, at_most: 1h}}
faults:
  - {{name: arrears, at: day + 9h, on: {{count: 3}}, do: sim_arrears, mode: cut,
      for: {{uniform: [1h, 8h]}}}}
  - {{name: weak, rate: 0.1/h, during: day, on: {{}}, do: half_open,
      notices: {{uniform: [5s, 90s]}}, until: device_returns}}
  - {{name: tunnel, rate: 0.2/h, during: day, on: {{}}, do: stall, for: {{exponential: 20s}}}}
  - {{name: theft, at: day + 14h, on: {{count: 2}}, do: power_cut, for: never}}
  - {{name: resets, every: 3h, during: day, on: {{count: 2, where: online}}, do: drop, how: rst}}
  - {{name: twins, at: day + 18h, on: {{count: 2}}, do: duplicate_login, logins: 3, gap: 1m}}
backend:
  wills: ["/willmsg"]
  presence: [naive_alarm, naive, {{debounce: 1m}}]
gate:
  - {{name: no-missing-wills, expect: "wills_missing == 0"}}
)";

class Skipping : public testing::TestWithParam<int> {};

TEST_P(Skipping, changes_no_verdict) {
  const std::string text = fmt::format(fmt::runtime(kDay), GetParam());
  const VirtualResult played = test::run_text_virtually(text, {.skip = false});
  const VirtualResult skipped = test::run_text_virtually(text, {.skip = true});
  ASSERT_EQ(played.environment + skipped.environment, "");
  EXPECT_GT(skipped.naps, 100U);
  EXPECT_LT(skipped.records.size() * 3, played.records.size());
  EXPECT_GT(played.outcome.totals.wills.expected, 40U);
  test::expect_same_verdicts(test::verdicts(played), test::verdicts(skipped));
}

// As real as a silence can be: what was said into it comes late, and ends get lost.
TEST_P(Skipping, changes_no_verdict_where_tcp_notices_the_silence) {
  const std::string text = fmt::format(fmt::runtime(kDay), GetParam()) + "fidelity: segment\n";
  const VirtualResult played = test::run_text_virtually(text, {.skip = false});
  const VirtualResult skipped = test::run_text_virtually(text, {.skip = true});
  ASSERT_EQ(played.environment + skipped.environment, "");
  EXPECT_GT(skipped.naps, 100U);
  EXPECT_GT(played.outcome.totals.wills.expected, 40U);
  test::expect_same_verdicts(test::verdicts(played), test::verdicts(skipped));
}

// What a nap must not run into: policies that count messages, delayed wills, a back end that polls.
constexpr const char* kWatchedDay = R"(version: 1
name: watched-day
about: A day.
seed: {}
devices:
  meter:
    client_id: "m{{index:05}}"
    protocol: "5"
    clean: false
    session_expiry: 1h
    keep_alive: 60s
    will: {{topic: "/willmsg", payload: "{{client_id}}device_conn_err#{{epoch}}", delay: 20s}}
    birth: {{topic: "/device/{{client_id}}/birth", payload: "up {{epoch}}"}}
    subscribe: ["/device/{{client_id}}/req"]
    publish:
      - {{topic: "/device/{{client_id}}/debug", payload: "debug {{seq}}", every: 4m}}
      - {{topic: "/device/{{client_id}}/report", payload: "report {{seq}}", every: 5m, qos: 1}}
    on_error: close
    pingresp_timeout: 10s
fleet:
  near: {{device: meter, count: 8}}
  far: {{device: meter, count: 8, link: {{latency: 200ms, jitter: 150ms}}}}
phases:
  - {{name: ramp, connect: {{rate: 10/s}}, until: {{online: 100%, timeout: 1m}}}}
  - {{name: day, for: 24h}}
  - {{name: settle, for: auto, at_most: 2h}}
faults:
  - {{name: weak, rate: 0.1/h, during: day, on: {{}}, do: half_open,
      notices: {{uniform: [5s, 90s]}}, until: device_returns}}
  - {{name: tunnel, rate: 0.2/h, during: day, on: {{}}, do: stall, for: {{exponential: 20s}}}}
  - {{name: theft, at: day + 14h, on: {{count: 2}}, do: power_cut, for: never}}
  - {{name: night, at: day + 16h, on: {{count: 3}}, do: leave, for: 1h}}
backend:
  wills: ["/willmsg"]
  births: ["/device/+/birth"]
  messages: ["/device/+/report"]
  publish: [{{topic: "/device/{{client_id}}/req", payload: poll, every: 3h}}]
  presence: [naive, {{last_seen: {{heartbeat: 5m, misses: 6}}}},
             {{last_seen_will: {{heartbeat: 8m, misses: 5, wait: 20s}}}},
             {{hybrid: {{wait: 5s, heartbeat: 10m, misses: 3}}}}]
gate:
  - {{name: no-missing-wills, expect: "wills_missing == 0"}}
)";

TEST_P(Skipping, changes_nothing_for_those_who_count_messages) {
  const std::string text = fmt::format(fmt::runtime(kWatchedDay), GetParam());
  const VirtualResult played = test::run_text_virtually(text, {.skip = false});
  const VirtualResult skipped = test::run_text_virtually(text, {.skip = true});
  ASSERT_EQ(played.environment + skipped.environment, "");
  for (const auto& policy : played.outcome.totals.policies) {
    ASSERT_EQ(policy.not_applicable, "");
    EXPECT_GT(policy.all.offline_declarations, 0U) << policy.label;
  }
  EXPECT_GT(skipped.naps, 100U);
  EXPECT_LT(skipped.records.size() * 5, played.records.size() * 2);
  test::expect_same_verdicts(test::verdicts(played), test::verdicts(skipped));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Skipping, testing::Range(1, 9));

}  // namespace
}  // namespace probate
