// A scenario in words: who, when, what happens, and which wills follow from it.
#pragma once

#include <string>

#include "core/broker/profile.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::cli {

// Devices, phases, faults with what the oracle expects of the broker that the profile describes,
// policies. Lines, the last one ended.
std::string timeline_text(const scenario::Scenario& scenario, const broker::Profile& profile);

}  // namespace probate::cli
