// What became of an obligation, counted.
#include <algorithm>

#include "core/analysis/explain.hpp"
#include "core/analysis/ledger.hpp"
#include "core/base/check.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::analysis {

namespace {

bool is_filled(WillClass will_class) {
  return will_class == WillClass::in_time || will_class == WillClass::early ||
         will_class == WillClass::late;
}

std::uint64_t& at(std::array<std::uint64_t, kMissingCauseCount>& counts, MissingCause cause) {
  return counts[static_cast<std::size_t>(cause)];
}

// Calls `count` with the whole and with each slice that the connection counts in; the second
// argument tells slices from the whole, whose two sums are kept apart from the classes.
template <typename Count>
void in_every_slice(Tally& tally, const Connection& c, Count count) {
  count(tally.totals.wills, false);
  for (WillTotals* slice : tally.slices(c.device, c.fate().place.fault, c.fate().place.phase)) {
    count(*slice, true);
  }
}

}  // namespace

void Ledger::fill(Slot slot, const Sighting& sighting, bool is_ambiguous) {
  Connection& c = connections_[slot];
  c.ending.need().fate.seen[static_cast<std::size_t>(sighting.observer)] = sighting.at;
  if (sighting.observer == journal::Observer::control) {
    count_again_as_lost_by_us(slot);
    return;
  }
  --tally_.totals.wills.undecided;
  if (c.settled()) unsettle(slot);
  const Ruling& r = *c.ruling();
  if (is_open(r.duty)) count_expected(c);
  WillClass will_class = WillClass::in_time;
  if (sighting.at < r.begins - kEarlyTolerance) {
    will_class = WillClass::early;
  } else if (sighting.at > saturating_add(r.ends, rules_.allowance)) {
    will_class = WillClass::late;
  }
  auto voided = will_class == WillClass::in_time ? std::nullopt : void_cause(c, sighting.at);
  // The control observer had it in time: what was late is the way to the back end's observer.
  const auto control = c.seen(1);
  const bool is_late_for_us = will_class == WillClass::late && control &&
                              *control <= saturating_add(r.ends, rules_.allowance);
  if (is_late_for_us && !is_ambiguous && !voided) voided = CensoredCause::voided;
  if (voided) {
    --tally_.totals.wills.observed;
    ++tally_.totals.sightings_voided;
    settle_censored(slot, *voided, sighting.at);
    return;
  }
  c.flag_takeover = r.cause == EndCause::takeover;
  const Ghost ghost = is_ghost(c, sighting);
  c.flag_ghost = ghost == Ghost::yes;
  c.flag_ambiguous = is_ambiguous;
  if (c.flag_takeover && !tally_.first_seen.takeover) tally_.first_seen.takeover = sighting.at;
  if (c.flag_ghost && !tally_.first_seen.ghost) tally_.first_seen.ghost = sighting.at;
  if (r.if_filled_deviates) tally_.deviate(*r.if_filled_deviates, sighting.at);
  const bool is_pushed = r.delayed && rules_.delays_block && r.ends > c.fate().due_ends;
  if (is_pushed && sighting.at > saturating_add(c.fate().due_ends, rules_.allowance)) {
    tally_.deviate(Deviation::delay_head_of_line, sighting.at);
  }
  if (r.deviates_before && sighting.at < *r.deviates_before && !has_another_reason(slot)) {
    tally_.deviate(r.if_early, sighting.at);
  }
  if (listener_) listener_(sighting.at, c.device, r.cause, c.flag_ghost);
  settle(slot, will_class, sighting.at);
  if (ghost == Ghost::if_healed) {
    doubts_[c.device].push_back({slot, c.generation, c.fate().place});
  }
  if (will_class != WillClass::in_time) keep_entry(c, will_class, "", sighting.at);
  retire(slot);
}

