// Figures beyond a single mistake: REACH, recurrence, quiet, and what rates are
// counted against.
#include <algorithm>
#include <utility>

#include "core/analysis/presence.hpp"

namespace probate::analysis {

void Presence::handle_stall(Instant at, DeviceId device, bool is_over) {
  if (device.index() >= devices_.size()) return;
  Event event;
  event.at = at;
  event.kind = is_over ? EventKind::flow : EventKind::stall;
  enqueue(device, std::move(event));
}

void Presence::apply_stall(DeviceId device, Instant at, bool is_over) {
  Truth& truth = devices_[device.index()].truth;
  if (!truth.is_up || truth.is_stalled != is_over) return;
  truth.is_stalled = !is_over;
  truth_clock(device, [&](TruthClocks& c) { is_over ? c.reach.begin(at) : c.reach.end(at); });
  if (is_over) return;
  for_policies([&](std::size_t p) { end_reach_mistake(p, device, at); });
}

void Presence::handle_disturbance(Instant at, DeviceId device, FaultId fault, bool is_new) {
  std::optional<Instant>& last = tally_.totals.last_disturbance;
  last = std::max(last.value_or(at), at);
  for_policies([&](std::size_t p) {
    std::erase_if(tally_.totals.policies[p].quiet,
                  [&](const QuietMistake& mistake) { return mistake.began <= *last; });
    if (is_new) count(p, device, at, fault, [](PresenceTotals& t) { ++t.disturbances; });
  });
}

void Presence::handle_takeover(Instant at, DeviceId device, FaultId fault) {
  for_policies([&](std::size_t p) {
    count(p, device, at, fault, [](PresenceTotals& t) { ++t.takeovers; });
  });
}

void Presence::count_first_up(DeviceId device) {
  for_policies([&](std::size_t p) {
    PolicyTotals& totals = tally_.totals.policies[p];
    ++totals.all.devices;
    ++totals.by_group[tally_.group_slice(device)].devices;
  });
}

void Presence::note_mistake(std::size_t policy, DeviceId device) {
  PolicyTotals& totals = tally_.totals.policies[policy];
  Track& track = judged_[policy].tracks[device.index()];
  if (troubles_[track.trouble].last_mistake) {
    const Duration recurrence =
        mistake_of(track).clock - troubles_[track.trouble].last_mistake.clock;
    const Duration good = recurrence - troubles_[track.trouble].last_mistake.length;
    count(policy, device, mistake_of(track).since, track.fault, [&](PresenceTotals& t) {
      t.mistake_recurrence.add(recurrence);
      t.good_period.add(good);
    });
  }
  if (!track.was_hit) {
    track.was_hit = true;
    ++totals.all.devices_hit;
    ++totals.by_group[tally_.group_slice(device)].devices_hit;
  }
  const std::optional<Instant>& last = tally_.totals.last_disturbance;
  if (last && mistake_of(track).since <= *last) return;
  totals.quiet.push_back({mistake_of(track).since,
                          static_cast<std::uint16_t>(tally_.group_slice(device)),
                          tally_.phase_at(mistake_of(track).since),
                          static_cast<std::uint16_t>(tally_.fault_slice(track.fault))});
  if (totals.quiet.size() >= 2 * PolicyTotals::kQuietMistakesMax) totals.trim_quiet();
}

void Presence::close_quiet(std::size_t policy) {
  PolicyTotals& totals = tally_.totals.policies[policy];
  totals.trim_quiet();
  totals.count_quiet(tally_.totals.last_disturbance);
}

void Presence::begin_reach_mistake(std::size_t policy, DeviceId device, Instant at) {
  if (!devices_[device.index()].truth.is_reachable()) return;
  need_trouble(judged_[policy].tracks[device.index()]).reach_false_since = at;
}

void Presence::end_reach_mistake(std::size_t policy, DeviceId device, Instant at) {
  Track& track = judged_[policy].tracks[device.index()];
  if (!track.has_trouble()) return;
  const Instant since = std::exchange(troubles_[track.trouble].reach_false_since, kNever);
  if (since >= at) return;  // kNever: there is none
  count(policy, device, since, track.fault, [&](PresenceTotals& t) {
    ++t.false_offlines_reach;
    t.false_offline_reach_seconds += at - since;
  });
}

}  // namespace probate::analysis
