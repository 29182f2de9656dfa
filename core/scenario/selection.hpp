// Whom a fault's selector means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/fault/spec.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// By `devices` and `hash`: whatever the seed. What it says of a group, or of a real device's user
// name and address, is left to who knows them.
bool fits(const fault::Selector& selector, std::string_view client_id);
// How many of so many that fit, by `share` and `count`.
std::uint32_t taken_of(const fault::Selector& selector, std::uint32_t count);

// "10%"
std::string share_text(double share);
// As fault::to_text(), but for people: "group: city, share: 10%".
std::string to_text(const Scenario& scenario, const fault::Selector& selector);

}  // namespace probate::scenario
