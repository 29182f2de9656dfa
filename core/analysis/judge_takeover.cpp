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
      if (!o.is_open()) continue;
      o.ending.need().perhaps_taken = by;
      o.ending.need().perhaps_taken->forwarded = o.answered;  // not before this one was in
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
    if (!o.ruling() || o.settled() || o.expired || o.was_taken_over) continue;
    ledger_.end_challenge(older);
    if (o.ruling()->delayed) {
      // [MQTT5-3.1.3-9] However it ended, with a DISCONNECT that keeps the will as well.
      Ruling ruling = oracle_.resume(o.session(), *o.ruling(), by);
      if (o.ruling()->if_none == NoWill::never_accepted) ruling = perhaps_never(ruling);
      ledger_.rule(older, ruling);
      continue;
    }
    const bool is_race = c.forwarded - o.broker_leg_closed_at() <= kRace;
    const Ruling takeover = oracle_.takeover(o.session(), by);
    if (o.is_ruled_for_good) {
      // The broker may have read the new CONNECT before the DISCONNECT.
      const bool is_farewell =
          o.ruling()->cause == EndCause::disconnect && o.ruling()->duty == Duty::forbidden;
      if (!is_race || !is_farewell || takeover.duty == Duty::forbidden) continue;
      Ruling ruling = *o.ruling();
      ruling.duty = Duty::permitted;
      ruling.ends = std::max(ruling.ends, at);
      ledger_.rule(older, ruling);
      continue;
    }
    if (!is_race || takeover.duty == Duty::required || o.ruling()->duty != Duty::required) continue;
    Ruling ruling = *o.ruling();
    ruling.duty = Duty::permitted;
    ruling.if_none = takeover.if_none;
    ledger_.rule(older, ruling);
  }
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

// It was never accepted: what the broker closed meanwhile it closed for another reason.
void Judge::Impl::take_nothing_over(Slot by) {
  const DeviceId device = connections_[by].device;
  if (is_of_fleet(device) && current_of_device_[device.index()] != kNoSlot &&
      connections_[current_of_device_[device.index()]].silent_since() == kNever) {
    ledger_.settle_ghosts(device, true);
  }
  Slot next = connections_[by].in_client_list ? connections_.newest_of_client(by) : kNoSlot;
  while (next != kNoSlot) {
    const Slot other = next;
    Connection& o = connections_[other];
    next = o.next_of_client;
    if (other == by) continue;
    ledger_.end_challenge(other);
    if (o.challenged_by() != by) continue;
    o.ending.need().challenged_by = kNoSlot;
    end(other, o.broker_leg_closed_at(), EndCause::broker_close);
    ledger_.handle_broker_leg_closed(other);
    release_if_over(other);
  }
}

// We ended it before the broker answered: whether it read the CONNECT nobody knows. What it closed
// meanwhile, and what it closes soon, it may have closed for that.
void Judge::Impl::perhaps_take_over(Slot by, Instant at) {
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
      o.ending.need().challenged_by = kNoSlot;
      end(other, o.broker_leg_closed_at(), EndCause::broker_close);
      if (o.ruling() && !o.is_ruled_for_good) {
        ledger_.rejudge(other, either_end(*o.ruling(), oracle_.takeover(o.session(), takeover)));
      }
      ledger_.handle_broker_leg_closed(other);
      release_if_over(other);
      continue;
    }
    if (is_newer && !(o.is_accepted() && connections_.may_be_read_behind(by, other))) continue;
    if (o.is_open() && o.is_accepted() && !o.was_taken_over) {
      o.ending.need().perhaps_taken = takeover;
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

// Taken over twice: whatever hid its close from the journal, the broker does not hold it any more.
void Judge::Impl::give_up(Slot slot, Instant at) {
  Connection& c = connections_[slot];
  c.broker_leg_closed = true;
  c.ending.need().broker_leg_closed_at = at;
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

}  // namespace probate::analysis
