// The whole virtual engine: devices, links, broker model, observers and judge together.
//
// `played`: nothing is skipped; what counts is events per second. An event is one firing of the
// engine's clock: a device's timer, a parcel that arrives at one end of a connection, a timer of
// the broker or of an observer. What follows from it at the same instant (delivery, record,
// verdict) is part of it. `day`: luat-3.1 devices for 24 h with faults, skipped where nothing
// happens; what counts is the time per device-hour and the memory per device, from a thousand
// devices to a million.
#include <fstream>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include "core/analysis/judge.hpp"
#include "sim/virtual/huge_heap.hpp"
#include "sim/virtual/virtual_run.hpp"
#include "sim/yaml/loader.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate {
namespace {

// In the proportions of scenarios/article-luat.yaml.
std::string fleet_day(std::int64_t devices, std::int64_t hours) {
  const std::int64_t rural = devices * 2 / 5;
  return fmt::format(R"(version: 1
name: fleet-day
seed: 7
devices:
  luat: {{preset: luat-3.1}}
fleet:
  city: {{device: luat, count: {0}}}
  rural: {{device: luat, count: {1}, link: {{latency: 300ms, jitter: 80ms}}}}
phases:
  - {{name: ramp, connect: {{arrival: poisson, rate: 5000/s}},
      until: {{online: 100%, timeout: 10m}}}}
  - {{name: day, for: {2}h}}
  - {{name: settle, for: auto, at_most: 1h}}
faults:
  - {{name: arrears, at: day + {3}m, on: {{share: 1%}}, do: sim_arrears, mode: cut,
      for: {{uniform: [1h, 8h]}}}}
  - {{name: weak-signal, rate: 0.1/h, during: day, on: {{group: rural}}, do: half_open,
      notices: {{uniform: [5s, 90s]}}, until: device_returns}}
  - {{name: tunnel, rate: 0.05/h, during: day, on: {{}}, do: stall, for: {{exponential: 20s}}}}
  - {{name: theft, at: day + {4}m, on: {{group: city, share: 0.3%}}, do: power_cut, for: never}}
  - {{name: twins, at: day + {5}m, on: {{group: city, count: 10}}, do: duplicate_login, logins: 5,
      gap: 1m}}
backend:
  wills: ["/willmsg"]
  presence: [naive_alarm, naive, {{debounce: 1m}}]
)",
                     devices - rural, rural, hours, hours * 60 * 3 / 8, hours * 60 * 7 / 12,
                     hours * 60 * 3 / 4);
}

class Listener final : public virtual_time::Audience {
 public:
  Listener(const scenario::Scenario& scenario, const broker::Profile& profile)
      : judge_{scenario, profile} {}

  std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) override {
    for (std::size_t i = 0; i < records.size(); ++i) {
      judge_.look_ahead(records, i);
      judge_.add(records[i]);
    }
    records_ += records.size();
    if (!records.empty()) last_ = records.back().at;
    if (until != kNever) judge_.advance(until);
    return judge_.progress().open_obligations;
  }
  void tick(Instant, const journal::LoopCounters&) override {}

  analysis::Outcome finish() { return judge_.finish(last_); }
  std::uint64_t records() const { return records_; }

 private:
  analysis::Judge judge_;
  std::uint64_t records_ = 0;
  Instant last_{};
};

struct Ran {
  std::uint64_t events = 0;
  std::uint64_t records = 0;
  std::uint64_t wills = 0;
};

Ran run(const scenario::Scenario& scenario, bool skip) {
  const virtual_time::HugeHeap heap{scenario.device_count()};
  const auto profile = yaml::load_profile("mosquitto-2.0.11").value();
  const scenario::Schedule schedule{scenario};
  virtual_time::BrokerHostConfig broker;
  broker.broker = virtual_time::broker_config(scenario, profile).value();
  const journal::RunBegan begin{.scenario = scenario.name,
                                .digest = "",
                                .seed = scenario.seed,
                                .engine = "virtual",
                                .profile = profile.name,
                                .broker = "broker model",
                                .fidelity = fault::to_text(scenario.fidelity)};
  Listener listener{scenario, profile};
  const auto ended =
      virtual_time::run(scenario, schedule, broker, listener, {.begin = begin, .skip = skip});
  const analysis::Outcome outcome = listener.finish();
  return {ended.events, listener.records(), outcome.totals.wills.observed};
}

double peak_bytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) * 1024;
  }
  return 0;
}

void forget_peak() {
  malloc_trim(0);
  std::ofstream{"/proc/self/clear_refs"} << 5;
}

void day(benchmark::State& state) {
  const auto scenario = yaml::load_text(fleet_day(state.range(0), 24), "day.yaml").value();
  const auto devices = static_cast<double>(state.range(0));
  Ran ran;
  forget_peak();
  const double before = peak_bytes();
  for (auto _ : state) ran = run(scenario, true);
  state.counters["device_hour"] = benchmark::Counter(
      devices * 24, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_device"] = (peak_bytes() - before) / devices;
  state.counters["peak_MiB"] = peak_bytes() / (1024 * 1024);
  state.counters["wills"] = static_cast<double>(ran.wills);
  state.counters["events"] = static_cast<double>(ran.events);
}
BENCHMARK(day)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void played(benchmark::State& state) {
  const auto scenario = yaml::load_text(fleet_day(state.range(0), 4), "day.yaml").value();
  std::uint64_t events = 0;
  std::uint64_t records = 0;
  for (auto _ : state) {
    const Ran ran = run(scenario, false);
    events += ran.events;
    records += ran.records;
  }
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
  state.counters["records"] =
      benchmark::Counter(static_cast<double>(records), benchmark::Counter::kIsRate);
}
BENCHMARK(played)->Arg(1'000)->Arg(10'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace probate
