// Skipping is a matter of speed alone: with and without it a day has the same wills, the same
// policies, the same causal lines.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/virtual_run.hpp"

namespace probate {
namespace {

using tests::VirtualResult;

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

std::string spread(const analysis::Histogram& histogram) {
  if (histogram.count() == 0) return "none";
  return fmt::format("{} p50={} p99={} max={}", histogram.count(),
                     to_text(histogram.percentile(0.5)), to_text(histogram.percentile(0.99)),
                     to_text(histogram.max()));
}

// Everything that a judge says of a run, and nothing of how many messages there were.
std::vector<std::string> verdicts(const VirtualResult& result) {
  std::vector<std::string> all;
  const auto& totals = result.outcome.totals;
  all.push_back(fmt::format("expected {} observed {} takeover {} ghost {}", totals.wills.expected,
                            totals.wills.observed, totals.wills.takeover, totals.wills.ghost));
  for (const std::uint64_t count : totals.wills.by_class) all.push_back(fmt::format("{}", count));
  for (const std::uint64_t count : totals.wills.no_will) all.push_back(fmt::format("{}", count));
  all.push_back("delay " + spread(totals.wills.delay));
  all.push_back("lateness " + spread(totals.wills.lateness));
  for (const auto& fault : totals.faults) all.push_back(fmt::format("hit {}", fault.injected));
  for (const auto& policy : totals.policies) {
    const auto& of = policy.all;
    all.push_back(fmt::format("{} off {} false {} reconnects {} outages {} up {} wrong {}",
                              policy.label, of.offline_declarations, of.false_offlines,
                              of.reconnects, of.outages, of.up_seconds, of.false_offline_seconds));
    all.push_back("detection " + spread(of.detection) + " recovery " + spread(of.recovery));
  }
  for (const auto& will : result.outcome.wills) all.push_back(will.line);
  for (const auto& episode : result.outcome.false_offlines) all.push_back(episode.line);
  return all;
}

class Skipping : public testing::TestWithParam<int> {};

TEST_P(Skipping, changes_no_verdict) {
  const std::string text = fmt::format(fmt::runtime(kDay), GetParam());
  const VirtualResult played = tests::run_text_virtually(text, {.skip = false});
  const VirtualResult skipped = tests::run_text_virtually(text, {.skip = true});
  ASSERT_EQ(played.environment + skipped.environment, "");
  EXPECT_GT(skipped.naps, 100U);
  EXPECT_LT(skipped.records.size() * 3, played.records.size());
  EXPECT_GT(played.outcome.totals.wills.expected, 40U);
  const auto expected = verdicts(played);
  const auto found = verdicts(skipped);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]) << "line " << i;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Skipping, testing::Range(1, 9));

}  // namespace
}  // namespace probate
