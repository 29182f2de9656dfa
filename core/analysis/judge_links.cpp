// Connections as the judge follows them: who is up, what ended what, and what the oracle says.
#include <algorithm>
#include <utility>

#include "core/analysis/judge_impl.hpp"
#include "core/analysis/windows.hpp"

namespace probate::analysis {
namespace {

// Reasons of a broker's DISCONNECT.
constexpr std::uint8_t kServerShuttingDown = 0x8b;
constexpr std::uint8_t kKeepAliveTimeout = 0x8d;
constexpr std::uint8_t kSessionTakenOver = 0x8e;

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
  connections_[slot].is_last_heard_unknown = is_of_foreign_log_;
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
  connections_.front().note_answer(c.forwarded, at);
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
  c.found_no_session = !c.terms->clean && !record.session_present;
  c.answer = Answer::accepted;
  c.answered = at;
  accept(slot, at);
}

void Judge::Impl::accept(Slot slot, Instant at) {
  Connection& c = connections_[slot];
  forget_rivals_before(slot, at - kRace);
  if (c.ruling() && c.ruling()->if_none == NoWill::never_accepted) rule_accepted_late(slot, at);
  challenge_older(slot, at);
  meet_lingering(slot, at, at + kRace);
  const bool is_ghost = c.uplink_silent || (c.device_leg_closed && c.is_open());
  if (is_ghost && !c.ruling()) ledger_.rule(slot, ruling_of_silence(c, at));
  if (!c.twin && is_of_fleet(c.device)) make_current(slot);
}

// What ended before its CONNACK was read is owed for certain now.
void Judge::Impl::rule_accepted_late(Slot slot, Instant at) {
  const Connection& c = connections_[slot];
  if (c.ruling()->duty != Duty::permitted) return;
  if (c.is_ruled_for_good) {
    Ruling ruling = *c.ruling();
    ruling.duty = Duty::required;
    ruling.if_none = NoWill::missing;
    ledger_.rejudge(slot, ruling);
  } else if (c.broker_leg_closed) {
    const bool is_told = c.end_cause != EndCause::none && c.end_cause != EndCause::silence;
    const EndCause cause = is_told ? c.end_cause : EndCause::proxy_cut;
    Ruling ruling = oracle_.close(c.session(), cause, c.broker_leg_closed_at());
    ruling.ends = saturating_add(ruling.ends, at - c.broker_leg_closed_at());
    ledger_.rejudge(slot, ruling);
  }
}

void Judge::Impl::make_current(Slot slot) {
  Connection& c = connections_[slot];
  DeviceState& device = devices_[c.device.index()];
  Slot& current = current_of_device_[c.device.index()];
  if (current != kNoSlot && connections_[current].forwarded > c.forwarded) {
    // Its answer was read behind that of the next one.
    end(slot, connections_[current].forwarded, EndCause::none);
    return;
  }
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
  if (c.is_ruled_for_good || c.answer == Answer::refused) return;
  if (c.broker_leg_closed && at - c.broker_leg_closed_at() > kRace) return;  // nobody read it
  c.last_packet_at = at;
  Ruling ruling = oracle_.disconnect(c.session(), at, record.reason, record.session_expiry);
  if (c.answer == Answer::none && ruling.duty == Duty::required) {
    ruling.duty = Duty::permitted;  // until it turns out that the broker had let it in
    ruling.if_none = NoWill::never_accepted;
  }
  ruling = or_taken(c, ruling, at - kRace);
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
  if (!heard_by_.empty() && is_current(slot)) {
    heard_by_[c.device.index()] = record.last_uplink_packet_at;
  }
  if (c.silent_since() == kNever && is_current(slot)) presence_.handle_stall(at, c.device, false);
  c.ending.need().silent_since = std::min(c.silent_since(), at);
  const bool vanishes = record.vanished && !c.has_vanished;
  c.has_vanished = c.has_vanished || record.vanished;
  if (record.flow == journal::Flow::down || (c.uplink_silent && !vanishes)) return;
  c.uplink_silent = true;
  c.is_last_heard_unknown = false;
  c.last_packet_at = oracle_.last_heard(record.last_uplink_packet_at, record.last_uplink_bytes_at);
  if (c.is_accepted() && c.is_open() && !c.is_ruled_for_good) {
    ledger_.rule(slot, silence(c));
  }
}

void Judge::Impl::handle(Instant at, const journal::SilenceEnded& record) {
  const Slot slot = connections_.find(record.connection);
  if (slot == kNoSlot) return;
  heal(slot, at);
  connections_[slot].forget_blank_ending();
}

void Judge::Impl::handle(Instant at, const journal::RestBegan& record) {
  presence_.handle_rest(at, record.device, false);
}

void Judge::Impl::handle(Instant at, const journal::RestEnded& record) {
  presence_.handle_rest(at, record.device, true);
}

// When the broker read its CONNECT at the latest.
Instant Judge::Impl::read_by(const Connection& c) {
  return c.is_accepted() ? c.answered : kRunStart;
}

Ruling Judge::Impl::silence(const Connection& c) const {
  if (c.has_vanished) {
    return oracle_.silence_or_reset(c.session(), c.last_packet_at, read_by(c), c.silent_since());
  }
  return oracle_.silence(c.session(), c.last_packet_at, read_by(c));
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
  note_last_heard(c, record);
  end(slot, at, cause_of(record.by, record.how));
  // The broker may never hear of it: until its own leg closes it is a ghost.
  const bool is_ghost =
      c.is_open() && c.is_accepted() && !c.is_ruled_for_good && record.by != journal::Party::broker;
  if (is_ghost && !c.ruling()) ledger_.rule(slot, ruling_of_silence(c, at));
  release_if_over(slot);
}

void Judge::Impl::close_broker_leg(Slot slot, Instant at, const journal::LegClosed& record) {
  Connection& c = connections_[slot];
  if (c.broker_leg_closed) return;
  note_last_heard(c, record);
  const Slot challenger = connections_.challenger_of(slot, at);
  const bool is_by_broker = record.by == journal::Party::broker;
  if (is_by_broker && restart_ && restart_->is_down && restart_->fault != kNoFault) {
    c.fault = restart_->fault;
  }
  const bool is_challenged =
      is_by_broker && c.is_accepted() && challenger != kNoSlot && !c.was_taken_over;
  const bool may_be_a_race = is_by_broker && !c.is_ruled_for_good && !is_challenged;
  const Slot winner = may_be_a_race ? winner_against(slot, at) : kNoSlot;
  Instant ended = at;
  if (is_by_broker) {
    // The will and the broker's FIN travel on two sockets: whichever came first tells the time.
    std::optional<Instant> seen = ledger_.waiting_since(slot, at);
    if (!seen && restart_ && restart_->is_down) seen = c.seen(0).optional();
    if (seen && at - *seen <= Ledger::kVerdictWait) ended = *seen;
  }
  const auto lost = lost_since(c, at, record);
  if (lost && !is_challenged && !c.ended() && is_current(slot)) {
    presence_.handle_lost(*lost, c.device);
  }
  if (is_challenged) {
    c.ending.need().challenged_by = challenger;
  } else {
    end(slot, ended, winner == kNoSlot ? cause_of(record.by, record.how) : EndCause::takeover);
  }
  if (c.answer == Answer::none && !is_by_broker) meet_lingering(slot, at, kNever);
  if (is_by_broker && crosses_goodbye(slot, at)) {
    c.is_ruled_for_good = false;
    const Ruling goodbye = *c.ruling();
    ledger_.rule(slot, either_end(goodbye, ruling_of_close(slot, ended, record)));
    c.is_ruled_for_good = true;
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
    Ruling ruling = ruling_of_close(slot, ended, record);
    if (winner != kNoSlot) ruling.cause = EndCause::takeover;
    ledger_.rule(slot, ruling);
  }
  if (winner != kNoSlot) {
    note_takeover(slot, winner, at);
    c.is_ruled_for_good = true;
  }
  c.broker_leg_closed = true;
  c.closed_by_broker = is_by_broker;
  c.ending.need().broker_leg_closed_at = at;
  if (c.answer == Answer::none) {
    is_by_broker ? take_nothing_over(slot) : cut_unanswered(slot, at, record.how);
  } else if (c.is_accepted() && at - c.answered <= kRace) {
    linger(slot, at);
  }
  forget_unanswered(slot);
  ledger_.retry(slot);
  ledger_.handle_broker_leg_closed(slot);
  release_if_over(slot);
}

// The broker closed by itself while a DISCONNECT was on its way: it says so, or its will was seen
// before that was sent.
bool Judge::Impl::crosses_goodbye(Slot slot, Instant at) const {
  const Connection& c = connections_[slot];
  const bool is_goodbye = c.is_ruled_for_good && c.ruling() &&
                          c.ruling()->cause == EndCause::disconnect &&
                          c.ruling()->duty == Duty::forbidden;
  if (!is_goodbye || at - c.ruling()->begins > kRace) return false;
  // The will of a close is seen with it; what came sooner is what the device said.
  const auto seen = ledger_.waiting_since(slot, at);
  const bool is_of_the_close = seen && *seen < c.ruling()->begins && at - *seen <= kRace;
  return c.broker_reason != 0 || is_of_the_close;
}

Ruling Judge::Impl::ruling_of_close(Slot slot, Instant at, const journal::LegClosed& record) const {
  const Connection& c = connections_[slot];
  const bool is_by_broker = record.by == journal::Party::broker;
  if (!c.is_accepted()) {
    // Behind a silence or an end of the device's, its CONNACK may be what was never read.
    const bool is_heard = !c.device_leg_closed && !c.unreadable && c.silent_since() == kNever;
    const bool is_refusal = is_by_broker && is_heard && !(restart_ && restart_->is_down);
    if (is_refusal) return oracle_.refused(c.session(), at);
    return or_taken(c, oracle_.unanswered(c.session(), at), at - kRace);
  }
  if (is_by_broker) {
    // If it was for one of them, it was for the one that waits.
    const bool waits_another = connections_.challenger_of(slot, at) != kNoSlot;
    const Duration closes_in = waits_another ? kRace : rules_.allowance;
    return or_taken(c, ruling_of_brokers_close(c, at, record.how), at - closes_in);
  }
  // Whether the broker read it before the end is not known; a violation deletes no will.
  if (c.broke == ProtocolError::second_connect)
    return or_taken(c, oracle_.protocol_error(c.session(), *c.broke, at), at - kRace);
  const bool is_silent = c.ruling() && c.ruling()->cause == EndCause::silence;
  Ruling ruling = oracle_.close(c.session(), cause_of(record.by, record.how), at);
  if (is_silent && has_begun(*c.ruling(), ruling.ends)) {
    if (is_overdue(*c.ruling(), at, rules_.allowance)) return *c.ruling();
    ruling = earlier_of(*c.ruling(), ruling);
  }
  return or_taken(c, ruling, at - kRace);
}

bool Judge::Impl::is_keep_alive(const Connection& c, Instant at, journal::CloseHow how) const {
  const bool tells_another_reason = c.broker_reason != 0 && c.broker_reason != kKeepAliveTimeout;
  if (c.terms->keep_alive <= Duration{} || tells_another_reason) return false;
  if (oracle_.may_have_run_out(c.session(), c.last_packet_at, at)) return true;
  // Nobody says that one was too early who does not know since when it ran.
  if (c.is_last_heard_unknown) return false;
  // Of somebody else's log that is the keep-alive's; of ours the broker's TCP has given up.
  if (how == journal::CloseHow::timeout) return is_of_foreign_log_;
  const bool is_silent = c.ruling() && c.ruling()->cause == EndCause::silence;
  return is_silent || c.broker_reason == kKeepAliveTimeout;
}

Ruling Judge::Impl::ruling_of_brokers_close(const Connection& c, Instant at,
                                            journal::CloseHow how) const {
  if (restart_ && restart_->is_down) {
    // What it was too late for before it went down is not excused by that.
    if (c.ruling() && is_overdue(*c.ruling(), restart_->stopped, rules_.allowance)) {
      return *c.ruling();
    }
    Ruling ruling = oracle_.broker_ended(c.session(), restart_->how, restart_->stopped);
    // It publishes, then closes: somewhere between the order and the close.
    const Duration taken = std::max(at - restart_->stopped, Duration{});
    if (!ruling.never_due) ruling.ends = saturating_add(ruling.ends, taken);
    return ruling;
  }
  const bool has_run_out = is_keep_alive(c, at, how);
  // One that it has put up with so long it does not close for.
  if (c.broke && !has_run_out) return oracle_.protocol_error(c.session(), *c.broke, at);
  if (c.broker_reason == kSessionTakenOver) return oracle_.taken_by_stranger(c.session(), at);
  if (c.broker_reason == kServerShuttingDown) {
    return oracle_.broker_ended(c.session(), journal::BrokerEnd::shutdown, at);
  }
  if (has_run_out) return ruling_of_keep_alive(c, at);
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
  if (c.has_will || c.lingers || !c.broker_leg_closed || !c.ended()) return;
  if (c.is_accepted()) {
    const std::uint16_t phase = tally_.phase_at(c.end_or(c.broker_leg_closed_at()));
    constexpr auto kReason = static_cast<std::size_t>(NoWill::not_announced);
    ++tally_.totals.wills.no_will[kReason];
    for (WillTotals* slice : tally_.slices(c.device, c.fault, phase)) ++slice->no_will[kReason];
  }
  connections_.release(slot);
}

}  // namespace probate::analysis
