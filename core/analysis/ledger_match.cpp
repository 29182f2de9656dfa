// What the observers saw, matched with what was announced.
#include <algorithm>
#include <array>

#include "core/analysis/ledger.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::analysis {

namespace {

constexpr auto kBackend = static_cast<std::size_t>(journal::Observer::backend);

}  // namespace

// What a sighting may be, from the connections that announced its bytes, oldest first. Of several
// windows that it falls into, the one that closes first: no other choice leaves as many in time.
// But one that may have come while its observer was blind comes last: nobody will miss it.
struct Ledger::Candidates {
  Slot in_window = kNoSlot;  // one that is owed before one that is only permitted
  std::uint32_t in_window_count = 0;
  Slot past = kNoSlot;  // past its window, before its horizon; owed before permitted as well
  std::uint32_t past_count = 0;
  Slot overdue = kNoSlot;  // already missing, for the shortest time
  std::uint32_t overdue_count = 0;
  Slot voided = kNoSlot;          // nothing is judged there
  Slot future = kNoSlot;          // its window has not begun
  Slot alive = kNoSlot;           // no end in sight
  Slot forbidden = kNoSlot;       // the newest that owes none
  Slot filled = kNoSlot;          // the one whose will was seen last before it
  Instant filled_at{};            // when that was
  Instant filled_due{};           // the latest time at which one that was seen was due
  std::uint32_t fresh_count = 0;  // that were seen just before it
  bool has_unanswered = false;    // in the window; its answer may be on its way
  Slot unread = kNoSlot;          // was cut, and its CONNECT may be read only now
  // A CONNECT that may take one of them over is not answered yet.
  bool is_contested = false;

  bool is_copy_within(Duration span, Instant at) const {
    return filled != kNoSlot && at - filled_at <= span;
  }
};

Ledger::Candidates Ledger::look(const KeyList& list, const Sighting& sighting) const {
  Candidates found;
  const auto observer = static_cast<std::size_t>(sighting.observer);
  const auto first = [](Slot& place, Slot slot) {
    if (place == kNoSlot) place = slot;
  };
  // Of two wills that are only permitted, sooner that of a connection which is known to have been.
  const auto is_better = [&](Slot place, Slot slot, bool by_end) {
    if (place == kNoSlot) return true;
    const Ruling& r = *connections_[slot].ruling();
    const Ruling& other = *connections_[place].ruling();
    if (r.duty != other.duty) return r.duty == Duty::required;
    const bool is_accepted = connections_[slot].is_accepted();
    if (is_accepted != connections_[place].is_accepted()) return is_accepted;
    const bool was_blind = was_blind_for(slot, sighting.observer);
    if (was_blind != was_blind_for(place, sighting.observer)) return !was_blind;
    return by_end && r.ends < other.ends;
  };
  for (Slot slot = list.head; slot != kNoSlot; slot = connections_[slot].next_of_key) {
    const Connection& c = connections_[slot];
    if (c.seen(observer)) {
      const Instant seen = *c.seen(observer);
      const bool is_before = seen <= sighting.at;
      const bool has_before = found.filled != kNoSlot && found.filled_at <= sighting.at;
      if (is_before && sighting.at - seen <= kVerdictWait) ++found.fresh_count;
      const bool is_nearer = is_before == has_before ? found.filled_at <= seen : is_before;
      if (found.filled == kNoSlot || is_nearer) {
        found.filled = slot;
        found.filled_at = seen;
      }
      const Instant due = c.ruling() ? std::min(seen, c.ruling()->ends) : seen;
      found.filled_due = std::max(found.filled_due, due);
      continue;
    }
    const bool is_undecided = !c.ruling() || c.ruling()->cause == EndCause::silence;
    if (is_undecided && c.is_open() && connections_.challenger_of(slot) != kNoSlot) {
      found.is_contested = true;
    }
    if (!c.ruling()) {
      if (c.is_open()) found.alive = slot;
      continue;
    }
    widen(slot);
    const Ruling& r = *c.ruling();
    if (r.duty == Duty::forbidden || (is_open(r.duty) && c.expired)) {
      found.forbidden = slot;
    } else if (c.settled() == WillClass::censored) {
      first(found.voided, slot);
    } else if (sighting.at < r.begins - kEarlyTolerance) {
      first(found.future, slot);
    } else if (sighting.at <= saturating_add(r.ends, rules_.allowance)) {
      ++found.in_window_count;
      found.has_unanswered = found.has_unanswered || c.answer == Answer::none;
      if (is_better(found.in_window, slot, true)) found.in_window = slot;
    } else if (may_come_late(slot) && sighting.at <= in_time_until(slot)) {
      first(found.unread, slot);
    } else if (sighting.at <= saturating_add(r.ends, rules_.horizon)) {
      ++found.past_count;
      if (is_better(found.past, slot, false)) found.past = slot;
    } else {
      ++found.overdue_count;
      const bool is_later =
          found.overdue != kNoSlot && r.ends > connections_[found.overdue].ruling()->ends;
      if (found.overdue == kNoSlot || is_later) found.overdue = slot;
    }
  }
  return found;
}

