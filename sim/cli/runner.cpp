#include "sim/cli/runner.hpp"

#include <csignal>

#include "sim/live/broker_check.hpp"
#include "sim/virtual/virtual_run.hpp"

namespace probate::cli {
namespace {

class LiveRunner final : public Runner {
 public:
  LiveRunner(const RunOptions& options, const scenario::Scenario& scenario)
      : scenario_{scenario}, run_{scenario, {options.out + "/mosquitto.log", options.keep_state}} {}

  const char* engine() const override { return "live"; }
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
  explicit VirtualAudience(RunAudience& audience) : audience_{audience} {}

  std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) override {
    return audience_.judge(records, until);
  }
  std::string ending() override {
    if (signal_ == 0) signal_ = live::pending_signal();
    if (signal_ != 0) return signal_ == SIGINT ? "SIGINT" : "SIGTERM";
    return audience_.ending();
  }
  void tick(Instant now, const journal::LoopCounters& counters) override {
    audience_.tick(now, counters);
  }
  int signal() const { return signal_; }

 private:
  RunAudience& audience_;
  int signal_ = 0;
};

class VirtualRunner final : public Runner {
 public:
  explicit VirtualRunner(const scenario::Scenario& scenario) : scenario_{scenario} {}

  const char* engine() const override { return "virtual"; }
  // There is nothing to detect: the model is whatever profile the scenario names; a managed broker
  // would be Debian's mosquitto.
  Result<live::LiveSetting, std::string> prepare() override {
    std::string profile = scenario_.broker.profile;
    if (profile.empty() && scenario_.broker.managed) profile = "mosquitto-2.0.11";
    if (profile.empty()) profile = live::specification_for(scenario_);
    return live::LiveSetting{.broker = "broker model",
                             .address = "none",
                             .profile = profile,
                             .profile_reason = "",
                             .descriptors_max = 0};
  }
  std::string unsupported(const broker::Profile& profile) override {
    auto config = virtual_time::broker_config(scenario_, profile);
    if (!config) return config.error();
    broker_.broker = *config;
    return {};
  }
  live::LiveEnding run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                       RunAudience& audience) override {
    VirtualAudience listener{audience};
    audience.proxy_listens("simulated");
    const auto ended = virtual_time::run(scenario_, schedule, broker_, begin, listener);
    return {.signal = listener.signal(),
            .environment = ended.environment,
            .broker_lost = false,
            .left_behind = {}};
  }

 private:
  const scenario::Scenario& scenario_;
  virtual_time::BrokerHostConfig broker_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(const RunOptions& options, const scenario::Scenario& scenario) {
  if (options.engine == EngineKind::virtual_time) return std::make_unique<VirtualRunner>(scenario);
  return std::make_unique<LiveRunner>(options, scenario);
}

}  // namespace probate::cli
