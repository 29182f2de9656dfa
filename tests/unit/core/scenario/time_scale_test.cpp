#include "core/scenario/time_scale.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/scenario/canonical.hpp"
#include "tests/unit/core/scenario/sample.hpp"

namespace probate::scenario {
namespace {

using testing::HasSubstr;

TEST(TimeScale, divides_durations_and_multiplies_rates) {
  Scenario scenario = sample();
  scenario.devices[0].pingresp_timeout = 20s;
  scenario.fleet[0].link = {300ms, 80ms};
  scenario.backend.presence = {{PolicyName::debounce, 10s}};
  fault::HalfOpen half_open;
  half_open.notices.after = Lognormal{2s, 10s};
  scenario.faults = {sample_fault("a", fault::Once{kStorm, 10s}, half_open),
                     sample_fault("b", fault::Repeated{5s, kStorm}, fault::Drop{}),
                     sample_fault("c", fault::Poisson{6, kStorm}, fault::Latency{2s, 1s})};
  scenario.faults[2].lasts = Uniform{2s, 10s};
  scenario.faults[2].ramp = 30s;

  ASSERT_TRUE(scale_time(scenario, 10).empty());

  EXPECT_EQ(scenario.devices[0].keep_alive, 1s);
  EXPECT_EQ(scenario.devices[0].pingresp_timeout, 2s);
  EXPECT_EQ(scenario.devices[0].publish[0].every, 12s);
  EXPECT_EQ(scenario.devices[0].connect.tcp_timeout, 12s);
  EXPECT_EQ(scenario.devices[0].connect.retry.max, 6s);
  EXPECT_EQ(scenario.fleet[0].link.latency, 30ms);
  EXPECT_EQ(scenario.phases[0].connect->rate, 2000);
  EXPECT_EQ(std::get<UntilOnline>(scenario.phases[0].end).timeout, 18s);
  EXPECT_EQ(std::get<ForDuration>(scenario.phases[1].end).duration, 30s);
  EXPECT_EQ(std::get<ForAuto>(scenario.phases[2].end).at_most, 1min);
  EXPECT_EQ(std::get<fault::Once>(scenario.faults[0].timing).offset, 1s);
  EXPECT_EQ(fault::to_text(scenario.faults[0].what),
            "half_open notices: {lognormal: {median: 200ms, p99: 1s}}, until: device_returns");
  EXPECT_EQ(std::get<fault::Repeated>(scenario.faults[1].timing).period, 500ms);
  EXPECT_EQ(std::get<fault::Poisson>(scenario.faults[2].timing).per_hour, 60);
  EXPECT_EQ(to_text(*scenario.faults[2].lasts), "{uniform: [200ms, 1s]}");
  EXPECT_EQ(scenario.faults[2].ramp, 3s);
  EXPECT_EQ(scenario.backend.presence[0].wait, 1s);
  EXPECT_EQ(scenario.judge.allowance, 1s) << "allowances never scale";
  EXPECT_EQ(scenario.judge.horizon, 5s) << "allowances never scale";
}

TEST(TimeScale, makes_slow_links_as_slow_for_their_time) {
  Scenario scenario = sample();
  for (const fault::What& what :
       {fault::What{fault::NatIdle{.after = 240s, .then = fault::NatThen::rst}},
        fault::What{fault::Bandwidth{1024}}, fault::What{fault::Lossy{0.02, 200ms}},
        fault::What{fault::Slice{64, 100ms}}, fault::What{fault::Limit{.bytes = 10, .after = 60s}},
        fault::What{fault::SlowClose{5s}}, fault::What{fault::ConnectDelay{3s}},
        fault::What{
            fault::SimArrears{.mode = fault::ArrearsMode::throttled, .bytes_per_second = 2048}}}) {
    scenario.faults.push_back(sample_fault("f", fault::Once{kStorm, 0s}, what));
  }
  const std::size_t first = scenario.faults.size() - 8;
  ASSERT_TRUE(scale_time(scenario, 10).empty());
  std::vector<std::string> texts;
  for (std::size_t i = first; i < scenario.faults.size(); ++i) {
    texts.push_back(fault::to_text(scenario.faults[i].what));
  }
  EXPECT_THAT(texts, testing::ElementsAre("nat_idle after: 24s, then: rst",
                                          "bandwidth throughput: 10240B/s, direction: both",
                                          "lossy loss: 0.02, rto: 20ms, direction: both",
                                          "slice piece: 64B, gap: 10ms, direction: both",
                                          "limit how: rst, after: 6s, bytes: 10B, direction: both",
                                          "slow_close delay: 500ms", "connect_delay delay: 300ms",
                                          "sim_arrears mode: throttled, throughput: 20480B/s"));
}

TEST(TimeScale, moves_batches_and_reboots_with_the_rest) {
  Scenario scenario = sample();
  const fault::Recovery recover{
      .needs_reboot = 0.3, .reboot = Uniform{10s, 20s}, .batch_at = 9h, .batch_every = 24h};
  scenario.faults = {
      sample_fault("f", fault::Once{kStorm, 0s},
                   fault::SimArrears{.mode = fault::ArrearsMode::barred, .recover = recover})};
  scenario.faults[0].lasts = Constant{10s};
  ASSERT_TRUE(scale_time(scenario, 10).empty());
  EXPECT_EQ(fault::to_text(scenario.faults[0].what),
            "sim_arrears mode: barred, recover: {needs_reboot: 0.3, reboot: {uniform: [1s, 2s]}, "
            "batch_at: 54m, batch_every: 2h24m}");
}

TEST(TimeScale, leaves_a_policy_the_name_that_rules_know) {
  Scenario scenario = sample();
  scenario.backend.presence = {{PolicyName::debounce, 2s},
                               {PolicyName::hybrid, 5s, 30s, 4, true},
                               {PolicyName::last_seen, 10s, 30s, 2, true},
                               {PolicyName::aws_lifecycle, 5s}};
  const std::string before = canonical_text(scenario);
  ASSERT_TRUE(scale_time(scenario, 2).empty());
  std::vector<std::string> labels;
  for (const PolicySpec& policy : scenario.backend.presence) labels.push_back(policy.label());
  EXPECT_THAT(labels,
              testing::ElementsAre("debounce_2s", "hybrid_5s_2m", "last_seen_1m", "aws_lifecycle"));
  EXPECT_EQ(scenario.backend.presence[0].wait, 1s);
  EXPECT_EQ(scenario.backend.presence[1].silence(), 1min);
  EXPECT_THAT(canonical_text(scenario), HasSubstr("backend.presence.wait=1s\n"))
      << "the name does not tell it";
  EXPECT_THAT(before, testing::Not(HasSubstr("presence.wait")));
}

TEST(TimeScale, names_the_largest_usable_factor) {
  Scenario scenario = sample();
  scenario.devices[1].keep_alive = 15s;
  const std::string before = canonical_text(scenario);
  const auto complaints = scale_time(scenario, 10);
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_EQ(complaints[0].path, "devices.gauge.keep_alive");
  EXPECT_EQ(complaints[0].code, "E0230");
  EXPECT_THAT(complaints[0].message, HasSubstr("1s500ms"));
  EXPECT_THAT(complaints[0].message, HasSubstr("largest usable scale is 5"));
  EXPECT_EQ(canonical_text(scenario), before) << "nothing was scaled";
  EXPECT_TRUE(scale_time(scenario, 5).empty());
}

TEST(TimeScale, counts_will_delay_and_session_expiry) {
  Scenario scenario = sample();
  scenario.devices[0].protocol = mqtt::Version::v5;
  scenario.devices[0].will->delay = 4s;
  scenario.devices[0].session_expiry = 6s;
  EXPECT_EQ(time_scale_max(scenario), 2);
  EXPECT_EQ(scale_time(scenario, 10).size(), 2u);
}

// [MQTT5-3.1.2.11.2] 0xFFFFFFFF seconds: the session does not expire.
TEST(TimeScale, off_stays_off_and_never_stays_never) {
  Scenario scenario = sample();
  scenario.devices[0].keep_alive = 0s;
  scenario.devices[1].protocol = mqtt::Version::v5;
  scenario.devices[1].session_expiry = std::chrono::seconds{0xffffffff};
  EXPECT_TRUE(scale_time(scenario, 10).empty());
  EXPECT_EQ(scenario.devices[0].keep_alive, 0s);
  EXPECT_EQ(scenario.devices[1].session_expiry, std::chrono::seconds{0xffffffff});
}

TEST(TimeScale, refuses_factors_that_are_none) {
  Scenario scenario = sample();
  for (const double factor : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    const auto complaints = scale_time(scenario, factor);
    ASSERT_EQ(complaints.size(), 1u) << factor;
    EXPECT_THAT(complaints[0].message, HasSubstr("out of range"));
  }
}

TEST(TimeScale, slows_down_below_one) {
  Scenario scenario = sample();
  EXPECT_TRUE(scale_time(scenario, 0.5).empty());
  EXPECT_EQ(scenario.devices[0].keep_alive, 20s);
}

}  // namespace
}  // namespace probate::scenario
