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
  const Connection& c = connections_[slot];
  const Takeover by = takeover_by(c, at);
  bool is_newer = true;
  Slot next = c.in_client_list ? connections_.newest_of_client(slot) : kNoSlot;
  while (next != kNoSlot) {
    const Slot older = next;
    Connection& o = connections_[older];
    next = o.next_of_client;
    if (older == slot) {
      is_newer = false;
      continue;
    }
    // Two CONNECTs may be read in the other order than they were written, and the answers tell; but
    // two answers may be, too.
    if (is_newer && !o.is_accepted()) continue;
    if (is_newer && o.challenged_by() != slot && at - o.answered <= kRace) {
      // Not before the other one was in.
      Takeover either = by;
      either.forwarded = o.answered;
      if (o.is_open()) o.ending.need().perhaps_taken = either;
      either = takeover_by(o, at);
      either.forwarded = at;
      if (connections_[slot].is_open()) connections_[slot].ending.need().perhaps_taken = either;
      continue;
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
    challenge_ended(older, slot, at);
  }
}

// One that ended before, whose will may be a takeover's all the same, or whose session goes on.
void Judge::Impl::challenge_ended(Slot older, Slot slot, Instant at) {
  Connection& o = connections_[older];
  const Connection& c = connections_[slot];
  const Takeover by = takeover_by(c, at);
  if (!o.ruling() || o.settled() || o.expired || o.was_taken_over) return;
  ledger_.end_challenge(older);
  if (o.ruling()->delayed) {
    // [MQTT5-3.1.3-9] However it ended, with a DISCONNECT that keeps the will as well.
    Ruling ruling = oracle_.resume(o.session(), *o.ruling(), by);
    if (o.ruling()->if_none == NoWill::never_accepted) ruling = perhaps_never(ruling);
    ledger_.rule(older, ruling);
    return;
  }
  const bool is_race = c.forwarded - o.broker_leg_closed_at() <= kRace;
  const Ruling takeover = oracle_.takeover(o.session(), by);
  if (o.is_ruled_for_good) {
    // The broker may have read the new CONNECT before the DISCONNECT.
    const bool is_farewell =
        o.ruling()->cause == EndCause::disconnect && o.ruling()->duty == Duty::forbidden;
    if (!is_race || !is_farewell || takeover.duty == Duty::forbidden) return;
    Ruling ruling = *o.ruling();
    ruling.duty = Duty::permitted;
    ruling.ends = std::max(ruling.ends, at);
    ledger_.rule(older, ruling);
    return;
  }
  if (!is_race || takeover.duty == Duty::required || o.ruling()->duty != Duty::required) return;
  Ruling ruling = *o.ruling();
  ruling.duty = Duty::permitted;
  ruling.if_none = takeover.if_none;
  ledger_.rule(older, ruling);
}

void Judge::Impl::take_over(Slot old, Slot by, Instant accepted) {
  Connection& o = connections_[old];
  const Connection& c = connections_[by];
  if (o.was_taken_over) return;
  o.was_taken_over = true;
  // The broker's close, which says so, too, may be read after the CONNACK.
  if (c.twin && !o.twin && c.fault != kNoFault) o.fault = c.fault;
  presence_.handle_takeover(accepted, o.device, o.fault);
  ++(o.twin || c.twin ? tally_.totals.takeovers_injected : tally_.totals.takeovers_organic);
  if (!o.is_ruled_for_good) {
    Ruling ruling = oracle_.takeover(o.session(), takeover_by(c, accepted));
    if (o.perhaps_challenged) ruling = either_end(ruling, *o.ruling());
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
  }
  end(old, std::max(c.forwarded, o.forwarded), EndCause::takeover);
}

// A broker that has answered a newer CONNECT has lost what it left unanswered for so long.
void Judge::Impl::give_up_lost(Slot by, Instant at) {
  Slot next = connections_[by].next_of_client;
  while (next != kNoSlot) {
    const Slot older = next;
    const Connection& o = connections_[older];
    next = o.next_of_client;
    const bool is_lost = o.answer == Answer::none && !o.broker_leg_closed && !o.given_up &&
                         at - o.forwarded > Connections::kReadLate;
    if (!is_lost) continue;
    take_nothing_over(older);
    forget_unanswered(older);
    next = connections_[by].next_of_client;  // some may be released
  }
}

// The broker closed it, and of one more CONNECT it is known that it was not for that.
void Judge::Impl::end_challenge(Slot slot) {
  Connection& c = connections_[slot];
  const Slot next = connections_.challenger_of(slot);
  c.ending.need().challenged_by = next;
  if (next != kNoSlot) return;
  end(slot, c.broker_leg_closed_at(), EndCause::broker_close);
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

// It was never accepted: what the broker closed meanwhile it closed for another reason.
void Judge::Impl::take_nothing_over(Slot by) {
  connections_[by].given_up = true;
  const DeviceId device = connections_[by].device;
  if (is_of_fleet(device) && current_of_device_[device.index()] != kNoSlot &&
      connections_[current_of_device_[device.index()]].silent_since() == kNever) {
    ledger_.settle_ghosts(device, true);
  }
  Slot next = connections_[by].in_client_list ? connections_.newest_of_client(by) : kNoSlot;
  while (next != kNoSlot) {
    const Slot other = next;
    next = connections_[other].next_of_client;
    if (other == by) continue;
    ledger_.end_challenge(other);
    if (connections_[other].challenged_by() == by) end_challenge(other);
  }
}

// It ended before the broker answered, or judging does: whether it read the CONNECT nobody knows.
// What it closed meanwhile, and what it closes soon, it may have closed for that.
void Judge::Impl::perhaps_take_over(Slot by, Instant at) {
  connections_[by].given_up = true;
  const Connection& c = connections_[by];
  const Takeover takeover = takeover_by(c, at);
  bool is_newer = true;
  Slot next = c.in_client_list ? connections_.newest_of_client(by) : kNoSlot;
  while (next != kNoSlot) {
    const Slot other = next;
    Connection& o = connections_[other];
    next = o.next_of_client;
    if (other == by) {
      is_newer = false;
      continue;
    }
    ledger_.end_challenge(other);
    if (o.challenged_by() == by) {
      if (o.ruling() && !o.is_ruled_for_good) {
        ledger_.rejudge(other, either_end(*o.ruling(), oracle_.takeover(o.session(), takeover)));
        connections_[other].perhaps_challenged = true;
      }
      end_challenge(other);
      continue;
    }
    if (is_newer && !(o.is_accepted() && connections_.may_be_read_behind(by, other))) continue;
    if (o.is_open() && o.is_accepted() && !o.was_taken_over) {
      perhaps_take(other, takeover);
    } else if (o.ruling() && o.ruling()->delayed && !o.settled() && !o.expired) {
      // The session may go on, and its will with it.
      const Ruling resumed = oracle_.resume(o.session(), *o.ruling(), takeover);
      if (resumed.cause != o.ruling()->cause || resumed.duty != o.ruling()->duty ||
          resumed.begins != o.ruling()->begins) {
        ledger_.rejudge(other, either_end(*o.ruling(), resumed));
      }
    }
  }
}

// Of several that may have taken it over within the allowance, the one counts that owes no will.
void Judge::Impl::perhaps_take(Slot slot, const Takeover& by) {
  Connection& c = connections_[slot];
  const auto before = c.perhaps_taken();
  const bool is_fresh = before && by.forwarded - before->forwarded <= rules_.allowance;
  if (is_fresh && oracle_.takeover(c.session(), *before).duty != Duty::required) return;
  c.ending.need().perhaps_taken = by;
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
