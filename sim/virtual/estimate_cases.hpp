// What the memory of a virtual run needs for devices that a fault holds at the same time.
#pragma once

#include <variant>

#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"
#include "sim/virtual/estimate.hpp"

namespace probate::virtual_time {

template <typename... Kinds>
bool is_one_of(const fault::What& what) {
  return (std::holds_alternative<Kinds>(what) || ...);
}

double messages_per_second(const device::DeviceConfig& kind);

// A draw that is neither short nor long.
Duration usual(const Distribution& lasts);

// Neither ends a connection nor silences it.
bool only_slows(const fault::What& what);

// The most that any instant of the phase needs, in bytes: what all firings hold that overlap then,
// and of those of a `rate` as many as overlap on average, half as many again for chance; but no
// device twice.
// Requires: the schedule is the scenario's. `length`: of the phase.
double bytes_of_cases(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                      PhaseId phase, Duration length, const Costs& costs);

}  // namespace probate::virtual_time
