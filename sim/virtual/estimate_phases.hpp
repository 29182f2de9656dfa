// How long the phases of a run will take, counted from what they wait for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/broker/profile.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"

namespace probate::virtual_time {

// How many devices a firing strikes, at most.
std::uint64_t struck_by(const scenario::Schedule& schedule, const scenario::Firing& firing);

struct PhaseLengths {
  std::vector<Duration> usual;     // by PhaseId; at most the phase's own limit
  std::vector<std::string> notes;  // sentences about phases that will not reach their condition
};

// A ramp lasts until the last device has connected; a wait for devices to be online until those are
// back that a fault keeps away, or to its time-out where too few ever are; settling what a
// broker with that window needs to notice a silence, the longest will delay, and the patience of
// the judge and of the slowest policy.
PhaseLengths phase_lengths(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                           const broker::KeepAliveWindow& window);

}  // namespace probate::virtual_time