void Ledger::see(Instant at, const journal::Observed& record) {
  using journal::MessageKind;
  const bool may_be_a_will =
      record.kind == MessageKind::will || record.kind == MessageKind::unknown;
  if (!may_be_a_will) return see_topic(topic_key_of(record.topic));
  const WillKey key = key_of(record.topic, record.payload);
  see_topic(key.topic);
  KeyList* list = list_of(key);
  if (record.kind == MessageKind::unknown && list == nullptr) {
    // Of real devices nobody knows what else they say there.
    if (!knows_every_message_ || !topics_.contains(key.topic)) return;
  }
  const bool is_backend = record.observer == journal::Observer::backend;
  if (record.retain) {
    // [MQTT-3.3.1-8] RETAIN=1 answers a subscription: it tells of a state, not of an event.
    if (is_backend) ++tally_.totals.retained_copies;
    return;
  }
  Sighting sighting;
  sighting.at = at;
  sighting.key = key;
  sighting.observer = record.observer;
  sighting.device = record.device;
  sighting.epoch = record.epoch;
  sighting.dup = record.dup;
  if (is_backend) {
    sighting.topic = record.topic;
    sighting.client_id = record.client_id;
    ++tally_.totals.wills.observed;
    ++tally_.totals.wills.undecided;
    tally_.series.add_will(at);
  }
  if (record.epoch != 0 && list != nullptr) note_old_epoch(list->tail);
  remember_present(sighting, list);
  if (decide(list, sighting, false)) return;
  // What it displaced may have come by the time that it is decided.
  const Slot alive = look(*list, sighting).alive;
  sighting.is_displacing = alive != kNoSlot && took_an_older_ones_place(alive, at);
  std::uint32_t i = 0;
  if (waiting_free_.empty()) {
    i = static_cast<std::uint32_t>(waiting_.size());
    waiting_.emplace_back();
  } else {
    i = waiting_free_.back();
    waiting_free_.pop_back();
  }
  waiting_[i] = {std::move(sighting), false};
  waiting_order_.push_back(i);
  waiting_of_[list].push_back(i);
  list->has_waiting = true;
}

// Over which connection its device was up when it was seen.
void Ledger::remember_present(Sighting& sighting, const KeyList* list) const {
  DeviceId device = sighting.device;
  if (list != nullptr && list->head != kNoSlot) device = connections_[list->head].device;
  if (device.index() >= current_of_device_.size()) return;
  const Slot current = current_of_device_[device.index()];
  if (current == kNoSlot) return;
  const Connection& now = connections_[current];
  if (!now.is_accepted() || sighting.at <= saturating_add(now.answered, kReadOrderMax)) return;
  sighting.present = current;
  sighting.present_generation = now.generation;
  sighting.present_epoch = now.epoch;
  sighting.is_present_doubtful =
      sighting.at >= now.silent_since() || connections_.challenger_of(current) != kNoSlot;
}

