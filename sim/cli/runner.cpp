#include "sim/cli/runner.hpp"

#include <fmt/format.h>

#include "core/journal/engines.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/estimate_text.hpp"
#include "sim/cli/memory.hpp"
#include "sim/cli/run_watch.hpp"
#include "sim/live/broker_check.hpp"
#include "sim/virtual/estimate.hpp"
#include "sim/virtual/huge_heap.hpp"
#include "sim/virtual/virtual_run.hpp"

namespace probate::cli {
namespace {

class LiveRunner final : public Runner {
 public:
  LiveRunner(const RunOptions& options, const scenario::Scenario& scenario)
      : scenario_{scenario}, run_{scenario, {options.out + "/mosquitto.log", options.keep_state}} {}

  const char* engine() const override { return journal::kLiveEngine; }
  Result<live::LiveSetting, std::string> prepare() override { return run_.prepare(); }
  std::string unsupported(const broker::Profile&) override {
    if (!scenario_.broker.capacity) return {};
    return "broker.capacity is not supported by --engine live: a real broker has the capacity that "
           "it has; use --engine virtual, or leave it out";
  }
  live::LiveEnding run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                       RunAudience& audience) override {
    return run_.run(begin, schedule, audience);
  }

 private:
  const scenario::Scenario& scenario_;
  live::LiveRun run_;
};

// Signals are looked at between events: they are blocked, and nobody else waits for them.
class VirtualAudience final : public virtual_time::Audience {
 public:
  VirtualAudience(RunAudience& audience, RunWatch watch) : audience_{audience}, watch_{watch} {}

  std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) override {
    return audience_.judge(records, until);
  }
  std::string ending() override {
    if (signal_ == 0) signal_ = live::pending_signal();
    if (signal_ != 0) return live::name_of_signal(signal_);
    if (stopped_.empty()) stopped_ = watch_.trouble();
    if (!stopped_.empty()) return stopped_;
    return audience_.ending();
  }
  void tick(Instant now, const journal::LoopCounters& counters) override {
    watch_.tick(now);
    audience_.tick(now, counters);
  }
  int signal() const { return signal_; }
  // Why the run had to be stopped, or "".
  const std::string& stopped() const { return stopped_; }

 private:
  RunAudience& audience_;
  RunWatch watch_;
  int signal_ = 0;
  std::string stopped_;
};

class VirtualRunner final : public Runner {
 public:
  explicit VirtualRunner(const scenario::Scenario& scenario)
      : scenario_{scenario}, heap_{scenario.device_count()} {}

  const char* engine() const override { return journal::kVirtualEngine; }
  // There is nothing to detect: the model is whatever profile the scenario names; a managed broker
  // would be Debian's mosquitto.
  Result<live::LiveSetting, std::string> prepare() override {
    live::LiveSetting setting;
    setting.broker = "broker model";
    setting.address = "none";
    setting.profile = model_profile(scenario_);
    setting.fidelity = scenario_.fidelity;
    return setting;
  }
  std::string unsupported(const broker::Profile& profile) override {
    auto config = virtual_time::broker_config(scenario_, profile);
    if (!config) return config.error();
    broker_.broker = *config;
    return {};
  }
  std::string too_large(const scenario::Schedule& schedule) override {
    return memory_refusal(virtual_time::estimate(scenario_, schedule), available_);
  }
  std::uint64_t events() const override { return events_; }
  live::LiveEnding run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                       RunAudience& audience) override {
    VirtualAudience listener{audience, RunWatch{scenario_.device_count()}};
    audience.proxy_listens("simulated");
    const auto ended = virtual_time::run(scenario_, schedule, broker_, listener, {.begin = begin});
    events_ = ended.events;
    const bool is_stopped = !listener.stopped().empty();
    return {.signal = listener.signal(),
            .environment = is_stopped ? listener.stopped() : ended.environment,
            .broker_lost = false,
            .tidied = {}};
  }

 private:
  const scenario::Scenario& scenario_;
  std::uint64_t available_ = available_memory();  // before the heap has taken of it
  virtual_time::HugeHeap heap_;
  virtual_time::BrokerHostConfig broker_;
  std::uint64_t events_ = 0;
};

}  // namespace

void tell_fidelity(const live::LiveSetting& setting, bool quiet) {
  if (const std::string& trouble = setting.fidelity_trouble; !trouble.empty()) {
    complain(fmt::format("fidelity: stream instead of segment: {}", trouble));
  } else if (setting.fidelity == fault::Fidelity::segment && !quiet) {
    tell("fidelity: segment\n");
  }
}

std::string model_profile(const scenario::Scenario& scenario) {
  std::string profile = scenario.broker.profile;
  if (profile.empty() && scenario.broker.managed) profile = "mosquitto-2.0.11";
  if (profile.empty()) profile = live::specification_for(scenario);
  return profile;
}

std::unique_ptr<Runner> make_runner(const RunOptions& options, const scenario::Scenario& scenario) {
  if (options.engine == EngineKind::virtual_time) return std::make_unique<VirtualRunner>(scenario);
  return std::make_unique<LiveRunner>(options, scenario);
}

}  // namespace probate::cli
