// What a virtual run needs for devices that a fault holds: memory at the same time, and events.
#pragma once

#include <variant>
#include <vector>

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

// It meets those that connect while it acts; a connection that stands goes on.
bool meets_newcomers(const fault::Mqtt& packets);
// Neither ends a connection nor silences it.
bool only_slows(const fault::What& what);

struct HeldByFaults {
  // The most that any instant of the run needs: what all firings hold that overlap then, also from
  // one phase into the next, and of those of a `rate` as many as overlap on average, half as many
  // again for chance; but no fault holds a device twice.
  double bytes = 0;
  // By group: how long its devices, together, go on sending while one holds them, of which nothing
  // is skipped.
  std::vector<double> talking_seconds;
  double attempts = 0;  // to connect, by those that one keeps away
};

// Requires: the schedule is the scenario's. `lengths`: of its phases.
HeldByFaults held_by_faults(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                            const std::vector<Duration>& lengths, const Costs& costs);

}  // namespace probate::virtual_time