// Why its will may be earlier than a silence allows: not for the silence, or a CONNECT came that
// may turn out to have taken it over.
bool Ledger::has_another_reason(Slot slot) const {
  const Connection& c = connections_[slot];
  if (c.ruling()->if_early != Deviation::keep_alive_early) return false;
  if (c.ruling()->cause != EndCause::silence || c.challenged_by() != kNoSlot) return true;
  return !c.is_ruled_for_good && connections_.challenger_of(slot) != kNoSlot;
}

void Ledger::settle(Slot slot, WillClass will_class, Instant when) {
  Connection& c = connections_[slot];
  CHECK(!c.settled() && c.counted);
  c.ending.need().fate.settled = will_class;
  --tally_.totals.wills.open;
  const Ruling& r = *c.ruling();
  const Instant ended = c.end_or(std::min(r.begins, when));
  c.fate().place = {c.fault, tally_.phase_at(ended)};
  c.fate().counted_delay = when - ended;
  c.fate().counted_lateness = when - r.ends;
  in_every_slice(tally_, c, [&](WillTotals& wills, bool is_slice) {
    ++wills[will_class];
    if (is_slice) ++wills.expected;
    if (!is_filled(will_class)) return;
    if (is_slice) ++wills.observed;
    ++wills.filled_by_cause[static_cast<std::size_t>(r.cause)];
    wills.takeover += c.flag_takeover ? 1 : 0;
    wills.ghost += c.flag_ghost ? 1 : 0;
    wills.ambiguous += c.flag_ambiguous ? 1 : 0;
    wills.delay.add(c.fate().counted_delay);
    if (will_class != WillClass::early) wills.lateness.add(c.fate().counted_lateness);
  });
  tally_.see_class(will_class, when);
  close_ruling(slot);
}

// Takes a settled verdict back, the obligation itself stays.
void Ledger::unsettle(Slot slot) {
  Connection& c = connections_[slot];
  const WillClass will_class = *c.settled();
  const Ruling& r = *c.ruling();
  if (c.is_unproven) --unproven_;
  c.is_unproven = false;
  in_every_slice(tally_, c, [&](WillTotals& wills, bool is_slice) {
    --wills[will_class];
    if (is_slice) --wills.expected;
    if (will_class == WillClass::missing) {
      --at(wills.missing, *c.missing_cause());
      --wills.no_will[static_cast<std::size_t>(NoWill::missing)];
    }
    if (!is_filled(will_class)) return;
    --wills.observed;
    --wills.filled_by_cause[static_cast<std::size_t>(r.cause)];
    wills.takeover -= c.flag_takeover ? 1 : 0;
    wills.ghost -= c.flag_ghost ? 1 : 0;
    wills.ambiguous -= c.flag_ambiguous ? 1 : 0;
    wills.delay.remove(c.fate().counted_delay);
    if (will_class != WillClass::early) wills.lateness.remove(c.fate().counted_lateness);
  });
  if (is_filled(will_class)) ++tally_.totals.sightings_voided;
  if (c.missing_cause() == MissingCause::broker) suspect_acl(c, false);
  tally_.drop(will_class, c.id);
  c.fate().settled.reset();
  c.fate().missing_cause.reset();
  ++tally_.totals.wills.open;
}

void Ledger::expire(Slot slot, Instant when) {
  Connection& c = connections_[slot];
  c.expired = true;
  if (c.ruling()->duty == Duty::required) {
    settle_unfilled(slot, when);
    return;
  }
  const Ruling& r = *c.ruling();
  const bool is_listened_to = matches_backend(c);
  // It may have come without the back end's observer seeing it.
  const bool is_voided =
      is_open(r.duty) && is_listened_to &&
      (c.seen(1) || void_cause(c, saturating_add(r.ends, rules_.allowance)).has_value());
  count_no_will(c, is_voided ? NoWill::voided : r.if_none, when);
  if (r.if_none_deviates && is_listened_to && !is_voided) {
    tally_.deviate(*r.if_none_deviates, r.begins);
  }
  close_ruling(slot);
  retire(slot);
}

