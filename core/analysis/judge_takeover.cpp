// Connections of one ClientID: the broker keeps the newest. [MQTT-3.1.4-2] [MQTT5-3.1.4-3]
#include "core/analysis/judge_impl.hpp"
#include "core/analysis/windows.hpp"

namespace probate::analysis {
namespace {

// Whether the connection was ever accepted is not known.
Ruling perhaps_never(Ruling ruling) {
  if (ruling.duty == Duty::required) ruling.duty = Duty::permitted;
  ruling.if_none = NoWill::never_accepted;
  ruling.if_none_deviates.reset();
  return ruling;
}

}  // namespace

Takeover Judge::Impl::takeover_by(const Connection& c, Instant accepted) {
  return {c.terms->clean, c.forwarded, accepted, c.terms->delay, c.found_no_session};
}

// Other connections of the same ClientID: what the broker still holds open it must close.
void Judge::Impl::challenge_older(Slot slot, Instant at) {
  give_up_lost(slot, at);
  bool is_newer = true;
  Slot next = connections_[slot].in_client_list ? connections_.newest_of_client(slot) : kNoSlot;
  while (next != kNoSlot) {
    const Slot older = next;
    Connection& o = connections_[older];
    next = o.next_of_client;
    if (older == slot) {
      is_newer = false;
      continue;
    }
    if (o.is_awaited() || (is_newer && !o.is_accepted())) {
      perhaps_take_one(older, slot, takeover_by(connections_[slot], at), at);
      continue;
    }
    if (is_race(o, slot, at)) {
      race(older, slot, at);
      if (o.challenged_by() != slot) continue;
    }
    if (o.challenged_by() == slot) {
      take_over(older, slot, at);
      connections_[older].ending.need().challenged_by = kNoSlot;
      ledger_.end_challenge(older);
      ledger_.handle_broker_leg_closed(older);
      release_if_over(older);
      continue;
    }
    if (o.is_open()) {
      if (o.was_taken_over) {
        give_up(older, at);
      } else if (o.is_accepted()) {
        take_over(older, slot, at);
      }
      continue;
    }
    // One of several for which the broker may have closed it.
    if (o.challenged_by() != kNoSlot) perhaps_take(older, takeover_by(connections_[slot], at), at);
    challenge_ended(older, slot, at);
  }
}

// One that ended before, whose will may be a takeover's all the same, or whose session goes on.
void Judge::Impl::challenge_ended(Slot older, Slot slot, Instant at) {
  Connection& o = connections_[older];
  const Connection& c = connections_[slot];
  if (!o.ruling() || o.settled() || o.expired || o.was_taken_over) return;
  ledger_.end_challenge(older);
  if (o.ruling()->delayed) {
    // [MQTT5-3.1.3-9] However it ended, with a DISCONNECT that keeps the will as well.
    Ruling ruling = taken_by(o, slot, at);
    // Or it is read only now.
    if (connections_.may_be_read_at(older, at)) ruling = either_end(*o.ruling(), ruling);
    if (o.ruling()->if_none == NoWill::never_accepted) ruling = perhaps_never(ruling);
    ledger_.rule(older, ruling);
    return;
  }
  if (o.is_ruled_for_good) return cross_farewell(older, slot, at);
  const Duration busy = o.closed_by_broker ? kRace : c.seemed_busy_for();
  const bool is_race = c.forwarded - o.broker_leg_closed_at() <= busy;
  const Ruling takeover = oracle_.takeover(o.session(), takeover_by(c, at));
  if (!is_race || takeover.duty == Duty::required || o.ruling()->duty != Duty::required) return;
  Ruling ruling = *o.ruling();
  ruling.duty = Duty::permitted;
  ruling.if_none = takeover.if_none;
  ledger_.rule(older, ruling);
}

// The broker may have read the new CONNECT before the DISCONNECT.
void Judge::Impl::cross_farewell(Slot older, Slot slot, Instant at) {
  const Connection& o = connections_[older];
  const Connection& c = connections_[slot];
  const bool is_farewell =
      o.ruling() != nullptr && o.ruling()->cause == EndCause::disconnect && !o.ruling()->delayed;
  if (!is_farewell || c.forwarded - o.ruling()->begins > c.seemed_busy_for()) return;
  ledger_.rule(older, either_end(*o.ruling(), taken_by(o, slot, at)));
}

void Judge::Impl::note_takeover(Slot old, Slot by, Instant at) {
  Connection& o = connections_[old];
  const Connection& c = connections_[by];
  o.was_taken_over = true;
  // The broker's close, which says so, too, may be read after the CONNACK.
  if (c.twin && !o.twin && c.fault != kNoFault) o.fault = c.fault;
  presence_.handle_takeover(at, o.device, o.fault);
  ++(o.twin || c.twin ? tally_.totals.takeovers_injected : tally_.totals.takeovers_organic);
}

void Judge::Impl::take_over(Slot old, Slot by, Instant accepted) {
  Connection& o = connections_[old];
  const Connection& c = connections_[by];
  if (o.was_taken_over) return;
  // Of one that vanished nobody saw how the broker was reset, but its will is out.
  if (o.has_vanished && o.is_open() && o.seen(0) && *o.seen(0) < c.forwarded) {
    end(old, c.forwarded, EndCause::silence);
    return give_up(old, accepted);
  }
  // A DISCONNECT that keeps the will: the session may go on.
  if (o.is_ruled_for_good && o.ruling() && o.ruling()->delayed) challenge_ended(old, by, accepted);
  note_takeover(old, by, accepted);
  if (!o.is_ruled_for_good) {
    Ruling ruling = taken_by(o, by, accepted);
    const bool is_silent = o.ruling() && o.ruling()->cause == EndCause::silence;
    bool is_kept = false;
    if (is_silent && is_overdue(*o.ruling(), c.forwarded, rules_.allowance)) {
      is_kept = true;
    } else if (is_silent && has_begun(*o.ruling(), accepted)) {
      if (ruling.duty == Duty::required) {
        const EndCause cause = ruling.cause;
        ruling = earlier_of(*o.ruling(), ruling);
        ruling.cause = cause;
      } else {
        ruling = either(*o.ruling(), ruling, accepted);
      }
    }
    if (!is_kept) ledger_.rejudge(old, ruling);
    connections_[old].is_ruled_for_good = true;
  } else {
    cross_farewell(old, by, accepted);
  }
  end(old, std::max(c.forwarded, o.forwarded), EndCause::takeover);
}

// Taken over twice: whatever hid its close from the journal, the broker does not hold it any more.
void Judge::Impl::give_up(Slot slot, Instant at) {
  Connection& c = connections_[slot];
  c.broker_leg_closed = true;
  c.ending.need().broker_leg_closed_at = at;
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

}  // namespace probate::analysis
