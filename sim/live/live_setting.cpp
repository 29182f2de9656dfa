#include "sim/live/live_setting.hpp"

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

}  // namespace probate::live