void Ledger::settle_unfilled(Slot slot, Instant when) {
  const Connection& c = connections_[slot];
  if (const auto voided = void_cause(c, saturating_add(c.ruling()->ends, rules_.allowance))) {
    settle_censored(slot, *voided, when);
  } else if (is_unproven(c)) {
    settle_unproven(slot, when);
  } else {
    settle_missing(slot, when);
  }
}

void Ledger::settle_missing(Slot slot, Instant when) {
  Connection& c = connections_[slot];
  const MissingCause cause = missing_cause(c);
  c.ending.need().fate.missing_cause = cause;
  c.expired = true;
  settle(slot, WillClass::missing, when);
  in_every_slice(tally_, c, [&](WillTotals& wills, bool) { ++at(wills.missing, cause); });
  count_no_will(c, NoWill::missing, when);
  if (c.ruling()->if_none_deviates)
    tally_.deviate(*c.ruling()->if_none_deviates, c.ruling()->begins);
  if (cause == MissingCause::broker) suspect_acl(c, true);
  keep_entry(c, WillClass::missing, to_text(cause), std::nullopt);
  retire(slot);
}

void Ledger::settle_censored(Slot slot, CensoredCause cause, Instant when) {
  Connection& c = connections_[slot];
  c.expired = true;
  settle(slot, WillClass::censored, when);
  in_every_slice(tally_, c, [&](WillTotals& wills, bool) {
    ++wills.censored[static_cast<std::size_t>(cause)];
  });
  NoWill reason = NoWill::voided;
  if (cause == CensoredCause::not_due) reason = NoWill::not_due;
  if (cause == CensoredCause::never_due) reason = NoWill::never_due;
  count_no_will(c, reason, when);
  keep_entry(c, WillClass::censored, to_text(cause), std::nullopt);
  retire(slot);
}

void Ledger::stop_one(Slot slot, Instant when) {
  Connection& c = connections_[slot];
  widen(slot);
  const bool is_past =
      !c.ruling()->never_due && when >= saturating_add(c.ruling()->ends, rules_.allowance);
  if (c.ruling()->duty == Duty::required) {
    if (c.ruling()->never_due) {
      // A broker that was down may have published what it owed before anybody was back to see it.
      const bool is_deferred = c.ruling()->cause == EndCause::broker_close && !broker_lost_at_;
      settle_censored(slot, is_deferred ? CensoredCause::broker_restart : CensoredCause::never_due,
                      when);
    } else if (is_past) {
      settle_unfilled(slot, when);
    } else {
      settle_censored(slot, CensoredCause::not_due, when);
    }
    return;
  }
  if (is_open(c.ruling()->duty) && !is_past) {
    // One may still have come: nothing is proven against the broker.
    c.ruling()->if_none_deviates.reset();
    c.ruling()->if_none = NoWill::not_due;
  }
  expire(slot, when);
}

void Ledger::count_no_will(const Connection& c, NoWill reason, Instant when) {
  const Place place =
      c.settled() ? c.fate().place : Place{c.fault, tally_.phase_at(c.end_or(when))};
  ++tally_.totals.wills.no_will[static_cast<std::size_t>(reason)];
  for (WillTotals* slice : tally_.slices(c.device, place.fault, place.phase)) {
    ++slice->no_will[static_cast<std::size_t>(reason)];
  }
}

// The control observer has a will that the back end's observer lacks.
void Ledger::count_again_as_lost_by_us(Slot slot) {
  Connection& c = connections_[slot];
  if (c.missing_cause() != MissingCause::broker) return;
  c.ending.need().fate.missing_cause = MissingCause::observer_loss;
  suspect_acl(c, false);
  in_every_slice(tally_, c, [&](WillTotals& wills, bool) {
    --at(wills.missing, MissingCause::broker);
    ++at(wills.missing, MissingCause::observer_loss);
  });
  tally_.drop(WillClass::missing, c.id);
  keep_entry(c, WillClass::missing, to_text(MissingCause::observer_loss), std::nullopt);
}

