#include "core/analysis/presence.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/scenario/policies.hpp"

namespace probate::analysis {

namespace {

constexpr const char* kNoBrokerEvents =
    "the journal has no broker events: they come from virtual runs and from foreign logs";

}  // namespace

Presence::Presence(const scenario::Scenario& scenario, Tally& tally, const FleetNames& names)
    : tally_{tally},
      names_{names},
      flicker_{scenario.judge.flicker},
      allowance_{scenario.judge.allowance},
      devices_(tally.fleet_size()),
      truth_groups_(scenario.fleet.size()) {
  for (const scenario::PolicySpec& spec : scenario.backend.presence) {
    PolicyTotals totals;
    totals.label = spec.label();
    totals.not_applicable = scenario::why_not_applicable(scenario, spec).value_or("");
    totals.by_group.resize(scenario.fleet.size());
    totals.by_phase.resize(tally.totals.wills_by_phase.size());
    totals.by_fault.resize(tally.totals.wills_by_fault.size());
    Judged judged;
    if (totals.not_applicable.empty()) {
      judged.policy = make_policy(spec, devices_.size());
      judged.tracks.resize(devices_.size());
      judged.groups.resize(scenario.fleet.size());
      judged.lacks_broker_events = scenario::needs_broker_events(spec.name);
      if (judged.lacks_broker_events) totals.not_applicable = kNoBrokerEvents;
    }
    tally_.totals.policies.push_back(std::move(totals));
    judged_.push_back(std::move(judged));
  }
}

void Presence::handle_up(Instant at, DeviceId device, CameUp up) {
  if (device.index() >= devices_.size()) return;
  // Taken over by itself, or left behind for this one: it was up all the time.
  std::uint32_t& last = devices_[device.index()].last_event;
  std::uint32_t before = last;
  for (bool is_last = last == kNone; !is_last;) {
    const std::uint32_t place = events_[before].next;
    is_last = place == last;
    if (events_[place].kind == EventKind::down && events_[place].at == at) {
      take_behind(before, last);
    } else {
      before = place;
    }
  }
  Event event;
  event.at = at;
  event.kind = EventKind::up;
  event.up = std::move(up);
  enqueue(device, std::move(event));
}

void Presence::handle_down(Instant at, DeviceId device, const WentDown& down) {
  if (device.index() >= devices_.size()) return;
  Event event;
  event.at = at;
  event.kind = EventKind::down;
  event.down = down;
  enqueue(device, std::move(event));
}

void Presence::handle_lost(Instant at, DeviceId device) {
  if (device.index() >= devices_.size()) return;
  Event event;
  event.at = at;
  event.kind = EventKind::lost;
  enqueue(device, std::move(event));
}

void Presence::handle_heard(Instant at, const Heard& heard) {
  if (heard.device.index() >= devices_.size()) return;
  if (heard.kind == journal::MessageKind::unknown) return;
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    if (judged_[p].policy == nullptr) continue;
    judged_[p].policy->handle(at, heard, changes_);
    take_changes(p);
  }
}

void Presence::handle_broker_event(Instant at, const journal::BrokerEvent& event) {
  if (event.device.index() >= devices_.size()) return;
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    Judged& judged = judged_[p];
    if (judged.policy == nullptr) continue;
    if (std::exchange(judged.lacks_broker_events, false)) {
      tally_.totals.policies[p].not_applicable.clear();
    }
    judged.policy->handle_broker_event(at, event, changes_);
    take_changes(p);
  }
}

void Presence::handle_rest(Instant at, DeviceId device, bool is_over) {
  if (device.index() >= devices_.size()) return;
  for (const Judged& judged : judged_) {
    if (judged.policy != nullptr) judged.policy->handle_rest(at, device, is_over);
  }
}

void Presence::run_until(Instant now) {
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    if (judged_[p].policy == nullptr) continue;
    for (auto next = judged_[p].policy->next_timeout(); next && *next < now;
         next = judged_[p].policy->next_timeout()) {
      judged_[p].policy->handle_timeout(*next, changes_);
      take_changes(p);
    }
  }
}

void Presence::take_changes(std::size_t policy) {
  for (const BeliefChange& change : changes_) {
    Event event;
    event.at = change.at;
    event.kind = EventKind::belief;
    event.policy = static_cast<std::uint16_t>(policy);
    event.change = change;
    if (change.belief == Belief::offline) ++tally_.totals.policies[policy].pending;
    enqueue(change.device, std::move(event));
  }
  changes_.clear();
}

void Presence::handle_will(Instant at, DeviceId device, EndCause cause, bool is_ghost) {
  if (device.index() >= devices_.size()) return;
  Event event;
  event.at = at;
  event.kind = EventKind::will;
  event.will = {at, cause, is_ghost};
  enqueue(device, std::move(event));
}

