// A fault that somebody makes by hand while a proxy runs.
#pragma once

#include <optional>
#include <vector>

#include "core/fault/spec.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// It strikes at once; `spec.timing` means nothing, and an empty `spec.name` lets the proxy name it.
struct HandFault {
  fault::FaultSpec spec;
  bool newcomers = false;  // also hits, once each, who appears or returns while it lasts
  bool forever = false;    // until somebody heals it
};

// Without `for`, and unless it is to last for ever, it is healed after that.
inline constexpr Duration kHandFaultLasts = 5min;

// When it is healed at the latest, from its beginning; nothing: when somebody heals it.
std::optional<Duration> expiry(const HandFault& fault);

// What it can hit only a device that has a connection: a newcomer is hit once its session is up.
bool needs_link(const fault::What& what);

// What validate() would say of it behind a proxy, and what makes no sense by hand. Paths are those
// of a scenario's first fault: "faults[0].do".
std::vector<Complaint> complain_of_hand_fault(const Scenario& proxy, const HandFault& fault);

}  // namespace probate::scenario
