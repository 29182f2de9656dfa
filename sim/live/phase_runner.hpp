// Takes a run through its phases: who connects when, which fault fires when, when a phase is over.
#pragma once

#include <cstddef>
#include <vector>

#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"
#include "proxy/loop.hpp"

namespace probate::live {

// Threads: its loop's.
class PhaseRunner final : private proxy::Timer {
 public:
  // Conditions of `until` and `auto` are looked at this often.
  static constexpr Duration kConditionInterval = 20ms;

  class Host {
   public:
    // `intended`: when the schedule meant it, so that a late start is in the figures.
    virtual void connect_device(DeviceId device, Instant intended) = 0;
    virtual void fire(Instant now, const scenario::Firing& firing) = 0;
    virtual double online_share() const = 0;
    // Settle begins: every fault ends.
    virtual void heal(Instant now) = 0;
    // Nothing is silent, every obligation is filled or past its horizon, and what follows from
    // that (a policy that waits) has had its time since.
    virtual bool settled(Instant since) const = 0;
    virtual void phases_over(Instant now) = 0;

   protected:
    ~Host() = default;
  };

  // Lifetime: everything outlives it.
  PhaseRunner(proxy::Loop& loop, const scenario::Scenario& scenario,
              const scenario::Schedule& schedule, Host& host);

  void start();
  // No further firing, no further phase; phases_over is not called.
  void stop();
  // The phase under way; the last one after the end.
  PhaseId phase() const { return PhaseId{static_cast<std::uint16_t>(index_)}; }

 private:
  enum class Ending { running, done, timed_out };

  void expired(Instant now) override;
  void begin(Instant now);
  void end(Instant now, bool timed_out);
  void do_what_is_due(Instant now);
  Ending ending(Instant now) const;
  Instant next_event(Instant now) const;
  Duration connect_at(std::size_t position) const;

  proxy::Loop& loop_;
  const scenario::Scenario& scenario_;
  const scenario::Schedule& schedule_;
  Host& host_;
  std::vector<DeviceId> connect_order_;
  std::size_t index_ = 0;
  std::size_t connected_ = 0;  // of connect_order_
  std::size_t fired_ = 0;      // of this phase's firings
  Instant began_{};
  bool stopped_ = false;
};

}  // namespace probate::live
