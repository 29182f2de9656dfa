// Who is let alone, and for how long.
#include <algorithm>
#include <numeric>

#include "sim/virtual/engine.hpp"

namespace probate::virtual_time {
namespace {

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
  phase_began_ = now;
  phase_ends_ = fixed == nullptr ? now : saturating_add(now, fixed->duration);
  firings_ = &schedule_.firings(phase);
  std::vector<std::uint32_t>{}.swap(planned_);
  std::vector<std::uint32_t>{}.swap(planned_before_);
  if (fixed == nullptr) return;
  planned_before_.assign(scenario_.device_count() + std::size_t{1}, 0);
  // First how many each device has, then which: a list of all in between would be as large again.
  std::vector<std::vector<DeviceId>> chosen;
  for_each_planned(
      chosen, [this](DeviceId device, std::uint32_t) { ++planned_before_[device.index() + 1]; });
  std::partial_sum(planned_before_.begin(), planned_before_.end(), planned_before_.begin());
  planned_.resize(planned_before_.back());
  // Each device's part grows from its begin to the next one's, and is put back behind it.
  for_each_planned(chosen, [this](DeviceId device, std::uint32_t firing) {
    planned_[planned_before_[device.index()]++] = firing;
  });
  std::copy_backward(planned_before_.begin(), planned_before_.end() - 1, planned_before_.end());
  planned_before_.front() = 0;
}

template <typename Visit>
void Engine::for_each_planned(std::vector<std::vector<DeviceId>>& chosen, Visit visit) const {
  const bool is_first = chosen.empty();
  std::size_t choice = 0;
  for (std::size_t i = 0; i < firings_->size(); ++i) {
    const scenario::Firing& firing = (*firings_)[i];
    const auto number = static_cast<std::uint32_t>(i);
    if (firing.is_own) {
      visit(firing.device(), number);
      continue;
    }
    if (is_first) {
      scenario::Selection selection = schedule_.select(firing);
      // Whoever is online then takes the place of one who is not.
      const bool anybody = scenario_.faults[firing.fault.index()].on.online_only;
      if (!anybody && selection.take < selection.ranked.size()) {
        selection.ranked.resize(selection.take);
      }
      chosen.push_back(std::move(selection.ranked));
    }
    for (const DeviceId device : chosen[choice]) visit(device, number);
    ++choice;
  }
}

Instant Engine::next_planned(DeviceId device, Instant now) const {
  if (planned_before_.empty()) return phase_ends_;
  const auto part = [&](std::size_t of) {
    return planned_.begin() + static_cast<std::ptrdiff_t>(planned_before_[of]);
  };
  const auto at = [this](std::uint32_t firing) {
    return phase_began_ + (*firings_)[firing].offset;
  };
  const auto end = part(device.index() + 1);
  const auto next =
      std::lower_bound(part(device.index()), end, now,
                       [&at](std::uint32_t firing, Instant from) { return at(firing) < from; });
  return next == end ? phase_ends_ : std::min(at(*next), phase_ends_);
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

void Engine::prefetch(DeviceId device, Fetch what) const {
  pipeline_.prefetch(device, what);
  if (planned_before_.empty()) return;
  const std::uint32_t* place = &planned_before_[device.index()];
  if (what == Fetch::places) return prefetch_bytes(place, 2 * sizeof *place);
  if (place[0] == place[1]) return;
  // What next_planned() looks at first is in the middle.
  const std::uint32_t& middle = planned_[place[0] + (place[1] - place[0]) / 2];
  if (what == Fetch::parts) return prefetch_one(middle);
  prefetch_one((*firings_)[middle]);
}

// A policy that counts messages has heard one before the nap, and hears one between the nap and the
// disturbance, from which it counts; it is told of the nap.
std::optional<Instant> Engine::heard_until(DeviceId device, Instant awake_since,
                                           Instant until) const {
  const scenario::GroupSpec& group = scenario_.fleet[scenario_.group_of(device).index()];
  const auto& every = skip_rules_.heard_every[group.device];
  const Instant now = loop_.now();
  if (!skip_rules_.bears_rest(group)) return std::nullopt;
  if (now - awake_since < *every + kOnTheWay) return std::nullopt;
  const Instant last = until - *every - on_the_way(group.link);
  if (last - now < *every) return std::nullopt;
  return last;
}

}  // namespace probate::virtual_time
