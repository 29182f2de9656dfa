#include "core/analysis/ledger.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace probate::analysis {

Ledger::Ledger(LedgerRules rules, Connections& connections, Tally& tally,
               std::vector<Slot>& current_of_device)
    : rules_{std::move(rules)},
      connections_{connections},
      tally_{tally},
      current_of_device_{current_of_device},
      retired_max_{retired_max_of(current_of_device.size())} {}

std::size_t Ledger::retired_max_of(std::size_t devices) {
  return std::clamp(kRetiredPerDevice * devices, kRetiredMin, Judge::kRetiredMax);
}

void Ledger::set_backend_filters(std::vector<std::string> filters) {
  rules_.backend_filters = std::move(filters);
}

void Ledger::announce(Slot slot, const journal::WillFacts& will) {
  enlist(slot, key_of(will.topic, will.payload));
  know_topic(connections_[slot]);
  if (carries_epoch(connections_[slot].device)) note_old_epoch(slot);
}

void Ledger::rule(Slot slot, const Ruling& ruling) {
  Connection& c = connections_[slot];
  if (!c.has_will || c.settled() || c.expired) return;
  c.ending.need().ruling = ruling;
  c.ending.need().fate.due_ends = ruling.ends;
  c.is_put_off = false;
  if (c.unreadable && ruling.duty == Duty::required) {
    c.ruling()->duty = Duty::permitted;
    c.ruling()->if_none = NoWill::permitted;
  }
  if (c.ruling()->duty == Duty::required) {
    count_expected(c);
  } else {
    uncount_expected(c);
  }
  open_ruling(slot);
  const bool waits = rules_.close_share > Duration{} && ruling.cause == EndCause::silence &&
                     !ruling.never_due && c.fate().storm_ticket == 0;
  if (waits) c.fate().storm_ticket = storm_.join();
  if (rules_.delays_block && ruling.in_line) {
    block_behind(slot);
  } else if (c.is_blocked) {
    unblock(slot);
  }
  schedule(slot);
  retry(slot);
}

void Ledger::withdraw(Slot slot) {
  Connection& c = connections_[slot];
  if (!c.ruling() || c.settled() || c.expired) return;
  uncount_expected(c);
  c.ending->ruling.reset();
  close_ruling(slot);
}

void Ledger::handle_broker_leg_closed(Slot slot) {
  const Connection& c = connections_[slot];
  if (c.settled() || c.expired) retire(slot);
}

Instant Ledger::deadline(const Connection& c) const {
  const Duty duty = c.ruling()->duty;
  const Duration horizon = std::max(rules_.horizon, rules_.allowance);
  Duration wait = duty == Duty::forbidden ? rules_.allowance : horizon;
  // A will in its window may wait so long for a verdict.
  if (is_open(duty)) wait = std::max(wait, rules_.allowance + kVerdictWait);
  return saturating_add(c.ruling()->ends, wait);
}

std::uint32_t Ledger::hash_of(const WillKey& key) {
  return probate::hash_of(key.topic * 0x9e3779b97f4a7c15 ^ key.payload);
}

void Ledger::schedule(Slot slot) {
  const Connection& c = connections_[slot];
  if (c.ruling()->never_due) return;
  due_.push({deadline(c), slot, c.generation});
}

void Ledger::run_until(Instant now) {
  for (;;) {
    drop_decided();
    const Instant due = due_.empty() ? kNever : due_.top().at;
    const Instant waited =
        waiting_order_.empty()
            ? kNever
            : saturating_add(waiting_[waiting_order_.front()].sighting.at, kVerdictWait);
    const Instant next = std::min(due, first_behind_due_);
    if (std::min(next, waited) >= now) return;
    if (waited <= next) {
      decide_oldest();
    } else if (first_behind_due_ <= due) {
      let_blocked_fall_due();
    } else {
      expire_next();
    }
  }
}

void Ledger::expire_next() {
  const Due due = due_.top();
  due_.pop();
  if (!due_.empty()) prefetch_one(connections_[due_.top().slot]);
  const Connection& c = connections_[due.slot];
  if (c.generation != due.generation || !c.ruling() || c.settled() || c.expired) return;
  if (c.ruling()->never_due) return;
  widen(due.slot);
  if (deadline(c) > due.at) {
    const bool is_put_back = c.is_blocked && c.ruling()->ends > c.fate().due_ends;
    if (!is_put_back) return schedule(due.slot);
    return wait_behind(due.slot);
  }
  if (depends_on_an_answer(due.slot)) return;  // until end_challenge()
  if (may_come_late(due.slot)) {
    connections_[due.slot].is_put_off = true;  // until give_up_unread()
    return;
  }
  expire(due.slot, due.at);
}