void Ledger::retry(Slot slot) {
  const Connection& c = connections_[slot];
  if (!c.in_key_list) return;
  KeyList& list = lists_[c.key_list];
  if (!list.has_waiting) return;
  const std::vector<std::uint32_t> waiting = waiting_of_.at(&list);
  for (const std::uint32_t i : waiting) {
    if (!decide(&list, waiting_[i].sighting, false)) continue;
    waiting_[i].decided = true;
    stop_waiting(list, i);
  }
}

void Ledger::rejudge(Slot slot, const Ruling& ruling) {
  Connection& c = connections_[slot];
  if (!c.settled()) {
    rule(slot, ruling);
    return;
  }
  if (!c.seen(kBackend) || c.settled() == WillClass::censored) return;
  // It was published, with reason as it seemed: that it was not owed after all takes nothing back.
  if (ruling.duty == Duty::forbidden || c.ruling()->last_word) return;
  Sighting sighting;
  sighting.at = *c.seen(kBackend);
  sighting.key = lists_[c.key_list].key;
  sighting.present_epoch = c.flag_ghost ? c.epoch + 1 : 0;
  sighting.topic = connections_.will_topic(c);
  const bool is_ambiguous = c.flag_ambiguous;
  unsettle(slot);
  // It is judged anew, not taken out.
  --tally_.totals.sightings_voided;
  ++tally_.totals.wills.observed;
  ++tally_.totals.wills.undecided;
  if (ruling.duty != Duty::required) uncount_expected(c);
  c.expired = false;
  c.ending.need().ruling = ruling;
  c.fate().due_ends = ruling.ends;
  fill(slot, sighting, is_ambiguous);
}

std::optional<Instant> Ledger::waiting_since(Slot slot, Instant closed) const {
  const Connection& c = connections_[slot];
  if (!c.in_key_list || !lists_[c.key_list].has_waiting) return std::nullopt;
  const KeyList& list = lists_[c.key_list];
  const Slot challenger = connections_.challenger_of(slot);
  std::optional<Instant> since;
  for (const std::uint32_t i : waiting_of_.at(&list)) {
    const Sighting& sighting = waiting_[i].sighting;
    if (sighting.observer != journal::Observer::backend) continue;
    const Candidates found = look(list, sighting);
    // Another copy of one that was seen is nearer to that.
    const Instant nearest = sighting.at - (closed - sighting.at);
    const bool is_before_challenge =
        challenger != kNoSlot && sighting.at < connections_[challenger].forwarded - kEarlyTolerance;
    if (found.filled != kNoSlot && (found.filled_at > nearest || is_before_challenge)) continue;
    if (found.in_window == kNoSlot || found.in_window == slot) since = sighting.at;
  }
  return since;
}

Instant Ledger::undecided_since() const {
  for (const std::uint32_t i : waiting_order_) {
    if (!waiting_[i].decided) return waiting_[i].sighting.at;
  }
  return kNever;
}

// A will that was seen before and waits fits that window, too.
bool Ledger::is_claimed_by_an_earlier_one(const KeyList& list, const Sighting& sighting,
                                          Slot slot) const {
  if (!list.has_waiting) return false;
  const Ruling& r = *connections_[slot].ruling();
  const std::vector<std::uint32_t>& waiting = waiting_of_.at(&list);
  return std::any_of(waiting.begin(), waiting.end(), [&](std::uint32_t i) {
    const Sighting& other = waiting_[i].sighting;
    return other.observer == sighting.observer && other.at < sighting.at &&
           other.at >= r.begins - kEarlyTolerance &&
           other.at <= saturating_add(r.ends, rules_.allowance);
  });
}

bool Ledger::is_in_a_window(const KeyList& list, const Sighting& sighting) const {
  return look(list, sighting).in_window != kNoSlot;
}

