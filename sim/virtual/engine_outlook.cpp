// Who is let alone, and for how long.
#include <algorithm>
#include <numeric>

#include "sim/virtual/engine.hpp"

namespace probate::virtual_time {
namespace {

// How long before something happens a device is awake again, and how long a nap must be to be worth
// its while.
constexpr Duration kAwakeBefore = 1min;
constexpr Duration kNapMin = 5min;

// Latency and jitter of a link, twice, and what the broker and the network take.
constexpr Duration kOnTheWay = 5s;

// Whoever waits for an idle link must know of every packet.
bool waits_for_idle_links(const scenario::Scenario& scenario) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(), [](const auto& fault) {
    return std::holds_alternative<fault::NatIdle>(fault.what);
  });
}

}  // namespace

void Engine::skip_steady_traffic() {
  if (waits_for_idle_links(scenario_)) return;
  skips_ = true;
  skip_rules_ = skip_rules(scenario_, recognizer_);
  host_.outlook = this;
}

void Engine::plan_phase(Instant now, PhaseId phase) {
  const auto* fixed = std::get_if<scenario::ForDuration>(&scenario_.phases[phase.index()].end);
  // A phase with a condition can be over at any time.
  phase_ends_ = fixed == nullptr ? now : saturating_add(now, fixed->duration);
  std::vector<std::pair<DeviceId, Instant>> all;
  if (fixed != nullptr) collect_plans(now, phase, all);
  planned_before_.assign(scenario_.device_count() + std::size_t{1}, 0);
  for (const auto& [device, at] : all) ++planned_before_[device.index() + 1];
  std::partial_sum(planned_before_.begin(), planned_before_.end(), planned_before_.begin());
  planned_.resize(all.size());
  std::vector<std::uint32_t> next{planned_before_.begin(), planned_before_.end() - 1};
  for (const auto& [device, at] : all) planned_[next[device.index()]++] = at;
}

void Engine::collect_plans(Instant now, PhaseId phase,
                           std::vector<std::pair<DeviceId, Instant>>& out) const {
  const auto& firings = schedule_.firings(phase);
  out.reserve(firings.size());
  for (const scenario::Firing& firing : firings) {
    const Instant at = now + firing.offset;
    if (firing.device != kNoDevice) {
      out.emplace_back(firing.device, at);
      continue;
    }
    const scenario::Selection selection = schedule_.select(firing);
    // Whoever is online then takes the place of one who is not.
    const bool anybody = scenario_.faults[firing.fault.index()].on.online_only;
    const std::size_t count = anybody ? selection.ranked.size() : selection.take;
    for (std::size_t i = 0; i < count; ++i) out.emplace_back(selection.ranked[i], at);
  }
}

Instant Engine::next_planned(DeviceId device, Instant now) const {
  const auto part = [&](std::size_t of) {
    return planned_.begin() + static_cast<std::ptrdiff_t>(planned_before_[of]);
  };
  const auto end = part(device.index() + 1);
  const auto next = std::lower_bound(part(device.index()), end, now);
  return next == end ? phase_ends_ : std::min(*next, phase_ends_);
}

std::optional<Instant> Engine::quiet_until(DeviceId device, Instant awake_since) {
  if (draining_ || pipeline_.holds(device)) return std::nullopt;
  const Instant now = loop_.now();
  if (now - awake_since < skip_rules_.settling) return std::nullopt;
  // What the back end says starts the wait of the Luat loop anew.
  const Instant disturbed = std::min(next_planned(device, now), next_downlink(device));
  if (disturbed - now < kAwakeBefore + kNapMin) return std::nullopt;
  const Instant until = disturbed - kAwakeBefore;
  if (!skip_rules_.silence_max) return until;
  return heard_until(device, awake_since, until);
}

// A policy with a heartbeat hears one message just before the nap and one right after it, and again
// one before the disturbance, from which it counts.
std::optional<Instant> Engine::heard_until(DeviceId device, Instant awake_since,
                                           Instant until) const {
  const scenario::GroupSpec& group = scenario_.fleet[scenario_.group_of(device).index()];
  const auto& every = skip_rules_.heard_every[group.device];
  const Instant now = loop_.now();
  if (!every || now - awake_since < *every + kOnTheWay) return std::nullopt;
  const Duration on_the_way = 2 * (group.link.latency + group.link.jitter) + kOnTheWay;
  const Duration silent_max = *skip_rules_.silence_max - 2 * *every - on_the_way;
  const Instant last = std::min(until - *every - on_the_way, now + silent_max);
  if (last - now < *every) return std::nullopt;
  return last;
}

}  // namespace probate::virtual_time
