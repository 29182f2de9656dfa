#include "sim/virtual/estimate.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/virtual_run.hpp"

namespace probate::virtual_time {
namespace {

constexpr const char* kScenario = R"(
version: 1
name: estimated
about: "x"
seed: 7
devices:
  meter:
    client_id: "m{index}"
    keep_alive: 60s
    will: {topic: "w/{client_id}", payload: "off"}
    birth: {topic: "b/{client_id}", payload: "on"}
    publish: [{topic: "r/{client_id}", payload: "x", every: 120s}]
fleet:
  city: {device: meter, count: COUNT}
phases:
  - {name: ramp, connect: {rate: 100/s}, until: {online: 100%, timeout: 5m}}
  - {name: day, for: LENGTH}
  - {name: settle, for: auto, at_most: 10m}
faults:
  - {name: cuts, at: day + 1m, on: {share: 10%}, do: drop}
  - {name: one, every: 10m, during: day, on: {count: 3}, do: drop}
backend:
  presence: [POLICIES]
)";

scenario::Scenario scenario_of(const std::string& count, const std::string& length,
                               const std::string& policies) {
  std::string text = kScenario;
  const auto fill = [&text](const std::string& word, const std::string& by) {
    text.replace(text.find(word), word.size(), by);
  };
  fill("COUNT", count);
  fill("LENGTH", length);
  fill("POLICIES", policies);
  auto loaded = yaml::load_text(text, "test.yaml");
  EXPECT_TRUE(loaded) << (loaded ? "" : yaml::render(loaded.error(), false));
  return std::move(*loaded);
}

Estimate estimate_of(const std::string& count, const std::string& length = "1h",
                     const std::string& policies = "naive") {
  const scenario::Scenario scenario = scenario_of(count, length, policies);
  return estimate(scenario, scenario::Schedule{scenario});
}

TEST(Estimate, counts_what_the_schedule_has_drawn) {
  const Estimate sum = estimate_of("200");
  EXPECT_EQ(sum.devices, 200U);
  EXPECT_EQ(sum.firings, 7U);           // one, and six in an hour
  EXPECT_EQ(sum.strikes, 20U + 6 * 3);  // a tenth, and three at a time
  EXPECT_EQ(sum.connects, 200U + 38);
  // Two seconds of ramp; an hour; a will at once, and the judge's patience.
  EXPECT_GT(sum.shortest, 1h + 2s);
  EXPECT_LT(sum.shortest, 1h + 20s);
  EXPECT_EQ(sum.longest, 5min + 1h + 10min);
}

TEST(Estimate, grows_with_devices_policies_and_what_is_played) {
  EXPECT_GT(estimate_of("2000").memory_bytes, estimate_of("200").memory_bytes);
  EXPECT_GT(estimate_of("2000", "1h", "naive, {debounce: 5s}").memory_bytes,
            estimate_of("2000").memory_bytes);
  const Estimate skipping = estimate_of("2000", "24h");
  // One that takes a device for gone between two of its messages.
  const Estimate counting = estimate_of("2000", "24h", "{last_seen: {heartbeat: 10s, misses: 1}}");
  EXPECT_TRUE(skipping.skips);
  EXPECT_FALSE(counting.skips);
  EXPECT_GT(counting.events, 10 * skipping.events);
  EXPECT_GT(counting.core_seconds, skipping.core_seconds);
}

TEST(Estimate, plays_whom_a_policy_would_take_for_gone_if_it_rested) {
  const auto is_near = [](const std::string& policies) {
    const scenario::Scenario scenario = scenario_of("300", "6h", policies);
    const double estimated = estimate(scenario, scenario::Schedule{scenario}).events;
    const auto fired = static_cast<double>(test::run_virtually(scenario).events);
    EXPECT_GT(estimated, fired / 2) << policies << ": " << fired << " events";
    EXPECT_LT(estimated, fired * 2) << policies << ": " << fired << " events";
  };
  // A silence of just two intervals is too short for what is on the way.
  is_near("{last_seen: {heartbeat: 120s, misses: 2}}");
  is_near("{last_seen: {heartbeat: 125s, misses: 2}}");
}

TEST(Estimate, plays_whom_the_back_end_speaks_to_all_the_time) {
  scenario::Scenario scenario = scenario_of("30", "24h", "naive");
  scenario::DownlinkSpec downlink;
  downlink.message.topic = Template::literal("d");
  downlink.every = 1min;
  scenario.backend.publish.push_back(downlink);
  const Estimate sum = estimate(scenario, scenario::Schedule{scenario});
  EXPECT_FALSE(sum.skips);
  EXPECT_GT(sum.messages, 30 * 24 * 60);
}

TEST(Estimate, says_how_many_devices_fit) {
  const Estimate sum = estimate_of("2000");
  EXPECT_EQ(devices_for(sum, sum.memory_bytes), 2000U);
  EXPECT_LT(devices_for(sum, sum.memory_bytes - 1'000'000), 2000U);
  EXPECT_EQ(devices_for(sum, 1'000), 0U);
}

TEST(Estimate, of_an_empty_fleet_is_that_of_the_program) {
  const Estimate sum = estimate_of("0");
  EXPECT_EQ(sum.connects, sum.strikes);
  EXPECT_GT(sum.memory_bytes, 0U);
  EXPECT_EQ(sum.messages, 0);
}

TEST(Estimate, is_near_the_events_of_the_run) {
  const scenario::Scenario scenario = scenario_of("300", "2h", "naive");
  const double estimated = estimate(scenario, scenario::Schedule{scenario}).events;
  const auto fired = static_cast<double>(test::run_virtually(scenario).events);
  // Half and double are good enough to plan with.
  EXPECT_GT(estimated, fired / 2) << fired << " events";
  EXPECT_LT(estimated, fired * 2) << fired << " events";
}

// What a scenario with these phases and faults, and a will delay of half an hour, is told.
Estimate estimate_of_phases(const std::string& phases, const std::string& faults) {
  const std::string text = fmt::format(R"(version: 1
devices:
  meter:
    client_id: "m-{{index}}"
    protocol: "5"
    session_expiry: 1h
    will: {{topic: "w/{{client_id}}", payload: gone, delay: 30m}}
fleet:
  city: {{device: meter, count: 10}}
phases:
  - {{name: ramp, connect: {{rate: 10/s}}, until: {{online: 100%, timeout: 5m}}}}
  - {{name: storm, for: 10s}}
{}
faults:
  - {{name: blow, at: storm + 1s, {}}}
)",
                                       phases, faults);
  const auto loaded = yaml::load_text(text, "test.yaml");
  EXPECT_TRUE(loaded) << (loaded ? "" : yaml::render(loaded.error(), false));
  return estimate(*loaded, scenario::Schedule{*loaded});
}

TEST(Estimate, counts_the_longest_will_delay_as_part_of_settling) {
  const std::string drop = "on: {}, do: drop";
  const Estimate enough = estimate_of_phases("  - {name: settle, for: auto, at_most: 2h}", drop);
  EXPECT_GT(enough.shortest, 30min);
  EXPECT_LT(enough.shortest, 31min);
  EXPECT_TRUE(enough.notes.empty());
  const Estimate cut = estimate_of_phases("  - {name: settle, for: auto, at_most: 1m}", drop);
  ASSERT_EQ(cut.notes.size(), 1U);
  EXPECT_THAT(cut.notes[0],
              testing::StartsWith("the phase settle ends after 1m, and what it waits for can take "
                                  "30m6s: give it that as at_most"));
}

TEST(Estimate, counts_what_this_broker_and_the_slowest_policy_need_as_part_of_settling) {
  scenario::Scenario scenario = scenario_of("20", "1h", "naive");
  scenario.faults.front().what = fault::HalfOpen{};  // a silence: K is 1 min
  const scenario::Schedule schedule{scenario};
  const Duration usual = estimate(scenario, schedule).shortest;
  broker::KeepAliveWindow slow;
  slow.factor_high = 3;
  EXPECT_EQ(estimate(scenario, schedule, {}, slow).shortest - usual, 90s);
  scenario::PolicySpec waits;
  waits.name = scenario::PolicyName::debounce;
  waits.wait = 2min;
  scenario.backend.presence.push_back(waits);
  EXPECT_GE(estimate(scenario, schedule).shortest - usual, 100s);
}

TEST(Estimate, counts_only_devices_that_a_pattern_fits) {
  const std::string back = "  - {name: back, until: {online: 80%, timeout: 10h}}";
  const Estimate few =
      estimate_of_phases(back, "on: {devices: \"m-?\", count: 2}, do: power_cut, for: never");
  EXPECT_EQ(few.strikes, 2U);
  const Estimate one =
      estimate_of_phases(back, "on: {devices: \"m-3\"}, do: power_cut, for: never");
  EXPECT_EQ(one.strikes, 1U);
  EXPECT_LT(one.shortest, 1min);
  EXPECT_TRUE(one.notes.empty());
}

TEST(Estimate, waits_for_devices_that_a_fault_keeps_away) {
  const std::string back = "  - {name: back, until: {online: 90%, timeout: 8000h}}";
  EXPECT_LT(estimate_of_phases(back, "on: {count: 1}, do: power_cut, for: never").shortest, 1min);
  const Estimate late = estimate_of_phases(back, "on: {count: 2}, do: outage, for: 100h");
  EXPECT_GT(late.shortest, 100h);
  EXPECT_LT(late.shortest, 101h);
  EXPECT_TRUE(late.notes.empty());
  const Estimate never = estimate_of_phases(back, "on: {count: 2}, do: power_cut, for: never");
  EXPECT_GT(never.shortest, 8000h);
  ASSERT_EQ(never.notes.size(), 1U);
  EXPECT_THAT(never.notes[0], testing::StartsWith("the phase back waits for 90 % of the fleet, and "
                                                  "blow keeps too many away for ever: it will "
                                                  "take all of its "));
}

TEST(Estimate, waits_for_the_last_of_many_and_not_for_the_longest_that_can_be_drawn) {
  const std::string back = "  - {name: back, until: {online: 100%, timeout: 8000h}}";
  // The mean of the longest of ten is 2.9 means; the cap is 20.
  const Estimate away = estimate_of_phases(back, "on: {}, do: outage, for: {exponential: 10h}");
  EXPECT_GT(away.shortest, 25h);
  EXPECT_LT(away.shortest, 35h);
  const Estimate skewed =
      estimate_of_phases(back, "on: {}, do: outage, for: {lognormal: {median: 1h, p99: 10h}}");
  EXPECT_GT(skewed.shortest, 4h);
  EXPECT_LT(skewed.shortest, 20h);
}

TEST(Estimate, waits_once_for_who_is_struck_again_and_again) {
  scenario::Scenario scenario = scenario_of("200", "1h", "naive");
  fault::FaultSpec& again = scenario.faults.back();  // every 10 min
  again.what = fault::PowerCut{};
  again.lasts = Constant{100h};
  again.on = {};
  again.on.share = 0.1;
  scenario.phases.back().end = scenario::UntilOnline{.share = 0.85, .timeout = 200h};
  EXPECT_LT(estimate(scenario, scenario::Schedule{scenario}).shortest, 2h) << "a tenth is away";
  scenario.phases.back().end = scenario::UntilOnline{.share = 0.95, .timeout = 200h};
  EXPECT_GT(estimate(scenario, scenario::Schedule{scenario}).shortest, 100h);
}

// A stall of an hour on so many, at the end of a phase.
Estimate estimate_of_a_stall(const std::string& timing, const std::string& on,
                             Duration storm = 1min) {
  const std::string text = fmt::format(R"(version: 1
devices:
  meter:
    client_id: "m-{{group}}-{{index}}"
    keep_alive: 60s
    will: {{topic: "w/{{client_id}}", payload: gone}}
    publish: [{{topic: "r/{{client_id}}", payload: "x", every: 10s}}]
fleet:
  city: {{device: meter, count: 10000}}
  few: {{device: meter, count: 100}}
phases:
  - {{name: ramp, connect: {{rate: 5000/s}}, until: {{online: 100%, timeout: 5m}}}}
  - {{name: storm, for: {}}}
  - {{name: rest, for: 2h}}
faults:
  - {{name: blow, {}, on: {}, do: stall, for: 1h}}
)",
                                       to_text(storm), timing, on);
  const auto loaded = yaml::load_text(text, "test.yaml");
  EXPECT_TRUE(loaded) << (loaded ? "" : yaml::render(loaded.error(), false));
  return estimate(*loaded, scenario::Schedule{*loaded});
}

TEST(Estimate, counts_what_a_fault_holds_beyond_the_phase_in_which_it_strikes) {
  const Estimate within = estimate_of_a_stall("at: storm + 1s", "{group: city}", 2h);
  const Estimate beyond = estimate_of_a_stall("at: storm + 50s", "{group: city}");
  EXPECT_GT(within.held_bytes, 10'000 * 360 * Costs{}.bytes_per_kept_message);
  EXPECT_DOUBLE_EQ(beyond.held_bytes, within.held_bytes);
  // One for each device in that minute, of which one in three gets none.
  const Estimate drawn = estimate_of_a_stall("during: storm, rate: 60/h", "{group: city}");
  EXPECT_GT(drawn.held_bytes, 0.6 * within.held_bytes);
  EXPECT_LT(drawn.held_bytes, within.held_bytes);
}

TEST(Estimate, counts_no_device_twice_that_is_struck_again_while_it_is_held) {
  const Estimate once = estimate_of_a_stall("at: storm + 1s", "{group: few}", 2h);
  const Estimate often = estimate_of_a_stall("during: storm, every: 1m", "{group: few}", 2h);
  EXPECT_EQ(often.strikes, 120 * once.strikes);
  EXPECT_DOUBLE_EQ(often.held_bytes, once.held_bytes);
}

TEST(Estimate, plays_whom_a_fault_holds_for_as_long_as_it_does) {
  const Estimate one = estimate_of_a_stall("at: storm + 1s", "{count: 1}", 2h);
  const Estimate all = estimate_of_a_stall("at: storm + 1s", "{group: city}", 2h);
  EXPECT_GT(all.messages, one.messages + 10'000 * 360);
  const Estimate few = estimate_of_a_stall("during: storm, every: 1m", "{group: few}", 2h);
  EXPECT_GT(few.messages, one.messages + 100 * 720);
  EXPECT_LT(few.messages, one.messages + 10'000 * 360);
}

TEST(Estimate, counts_what_the_broker_keeps_of_long_wills_and_births) {
  const auto bytes_with = [](std::size_t will, std::size_t birth, bool retain) {
    scenario::Scenario scenario = scenario_of("1000", "1h", "naive");
    device::DeviceConfig& kind = scenario.devices[0];
    kind.will->payload = Template::literal(std::string(will, 'x'));
    kind.birth->payload = Template::literal(std::string(birth, 'y'));
    kind.birth->retain = retain;
    return static_cast<double>(estimate(scenario, scenario::Schedule{scenario}).memory_bytes);
  };
  EXPECT_EQ(bytes_with(60, 1'000, false), bytes_with(3, 2, false)) << "within what each has";
  EXPECT_NEAR(bytes_with(1'000, 2, false), bytes_with(3, 2, false) + 1.87e6, 2e4);
  EXPECT_NEAR(bytes_with(1'000, 1'000, true), bytes_with(3, 2, false) + 2.88e6, 2e4);
}

// Of half an hour in which a fault keeps 50 devices away.
struct Attempts {
  double estimated = 0;
  double fired = 0;
};

Attempts attempts_of(const std::string& retry, const std::string& fault) {
  const std::string text = fmt::format(R"(version: 1
name: away
about: x
devices:
  meter:
    client_id: "m{{index}}"
    keep_alive: 60s
    connect: {{tcp_timeout: 5s, connack_timeout: 3s, retry: {{{}}}}}
    will: {{topic: "w/{{client_id}}", payload: "off"}}
    birth: {{topic: "b/{{client_id}}", payload: "on"}}
    on_error: close
    pingresp_timeout: 1s
fleet: {{city: {{device: meter, count: 100}}}}
phases:
  - {{name: ramp, connect: {{rate: 100/s}}, until: {{online: 100%, timeout: 5m}}}}
  - {{name: day, for: 40m}}
  - {{name: settle, for: auto, at_most: 10m}}
faults: [{{name: away, at: day + 1m, {}, for: 30m}}]
)",
                                       retry, fault);
  const auto loaded = yaml::load_text(text, "test.yaml");
  EXPECT_TRUE(loaded) << (loaded ? "" : yaml::render(loaded.error(), false));
  const scenario::Schedule schedule{*loaded};
  const auto fired = static_cast<double>(test::run_virtually(*loaded).events);
  return {estimate(*loaded, schedule).events, fired};
}

class EstimateOfAttempts : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(EstimateOfAttempts, counts_those_in_vain_by_how_often_a_device_dials) {
  const auto [retry, fault] = GetParam();
  const Attempts events = attempts_of(retry, fault);
  EXPECT_GT(events.estimated, events.fired / 2) << events.fired;
  EXPECT_LT(events.estimated, events.fired * 2) << events.fired;
}

constexpr const char* kSlow = "policy: fixed, every: 20s";
constexpr const char* kFast = "policy: fixed, every: 500ms";
constexpr const char* kBacksOff = "policy: exponential, base: 1s, max: 8s";
INSTANTIATE_TEST_SUITE_P(
    Faults, EstimateOfAttempts,
    testing::Values(
        std::pair{kSlow, "on: {count: 50}, do: sim_arrears, mode: walled_garden, answer: redirect"},
        std::pair{kFast, "on: {count: 50}, do: sim_arrears, mode: walled_garden, answer: redirect"},
        std::pair{kFast, "on: {count: 50}, do: sim_arrears, mode: walled_garden, answer: discard"},
        std::pair{kFast, "on: {count: 50}, do: sim_arrears, mode: cut"},
        std::pair{kBacksOff, "on: {count: 50}, do: sim_arrears, mode: cut"},
        std::pair{kBacksOff, "on: {count: 50}, do: outage"},
        std::pair{kFast, "on: {count: 50}, do: outage"},
        std::pair{kFast, "on: {count: 50}, do: refuse"},
        std::pair{kBacksOff, "do: broker_restart"}));

}  // namespace
}  // namespace probate::virtual_time
