// The phases of a run on a loop's timers.
#pragma once

#include "core/scenario/phase_machine.hpp"
#include "proxy/loop.hpp"

namespace probate::live {

// Threads: its loop's. Lifetime: everything outlives it.
class PhaseRunner final : private proxy::Timer {
 public:
  using Host = scenario::PhaseMachine::Host;

  PhaseRunner(proxy::Loop& loop, const scenario::Scenario& scenario,
              const scenario::Schedule& schedule, Host& host)
      : loop_{loop}, machine_{scenario, schedule, host} {}

  void start() {
    machine_.start(loop_.now());
    arm();
  }
  void stop() {
    machine_.stop();
    cancel();
  }
  Instant began() const { return machine_.began(); }

 private:
  void expired(Instant now) override {
    machine_.handle_timeout(now);
    arm();
  }
  void arm() {
    if (machine_.next_timeout() != kNever) loop_.arm(*this, machine_.next_timeout());
  }

  proxy::Loop& loop_;
  scenario::PhaseMachine machine_;
};

}  // namespace probate::live
