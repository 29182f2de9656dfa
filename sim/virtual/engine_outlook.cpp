// Who is let alone, and for how long.
#include <algorithm>

#include "core/scenario/policies.hpp"
#include "sim/virtual/engine.hpp"

namespace probate::virtual_time {
namespace {

// How long before something happens a device is awake again, and how long a nap must be to be worth
// its while.
constexpr Duration kAwakeBefore = 1min;
constexpr Duration kNapMin = 5min;

// A policy that lives by messages must hear them all.
bool counts_messages(scenario::PolicyName policy) {
  return scenario::parameters_of(policy).heartbeat;
}

// A message of the back end starts the wait of the Luat loop anew; a delayed will comes out of
// nowhere; whoever waits for an idle link must know of every packet.
bool can_skip(const scenario::Scenario& scenario) {
  const auto& presence = scenario.backend.presence;
  const bool counted = std::any_of(presence.begin(), presence.end(),
                                   [](const auto& policy) { return counts_messages(policy.name); });
  const bool delayed =
      std::any_of(scenario.devices.begin(), scenario.devices.end(),
                  [](const auto& kind) { return kind.will && kind.will->delay > Duration{}; });
  const bool idles = std::any_of(
      scenario.faults.begin(), scenario.faults.end(),
      [](const auto& fault) { return std::holds_alternative<fault::NatIdle>(fault.what); });
  return !counted && !delayed && !idles && scenario.backend.publish.empty();
}

}  // namespace

void Engine::skip_steady_traffic() {
  if (!can_skip(scenario_)) return;
  skips_ = true;
  host_.outlook = this;
}

void Engine::plan_phase(Instant now, PhaseId phase) {
  const auto* fixed = std::get_if<scenario::ForDuration>(&scenario_.phases[phase.index()].end);
  // A phase with a condition can be over at any time.
  phase_ends_ = fixed == nullptr ? now : saturating_add(now, fixed->duration);
  planned_.assign(scenario_.device_count(), {});
  if (fixed == nullptr) return;
  for (const scenario::Firing& firing : schedule_.firings(phase)) {
    const Instant at = now + firing.offset;
    if (firing.device != kNoDevice) {
      planned_[firing.device.index()].push_back(at);
      continue;
    }
    const scenario::Selection selection = schedule_.select(firing);
    // Whoever is online then takes the place of one who is not.
    const bool anybody = scenario_.faults[firing.fault.index()].on.online_only;
    const std::size_t count = anybody ? selection.ranked.size() : selection.take;
    for (std::size_t i = 0; i < count; ++i) {
      planned_[selection.ranked[i].index()].push_back(at);
    }
  }
}

std::optional<Instant> Engine::quiet_until(DeviceId device) {
  if (draining_ || pipeline_.holds(device)) return std::nullopt;
  const Instant now = loop_.now();
  const auto& planned = planned_[device.index()];
  const auto next = std::lower_bound(planned.begin(), planned.end(), now);
  const Instant disturbed = next == planned.end() ? phase_ends_ : std::min(*next, phase_ends_);
  if (disturbed - now < kAwakeBefore + kNapMin) return std::nullopt;
  return disturbed - kAwakeBefore;
}

}  // namespace probate::virtual_time