// False: what it is depends on records that may still come.
bool Ledger::decide(KeyList* list, const Sighting& sighting, bool is_final) {
  const Candidates found = list == nullptr ? Candidates{} : look(*list, sighting);
  if (sighting.dup && found.filled != kNoSlot) {
    // [MQTT-3.3.1-1] [MQTT5-3.3.1-1] Sent before, and seen before.
    if (sighting.observer == journal::Observer::backend) count_copy(sighting, found);
    return true;
  }
  if (found.in_window != kNoSlot) {
    // Keep-alive and takeover look the same, and one connection's will like another's: what one may
    // have left another one may owe, whose end is on its way.
    const bool is_owed = connections_[found.in_window].ruling()->duty == Duty::required;
    const bool may_be_anothers = !is_owed && (found.alive != kNoSlot || found.future != kNoSlot);
    const bool may_be_owed = found.has_unanswered && found.in_window_count > 1;
    const bool must_wait = found.is_contested || may_be_anothers || may_be_owed ||
                           is_claimed_by_an_earlier_one(*list, sighting, found.in_window);
    if (must_wait && !is_final) return false;
    const bool may_be_a_copy = found.is_copy_within(kVerdictWait, sighting.at);
    fill(found.in_window, sighting, found.in_window_count > 1 || may_be_a_copy);
    return true;
  }
  // The end of one that seems to live may be on its way: its will travels on another socket.
  // So may the answer to a CONNECT that the broker could have read before a DISCONNECT.
  const bool is_challenged =
      found.forbidden != kNoSlot && connections_.challenger_of(found.forbidden) != kNoSlot;
  // Or the broker closed by itself before it read the DISCONNECT.
  const bool may_cross = found.forbidden != kNoSlot && connections_[found.forbidden].is_open() &&
                         sighting.at < connections_[found.forbidden].ruling()->begins;
  const bool may_change =
      found.alive != kNoSlot || found.future != kNoSlot || is_challenged || may_cross;
  if (may_change && !is_final) return false;
  const Slot lacking = found.past != kNoSlot ? found.past : found.overdue;
  if (lacking != kNoSlot && !is_explained_without(lacking, sighting, found)) {
    const bool is_one_of_many = found.past != kNoSlot ? found.past_count > 1 : is_doubtful(found);
    fill(lacking, sighting, is_one_of_many || found.is_copy_within(kVerdictWait, sighting.at));
    return true;
  }
  if (found.unread != kNoSlot && !found.is_copy_within(kVerdictWait, sighting.at)) {
    if (sighting.observer == journal::Observer::backend) {
      connections_[found.unread].ruling()->ends = sighting.at;
    }
    fill(found.unread, sighting, found.filled != kNoSlot || lacking != kNoSlot);
    return true;
  }
  if (sighting.observer == journal::Observer::backend) reject(sighting, found, lacking);
  return true;
}

// A will that comes too late for `lacking` may be a copy of one that was due after it, or of a
// connection that owed none and ended after it. Wills come in the order in which they fall due, so
// this is likelier, and it hides no missing will.
bool Ledger::is_explained_without(Slot lacking, const Sighting& sighting,
                                  const Candidates& found) const {
  const Instant due = connections_[lacking].ruling()->ends;
  if (was_blind_for(lacking, sighting.observer)) {
    return found.is_copy_within(kVerdictWait, sighting.at);
  }
  if (found.filled != kNoSlot && found.filled_due >= due) return true;
  return lacking == found.overdue && found.forbidden != kNoSlot &&
         connections_[found.forbidden].ruling()->begins > due;
}

// It comes for one that is missing for long: whatever else announced these bytes may be meant.
bool Ledger::is_doubtful(const Candidates& found) {
  return found.overdue_count > 1 || found.filled != kNoSlot || found.forbidden != kNoSlot ||
         found.alive != kNoSlot || found.future != kNoSlot || found.voided != kNoSlot;
}

void Ledger::count_copy(const Sighting& sighting, const Candidates& found) {
  const bool is_awaited = found.in_window != kNoSlot || found.past != kNoSlot ||
                          found.overdue != kNoSlot || found.fresh_count > 1;
  count_misfit(WillClass::duplicate, sighting, found.filled, is_awaited, DuplicateCause::dup_flag);
}

