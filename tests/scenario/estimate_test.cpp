// What the estimate says of a run's memory, held against a run.
#include "sim/virtual/estimate.hpp"

#include <algorithm>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "core/analysis/judge.hpp"
#include "sim/virtual/huge_heap.hpp"
#include "sim/virtual/virtual_run.hpp"
#include "sim/yaml/loader.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate {
namespace {

class JudgingOnly final : public virtual_time::Audience {
 public:
  JudgingOnly(const scenario::Scenario& scenario, const broker::Profile& profile)
      : judge_{scenario, profile} {}

  std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) override {
    for (const journal::Record& record : records) judge_.add(record);
    if (until != kNever) judge_.advance(until);
    return judge_.progress().open_obligations;
  }
  void tick(Instant, const journal::LoopCounters&) override {}

 private:
  analysis::Judge judge_;
};

double status_bytes(const std::string& what) {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(what, 0) == 0) return std::stod(line.substr(what.size())) * 1024;
  }
  return 0;
}

// article-luat with so many devices.
scenario::Scenario luat_fleet(std::uint64_t devices) {
  scenario::Scenario scenario =
      yaml::load_file(PROBATE_SOURCE_DIR "/scenarios/article-luat.yaml").value();
  const std::uint64_t before = scenario.device_count();
  for (scenario::GroupSpec& group : scenario.fleet) {
    group.count = static_cast<std::uint32_t>(group.count * devices / before);
  }
  return scenario;
}

struct Bytes {
  double estimated = 0;
  double taken = 0;
};

Bytes bytes_of(const scenario::Scenario& scenario) {
  const auto profile = yaml::load_profile("mosquitto-2.0.11").value();
  malloc_trim(0);
  std::ofstream{"/proc/self/clear_refs"} << 5;
  // This program is another one than probate: what is there before the run, and what a run of
  // nobody has, stand for that.
  constexpr double kRunOfNobody = 6.0 * (1 << 20);
  virtual_time::Costs costs;
  costs.bytes_of_a_run = status_bytes("VmRSS:") + kRunOfNobody;
  Bytes bytes;
  const virtual_time::HugeHeap heap{scenario.device_count()};
  const scenario::Schedule schedule{scenario};
  bytes.estimated =
      static_cast<double>(virtual_time::estimate(scenario, schedule, costs).memory_bytes);
  virtual_time::BrokerHostConfig broker;
  broker.broker = virtual_time::broker_config(scenario, profile).value();
  JudgingOnly listener{scenario, profile};
  journal::RunBegan begin;
  begin.engine = "virtual";
  virtual_time::run(scenario, schedule, broker, listener, {.begin = begin});
  bytes.taken = status_bytes("VmHWM:");
  return bytes;
}

// At least what was taken, and at most so many times that.
void expect_said(const Bytes& bytes, double most) {
  EXPECT_GE(bytes.estimated, bytes.taken);
  EXPECT_LE(bytes.estimated, bytes.taken * most);
  testing::Test::RecordProperty("taken", std::to_string(bytes.taken));
  testing::Test::RecordProperty("estimated", std::to_string(bytes.estimated));
}

class EstimateOfMemory : public testing::TestWithParam<std::uint64_t> {};

// Of a fleet that is given large pages and one that is not: never less than a run takes, as a run
// that does not fit dies, and at most a fifth more, as one that would fit is refused.
TEST_P(EstimateOfMemory, is_what_a_run_takes_and_at_most_a_fifth_more) {
  const Bytes bytes = bytes_of(luat_fleet(GetParam()));
  expect_said(bytes, 1.2);
}

INSTANTIATE_TEST_SUITE_P(Luat, EstimateOfMemory, testing::Values(10'000, 40'000),
                         testing::PrintToStringParamName());

// Such a fault on ten thousand such devices at once.
scenario::Scenario struck(const std::string& device, const std::string& fault) {
  const std::string text = fmt::format(R"(version: 1
name: all-at-once
seed: 7
devices: {{luat: {{preset: luat-3.1{}}}}}
fleet: {{city: {{device: luat, count: 10000}}}}
phases:
  - {{name: ramp, connect: {{rate: 5000/s}}, until: {{online: 100%, timeout: 10m}}}}
  - {{name: minute, for: 1m}}
  - {{name: hour, for: 1h}}
  - {{name: settle, for: auto, at_most: 3h}}
faults: [{{name: all, {}}}]
backend: {{wills: ["/willmsg"], presence: [naive]}}
)",
                                       device, fault);
  return yaml::load_text(text, "all.yaml").value();
}

// A fault on everybody at once: what it takes depends on what it does and for how long.
class EstimateOfFault : public testing::TestWithParam<const char*> {};

TEST_P(EstimateOfFault, on_everybody_is_what_it_takes_and_at_most_twice_that) {
  const Bytes bytes = bytes_of(struck("", GetParam()));
  expect_said(bytes, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, EstimateOfFault,
    testing::Values("at: hour + 9m, do: drop", "at: hour + 9m, do: latency, delay: 1s, for: 10m",
                    "at: hour + 9m, do: stall, for: 10m", "at: hour + 9m, do: stall, for: 30m",
                    "at: hour + 9m, do: power_cut, for: 10m",
                    "at: hour + 9m, do: mqtt, swallow: connack, for: 1m",
                    "at: hour + 9m, do: mqtt, swallow: publish, for: 10m",
                    "at: hour + 9m, do: mqtt, hold: publish, delay: 20s, for: 5m",
                    "at: minute + 50s, do: stall, for: 30m",
                    "during: minute, rate: 60/h, do: stall, for: 30m",
                    "every: 10s, during: hour, on: {count: 100, where: online}"
                    ", do: stall, for: 20m"));

// Those that ping and notice it if nothing comes back.
class EstimateOfPings : public testing::TestWithParam<const char*> {};

TEST_P(EstimateOfPings, that_a_fault_treats_is_what_it_takes_and_at_most_twice_that) {
  const Bytes bytes =
      bytes_of(struck(", keep_alive: 30s, pingresp_timeout: 10s, publish: []", GetParam()));
  expect_said(bytes, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, EstimateOfPings,
    testing::Values("at: hour + 9m, do: mqtt, cut_inside: pingreq, bytes: 1B, for: 10m",
                    "at: hour + 9m, do: mqtt, swallow: pingresp, for: 10m",
                    "at: hour + 9m, do: mqtt, swallow: pingreq, for: 10m",
                    "at: hour + 9m, do: mqtt, hold: pingreq, delay: 20m, for: 10m"));

}  // namespace
}  // namespace probate
