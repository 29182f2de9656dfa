// A scenario whose devices are real: they come by themselves, through a proxy of its own.
#pragma once

#include <cstdint>
#include <string>
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

// The same scenario with places for the devices that may come, as the judge needs it.
Scenario with_places(Scenario scenario);

}  // namespace probate::scenario