void Presence::handle_phase(Instant at) {
  truth_all_.up.mark(at);
  truth_all_.reach.mark(at);
  for (Judged& judged : judged_) {
    judged.all.unknown.mark(at);
    judged.all.false_offline.mark(at);
    judged.all.false_online.mark(at);
  }
}

// At the same instant truth goes first, and a change later told stands behind one told before.
void Presence::enqueue(DeviceId device, Event event) {
  const auto goes_first = [](const Event& a, const Event& b) {
    const bool a_is_belief = a.kind == EventKind::belief;
    const bool b_is_belief = b.kind == EventKind::belief;
    return a.at != b.at ? a.at < b.at : !a_is_belief && b_is_belief;
  };
  std::uint32_t& last = devices_[device.index()].last_event;
  std::uint32_t before = last;
  const bool is_newest = last == kNone || !goes_first(event, events_[last]);
  while (!is_newest && !goes_first(event, events_[events_[before].next])) {
    before = events_[before].next;
  }
  std::uint32_t place = free_event_;
  if (place == kNone) {
    place = static_cast<std::uint32_t>(events_.size());
    events_.push_back(std::move(event));
  } else {
    free_event_ = events_[place].next;
    events_[place] = std::move(event);
  }
  events_[place].next = before == kNone ? place : events_[before].next;
  if (before != kNone) events_[before].next = place;
  if (is_newest) last = place;
  wake(device);
}

// Takes the event behind that place out of the list that ends at `last`.
Presence::Event Presence::take_behind(std::uint32_t before, std::uint32_t& last) {
  const std::uint32_t gone = events_[before].next;
  events_[before].next = events_[gone].next;
  if (gone == last) last = gone == before ? kNone : before;
  events_[gone].next = std::exchange(free_event_, gone);
  return std::move(events_[gone]);
}

void Presence::wake(DeviceId device) {
  Device& d = devices_[device.index()];
  if (d.is_restless) return;
  d.is_restless = true;
  restless_.push_back(device);
}

void Presence::prefetch(DeviceId device) const {
  prefetch_one(devices_[device.index()]);
  for (const Judged& judged : judged_) {
    if (judged.policy == nullptr) continue;
    prefetch_one(judged.tracks[device.index()]);
    judged.policy->prefetch(device);
  }
}

void Presence::settle_all(const std::function<Instant(DeviceId)>& limit_of,
                          const std::function<void(DeviceId, Fetch)>& soon) {
  constexpr std::size_t kPlaces = 12;
  constexpr std::size_t kParts = 7;
  constexpr std::size_t kRest = 3;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < restless_.size(); ++i) {
    if (i + kPlaces < restless_.size()) soon(restless_[i + kPlaces], Fetch::places);
    if (i + kParts < restless_.size()) soon(restless_[i + kParts], Fetch::parts);
    if (i + kRest < restless_.size()) soon(restless_[i + kRest], Fetch::rest);
    const DeviceId device = restless_[i];
    if (settle(device, limit_of(device))) {
      devices_[device.index()].is_restless = false;
    } else {
      restless_[kept++] = device;
    }
  }
  restless_.resize(kept);
}

bool Presence::settle(DeviceId device, Instant limit) {
  Device& d = devices_[device.index()];
  while (d.last_event != kNone && events_[events_[d.last_event].next].at < limit) {
    Event event = take_behind(d.last_event, d.last_event);
    apply(device, event);
  }
  bool is_quiet = d.last_event == kNone;
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    if (judged_[p].policy == nullptr) continue;
    const Track& track = judged_[p].tracks[device.index()];
    if (!track.is_false_offline) continue;
    count_false_offline(p, device, limit);
    if (!track.is_counted_over_flicker) is_quiet = false;
  }
  return is_quiet;
}

void Presence::apply(DeviceId device, Event& event) {
  Device& d = devices_[device.index()];
  switch (event.kind) {
    case EventKind::lost:
      return apply_lost(device, event);
    case EventKind::up:
      return apply_up(device, event);
    case EventKind::down:
      return apply_down(device, event);
    case EventKind::stall:
    case EventKind::flow:
      return apply_stall(device, event.at, event.kind == EventKind::flow);
    case EventKind::will:
      d.seldom.need().wills.keep(event.will);
      return;
    case EventKind::belief:
      return apply_belief(device, event);
  }
}

void Presence::apply_lost(DeviceId device, const Event& event) {
  Truth& truth = devices_[device.index()].truth;
  if (!truth.is_up) return;
  end_up(device, event.at);
  truth.is_up = false;
  truth.is_stalled = false;
  truth.is_lost = true;
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    if (judged_[p].policy != nullptr) get_lost(p, device, event.at);
  }
}

