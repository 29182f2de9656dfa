// `--time-scale F`: the same scenario, F times as fast.
#pragma once

#include <vector>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// Divides every duration of devices, links, phases, faults, downlink messages, debounces and `for:`
// of rules by `factor`, and multiplies every rate by it. Left as they are: the judge's allowances,
// what gate rules compare with, and a session expiry of 4,294,967,295 s, which means never.
//
// A keep-alive, will delay or session expiry that is then no whole second ≥ 1 is a complaint that
// names the largest usable factor; with complaints the scenario is left unchanged.
// Requires nothing of the scenario; call it before validate().
// Limits: factor from kTimeScaleMin to kTimeScaleMax.
std::vector<Complaint> scale_time(Scenario& scenario, double factor);

inline constexpr double kTimeScaleMin = 0.001;
inline constexpr double kTimeScaleMax = 100'000;

// The largest factor that leaves every keep-alive, will delay and session expiry a whole number of
// seconds ≥ 1; kTimeScaleMax if there are none.
double time_scale_max(const Scenario& scenario);

}  // namespace probate::scenario
