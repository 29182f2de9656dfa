// Whom a fault's selector means, apart from groups and chance.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/fault/spec.hpp"

namespace probate::scenario {

// By `devices` and `hash`: whatever the seed. What it says of a real device's user name and address
// is left to who knows them.
bool fits(const fault::Selector& selector, std::string_view client_id);
// How many of so many that fit, by `share` and `count`.
std::uint32_t taken_of(const fault::Selector& selector, std::uint32_t count);

}  // namespace probate::scenario
