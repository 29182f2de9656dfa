// A scenario whose devices are real: they come by themselves, through a proxy of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// How many ClientIDs such a proxy tells apart; of more it passes the bytes and judges nothing.
inline constexpr std::uint32_t kRealDevicesMax = 10'000;

// What the scenario need not say, as YAML: a group "devices" with nobody in it yet, and one phase
// without an end to speak of.
std::string real_devices_text(bool hears_messages);

// Everything that only simulated devices can do, or that the command line says instead.
std::vector<Complaint> complain_of_real_devices(const Scenario& scenario);

// It has phases of its own, and is over with the last one.
bool ends_by_itself(const Scenario& scenario);

// What a scenario of simulated devices has that only real ones can have.
std::vector<Complaint> complain_of_simulated_devices(const Scenario& scenario);

// The same scenario with places for the devices that may come, as the judge needs it.
Scenario with_places(Scenario scenario);

// What faults made by hand are called together, where each cannot have a name of its own.
inline constexpr const char* kByHand = "by-hand";
// The same scenario with a place for them. Requires: none of its faults is called kByHand.
Scenario with_faults_by_hand(Scenario scenario);
bool has_fault(const Scenario& scenario, std::string_view name);

}  // namespace probate::scenario