MissingCause Ledger::missing_cause(const Connection& c) const {
  if (!rules_.publishes_wills) return MissingCause::broker_no_will;
  if (!matches_backend(c)) return MissingCause::topic_mismatch;
  if (c.seen(1)) return MissingCause::observer_loss;
  if (broker_lost_at_ && saturating_add(c.ruling()->ends, rules_.allowance) >= *broker_lost_at_) {
    return MissingCause::broker_crash;
  }
  if (c.ruling()->if_none_deviates == Deviation::crash_loses_wills)
    return MissingCause::broker_crash;
  return MissingCause::broker;
}

bool Ledger::matches_backend(const Connection& c) const {
  const std::string topic = connections_.will_topic(c);
  return std::any_of(rules_.backend_filters.begin(), rules_.backend_filters.end(),
                     [&](const std::string& subscribed) {
                       const std::string_view filter = mqtt::matched_part(subscribed);
                       return mqtt::is_topic_filter(filter) && mqtt::matches(filter, topic);
                     });
}

// A device that is silent is up only if the silence heals, one that dials anew only if it fails to
// get through.
Ledger::Ghost Ledger::is_ghost(const Connection& c, const Sighting& sighting) const {
  if (sighting.present_epoch <= c.epoch) return Ghost::no;
  if (!sighting.is_present_doubtful) return Ghost::yes;
  const Connection& now = connections_[sighting.present];
  if (now.generation != sighting.present_generation) return Ghost::no;
  if (current_of_device_[c.device.index()] != sighting.present) return Ghost::no;
  const bool is_open =
      now.silent_since() != kNever || connections_.challenger_of(sighting.present) != kNoSlot;
  return is_open ? Ghost::if_healed : Ghost::yes;
}

void Ledger::settle_ghosts(DeviceId device, bool was_up) {
  const auto found = doubts_.find(device);
  if (found == doubts_.end()) return;
  const std::vector<Doubt> doubts = std::move(found->second);
  doubts_.erase(found);
  if (!was_up) return;
  for (const Doubt& doubt : doubts) {
    if (doubt.slot != kNoSlot && connections_[doubt.slot].generation == doubt.generation) {
      Connection& c = connections_[doubt.slot];
      // Voided since.
      if (!c.settled() || !is_filled(*c.settled())) continue;
      c.flag_ghost = true;
    }
    ++tally_.totals.wills.ghost;
    for (WillTotals* slice : tally_.slices(device, doubt.place.fault, doubt.place.phase)) {
      ++slice->ghost;
    }
  }
}

void Ledger::count_misfit(WillClass will_class, const Sighting& sighting, Slot slot,
                          bool is_ambiguous, std::optional<DuplicateCause> cause) {
  const Connection* c = slot == kNoSlot ? nullptr : &connections_[slot];
  const DeviceId device = c != nullptr ? c->device : sighting.device;
  const FaultId fault = c != nullptr ? c->fault : kNoFault;
  const Ghost ghost = c != nullptr ? is_ghost(*c, sighting) : Ghost::no;
  const bool is_ghost_will = ghost == Ghost::yes;
  const auto count = [&](WillTotals& wills, bool is_slice) {
    ++wills[will_class];
    if (is_slice) ++wills.observed;
    wills.ghost += is_ghost_will ? 1 : 0;
    wills.ambiguous += is_ambiguous ? 1 : 0;
    if (cause) ++wills.duplicates[static_cast<std::size_t>(*cause)];
  };
  count(tally_.totals.wills, false);
  for (WillTotals* slice : tally_.slices(device, fault, tally_.phase_at(sighting.at))) {
    count(*slice, true);
  }
  if (ghost == Ghost::if_healed) {
    doubts_[device].push_back({kNoSlot, 0, {fault, tally_.phase_at(sighting.at)}});
  }
  --tally_.totals.wills.undecided;
  tally_.see_class(will_class, sighting.at);
  if (listener_ && c != nullptr) {
    const EndCause ending = c->ruling() ? c->ruling()->cause : EndCause::none;
    listener_(sighting.at, c->device, ending, is_ghost_will);
  }
  if (!tally_.wants(will_class, {})) return;
  const std::string why = cause ? to_text(*cause) : "";
  if (c != nullptr) {
    keep_entry(*c, will_class, why, sighting.at, {false, is_ghost_will, is_ambiguous});
    return;
  }
  WillEntry entry;
  entry.will_class = will_class;
  entry.device = sighting.device;
  entry.epoch = sighting.epoch;
  entry.client_id = sighting.client_id;
  entry.topic = sighting.topic;
  entry.observed_at = sighting.at;
  entry.line = explain_stranger(entry);
  tally_.keep(std::move(entry), {});
}

