// Takes a run through its phases: who connects when, which fault fires when, when a phase is over.
#pragma once

#include <cstddef>
#include <vector>

#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"

namespace probate::scenario {

// No clock: call handle_timeout once `now` reaches next_timeout(); early calls look at the phase's
// condition and do nothing else. `now` must never go back.
// Threads: one owner. Lifetime: everything outlives it.
class PhaseMachine {
 public:
  // Conditions of `until` and `auto` are looked at this often.
  static constexpr Duration kConditionInterval = 20ms;

  class Host {
   public:
    virtual void phase_began(Instant now, PhaseId phase) = 0;
    virtual void phase_ended(Instant now, PhaseId phase, bool timed_out) = 0;
    // `intended`: when the schedule meant it, so that a late start is in the figures.
    virtual void connect_device(DeviceId device, Instant intended) = 0;
    virtual void fire(Instant now, const Firing& firing) = 0;
    virtual double online_share() const = 0;
    // Settle begins: every fault ends.
    virtual void heal(Instant now) = 0;
    // Nothing is silent, every obligation is filled or past its horizon, and what follows from
    // that (a policy that waits) has had its time since.
    virtual bool settled(Instant since) = 0;
    virtual void phases_over(Instant now) = 0;

   protected:
    ~Host() = default;
  };

  PhaseMachine(const Scenario& scenario, const Schedule& schedule, Host& host);

  void start(Instant now);
  // No further firing, no further phase; phases_over is not called.
  void stop();
  void handle_timeout(Instant now);
  // kNever after the last phase.
  Instant next_timeout() const { return due_; }
  // The phase under way; the last one after the end.
  PhaseId phase() const { return PhaseId{static_cast<std::uint16_t>(index_)}; }
  Instant began() const { return began_; }

 private:
  enum class Ending { running, done, timed_out };

  void begin(Instant now);
  void end(Instant now, bool timed_out);
  void do_what_is_due(Instant now);
  Ending ending(Instant now) const;
  Instant next_event(Instant now) const;
  Duration connect_at(std::size_t position) const;

  const Scenario& scenario_;
  const Schedule& schedule_;
  Host& host_;
  std::vector<DeviceId> connect_order_;
  std::size_t index_ = 0;
  std::size_t connected_ = 0;  // of connect_order_
  std::size_t fired_ = 0;      // of this phase's firings
  Instant began_{};
  Instant due_ = kNever;
  bool stopped_ = false;
};

}  // namespace probate::scenario
