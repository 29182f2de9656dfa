// Scenarios of real devices, for tests.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/scenario/real_devices.hpp"

namespace probate::test {

inline scenario::GroupSpec group(std::string name, std::optional<scenario::RealGroup> real = {}) {
  scenario::GroupSpec group;
  group.name = std::move(name);
  group.real = std::move(real);
  return group;
}

// Everybody in the one group that there always is.
inline scenario::Scenario lab() {
  scenario::Scenario scenario;
  scenario.seed = 7;
  scenario.fleet = {group(scenario::kRealDevicesGroup)};
  return scenario;
}

}  // namespace probate::test
