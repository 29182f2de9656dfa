// Connections as the judge follows them: who is up, what ended what, and what the oracle says.
#include <algorithm>
#include <utility>

#include "core/analysis/judge_impl.hpp"

namespace probate::analysis {
namespace {

// Reasons of a broker's DISCONNECT.
constexpr std::uint8_t kServerShuttingDown = 0x8b;
constexpr std::uint8_t kKeepAliveTimeout = 0x8d;
constexpr std::uint8_t kSessionTakenOver = 0x8e;

// Two sockets of the broker's: what we did on both within this time it may see in either order.
constexpr Duration kRace = 50ms;

EndCause cause_of(journal::Party by, journal::CloseHow how) {
  switch (by) {
    case journal::Party::device:
      return how == journal::CloseHow::rst ? EndCause::device_rst : EndCause::device_fin;
    case journal::Party::proxy:
      return EndCause::proxy_cut;
    case journal::Party::broker:
      return EndCause::broker_close;
  }
  return EndCause::none;
}

bool is_overdue(const Ruling& ruling, Instant at, Duration allowance) {
  return !ruling.never_due && saturating_add(ruling.ends, allowance) < at;
}
bool has_begun(const Ruling& ruling, Instant at) {
  return !ruling.never_due && ruling.begins <= at;
}

// Something that owes no will, or perhaps one, came while the keep-alive may already have run out.
Ruling either(const Ruling& silence, const Ruling& other, Instant at) {
  Ruling ruling = other;
  ruling.duty = Duty::permitted;
  ruling.begins = silence.begins;
  ruling.ends = std::max(silence.begins, std::min(silence.ends, at));
  return ruling;
}

}  // namespace

void Judge::Impl::handle(Instant, const journal::AttemptBegan&) {}
void Judge::Impl::handle(Instant, const journal::AttemptFailed&) {}
void Judge::Impl::handle(Instant, const journal::SessionUp&) {}

void Judge::Impl::handle(Instant at, const journal::ConnectForwarded& record) {
  if (connections_.find(record.connection) != kNoSlot) {
    handle(at, journal::ConnectRepeated{record.connection});
    return;
  }
  const Slot slot = connections_.open(record, at);
  if (is_of_fleet(record.device)) {
    DeviceState& device = devices_[record.device.index()];
    connections_[slot].next_unanswered = std::exchange(device.unanswered, slot);
    if (record.twin) connections_[slot].fault = device.last_fault;
  } else if (!is_of_real_devices_) {
    ++strangers_;
  }
  if (record.will) ledger_.announce(slot, *record.will);
}

void Judge::Impl::handle(Instant at, const journal::ConnackReceived& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  Connection& c = connections_[slot];
  if (c.answer != Answer::none) return;
  forget_unanswered(slot);
  if (record.reason != 0) {
    c.answer = Answer::refused;
    c.answered = at;
    take_nothing_over(slot);
    ++tally_.totals.refused[record.reason];
    ledger_.rule(slot, oracle_.refused(c.session(), at));
    return;
  }
  if (record.server_keep_alive || record.session_expiry) {
    Session session = c.session();
    // [MQTT5-3.1.2-21] The server's value replaces the one of CONNECT.
    if (record.server_keep_alive) {
      session.keep_alive = std::chrono::seconds{*record.server_keep_alive};
    }
    session.expiry = record.session_expiry.value_or(session.expiry);
    connections_.agree(slot, session);
  }
  connections_.name(slot, record.assigned_client_id);
  c.answer = Answer::accepted;
  c.answered = at;
  accept(slot, at);
}

void Judge::Impl::accept(Slot slot, Instant at) {
  challenge_older(slot, at);
  Connection& c = connections_[slot];
  if (c.uplink_silent && !c.ruling())
    ledger_.rule(slot, oracle_.silence(c.session(), c.last_packet_at));
  if (!c.twin && is_of_fleet(c.device)) make_current(slot);
}

// Older connections of the same ClientID: what the broker still holds open it must close.
void Judge::Impl::challenge_older(Slot slot, Instant at) {
  const Connection& c = connections_[slot];
  const Takeover by{c.terms->clean, c.forwarded, at, c.terms->delay};
  Slot next = c.in_client_list ? c.next_of_client : kNoSlot;
  while (next != kNoSlot) {
    const Slot older = next;
    Connection& o = connections_[older];
    next = o.next_of_client;
    if (o.challenged_by() == slot) {
      take_over(older, slot, at);
      connections_[older].ending.need().challenged_by = kNoSlot;
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
    if (o.ruling()->delayed) {
      // [MQTT5-3.1.3-9] However it ended, with a DISCONNECT that keeps the will as well.
      ledger_.rule(older, oracle_.resume(o.session(), *o.ruling(), by));
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
    Ruling ruling =
        oracle_.takeover(o.session(), {c.terms->clean, c.forwarded, accepted, c.terms->delay});
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
  end(old, c.forwarded, EndCause::takeover);
}

// It was never accepted: what the broker closed meanwhile it closed for another reason.
void Judge::Impl::take_nothing_over(Slot by) {
  const DeviceId device = connections_[by].device;
  if (is_of_fleet(device) && current_of_device_[device.index()] != kNoSlot &&
      connections_[current_of_device_[device.index()]].silent_since() == kNever) {
    ledger_.settle_ghosts(device, true);
  }
  Slot next = connections_[by].in_client_list ? connections_[by].next_of_client : kNoSlot;
  while (next != kNoSlot) {
    const Slot older = next;
    Connection& o = connections_[older];
    next = o.next_of_client;
    if (o.challenged_by() != by) continue;
    o.ending.need().challenged_by = kNoSlot;
    end(older, o.broker_leg_closed_at(), EndCause::broker_close);
    ledger_.handle_broker_leg_closed(older);
    release_if_over(older);
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

void Judge::Impl::make_current(Slot slot) {
  Connection& c = connections_[slot];
  DeviceState& device = devices_[c.device.index()];
  Slot& current = current_of_device_[c.device.index()];
  // It dialled anew and so has left the other one behind, whatever the broker thinks.
  if (current != kNoSlot && current != slot) end(current, c.forwarded, EndCause::none);
  CameUp up;
  up.is_reconnect = device.was_up;
  up.same_client_id = device.last_client == c.client;
  up.own_client_id = connections_.own_client_id(slot);
  device.was_up = true;
  device.last_client = c.client;
  presence_.handle_up(c.forwarded, c.device, std::move(up));
  current = slot;
  if (c.silent_since() != kNever) presence_.handle_stall(c.silent_since(), c.device, false);
  if (!c.ended()) return;
  // Its end was seen before the broker's answer.
  current = kNoSlot;
  presence_.handle_down(*c.ended(), c.device,
                        {c.end_cause, c.fault, oracle_.detection_bound(c.session())});
}

void Judge::Impl::end(Slot slot, Instant at, EndCause cause) {
  Connection& c = connections_[slot];
  if (c.ended()) return;
  if (c.silent_since() < at) {
    c.ending.need().ended = c.silent_since();
    c.end_cause = EndCause::silence;
  } else {
    c.ending.need().ended = at;
    c.end_cause = cause;
  }
  if (c.twin || !is_of_fleet(c.device)) return;
  Slot& current = current_of_device_[c.device.index()];
  if (current != slot) return;
  current = kNoSlot;
  ledger_.settle_ghosts(c.device, false);
  presence_.handle_down(*c.ended(), c.device,
                        {c.end_cause, c.fault, oracle_.detection_bound(c.session())});
}

void Judge::Impl::handle(Instant at, const journal::DisconnectForwarded& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  Connection& c = connections_[slot];
  if (c.is_ruled_for_good) return;
  c.last_packet_at = at;
  Ruling ruling = oracle_.disconnect(c.session(), at, record.reason, record.session_expiry);
  c.is_ruled_for_good = true;
  if (c.ruling() && c.ruling()->cause == EndCause::silence) {
    if (is_overdue(*c.ruling(), at, rules_.allowance)) return;
    if (has_begun(*c.ruling(), at)) {
      ruling = ruling.duty == Duty::required ? earlier_of(*c.ruling(), ruling)
                                             : either(*c.ruling(), ruling, at);
    }
  }
  ledger_.rule(slot, ruling);
}

void Judge::Impl::handle(Instant, const journal::DisconnectReceived& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot != kNoSlot) connections_[slot].broker_reason = record.reason;
}

void Judge::Impl::handle(Instant, const journal::ConnectRepeated& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot != kNoSlot) connections_[slot].broke = ProtocolError::second_connect;
}

void Judge::Impl::handle(Instant at, const journal::SilenceBegan& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  Connection& c = connections_[slot];
  if (const auto fault = tally_.known(record.fault)) c.fault = *fault;
  if (c.silent_since() == kNever && is_current(slot)) presence_.handle_stall(at, c.device, false);
  c.ending.need().silent_since = std::min(c.silent_since(), at);
  if (record.flow == journal::Flow::down || c.uplink_silent) return;
  c.uplink_silent = true;
  c.last_packet_at = record.last_uplink_packet_at;
  if (c.is_accepted() && c.is_open() && !c.is_ruled_for_good) {
    ledger_.rule(slot, oracle_.silence(c.session(), c.last_packet_at));
  }
}

void Judge::Impl::handle(Instant at, const journal::SilenceEnded& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  heal(slot, at);
  connections_[slot].forget_blank_ending();
}

void Judge::Impl::heal(Slot slot, Instant at) {
  Connection& c = connections_[slot];
  if (c.silent_since() != kNever && is_current(slot)) presence_.handle_stall(at, c.device, true);
  if (c.ending) c.ending->silent_since = kNever;
  if (is_of_fleet(c.device) && current_of_device_[c.device.index()] == slot) {
    ledger_.settle_ghosts(c.device, true);
  }
  if (!c.uplink_silent) return;
  c.uplink_silent = false;
  c.last_packet_at = at;
  if (!c.ruling() || c.is_ruled_for_good || c.ruling()->cause != EndCause::silence) return;
  if (!c.is_open() || is_overdue(*c.ruling(), at, rules_.allowance)) return;
  ledger_.withdraw(slot);
  // What was held has arrived; the FIN behind it is still to come.
  if (c.device_leg_closed) ledger_.rule(slot, oracle_.silence(c.session(), at));
}

void Judge::Impl::handle(Instant at, const journal::LegClosed& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  if (const auto fault = tally_.known(record.fault)) connections_[slot].fault = *fault;
  if (record.leg == journal::Leg::device) {
    close_device_leg(slot, at, record);
  } else {
    close_broker_leg(slot, at, record);
  }
}

void Judge::Impl::close_device_leg(Slot slot, Instant at, const journal::LegClosed& record) {
  Connection& c = connections_[slot];
  if (c.device_leg_closed) return;
  c.device_leg_closed = true;
  end(slot, at, cause_of(record.by, record.how));
  // The broker may never hear of it: until its own leg closes it is a ghost.
  const bool is_ghost =
      c.is_open() && c.is_accepted() && !c.is_ruled_for_good && record.by != journal::Party::broker;
  if (is_ghost && !c.ruling()) {
    ledger_.rule(slot, oracle_.silence(c.session(), record.last_uplink_packet_at));
  }
  release_if_over(slot);
}

void Judge::Impl::close_broker_leg(Slot slot, Instant at, const journal::LegClosed& record) {
  Connection& c = connections_[slot];
  if (c.broker_leg_closed) return;
  if (record.last_uplink_packet_at > c.last_packet_at) {
    c.last_packet_at = record.last_uplink_packet_at;
  }
  const Slot challenger = connections_.challenger_of(slot);
  const bool is_by_broker = record.by == journal::Party::broker;
  if (is_by_broker && restart_ && restart_->is_down && restart_->fault != kNoFault) {
    c.fault = restart_->fault;
  }
  const bool is_challenged =
      is_by_broker && c.is_accepted() && challenger != kNoSlot && !c.was_taken_over;
  Instant ended = at;
  if (is_by_broker) {
    // The will and the broker's FIN travel on two sockets: whichever came first tells the time.
    std::optional<Instant> seen = ledger_.waiting_since(slot);
    if (!seen && restart_ && restart_->is_down) seen = c.seen(0).optional();
    if (seen && at - *seen <= Ledger::kVerdictWait) ended = *seen;
  }
  const bool was_lost = is_of_real_devices_ && c.silent_since() == kNever &&
                        c.terms->keep_alive > Duration{} &&
                        record.last_uplink_packet_at > kRunStart &&
                        at - record.last_uplink_packet_at > c.terms->keep_alive;
  if (was_lost && !is_challenged && !c.ended() && is_of_fleet(c.device) &&
      current_of_device_[c.device.index()] == slot) {
    presence_.handle_lost(std::max(record.last_uplink_packet_at, c.forwarded), c.device);
  }
  if (is_challenged) {
    c.ending.need().challenged_by = challenger;
  } else {
    end(slot, ended, cause_of(record.by, record.how));
  }
  const bool is_reset_behind_disconnect =
      c.is_ruled_for_good && c.ruling() && c.ruling()->cause == EndCause::disconnect &&
      c.ruling()->duty == Duty::forbidden && !is_by_broker &&
      record.how == journal::CloseHow::rst && at - c.ruling()->begins <= kRace;
  if (is_reset_behind_disconnect) {
    // RST may destroy the DISCONNECT before the broker reads it.
    Ruling ruling = *c.ruling();
    ruling.duty = Duty::permitted;
    ledger_.rule(slot, ruling);
  } else if (!c.is_ruled_for_good && c.answer != Answer::refused) {
    if (is_by_broker && c.broke) c.unreadable = false;
    ledger_.rule(slot, ruling_of_close(slot, ended, record));
  }
  c.broker_leg_closed = true;
  c.ending.need().broker_leg_closed_at = at;
  if (c.answer == Answer::none) take_nothing_over(slot);
  forget_unanswered(slot);
  ledger_.retry(slot);
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

Ruling Judge::Impl::ruling_of_close(Slot slot, Instant at, const journal::LegClosed& record) const {
  const Connection& c = connections_[slot];
  const bool is_by_broker = record.by == journal::Party::broker;
  if (!c.is_accepted()) {
    const bool is_refusal = is_by_broker && !(restart_ && restart_->is_down);
    return is_refusal ? oracle_.refused(c.session(), at) : oracle_.unanswered(c.session(), at);
  }
  if (is_by_broker) return ruling_of_brokers_close(c, at);
  // Whether the broker read it before the end is not known; a violation deletes no will.
  if (c.broke == ProtocolError::second_connect)
    return oracle_.protocol_error(c.session(), *c.broke, at);
  const bool is_silent = c.ruling() && c.ruling()->cause == EndCause::silence;
  const Ruling ruling = oracle_.close(c.session(), cause_of(record.by, record.how), at);
  if (!is_silent || !has_begun(*c.ruling(), ruling.ends)) return ruling;
  if (is_overdue(*c.ruling(), at, rules_.allowance)) return *c.ruling();
  return earlier_of(*c.ruling(), ruling);
}

Ruling Judge::Impl::ruling_of_brokers_close(const Connection& c, Instant at) const {
  if (restart_ && restart_->is_down) {
    Ruling ruling = oracle_.broker_ended(c.session(), restart_->how, restart_->stopped);
    // It publishes, then closes: somewhere between the order and the close.
    const Duration taken = std::max(at - restart_->stopped, Duration{});
    if (!ruling.never_due) ruling.ends = saturating_add(ruling.ends, taken);
    return ruling;
  }
  if (c.broke) return oracle_.protocol_error(c.session(), *c.broke, at);
  if (c.broker_reason == kSessionTakenOver) return oracle_.taken_by_stranger(c.session(), at);
  if (c.broker_reason == kServerShuttingDown) {
    return oracle_.broker_ended(c.session(), journal::BrokerEnd::shutdown, at);
  }
  const bool is_silent = c.ruling() && c.ruling()->cause == EndCause::silence;
  const bool is_keep_alive = c.terms->keep_alive > Duration{} &&
                             (is_silent || c.broker_reason == kKeepAliveTimeout ||
                              oracle_.may_have_run_out(c.session(), c.last_packet_at, at));
  if (is_keep_alive) return oracle_.silence_closed(c.session(), c.last_packet_at, at);
  return oracle_.close(c.session(), EndCause::broker_close, at);
}

void Judge::Impl::handle(Instant at, const journal::ConnectSwallowed& record) {
  if (!is_of_fleet(record.device)) return;
  const std::uint16_t phase = tally_.phase_at(at);
  constexpr auto kReason = static_cast<std::size_t>(NoWill::never_accepted);
  ++tally_.totals.wills.no_will[kReason];
  for (WillTotals* slice : tally_.slices(record.device, record.fault, phase)) {
    ++slice->no_will[kReason];
  }
}

// The broker never heard it: what follows is owed as if it had not been said.
void Judge::Impl::handle(Instant, const journal::PacketSwallowed& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  Connection& c = connections_[slot];
  if (const auto fault = tally_.known(record.fault)) c.fault = *fault;
  const bool is_goodbye =
      record.packet == mqtt::PacketType::disconnect && record.direction == mqtt::Direction::uplink;
  c.goodbye_swallowed = c.goodbye_swallowed || is_goodbye;
}

void Judge::Impl::handle(Instant, const journal::PacketAltered& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  if (const auto fault = tally_.known(record.fault)) connections_[slot].fault = *fault;
}

void Judge::Impl::handle(Instant, const journal::Malformed& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  Connection& c = connections_[slot];
  // A DISCONNECT behind it would pass unseen. If the broker closes, it has read no such thing.
  if (record.direction == mqtt::Direction::uplink && !c.broke) c.broke = ProtocolError::malformed;
  c.unreadable = true;
}

void Judge::Impl::forget_unanswered(Slot slot) {
  const Connection& c = connections_[slot];
  if (!is_of_fleet(c.device)) return;
  Slot* place = &devices_[c.device.index()].unanswered;
  while (*place != kNoSlot && *place != slot) place = &connections_[*place].next_unanswered;
  if (*place == slot) *place = c.next_unanswered;
}

// Connections with a will are let go by the ledger.
void Judge::Impl::release_if_over(Slot slot) {
  const Connection& c = connections_[slot];
  if (c.has_will || !c.broker_leg_closed || !c.ended()) return;
  if (c.is_accepted()) {
    const std::uint16_t phase = tally_.phase_at(c.end_or(c.broker_leg_closed_at()));
    constexpr auto kReason = static_cast<std::size_t>(NoWill::not_announced);
    ++tally_.totals.wills.no_will[kReason];
    for (WillTotals* slice : tally_.slices(c.device, c.fault, phase)) ++slice->no_will[kReason];
  }
  connections_.release(slot);
}

}  // namespace probate::analysis
