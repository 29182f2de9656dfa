// The figures of one device under one policy: false offlines, detection, recovery, false online.
#include <algorithm>
#include <tuple>
#include <utility>

#include "core/analysis/explain.hpp"
#include "core/analysis/presence.hpp"

namespace probate::analysis {

namespace {

const char* word(journal::MessageKind kind) {
  switch (kind) {
    case journal::MessageKind::birth:
      return "birth";
    case journal::MessageKind::message:
      return "message";
    case journal::MessageKind::will:
    case journal::MessageKind::farewell:
    case journal::MessageKind::unknown:
      return "";
  }
  return "";
}

}  // namespace

void Presence::count_reconnect(std::size_t policy, DeviceId device, Instant at) {
  const FaultId fault = devices_[device.index()].truth.fault;
  count(policy, device, at, fault, [](PresenceTotals& t) { ++t.reconnects; });
}

std::optional<Duration> Presence::bound_of(std::size_t policy, DeviceId device) const {
  const Duration of_broker = devices_[device.index()].truth.down_bound;
  const std::optional<Duration> bound = judged_[policy].policy->detection_bound(
      of_broker == kNoBound ? std::nullopt : std::optional{of_broker});
  if (!bound) return std::nullopt;
  return *bound + allowance_;
}

void Presence::forget_outage(Track& track) {
  if (!track.has_trouble()) return;
  Trouble& trouble = troubles_[track.trouble];
  trouble.off_since = kNever;
  trouble.on_in_outage_since = kNever;
  const bool is_over =
      !trouble.mistake && !trouble.last_mistake && trouble.reach_false_since == kNever;
  if (is_over) troubles_.give_back(std::exchange(track.trouble, kNone));
}

void Presence::come_up(std::size_t policy, DeviceId device, Instant at) {
  const Truth& truth = devices_[device.index()].truth;
  Track& track = judged_[policy].tracks[device.index()];
  if (truth.is_lost) {
    track.is_recovering = track.belief == Belief::offline;
  } else if (truth.was_up) {
    score_outage(policy, device, at);
    track.is_recovering = track.belief != Belief::online;
    if (!track.is_recovering) {
      count(policy, device, at, truth.fault, [](PresenceTotals& t) { t.recovery.add({}); });
    }
    if (track.belief == Belief::online) {
      clock(policy, device, [at](Clocks& c) { c.false_online.end(at); });
      add_avoidable(policy, device, at);
    }
  }
  if (track.belief == Belief::unknown) {
    clock(policy, device, [at](Clocks& c) { c.unknown.begin(at); });
  }
  forget_outage(track);
}

void Presence::go_down(std::size_t policy, DeviceId device, Instant at) {
  Track& track = judged_[policy].tracks[device.index()];
  const FaultId fault = devices_[device.index()].truth.fault;
  if (track.is_false_offline) end_false_offline(policy, device, at, "down", true);
  count(policy, device, at, fault, [&](PresenceTotals& t) {
    ++t.outages;
    if (track.is_recovering) ++t.unrecovered;
  });
  track.is_recovering = false;
  const bool is_off = track.belief == Belief::offline;
  track.was_off_in_outage = is_off;
  track.is_foregone = is_off;
  Trouble& trouble = need_trouble(track);
  trouble.off_since = is_off ? at : kNever;
  const bool is_lost = devices_[device.index()].truth.is_lost;
  if (track.belief == Belief::unknown && !is_lost) {
    clock(policy, device, [at](Clocks& c) { c.unknown.end(at); });
  }
  if (track.belief == Belief::online) {
    clock(policy, device, [at](Clocks& c) { c.false_online.begin(at); });
    trouble.on_in_outage_since = at;
  }
}

void Presence::get_lost(std::size_t policy, DeviceId device, Instant at) {
  Track& track = judged_[policy].tracks[device.index()];
  if (track.is_false_offline) end_false_offline(policy, device, at, "down", true);
  track.is_recovering = false;
  if (track.belief != Belief::unknown) return;
  clock(policy, device, [at](Clocks& c) { c.unknown.end(at); });
}

void Presence::apply_belief(DeviceId device, const Event& event) {
  const std::size_t p = event.policy;
  const Truth& truth = devices_[device.index()].truth;
  Track& track = judged_[p].tracks[device.index()];
  const Belief before = track.belief;
  const Belief now = event.change.belief;
  const Instant at = event.at;
  track.belief = now;
  if (before == Belief::online) tally_.series.add_believed_on(at, p, -1);
  if (now == Belief::online) tally_.series.add_believed_on(at, p, 1);
  if (now == Belief::offline) {
    --tally_.totals.policies[p].pending;
    const bool is_suspicion = event.change.why == Because::silence;
    count(p, device, at, truth.fault, [is_suspicion](PresenceTotals& t) {
      ++t.offline_declarations;
      if (is_suspicion) ++t.suspicions;
    });
  }
  if (!truth.was_up || truth.is_lost) return;
  if (truth.is_up) {
    if (before == Belief::unknown) clock(p, device, [at](Clocks& c) { c.unknown.end(at); });
    if (now == Belief::offline) {
      Mistake& mistake = need_trouble(track).mistake.need();
      mistake.because_at = event.change.because_at;
      mistake.why = event.change.why;
      mistake.is_of_a_will = event.change.is_of_a_will();
      begin_false_offline(p, device, at);
      begin_reach_mistake(p, device, at);
      return;
    }
    end_reach_mistake(p, device, at);
    if (track.is_false_offline) end_false_offline(p, device, at, word(event.change.because), true);
    if (track.is_recovering) {
      track.is_recovering = false;
      const Duration lag = at - truth.up_at;
      count(p, device, at, truth.fault, [lag](PresenceTotals& t) { t.recovery.add(lag); });
    }
    return;
  }
  if (now == Belief::online) {
    track.is_foregone = false;
    need_trouble(track).off_since = kNever;
    troubles_[track.trouble].on_in_outage_since = at;
    clock(p, device, [at](Clocks& c) { c.false_online.begin(at); });
    return;
  }
  need_trouble(track).off_since = at;
  track.was_off_in_outage = true;
  if (before == Belief::online) {
    clock(p, device, [at](Clocks& c) { c.false_online.end(at); });
    add_avoidable(p, device, at);
  }
}

void Presence::add_avoidable(std::size_t policy, DeviceId device, Instant to) {
  const std::optional<Duration> bound = bound_of(policy, device);
  if (!bound) return;
  const Truth& truth = devices_[device.index()].truth;
  const Track& track = judged_[policy].tracks[device.index()];
  const Instant believed =
      track.has_trouble() ? troubles_[track.trouble].on_in_outage_since : kNever;
  const Instant from = std::max(believed, saturating_add(truth.down_at, *bound));
  if (from >= to) return;
  const Duration length = to - from;
  count(policy, device, truth.down_at, truth.fault,
        [length](PresenceTotals& t) { t.false_online_avoidable_seconds += length; });
}

void Presence::score_outage(std::size_t policy, DeviceId device, Instant to) {
  const Truth& truth = devices_[device.index()].truth;
  const Track& track = judged_[policy].tracks[device.index()];
  const std::optional<Duration> bound = bound_of(policy, device);
  const bool is_over_bound = bound && to - truth.down_at > *bound;
  const bool is_off = off_since(track) != kNever;
  const bool is_foregone = is_off && track.is_foregone;
  const bool is_told = is_off && !is_foregone;
  const Duration untold = (is_told ? off_since(track) : to) - truth.down_at;
  count(policy, device, truth.down_at, truth.fault, [&](PresenceTotals& t) {
    if (is_off) t.detection.add(off_since(track) - truth.down_at);
    if (is_foregone) ++t.outages_foregone;
    t.untold_seconds += untold;
    if (!is_over_bound) return;
    ++t.outages_over_bound;
    if (!track.was_off_in_outage) ++t.missed_offlines;
  });
}

void Presence::begin_false_offline(std::size_t policy, DeviceId device, Instant at) {
  Track& track = judged_[policy].tracks[device.index()];
  track.is_false_offline = true;
  track.is_counted = false;
  track.is_counted_over_flicker = false;
  const Truth& truth = devices_[device.index()].truth;
  track.fault = truth.fault;
  Mistake& mistake = mistake_of(track);
  mistake.since = at;
  mistake.up_at = truth.up_at;
  mistake.clock = truth.up_clock(at);
  mistake.same_client_id = truth.same_client_id;
  const auto& seldom = devices_[device.index()].seldom;
  const KnownWill will =
      seldom && mistake.is_of_a_will ? seldom->wills.of(mistake.because_at) : KnownWill{};
  mistake.will_cause = will.cause;
  mistake.is_ghost = will.ghost;
  track.is_first_of_reconnect = truth.is_reconnect && !track.has_hit_reconnect;
  track.is_first_of_reconnect_over_flicker =
      truth.is_reconnect && !track.has_hit_reconnect_over_flicker;
  clock(policy, device, [at](Clocks& c) { c.false_offline.begin(at); });
}

void Presence::count_false_offline(std::size_t policy, DeviceId device, Instant until) {
  Track& track = judged_[policy].tracks[device.index()];
  const Truth& truth = devices_[device.index()].truth;
  const bool is_of_current = mistake_of(track).up_at == truth.up_at;
  if (!track.is_counted && until > mistake_of(track).since) {
    track.is_counted = true;
    const bool is_first = track.is_first_of_reconnect;
    track.has_hit_reconnect |= is_of_current;
    count(policy, device, mistake_of(track).since, track.fault, [is_first](PresenceTotals& t) {
      ++t.false_offlines;
      if (is_first) ++t.reconnects_followed;
    });
    note_mistake(policy, device);
    tally_.series.add_false_offline(mistake_of(track).since, policy);
    std::optional<Instant>& first = tally_.first_seen.false_offline[policy];
    if (!first || mistake_of(track).since < *first) first = mistake_of(track).since;
  }
  if (!track.is_counted_over_flicker && until - mistake_of(track).since > flicker_) {
    track.is_counted_over_flicker = true;
    const bool is_first = track.is_first_of_reconnect_over_flicker;
    track.has_hit_reconnect_over_flicker |= is_of_current;
    count(policy, device, mistake_of(track).since, track.fault, [is_first](PresenceTotals& t) {
      ++t.false_offlines_over_flicker;
      if (is_first) ++t.reconnects_followed_over_flicker;
    });
  }
}

void Presence::end_false_offline(std::size_t policy, DeviceId device, Instant at, const char* by,
                                 bool is_over) {
  Track& track = judged_[policy].tracks[device.index()];
  count_false_offline(policy, device, at);
  track.is_false_offline = false;
  if (is_over) clock(policy, device, [at](Clocks& c) { c.false_offline.end(at); });
  if (!track.is_counted) return troubles_[track.trouble].mistake.reset();
  const Duration duration = at - mistake_of(track).since;
  PolicyTotals& totals = tally_.totals.policies[policy];
  totals.by_fault[tally_.fault_slice(track.fault)].false_offline_seconds += duration;
  troubles_[track.trouble].last_mistake = PastMistake{mistake_of(track).clock, duration};
  if (is_over) {
    count(policy, device, mistake_of(track).since, track.fault,
          [duration](PresenceTotals& t) { t.false_offline_duration.add(duration); });
  }
  keep_episode(policy, device, at, by, is_over);
  troubles_[track.trouble].mistake.reset();
}

void Presence::keep_episode(std::size_t policy, DeviceId device, Instant ended, const char* by,
                            bool is_over) {
  std::vector<FalseOffline>& episodes = judged_[policy].episodes;
  const Device& d = devices_[device.index()];
  const Track& track = judged_[policy].tracks[device.index()];
  FalseOffline* place = nullptr;
  const Duration duration = ended - mistake_of(track).since;
  if (episodes.size() < Judge::kEpisodesPerPolicyMax) {
    place = &episodes.emplace_back();
  } else {
    // Which of them are kept is a matter of what they are, not of when they were judged.
    const auto worth = [](const FalseOffline& of) {
      return std::tuple{of.duration, -of.began_at.time_since_epoch(), ~of.device.value};
    };
    place = &*std::min_element(
        episodes.begin(), episodes.end(),
        [&](const FalseOffline& a, const FalseOffline& b) { return worth(a) < worth(b); });
    const Instant since = mistake_of(track).since;
    if (worth(*place) >= std::tuple{duration, -since.time_since_epoch(), ~device.value}) return;
  }
  FalseOfflineFacts facts;
  facts.client_id = client_id_of(device);
  facts.policy = tally_.totals.policies[policy].label;
  if (d.truth.was_down) {
    facts.down_at = d.truth.down_at;
    facts.down_cause = d.truth.down_cause;
    facts.fault = tally_.fault_name(d.truth.down_fault);
  }
  facts.up_at = mistake_of(track).up_at;
  facts.same_client_id = mistake_of(track).same_client_id;
  if (mistake_of(track).is_of_a_will) facts.will_at = mistake_of(track).because_at;
  if (mistake_of(track).why == Because::silence) facts.last_heard_at = mistake_of(track).because_at;
  if (mistake_of(track).why == Because::broker_event)
    facts.broker_event_at = mistake_of(track).because_at;
  facts.will_cause = mistake_of(track).will_cause;
  facts.will_ghost = mistake_of(track).is_ghost;
  facts.began_at = mistake_of(track).since;
  if (is_over) facts.ended_at = ended;
  facts.ended_by = by;
  facts.duration = duration;
  *place = {policy,
            device,
            facts.client_id,
            mistake_of(track).since,
            facts.ended_at,
            duration,
            tally_.counted_as(track.fault),
            explain_false_offline(facts)};
}

void Presence::stop_track(std::size_t policy, DeviceId device, Instant at) {
  const Truth& truth = devices_[device.index()].truth;
  const Track& track = judged_[policy].tracks[device.index()];
  if (!truth.is_up) {
    score_outage(policy, device, at);
    if (track.belief == Belief::online) add_avoidable(policy, device, at);
    return;
  }
  if (track.is_recovering) {
    count(policy, device, at, truth.fault, [](PresenceTotals& t) { ++t.unrecovered; });
  }
  end_reach_mistake(policy, device, at);
  if (track.is_false_offline) end_false_offline(policy, device, at, "", false);
}

void Presence::stop(Instant at) {
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    const DeviceId device{i};
    const Truth& truth = devices_[i].truth;
    if (!truth.was_up || truth.is_lost) continue;
    for_policies([&](std::size_t p) { stop_track(p, device, at); });
  }
  refresh(at);
  for_policies([this](std::size_t p) { close_quiet(p); });
}

}  // namespace probate::analysis