// It fills no obligation that lacks one: early, or one of the classes of wills that nobody owed.
void Ledger::reject(const Sighting& sighting, const Candidates& found, Slot lacking) {
  const auto is_held_open = [this](Slot slot) {
    return slot != kNoSlot && connections_[slot].is_open();
  };
  std::optional<DuplicateCause> copy;
  if (found.filled != kNoSlot) copy = cause_of_copy(sighting, found);
  const bool is_fresh_copy =
      copy && (sighting.dup || found.is_copy_within(kVerdictWait, sighting.at));
  const bool is_future_open = is_held_open(found.future);
  const bool is_early =
      found.future != kNoSlot && !is_future_open && !is_fresh_copy && lacking == kNoSlot;
  if (is_early) {
    fill(found.future, sighting, copy.has_value());
    return;
  }
  if (found.voided != kNoSlot && !is_fresh_copy) {
    connections_[found.voided].ending.need().fate.seen[0] = sighting.at;
    void_sighting();
    return;
  }
  const Slot alive = found.alive != kNoSlot ? found.alive : found.future;
  if (alive != kNoSlot && lacking == kNoSlot) {
    if (is_fresh_copy) {
      count_misfit(WillClass::duplicate, sighting, found.filled, true, copy);
      return;
    }
    const bool is_wrong = sighting.is_displacing || took_an_older_ones_place(alive, sighting.at);
    count_misfit(is_wrong ? WillClass::wrong_epoch : WillClass::spurious, sighting, alive,
                 copy.has_value(), std::nullopt);
    return;
  }
  const bool is_forbidden_newer =
      found.forbidden != kNoSlot &&
      (!copy ||
       (!is_fresh_copy && connections_[found.forbidden].ruling()->begins > found.filled_at));
  const bool is_ambiguous = lacking != kNoSlot || found.voided != kNoSlot;
  if (is_forbidden_newer) {
    count_misfit(WillClass::spurious, sighting, found.forbidden, is_ambiguous || copy,
                 std::nullopt);
  } else if (copy) {
    count_misfit(WillClass::duplicate, sighting, found.filled,
                 is_ambiguous || found.forbidden != kNoSlot || found.fresh_count > 1, copy);
  } else {
    // A will of a known device with an epoch that no connection had is somebody's invention.
    const bool is_claimed = sighting.device != kNoDevice && sighting.epoch != 0;
    count_misfit(is_claimed ? WillClass::spurious : WillClass::unattributed, sighting, kNoSlot,
                 false, std::nullopt);
  }
}

DuplicateCause Ledger::cause_of_copy(const Sighting& sighting, const Candidates& found) const {
  if (sighting.dup) return DuplicateCause::dup_flag;
  const bool is_overlap = sighting.at - found.filled_at <= kEarlyTolerance;
  return is_overlap && is_overlapping(sighting.topic) ? DuplicateCause::overlap
                                                      : DuplicateCause::republish;
}

// The broker owed the will of an older connection with this ClientID and published this one's.
bool Ledger::took_an_older_ones_place(Slot slot, Instant at) const {
  const Connection& c = connections_[slot];
  if (!c.in_client_list) return false;
  for (Slot other = c.next_of_client; other != kNoSlot;
       other = connections_[other].next_of_client) {
    const Connection& o = connections_[other];
    if (!o.ruling() || o.ruling()->duty != Duty::required || o.key_list == c.key_list) continue;
    if (o.seen(kBackend) && *o.seen(kBackend) <= at) continue;
    const bool is_in_window = at >= o.ruling()->begins - kEarlyTolerance &&
                              at <= saturating_add(o.ruling()->ends, rules_.allowance);
    if (is_in_window) return true;
  }
  return false;
}

bool Ledger::is_overlapping(const std::string& topic) const {
  const auto count = std::count_if(
      rules_.backend_filters.begin(), rules_.backend_filters.end(),
      [&](const std::string& filter) { return mqtt::matches(mqtt::matched_part(filter), topic); });
  return count > 1;
}

}  // namespace probate::analysis
