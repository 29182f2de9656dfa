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

// For how many of them there is room in a group that does not say.
inline constexpr std::uint32_t kRealGroupPlaces = 1'000;
// The first group of all: who belongs to no other.
inline constexpr const char* kRealDevicesGroup = "devices";

// What the scenario need not say, as YAML: a group "devices" with nobody in it yet, and one phase
// without an end to speak of.
std::string real_devices_text(bool hears_messages);

// Everything that only simulated devices can do, or that the command line says instead.
std::vector<Complaint> complain_of_real_devices(const Scenario& scenario);

// It has phases of its own, and is over with the last one.
bool ends_by_itself(const Scenario& scenario);

// What a scenario of simulated devices has that only real ones can have.
std::vector<Complaint> complain_of_simulated_devices(const Scenario& scenario);

// Whose the ClientID is: the first group's whose pattern it fits, or else of those of no other.
GroupId real_group_of(const Scenario& scenario, std::string_view client_id);

// The same scenario with so many places for the devices that may come, as the judge needs it: each
// group has as many as it says, and those of no other what is left.
Scenario with_places(Scenario scenario, std::uint32_t places = kRealDevicesMax);

// What faults made by hand are called together, where each cannot have a name of its own.
inline constexpr const char* kByHand = "by-hand";
// The same scenario with a place for them. Requires: none of its faults is called kByHand.
Scenario with_faults_by_hand(Scenario scenario);
bool has_fault(const Scenario& scenario, std::string_view name);

}  // namespace probate::scenario
