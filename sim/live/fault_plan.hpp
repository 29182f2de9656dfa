// The faults that the scenario of a stand-alone proxy has now, and when they fire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario/schedule.hpp"
#include "sim/live/controlled.hpp"
#include "sim/live/fault_driver.hpp"
#include "sim/live/fault_ids.hpp"
#include "sim/live/poller.hpp"
#include "sim/live/reload.hpp"

namespace probate::live {

// Those that the run began with are fired by the phases, as long as they stand. Those that came
// later are fired from here: their times count from the begin of their phase or, where that is
// under way, from when they came.
//
// Threads: its loop's. Lifetime: everything outlives it.
class FaultPlan {
 public:
  class Host {
   public:
    virtual void fire_fault(Instant now, FaultId id, const fault::FaultSpec& fault,
                            std::uint32_t ordinal) = 0;

   protected:
    ~Host() = default;
  };

  FaultPlan(proxy::Loop& loop, FaultDriver& driver, const scenario::Scenario& scenario,
            FaultIds& ids, Host& host);

  void phase_began(Instant now, PhaseId phase);
  // Nothing fires any more.
  void stop();

  // What is going to change, before anything does.
  using Told = std::function<void(const FaultsChange&)>;
  // Gives way to the faults of `next`: one that means the same goes on, or waits for its time, as
  // if nothing had happened; one that is not there any more is healed. All or, with a Refusal,
  // nothing. Requires: nothing else of the scenario differs.
  Result<FaultsChange, Refusal> replace(Instant now,
                                        const std::shared_ptr<const NextScenario>& next,
                                        const Told& told);

  bool stands(FaultId fault) const { return find(fault) != nullptr; }
  // "" if it is none of those that stand.
  std::string name_of(FaultId fault) const;
  // Those that are active.
  std::vector<FaultFacts> active() const;

 private:
  struct Standing {
    FaultId id;
    const fault::FaultSpec* spec;  // of the running scenario, or of a later one
    std::string meaning;
  };
  // A scenario that came later. Those of its faults that are its own have an id.
  struct Later {
    std::shared_ptr<const NextScenario> from;
    std::vector<FaultId> ids;  // by position in it
    Instant began{};           // its time of the phase that is under way
    std::size_t fired = 0;     // of that phase's firings
  };

  const Standing* find(FaultId fault) const;
  void install(Instant now, const std::shared_ptr<const NextScenario>& next,
               std::vector<Standing>& standing);
  // Goes past what is not to be fired.
  const scenario::Firing* next_firing(Later& later) const;
  void fire_those_due(Instant now);

  proxy::Loop& loop_;
  FaultDriver& driver_;
  const scenario::Scenario& scenario_;  // of the start
  FaultIds& ids_;
  Host& host_;
  Poller poller_;
  std::vector<Standing> standing_;  // in the order of the file
  std::vector<Later> later_;
  std::optional<PhaseId> phase_;  // that began last
  bool stopped_ = false;
};

}  // namespace probate::live
