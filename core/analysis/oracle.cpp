#include "core/analysis/oracle.hpp"

#include <algorithm>
#include <array>

namespace probate::analysis {

namespace {

constexpr std::uint8_t kNormalDisconnection = 0x00;
constexpr std::uint8_t kErrorReasonMin = 0x80;

bool is_v5(const Session& session) { return session.version == mqtt::Version::v5; }

void take_window(Ruling& ruling, const Ruling& of) {
  ruling.begins = of.begins;
  ruling.ends = of.ends;
  ruling.never_due = of.never_due;
}

constexpr std::array<DeviationText, kDeviationCount> kDeviations{{
    {"takeover_clean_to_clean", "MQTT-3.1.2-8",
     "A clean session was taken over by a clean one and its will was not published."},
    {"takeover_clean_to_kept", "MQTT-3.1.2-8",
     "A clean session was taken over by a kept one and its will was not published."},
    {"takeover_kept_to_clean", "MQTT-3.1.2-8, MQTT5-3.1.4-3",
     "A kept session was taken over by a clean one and its will was not published."},
    {"takeover_kept_to_kept", "MQTT-3.1.2-8",
     "A kept session was taken over by a kept one and its will was not published."},
    {"takeover_v5_kept_to_kept", "MQTT5-3.1.4-3",
     "A session without will delay went on over a new connection and the will of the old one was "
     "not published."},
    {"takeover_v5_expired", "MQTT5-3.1.4-3",
     "A session that ends with its connection was taken over and its will was not published."},
    {"takeover_new_delay", "MQTT5-3.1.4-3",
     "The old connection's will was not published because the new one's has a delay."},
    {"error_reason_deletes_will", "MQTT5-3.1.2-8",
     "DISCONNECT with a reason of 0x80 or above deleted the will; only 0x00 may."},
    {"will_reason_deletes_will", "MQTT5-3.14.4-3",
     "DISCONNECT with will (0x04) deleted the will; only 0x00 may."},
    {"malformed_deletes_will", "MQTT-3.1.2-8, MQTT5-3.1.2-8",
     "The broker closed for a malformed packet and did not publish the will."},
    {"second_connect_deletes_will", "MQTT-3.1.2-8, MQTT5-3.1.2-8",
     "The broker closed for a second CONNECT and did not publish the will."},
    {"shutdown_loses_wills", "MQTT-3.1.2-8, MQTT5-3.1.2-8",
     "The broker was shut down and did not publish the wills of open connections."},
    {"shutdown_ignores_delay", "MQTT5-3.1.3-9",
     "The broker was shut down and published wills whose delay was not over."},
    {"crash_loses_wills", "MQTT-3.1.2-8, MQTT5-3.1.2-8",
     "The broker was killed and never published the wills of open connections."},
    {"delay_ignores_zero_expiry", "MQTT5-3.1.3-9",
     "The session ended with its connection, and the will still waited for its delay."},
    {"delay_head_of_line", "MQTT5-3.1.3-9",
     "A delayed will waited behind another one that was not due."},
    {"delay_from_connect", "MQTT5-3.1.3-9",
     "The will delay was counted from CONNECT, not from the end of the connection."},
    {"keep_alive_early", "MQTT-3.1.2-24, MQTT5-3.1.2-22",
     "The broker gave a silent connection up before one and a half keep-alive intervals."},
}};

}  // namespace

const DeviationText& text_of(Deviation deviation) {
  return kDeviations[static_cast<std::size_t>(deviation)];
}

bool Session::ends_with_connection() const {
  if (version == mqtt::Version::v5) return expiry <= Duration{};
  return clean;
}

Duration Oracle::delay_of(const Session& session) const {
  if (!is_v5(session)) return {};
  if (session.expiry <= Duration{} && profile_.delay_ignores_zero_expiry) return session.delay;
  // [MQTT5-3.1.3-9] The delay or the end of the session, whichever happens first.
  return std::min(session.delay, std::max(session.expiry, Duration{}));
}

void Oracle::add_delay(const Session& session, Ruling& ruling) const {
  const Duration delay = delay_of(session);
  if (delay <= Duration{}) return;
  const Instant due = saturating_add(ruling.begins, delay);
  ruling.begins = due;
  if (profile_.delay_from_connect) {
    ruling.begins = std::max(due - delay, std::min(due, saturating_add(session.connected, delay)));
    ruling.deviates_before = due;
    ruling.if_early = Deviation::delay_from_connect;
  }
  const bool is_expiry = session.expiry > Duration{} && session.expiry < session.delay;
  const Duration scan = is_expiry ? profile_.expiry_scan : profile_.delay_scan;
  ruling.ends = saturating_add(saturating_add(ruling.ends, delay), scan);
  ruling.delayed = true;
  ruling.in_line = true;
  if (session.expiry <= Duration{}) {
    ruling.if_filled_deviates = Deviation::delay_ignores_zero_expiry;
  }
}

Ruling Oracle::by_table(OracleRow row, const Session& session, EndCause cause, Instant at) const {
  const OracleEntry& entry = entry_of(row, session.version);
  Ruling ruling{.duty = entry.duty, .cause = cause, .begins = at, .ends = at, .entry = &entry};
  if (is_open(entry.duty)) ruling.if_none = NoWill::permitted;
  return ruling;
}

Ruling Oracle::by_habit(OracleRow row, const Session& session, EndCause cause, Instant at) const {
  Ruling ruling = by_table(row, session, cause, at);
  if (ruling.duty == Duty::undefined && !profile_.specification) {
    ruling.duty = Duty::required;
    ruling.if_none = NoWill::missing;
  }
  return ruling;
}

Ruling Oracle::disconnect(const Session& session, Instant at, std::uint8_t reason,
                          std::optional<Duration> expiry) const {
  const bool raises =
      is_v5(session) && expiry.value_or(Duration{}) > Duration{} && session.expiry <= Duration{};
  // [MQTT-3.1.2-10] [MQTT5-3.1.2-10] A DISCONNECT deletes the will; in 5.0 only with reason 0x00.
  if (!is_v5(session) || (reason == kNormalDisconnection && !raises)) {
    Ruling ruling = by_table(OracleRow::disconnect, session, EndCause::disconnect, at);
    ruling.if_none = NoWill::graceful;
    return ruling;
  }
  const bool is_error = reason >= kErrorReasonMin;
  OracleRow row = is_error ? OracleRow::disconnect_with_error : OracleRow::disconnect_with_will;
  if (raises) row = OracleRow::disconnect_raises_expiry;
  Session at_end = session;
  if (expiry && !raises) at_end.expiry = *expiry;
  Ruling ruling = by_table(row, session, EndCause::disconnect, at);
  add_delay(at_end, ruling);
  const bool is_deleted =
      is_error ? profile_.error_reason_deletes_will : !raises && profile_.will_reason_deletes_will;
  if (is_deleted) {
    ruling.duty = Duty::permitted;
    ruling.if_none = NoWill::error_reason;
    ruling.if_none_deviates =
        is_error ? Deviation::error_reason_deletes_will : Deviation::will_reason_deletes_will;
  }
  return ruling;
}

Ruling Oracle::close(const Session& session, EndCause cause, Instant at) const {
  const bool is_by_broker = cause == EndCause::broker_close;
  Ruling ruling = by_habit(is_by_broker ? OracleRow::closed_by_broker : OracleRow::closed_by_device,
                           session, cause, at);
  add_delay(session, ruling);
  return ruling;
}

Ruling Oracle::protocol_error(const Session& session, ProtocolError error, Instant at) const {
  // [MQTT-4.8.0-1] [MQTT5-4.13.1-1] [MQTT-3.1.0-2] [MQTT5-3.1.0-2] The broker closes; no DISCONNECT
  // came, so the will stands. In 3.1 nothing says so, and no profile knows.
  const bool is_second = error == ProtocolError::second_connect;
  Ruling ruling = by_table(is_second ? OracleRow::second_connect : OracleRow::malformed, session,
                           EndCause::broker_close, at);
  add_delay(session, ruling);
  const bool is_deleted =
      is_second ? profile_.second_connect_deletes_will : profile_.malformed_deletes_will;
  if (is_deleted && ruling.duty == Duty::required) {
    ruling.duty = Duty::permitted;
    ruling.if_none = NoWill::protocol_error;
    ruling.if_none_deviates =
        is_second ? Deviation::second_connect_deletes_will : Deviation::malformed_deletes_will;
  }
  return ruling;
}

Ruling Oracle::broker_ended(const Session& session, journal::BrokerEnd how, Instant at) const {
  const bool is_shutdown = how == journal::BrokerEnd::shutdown;
  Ruling ruling = by_habit(is_shutdown ? OracleRow::shutdown : OracleRow::crash, session,
                           EndCause::broker_close, at);
  const auto defer = [&ruling] {
    ruling.ends = kNever;
    ruling.never_due = true;
    ruling.last_word = false;
  };
  ruling.last_word = true;
  if (!is_shutdown) {
    if (!profile_.crash_loses_wills) defer();
    if (ruling.duty == Duty::required && profile_.crash_loses_wills) {
      ruling.if_none_deviates = Deviation::crash_loses_wills;
    }
    return ruling;
  }
  switch (profile_.shutdown) {
    case broker::ShutdownRule::publishes:
      add_delay(session, ruling);
      ruling.last_word = !ruling.delayed;
      break;
    case broker::ShutdownRule::publishes_all_at_once:
      if (delay_of(session) > Duration{}) {
        ruling.if_filled_deviates = Deviation::shutdown_ignores_delay;
      }
      break;
    case broker::ShutdownRule::defers:
      defer();
      break;
    case broker::ShutdownRule::loses:
      ruling.duty = Duty::permitted;
      ruling.if_none = NoWill::broker_down;
      ruling.if_none_deviates = Deviation::shutdown_loses_wills;
      break;
  }
  return ruling;
}

Instant Oracle::spec_keep_alive(const Session& session, Instant last_packet_at) const {
  return saturating_add(last_packet_at, session.keep_alive + session.keep_alive / 2);
}

Ruling Oracle::silence(const Session& session, Instant last_packet_at, Instant read_by) const {
  // [MQTT-3.1.2-24] [MQTT5-3.1.2-22] The clock is the last complete packet the broker received.
  const bool is_noticed = session.keep_alive > Duration{};
  Ruling ruling = by_table(is_noticed ? OracleRow::keep_alive : OracleRow::keep_alive_off, session,
                           EndCause::silence, last_packet_at);
  if (!is_noticed) {
    ruling.begins = kNever;
    ruling.ends = kNever;
    ruling.never_due = true;
    ruling.if_none = NoWill::never_due;
    return ruling;
  }
  const broker::KeepAliveWindow& window = profile_.keep_alive;
  ruling.begins = saturating_add(last_packet_at, window.lowest(session.keep_alive));
  ruling.ends =
      saturating_add(std::max(last_packet_at, read_by), window.highest(session.keep_alive));
  if (delay_of(session) <= Duration{}) {
    ruling.deviates_before = spec_keep_alive(session, last_packet_at);
  }
  add_delay(session, ruling);
  return ruling;
}

Ruling Oracle::silence_or_reset(const Session& session, Instant last_packet_at, Instant read_by,
                                Instant at) const {
  Ruling ruling = silence(session, last_packet_at, read_by);
  ruling.begins = std::min(ruling.begins, close(session, EndCause::proxy_cut, at).begins);
  ruling.deviates_before = MaybeInstant{};
  return ruling;
}

Ruling Oracle::silence_between(const Session& session, Instant earliest, Instant latest) const {
  Ruling ruling = silence(session, earliest);
  ruling.ends = silence(session, std::max(earliest, latest)).ends;
  ruling.deviates_before = MaybeInstant{};
  return ruling;
}

Instant Oracle::last_heard_if_in_time(const Session& session, Instant earliest, Instant latest,
                                      Instant closed) const {
  return std::clamp(closed - profile_.keep_alive.highest(session.keep_alive), earliest,
                    std::max(earliest, latest));
}

bool Oracle::may_have_run_out(const Session& session, Instant last_packet_at, Instant at) const {
  if (session.keep_alive <= Duration{}) return false;
  return at >= saturating_add(last_packet_at, profile_.keep_alive.lowest(session.keep_alive));
}

Ruling Oracle::silence_closed(const Session& session, Instant last_packet_at, Instant at,
                              Instant read_by, Duration allowance) const {
  Ruling ruling = silence(session, last_packet_at, read_by);
  if (ruling.never_due) return ruling;
  // The close was seen: it ends the window, and a delay counts from it. One outside the window, a
  // delay's by more than the allowance, counts as at its edge, so that it is not excused.
  const broker::KeepAliveWindow& window = profile_.keep_alive;
  const Instant earliest = saturating_add(last_packet_at, window.lowest(session.keep_alive));
  const Instant latest =
      saturating_add(std::max(last_packet_at, read_by), window.highest(session.keep_alive));
  ruling.ends = std::clamp(at, earliest, latest);
  if (!ruling.delayed) return ruling;
  ruling.ends = std::clamp(at, earliest, saturating_add(latest, allowance));
  ruling.begins = ruling.ends;
  add_delay(session, ruling);
  return ruling;
}

Ruling Oracle::takeover(const Session& old, const Takeover& by) const {
  const bool is_delayed = is_v5(old) && old.delay > Duration{};
  const auto ruled = [&](OracleRow row) {
    Ruling ruling = by_habit(row, old, EndCause::takeover, by.forwarded);
    ruling.ends = by.accepted;
    return ruling;
  };
  if (is_delayed && !by.clean && !by.found_no_session && !old.ends_with_connection()) {
    // [MQTT5-3.1.3-9] The session goes on before the delay is over: no will.
    Ruling ruling = ruled(OracleRow::takeover_resumes);
    ruling.if_none = NoWill::cancelled_by_resume;
    return ruling;
  }
  if (is_delayed) {
    // The old session ends here; whether its delayed will goes out is read both ways.
    Ruling ruling = ruled(OracleRow::takeover_ends_delayed);
    ruling.if_none = NoWill::takeover;
    // Of a session that lived and was not found again nobody knows when it ended.
    const bool is_known = by.clean || old.ends_with_connection();
    if (!is_known) return ruling;
    if (profile_.takeover.reading == broker::Reading::a) ruling.duty = Duty::forbidden;
    if (profile_.takeover.reading == broker::Reading::b) ruling.duty = Duty::required;
    return ruling;
  }
  Ruling ruling = ruled(OracleRow::takeover);
  if (const auto otherwise = withheld(old, by)) {
    const bool is_required = entry_of(OracleRow::takeover, old.version).duty == Duty::required;
    ruling.duty = Duty::permitted;
    ruling.if_none = NoWill::takeover;
    if (is_required) ruling.if_none_deviates = *otherwise;
  }
  return ruling;
}

// The habit by which this broker publishes no will at such a takeover.
std::optional<Deviation> Oracle::withheld(const Session& old, const Takeover& by) const {
  const broker::TakeoverRule& rule = profile_.takeover;
  const auto unless = [](bool publishes, Deviation otherwise) {
    return publishes ? std::nullopt : std::optional{otherwise};
  };
  if (rule.new_delay_holds_it && !by.clean && by.delay > Duration{}) {
    return Deviation::takeover_new_delay;
  }
  if (is_v5(old) && old.ends_with_connection()) {
    return unless(rule.v5_expired_to_any, Deviation::takeover_v5_expired);
  }
  if (is_v5(old) && !by.clean) {
    return unless(rule.v5_kept_to_kept, Deviation::takeover_v5_kept_to_kept);
  }
  if (is_v5(old) || !old.clean) {
    return by.clean ? unless(rule.kept_to_clean, Deviation::takeover_kept_to_clean)
                    : unless(rule.kept_to_kept, Deviation::takeover_kept_to_kept);
  }
  return by.clean ? unless(rule.clean_to_clean, Deviation::takeover_clean_to_clean)
                  : unless(rule.clean_to_kept, Deviation::takeover_clean_to_kept);
}

Ruling Oracle::taken_by_stranger(const Session& session, Instant at) const {
  const Ruling kept = takeover(session, {false, at, at});
  Ruling anew = takeover(session, {true, at, at});
  if (kept.duty == anew.duty) return anew;
  anew.duty = Duty::permitted;
  anew.if_none = NoWill::takeover;
  anew.if_none_deviates.reset();
  return anew;
}

Ruling Oracle::resume(const Session& old, const Ruling& so_far, const Takeover& by) const {
  if (!so_far.delayed || by.forwarded - so_far.ends > kRace) return so_far;
  if (by.found_no_session && !by.clean) {
    // [MQTT5-3.1.3-9] speaks of this session, which had ended, nobody knows when.
    Ruling ruling = so_far;
    if (ruling.duty == Duty::required) ruling.duty = Duty::permitted;
    ruling.begins = std::min(ruling.begins, old.connected);
    ruling.ends = std::max(ruling.ends, by.accepted);
    ruling.if_none = NoWill::permitted;
    return ruling;
  }
  Ruling ruling = takeover(old, by);
  ruling.cause = so_far.cause;
  if (by.accepted < so_far.begins) return ruling;
  // The delay ran out while the new connection was being accepted: either may have come first.
  const bool is_owed = ruling.duty == Duty::required && so_far.duty == Duty::required;
  const bool is_forbidden = ruling.duty == Duty::forbidden;
  ruling.begins = is_forbidden ? so_far.begins : std::min(by.forwarded, so_far.begins);
  ruling.duty = is_owed ? Duty::required : Duty::permitted;
  ruling.ends = std::min(so_far.ends, by.accepted);
  ruling.delayed = true;
  return ruling;
}

Ruling Oracle::refused(const Session& session, Instant at) const {
  // [MQTT-3.1.4-5] [MQTT5-3.1.4-6] Nothing of a refused CONNECT is kept.
  Ruling ruling = by_table(OracleRow::refused, session, EndCause::broker_close, at);
  ruling.if_none = NoWill::never_accepted;
  return ruling;
}

Ruling Oracle::unanswered(const Session& session, Instant at) const {
  Ruling ruling = by_table(OracleRow::unanswered, session, EndCause::proxy_cut, at);
  ruling.if_none = NoWill::never_accepted;
  add_delay(session, ruling);
  // [MQTT5-3.2.2-21] A CONNACK that nobody read may have made the session, and the delay, shorter.
  ruling.begins = at;
  ruling.deviates_before = MaybeInstant{};
  return ruling;
}

std::optional<Duration> Oracle::detection_bound(const Session& session) const {
  if (session.keep_alive <= Duration{}) return std::nullopt;
  Duration bound = profile_.keep_alive.highest(session.keep_alive);
  if (const Duration delay = delay_of(session); delay > Duration{}) {
    bound += delay + std::max(profile_.delay_scan, profile_.expiry_scan);
  }
  return bound;
}

Ruling either_end(const Ruling& one, const Ruling& other) {
  Ruling ruling = one;
  if (one.duty == Duty::forbidden && other.duty != Duty::forbidden) {
    take_window(ruling, other);
  } else if (one.duty == Duty::forbidden || other.duty != Duty::forbidden) {
    ruling.begins = std::min(one.begins, other.begins);
    ruling.ends = std::max(one.ends, other.ends);
    ruling.never_due = one.never_due && other.never_due;
  }
  ruling.delayed = one.delayed || other.delayed;
  ruling.in_line = one.in_line || other.in_line;
  ruling.deviates_before = MaybeInstant{};
  ruling.if_filled_deviates.reset();
  if (one.duty == other.duty) return ruling;
  ruling.duty = Duty::permitted;
  ruling.if_none = one.duty == Duty::required ? other.if_none : one.if_none;
  ruling.if_none_deviates.reset();
  return ruling;
}

Ruling earlier_of(const Ruling& first, const Ruling& second) {
  Ruling ruling = first.ends <= second.ends ? first : second;
  ruling.begins = std::min(first.begins, second.begins);
  ruling.deviates_before = first.deviates_before ? first.deviates_before : second.deviates_before;
  return ruling;
}

}  // namespace probate::analysis
