// What two scenarios differ in.
#pragma once

#include <map>
#include <string>

#include "core/scenario/scenario.hpp"

namespace probate::cli {

// "fleet.city.count" → "8": all that was run, but for the rules and the seed.
std::map<std::string, std::string> settings_of(scenario::Scenario scenario);

// Whether runs under different values of that setting are different experiments.
bool is_condition(const std::string& key);

// Why what happened under `recorded` cannot be judged by `asked`: another fleet, other devices,
// phases or faults. "" if it can.
std::string why_not_judged_by(const scenario::Scenario& recorded, const scenario::Scenario& asked);

}  // namespace probate::cli