void Presence::apply_up(DeviceId device, Event& event) {
  Truth& truth = devices_[device.index()].truth;
  const bool is_swap = truth.is_up;
  if (!truth.was_up) count_first_up(device);
  if (is_swap && truth.is_stalled) apply_stall(device, event.at, true);
  truth.is_up = true;
  truth.up_at = event.at;
  auto& seldom = devices_[device.index()].seldom;
  if (event.up.own_client_id.has_value()) {
    seldom.need().own_client_id = std::move(event.up.own_client_id);
  } else if (seldom) {
    seldom->own_client_id.reset();
  }
  truth.same_client_id = event.up.same_client_id;
  truth.is_reconnect = event.up.is_reconnect;
  if (!is_swap) {
    ++tally_.totals.devices_up;
    truth.up_since = event.at;
    truth_clock(device, [&](TruthClocks& c) {
      c.up.begin(event.at);
      c.reach.begin(event.at);
    });
    tally_.series.add_up(event.at, 1);
  }
  if (truth.is_reconnect) tally_.series.add_reconnect(event.at);
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    if (judged_[p].policy == nullptr) continue;
    Track& track = judged_[p].tracks[device.index()];
    track.has_hit_reconnect = false;
    track.has_hit_reconnect_over_flicker = false;
    if (truth.is_reconnect) count_reconnect(p, device, event.at);
    if (!is_swap) come_up(p, device, event.at);
  }
  truth.was_up = true;
  truth.is_lost = false;
}

void Presence::end_up(DeviceId device, Instant at) {
  Truth& truth = devices_[device.index()].truth;
  if (!truth.is_stalled) apply_stall(device, at, false);
  --tally_.totals.devices_up;
  truth_clock(device, [&](TruthClocks& c) { c.up.end(at); });
  truth.up_before = truth.up_clock(at);
  tally_.series.add_up(at, -1);
}

void Presence::apply_down(DeviceId device, const Event& event) {
  Truth& truth = devices_[device.index()].truth;
  if (!truth.is_up && !truth.is_lost) return;
  truth.fault = event.down.fault;
  if (truth.is_up) end_up(device, event.at);
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    if (judged_[p].policy != nullptr) go_down(p, device, event.at);
  }
  truth.is_up = false;
  truth.is_lost = false;
  truth.is_stalled = false;
  truth.was_down = true;
  truth.down_at = event.at;
  truth.down_cause = event.down.cause;
  truth.down_fault = event.down.fault;
  truth.down_bound = event.down.bound.value_or(kNoBound);
  for_policies([&](std::size_t p) {
    Duration& settling = tally_.totals.policies[p].settling;
    settling = std::max(settling, bound_of(p, device).value_or(Duration{}));
  });
}

void Presence::refresh(Instant now) {
  for (std::size_t p = 0; p < judged_.size(); ++p) {
    const Judged& judged = judged_[p];
    if (judged.policy == nullptr) continue;
    PolicyTotals& totals = tally_.totals.policies[p];
    totals.stale_wills = judged.policy->stale_wills();
    const auto write = [&](PresenceTotals& to, const TruthClocks& truth, const Clocks& clocks) {
      to.up_seconds = truth.up.seconds(now);
      to.reach_seconds = truth.reach.seconds(now);
      to.unknown_seconds = clocks.unknown.seconds(now);
      to.false_offline_seconds = clocks.false_offline.seconds(now);
      to.false_online_seconds = clocks.false_online.seconds(now);
    };
    write(totals.all, truth_all_, judged.all);
    for (std::size_t g = 0; g < judged.groups.size(); ++g) {
      write(totals.by_group[g], truth_groups_[g], judged.groups[g]);
    }
    for (std::size_t i = 0; i < std::min(totals.by_phase.size(), tally_.phases.size()); ++i) {
      PresenceTotals& to = totals.by_phase[i];
      to.up_seconds = truth_all_.up.seconds_since_mark(i, now);
      to.reach_seconds = truth_all_.reach.seconds_since_mark(i, now);
      to.unknown_seconds = judged.all.unknown.seconds_since_mark(i, now);
      to.false_offline_seconds = judged.all.false_offline.seconds_since_mark(i, now);
      to.false_online_seconds = judged.all.false_online.seconds_since_mark(i, now);
    }
  }
}

std::vector<FalseOffline> Presence::episodes() const {
  std::vector<FalseOffline> out;
  for (const Judged& judged : judged_) {
    std::vector<FalseOffline> sorted = judged.episodes;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const FalseOffline& a, const FalseOffline& b) {
                       return std::tie(b.duration, a.began_at, a.device) <
                              std::tie(a.duration, b.began_at, b.device);
                     });
    std::move(sorted.begin(), sorted.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace probate::analysis
