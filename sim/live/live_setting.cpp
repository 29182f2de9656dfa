#include "sim/live/live_setting.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "proxy/hearing.hpp"
#include "sim/live/broker_check.hpp"

namespace probate::live {

void choose_profile(const scenario::Scenario& scenario, LiveSetting& setting) {
  setting.profile = scenario.broker.profile;
  setting.profile_reason = "named by the scenario";
  if (!setting.profile.empty()) return;
  setting.profile = profile_for(setting.broker);
  setting.profile_reason = "detected from its version";
  if (!setting.profile.empty()) return;
  setting.profile = specification_for(scenario);
  setting.profile_reason = setting.broker.empty() ? "the broker does not tell its version"
                                                  : "no profile is known for that version";
}

Result<bool, std::string> choose_fidelity(const scenario::Scenario& scenario,
                                          LiveSetting& setting) {
  setting.fidelity = fault::Fidelity::stream;
  setting.fidelity_trouble.clear();
  const auto needing =
      std::find_if(scenario.faults.begin(), scenario.faults.end(),
                   [](const fault::FaultSpec& each) { return fault::needs_segments(each.what); });
  const bool is_needed = needing != scenario.faults.end();
  if (scenario.fidelity == fault::Fidelity::stream && !is_needed) return true;
  std::string trouble = proxy::hearing_trouble();
  if (is_needed && !trouble.empty()) {
    return Failure{fmt::format("`ack: none` of the fault \"{}\" cannot be had on this machine: {}",
                               needing->name, trouble)};
  }
  if (scenario.fidelity == fault::Fidelity::stream) return true;
  setting.fidelity_trouble = std::move(trouble);
  if (setting.fidelity_trouble.empty()) {
    setting.fidelity = scenario.fidelity;
  } else if (scenario.requires_fidelity) {
    return Failure{fmt::format(
        "`require_fidelity: segment` cannot be had on this machine: {}; `fidelity: segment` would "
        "do with stream",
        setting.fidelity_trouble)};
  }
  return true;
}

}  // namespace probate::live
