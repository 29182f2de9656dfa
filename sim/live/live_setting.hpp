// What was found out before the first device connects.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::live {

struct LiveSetting {
  std::string broker;          // what it says it is
  std::string address;         // HOST:PORT
  std::string profile;         // the scenario's, else the detected one, else the specification
  std::string profile_reason;  // "named by the scenario"
  std::uint64_t descriptors_max = 0;
  fault::Fidelity fidelity = fault::Fidelity::stream;  // of the proxy's silences
  std::string fidelity_trouble{};  // why it is not what the scenario wants, or ""
};

// What can be had of the fidelity that the scenario wants. The error is a sentence: it is needed,
// by the scenario or by one of its faults, and cannot be had.
Result<bool, std::string> choose_fidelity(const scenario::Scenario& scenario, LiveSetting& setting);

// By which profile to judge. Requires: setting.broker is what the broker says it is.
void choose_profile(const scenario::Scenario& scenario, LiveSetting& setting);

}  // namespace probate::live