void Ledger::keep_entry(const Connection& c, WillClass will_class, const std::string& why,
                        std::optional<Instant> observed_at) {
  keep_entry(c, will_class, why, observed_at, {c.flag_takeover, c.flag_ghost, c.flag_ambiguous});
}

void Ledger::keep_entry(const Connection& c, WillClass will_class, const std::string& why,
                        std::optional<Instant> observed_at, const EntryFlags& flags) {
  Duration severity{};
  if (will_class == WillClass::late && observed_at) severity = *observed_at - c.ruling()->ends;
  if (!tally_.wants(will_class, severity)) return;
  WillEntry entry;
  entry.will_class = will_class;
  entry.device = c.device;
  entry.connection = c.id;
  entry.epoch = c.epoch;
  entry.twin = c.twin;
  entry.client_id = connections_.client_id(c);
  if (c.has_will) entry.topic = connections_.will_topic(c);
  entry.cause = c.ruling() ? c.ruling()->cause : c.end_cause;
  // A keep-alive may run out without a silence that anybody caused: the broker's close is the end.
  const bool is_closed_for_it =
      entry.cause == EndCause::silence && c.ended() && c.end_cause == EndCause::broker_close;
  entry.ended_by = is_closed_for_it ? EndCause::broker_close : entry.cause;
  entry.ended_at = c.ended().optional();
  if (!c.ended() && c.silent_since() != kNever) entry.ended_at = c.silent_since();
  if (c.ruling() && !c.ruling()->never_due && c.ruling()->duty != Duty::forbidden) {
    entry.window_begins = c.ruling()->begins;
    entry.window_ends = c.ruling()->ends;
  }
  entry.observed_at = observed_at;
  entry.fault = tally_.counted_as(c.fault);
  entry.takeover = flags.takeover;
  entry.ghost = flags.ghost;
  entry.ambiguous = flags.ambiguous;
  entry.goodbye_swallowed = c.goodbye_swallowed;
  entry.why = why;
  entry.line =
      explain_will(entry, tally_.fault_name(c.fault), c.ruling() ? c.ruling()->reason() : "");
  if (why == to_text(MissingCause::topic_mismatch)) {
    entry.line += explain_mismatch(entry.topic, rules_.backend_filters);
  }
  if (why == to_text(CensoredCause::not_due))
    entry.line += explain_not_due(-c.fate().counted_lateness);
  tally_.keep(std::move(entry), severity);
}

void Ledger::check_sums() const {
  const auto check = [](const WillTotals& wills) {
    CHECK(wills.expected ==
          wills.filled() + wills[WillClass::missing] + wills[WillClass::censored] + wills.open);
    CHECK(wills.observed == wills.filled() + wills[WillClass::duplicate] +
                                wills[WillClass::spurious] + wills[WillClass::wrong_epoch] +
                                wills[WillClass::unattributed] + wills.undecided);
  };
  check(tally_.totals.wills);
  for (const WillTotals& slice : tally_.totals.wills_by_fault) check(slice);
  for (const WillTotals& slice : tally_.totals.wills_by_group) check(slice);
  for (const WillTotals& slice : tally_.totals.wills_by_phase) check(slice);
}

}  // namespace probate::analysis
