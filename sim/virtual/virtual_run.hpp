// A whole virtual run: the engine, and the judge that follows it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/broker/config.hpp"
#include "core/journal/counters.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"
#include "sim/virtual/broker_host.hpp"

namespace probate::virtual_time {

// So often, in events, somebody looks whether the run shall end, and is shown how it goes.
inline constexpr std::uint64_t kEventsPerTick = 16'384;

// Who listens to a run.
class Audience {
 public:
  virtual ~Audience() = default;
  // Records in order, complete up to `until` (kNever: it is not said up to when); to be judged now.
  // Returns the open obligations.
  virtual std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) = 0;
  // Why the run must end now, asked now and then: it heals, drains and ends. "": nothing.
  virtual std::string ending() { return {}; }
  // Every kEventsPerTick events.
  virtual void tick(Instant now, const journal::LoopCounters& counters) = 0;
};

struct VirtualEnding {
  // Why the run could not begin: exit 6. "" otherwise.
  std::string environment;
  std::uint64_t events = 0;
  std::uint64_t naps = 0;  // how often a device was let alone
};

// The set-up of the model that stands for the scenario's broker. The error is a sentence: what the
// scenario asks for and the model does not have.
Result<broker::BrokerConfig, std::string> broker_config(const scenario::Scenario& scenario,
                                                        const broker::Profile& profile);

struct VirtualOptions {
  // What the journal begins with.
  journal::RunBegan begin{};
  // Undisturbed devices are let alone: what they would send is neither delivered nor observed. The
  // judge's and the policies' figures are the same.
  bool skip = true;
};

// Determinism: same scenario, schedule, broker and options: the same records.
// Memory: grows with devices, links and what is under way; records are handed on and forgotten.
VirtualEnding run(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                  BrokerHostConfig broker, Audience& audience, const VirtualOptions& options);

}  // namespace probate::virtual_time