void Ledger::end_challenge(Slot slot) {
  const Connection& c = connections_[slot];
  if (c.ruling() && !c.settled() && !c.expired) schedule(slot);
}

// The broker may not have come to its CONNECT yet: nothing else ever said that it was accepted.
bool Ledger::may_come_late(Slot slot) const {
  const Connection& c = connections_[slot];
  return c.may_be_unread() && c.ruling() && is_open(c.ruling()->duty) && !c.settled() &&
         !c.expired && !c.ruling()->never_due;
}

// Requires: may_come_late(). What is read late is late by so much, its delay included.
Instant Ledger::in_time_until(Slot slot) const {
  const Connection& c = connections_[slot];
  const Duration late = connections_.read_by(slot) - c.broker_leg_closed_at();
  const Instant ends = c.ruling()->ends;
  const Instant unread = late > Duration{} ? saturating_add(ends, late) : ends;
  return saturating_add(unread, rules_.allowance);
}

Instant Ledger::unread_until(Slot slot) const {
  const Instant until = may_come_late(slot) ? in_time_until(slot) : connections_.read_by(slot);
  return saturating_add(until, kVerdictWait);
}

void Ledger::give_up_unread(Slot slot, Instant at) {
  const Connection& c = connections_[slot];
  if (!c.is_put_off || c.settled() || c.expired || !c.ruling()) return;
  if (deadline(c) >= at) return schedule(slot);
  expire(slot, at);
}

bool Ledger::depends_on_an_answer(Slot slot) const {
  const Connection& c = connections_[slot];
  if (c.challenged_by() != kNoSlot) return true;
  const Ruling& r = *c.ruling();
  if (!r.delayed && !(r.cause == EndCause::silence && c.is_open())) return false;
  const Slot challenger = connections_.challenger_of(slot, r.ends);
  return challenger != kNoSlot &&
         connections_[challenger].forwarded <= saturating_add(r.ends, rules_.allowance);
}

void Ledger::drop_decided() {
  while (!waiting_order_.empty() && waiting_[waiting_order_.front()].decided) {
    waiting_free_.push_back(waiting_order_.front());
    waiting_order_.pop_front();
  }
}

void Ledger::decide_oldest() {
  const std::uint32_t i = waiting_order_.front();
  const Sighting sighting = waiting_[i].sighting;
  KeyList* list = list_of(sighting.key);
  if (list != nullptr) stop_waiting(*list, i);
  waiting_[i].decided = true;
  decide(list, sighting, true);
}

// Nobody's, unless it is in somebody's window.
void Ledger::void_oldest() {
  const std::uint32_t i = waiting_order_.front();
  const Sighting sighting = waiting_[i].sighting;
  KeyList* const list = list_of(sighting.key);
  if (list != nullptr) stop_waiting(*list, i);
  waiting_[i].decided = true;
  if (list != nullptr && is_in_a_window(*list, sighting)) {
    decide(list, sighting, true);
  } else if (sighting.observer == journal::Observer::backend) {
    void_sighting();
  }
}

void Ledger::void_sighting() {
  WillTotals& wills = tally_.totals.wills;
  --wills.observed;
  --wills.undecided;
  ++tally_.totals.sightings_voided;
}

void Ledger::stop(Instant at) {
  run_until(at);
  // What tells them apart may be on its way.
  for (drop_decided(); !waiting_order_.empty(); drop_decided()) void_oldest();
  const std::vector<Slot> open = open_;
  for (const Slot slot : open) stop_one(slot, at);
  blame_acl();
}

void Ledger::add_to(Progress& progress) const {
  constexpr std::size_t kParts = 12;
  constexpr std::size_t kRest = 6;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (i + kParts < open_.size()) connections_.prefetch(open_[i + kParts], Fetch::parts);
    if (i + kRest < open_.size()) connections_.prefetch(open_[i + kRest], Fetch::rest);
    const Slot slot = open_[i];
    const Connection& c = connections_[slot];
    // Who is refused again and again would never let it end.
    if (c.ruling()->never_due || c.answer == Answer::refused || c.is_put_off) continue;
    widen(slot);
    ++progress.open_obligations;
    const Instant ends = c.ruling()->ends;
    const Instant settles = deadline(c);
    progress.latest_window_end = std::max(progress.latest_window_end.value_or(ends), ends);
    progress.settles_at = std::max(progress.settles_at.value_or(settles), settles);
  }
  progress.open_obligations += tally_.totals.wills.undecided;
}

void Ledger::count_expected(Connection& c) {
  if (c.counted) return;
  c.counted = true;
  ++tally_.totals.wills.expected;
  ++tally_.totals.wills.open;
}

void Ledger::uncount_expected(Connection& c) {
  if (!c.counted) return;
  CHECK(!c.settled());
  c.counted = false;
  --tally_.totals.wills.expected;
  --tally_.totals.wills.open;
}

void Ledger::open_ruling(Slot slot) {
  Connection& c = connections_[slot];
  if (c.open_index() != kNoSlot) return;
  c.ending.need().open_index = static_cast<std::uint32_t>(open_.size());
  open_.push_back(slot);
}

void Ledger::close_ruling(Slot slot) {
  Connection& c = connections_[slot];
  if (c.open_index() == kNoSlot) return;
  const Slot moved = open_.back();
  open_[c.open_index()] = moved;
  connections_[moved].ending.need().open_index = c.open_index();
  open_.pop_back();
  c.ending.need().open_index = kNoSlot;
  if (c.fate().storm_ticket != 0) storm_.leave();
  c.fate().storm_ticket = 0;
  if (c.is_blocked) unblock(slot);
}

// Which of the connections that are silent at once a batch takes first is the broker's choice.
void Ledger::widen(Slot slot) const {
  Connection& c = connections_[slot];
  if (c.fate().storm_ticket == 0 || c.ruling()->cause != EndCause::silence) return;
  const auto others = storm_.most_since(c.fate().storm_ticket);
  const Instant ends = saturating_add(c.fate().due_ends, rules_.close_share * others);
  c.ruling()->ends = std::max(c.ruling()->ends, ends);
}

Ledger::KeyList* Ledger::list_of(const WillKey& key) {
  const std::uint32_t found =
      by_key_.find(hash_of(key), [&](std::uint32_t i) { return lists_[i].key == key; });
  return found == HashIndex::kNone ? nullptr : &lists_[found];
}

std::uint32_t Ledger::need_list(const WillKey& key) {
  std::uint32_t place =
      by_key_.find(hash_of(key), [&](std::uint32_t i) { return lists_[i].key == key; });
  if (place != HashIndex::kNone) return place;
  if (free_lists_.empty()) {
    place = static_cast<std::uint32_t>(lists_.size());
    lists_.emplace_back();
  } else {
    place = free_lists_.back();
    free_lists_.pop_back();
  }
  lists_[place].key = key;
  by_key_.insert(hash_of(key), place);
  return place;
}

void Ledger::drop_list(std::uint32_t place) {
  by_key_.erase(hash_of(lists_[place].key), place);
  lists_[place] = KeyList{};
  free_lists_.push_back(place);
}

void Ledger::stop_waiting(KeyList& list, std::uint32_t sighting) {
  if (!list.has_waiting) return;
  const auto found = waiting_of_.find(&list);
  std::erase(found->second, sighting);
  if (!found->second.empty()) return;
  waiting_of_.erase(found);
  list.has_waiting = false;
}

void Ledger::enlist(Slot slot, const WillKey& key) {
  Connection& c = connections_[slot];
  c.key_list = need_list(key);
  KeyList& list = lists_[c.key_list];
  c.previous_of_key = list.tail;
  c.next_of_key = kNoSlot;
  if (list.tail != kNoSlot) {
    connections_[list.tail].next_of_key = slot;
  } else {
    list.head = slot;
  }
  list.tail = slot;
  c.in_key_list = true;
}

void Ledger::unlist(Slot slot) {
  Connection& c = connections_[slot];
  if (!c.in_key_list) return;
  KeyList& list = lists_[c.key_list];
  (c.previous_of_key != kNoSlot ? connections_[c.previous_of_key].next_of_key : list.head) =
      c.next_of_key;
  (c.next_of_key != kNoSlot ? connections_[c.next_of_key].previous_of_key : list.tail) =
      c.previous_of_key;
  c.in_key_list = false;
  if (c.retired) --list.retired;
  if (list.head == kNoSlot && !list.has_waiting) drop_list(c.key_list);
}

void Ledger::retire(Slot slot) {
  Connection& c = connections_[slot];
  if (c.retired || !c.in_key_list || c.is_open() || c.challenged_by() != kNoSlot) return;
  if (c.lingers) return;
  connections_.leave_client(slot);
  c.retired = true;
  retired_.emplace_back(slot, c.generation);
  KeyList& list = lists_[c.key_list];
  if (++list.retired > kRetiredPerKeyMax) {
    Slot oldest = list.head;
    while (!connections_[oldest].retired) oldest = connections_[oldest].next_of_key;
    forget(oldest);
  }
  while (retired_.size() > retired_max_) {
    const auto [old, generation] = retired_.front();
    retired_.pop_front();
    if (connections_[old].generation == generation) forget(old);
  }
}

void Ledger::forget(Slot slot) {
  unlist(slot);
  connections_.release(slot);
}

}  // namespace probate::analysis
