#include "core/analysis/oracle.hpp"

#include <algorithm>
#include <array>

namespace probate::analysis {

namespace {

constexpr std::uint8_t kNormalDisconnection = 0x00;
constexpr std::uint8_t kErrorReasonMin = 0x80;

bool is_v5(const Session& session) { return session.version == mqtt::Version::v5; }

const char* will_statement(const Session& session) {
  switch (session.version) {
    case mqtt::Version::v3_1:
      return "MQTT 3.1 will flag";
    case mqtt::Version::v3_1_1:
      return "MQTT-3.1.2-8";
    case mqtt::Version::v5:
      return "MQTT5-3.1.2-8";
  }
  return "";
}

constexpr std::array<DeviationText, kDeviationCount> kDeviations{{
    {"takeover_clean_to_clean", "MQTT-3.1.2-8",
     "A clean session was taken over by a clean one and its will was not published."},
    {"takeover_clean_to_kept", "MQTT-3.1.2-8",
     "A clean session was taken over by a kept one and its will was not published."},
    {"takeover_kept_to_clean", "MQTT-3.1.2-8",
     "A kept session was taken over by a clean one and its will was not published."},
    {"takeover_kept_to_kept", "MQTT-3.1.2-8",
     "A kept session was taken over by a kept one and its will was not published."},
    {"takeover_v5_kept_to_kept", "MQTT5-3.1.4-3",
     "A session without will delay went on over a new connection and the will of the old one was "
     "not published."},
    {"takeover_v5_expired", "MQTT5-3.1.4-3",
     "A session that ends with its connection was taken over and its will was not published."},
    {"error_reason_deletes_will", "MQTT5-3.1.2-8",
     "DISCONNECT with a reason of 0x80 or above deleted the will; only 0x00 may."},
    {"delay_ignores_zero_expiry", "MQTT5-3.1.3-9",
     "The session ended with its connection, and the will still waited for its delay."},
    {"delay_head_of_line", "MQTT5-3.1.3-9",
     "A delayed will waited behind another one that was not due."},
    {"keep_alive_early", "MQTT-3.1.2-24",
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
  ruling.begins = saturating_add(ruling.begins, delay);
  ruling.ends = saturating_add(saturating_add(ruling.ends, delay), profile_.delay_scan);
  ruling.delayed = true;
  if (session.expiry <= Duration{}) {
    ruling.if_filled_deviates = Deviation::delay_ignores_zero_expiry;
  }
}

Ruling Oracle::disconnect(const Session& session, Instant at, std::uint8_t reason,
                          std::optional<Duration> expiry) const {
  Ruling ruling{.cause = EndCause::disconnect, .begins = at, .ends = at};
  // [MQTT-3.1.2-10] [MQTT5-3.1.2-10] A DISCONNECT deletes the will; in 5.0 only with reason 0x00.
  if (!is_v5(session) || reason == kNormalDisconnection) {
    ruling.if_none = NoWill::graceful;
    ruling.statement = is_v5(session) ? "MQTT5-3.14.4-3" : "MQTT-3.14.4-3";
    ruling.reason = "DISCONNECT deleted the will.";
    return ruling;
  }
  Session at_end = session;
  // An expiry may not be raised from zero; the broker then closes for a protocol error.
  if (expiry && session.expiry > Duration{}) at_end.expiry = *expiry;
  ruling.duty = Duty::required;
  ruling.statement = "MQTT5-3.1.2-8";
  ruling.reason = "DISCONNECT with a reason other than 0x00 keeps the will.";
  add_delay(at_end, ruling);
  if (reason >= kErrorReasonMin && profile_.error_reason_deletes_will) {
    ruling.duty = Duty::permitted;
    ruling.if_none = NoWill::error_reason;
    ruling.if_none_deviates = Deviation::error_reason_deletes_will;
  }
  return ruling;
}

Ruling Oracle::close(const Session& session, EndCause cause, Instant at) const {
  Ruling ruling{.duty = Duty::required,
                .cause = cause,
                .begins = at,
                .ends = at,
                .statement = will_statement(session),
                .reason = "The connection ended without a DISCONNECT."};
  add_delay(session, ruling);
  return ruling;
}

Instant Oracle::spec_keep_alive(const Session& session, Instant last_packet_at) const {
  return saturating_add(last_packet_at, session.keep_alive + session.keep_alive / 2);
}

Ruling Oracle::silence(const Session& session, Instant last_packet_at) const {
  // [MQTT-3.1.2-24] [MQTT5-3.1.2-22] The clock is the last complete packet the broker received.
  const bool is_noticed = session.keep_alive > Duration{};
  Ruling ruling{.duty = Duty::required,
                .cause = EndCause::silence,
                .statement = is_v5(session) ? "MQTT5-3.1.2-22" : "MQTT-3.1.2-24",
                .reason = "Nothing more reached the broker, whose keep-alive runs out."};
  if (!is_noticed) {
    ruling.begins = kNever;
    ruling.ends = kNever;
    ruling.never_due = true;
    ruling.if_none = NoWill::never_due;
    ruling.reason = "Keep-alive is off: nothing makes the broker notice the silence.";
    return ruling;
  }
  const broker::KeepAliveWindow& window = profile_.keep_alive;
  ruling.begins = saturating_add(last_packet_at, window.lowest(session.keep_alive));
  ruling.ends = saturating_add(last_packet_at, window.highest(session.keep_alive));
  if (delay_of(session) <= Duration{}) {
    ruling.deviates_before = spec_keep_alive(session, last_packet_at);
  }
  add_delay(session, ruling);
  return ruling;
}

bool Oracle::may_have_run_out(const Session& session, Instant last_packet_at, Instant at) const {
  if (session.keep_alive <= Duration{}) return false;
  return at >= saturating_add(last_packet_at, profile_.keep_alive.lowest(session.keep_alive));
}

Ruling Oracle::silence_closed(const Session& session, Instant last_packet_at, Instant at) const {
  Ruling ruling = silence(session, last_packet_at);
  if (!ruling.delayed) return ruling;
  // The delay counts from the close, which was seen; a close outside the window counts as at its
  // edge, so that it is not excused.
  const broker::KeepAliveWindow& window = profile_.keep_alive;
  const Instant closed =
      std::clamp(at, saturating_add(last_packet_at, window.lowest(session.keep_alive)),
                 saturating_add(last_packet_at, window.highest(session.keep_alive)));
  ruling.begins = closed;
  ruling.ends = closed;
  add_delay(session, ruling);
  return ruling;
}

Ruling Oracle::takeover(const Session& old, const Takeover& by) const {
  Ruling ruling{.duty = Duty::required,
                .cause = EndCause::takeover,
                .begins = by.forwarded,
                .ends = by.accepted,
                .statement = is_v5(old) ? "MQTT5-3.1.4-3" : "MQTT-3.1.4-2",
                .reason = "The broker closed it for a new connection with the same ClientID."};
  if (is_v5(old) && old.delay > Duration{}) {
    if (!by.clean && !old.ends_with_connection()) {
      // [MQTT5-3.1.3-9] The session goes on before the delay is over: no will.
      ruling.duty = Duty::forbidden;
      ruling.if_none = NoWill::cancelled_by_resume;
      ruling.statement = "MQTT5-3.1.3-9";
      ruling.reason = "The session went on before the will delay was over.";
      return ruling;
    }
    // The old session ends here; whether its delayed will goes out is read both ways.
    ruling.if_none = NoWill::takeover;
    if (profile_.takeover.reading == broker::Reading::either) ruling.duty = Duty::permitted;
    if (profile_.takeover.reading == broker::Reading::a) ruling.duty = Duty::forbidden;
    return ruling;
  }
  const broker::TakeoverRule& rule = profile_.takeover;
  struct Case {
    bool publishes;
    Deviation otherwise;
  };
  const auto pick = [&]() -> Case {
    if (is_v5(old) && old.ends_with_connection()) {
      return {rule.v5_expired_to_any, Deviation::takeover_v5_expired};
    }
    if (is_v5(old)) {
      if (by.clean) return {rule.kept_to_clean, Deviation::takeover_kept_to_clean};
      return {rule.v5_kept_to_kept, Deviation::takeover_v5_kept_to_kept};
    }
    if (old.clean) {
      if (by.clean) return {rule.clean_to_clean, Deviation::takeover_clean_to_clean};
      return {rule.clean_to_kept, Deviation::takeover_clean_to_kept};
    }
    if (by.clean) return {rule.kept_to_clean, Deviation::takeover_kept_to_clean};
    return {rule.kept_to_kept, Deviation::takeover_kept_to_kept};
  };
  const Case found = pick();
  if (!found.publishes) {
    ruling.duty = Duty::permitted;
    ruling.if_none = NoWill::takeover;
    ruling.if_none_deviates = found.otherwise;
  }
  return ruling;
}

Ruling Oracle::resume(const Session& old, const Ruling& so_far, const Takeover& by) const {
  if (!so_far.delayed || by.forwarded >= so_far.ends) return so_far;
  Ruling ruling = takeover(old, by);
  ruling.cause = so_far.cause;
  if (by.accepted < so_far.begins) return ruling;
  // The delay ran out while the new connection was being accepted: either may have come first.
  ruling.duty = Duty::permitted;
  ruling.begins = so_far.begins;
  ruling.ends = std::min(so_far.ends, by.accepted);
  ruling.delayed = true;
  return ruling;
}

Ruling Oracle::refused(Instant at) const {
  // [MQTT-3.1.4-5] [MQTT5-3.1.4-6] Nothing of a refused CONNECT is kept.
  return {.cause = EndCause::broker_close,
          .begins = at,
          .ends = at,
          .if_none = NoWill::never_accepted,
          .statement = "MQTT-3.1.2-8",
          .reason = "The broker never accepted the CONNECT that carried the will."};
}

Ruling Oracle::unanswered(Instant at) const {
  Ruling ruling = refused(at);
  ruling.duty = Duty::permitted;
  ruling.cause = EndCause::proxy_cut;
  ruling.reason = "It ended before the broker's answer; whether it was accepted is not known.";
  return ruling;
}

std::optional<Duration> Oracle::detection_bound(const Session& session) const {
  if (session.keep_alive <= Duration{}) return std::nullopt;
  Duration bound = profile_.keep_alive.highest(session.keep_alive);
  if (const Duration delay = delay_of(session); delay > Duration{}) {
    bound += delay + profile_.delay_scan;
  }
  return bound;
}

Ruling earlier_of(const Ruling& first, const Ruling& second) {
  Ruling ruling = first.ends <= second.ends ? first : second;
  ruling.begins = std::min(first.begins, second.begins);
  ruling.deviates_before = first.deviates_before ? first.deviates_before : second.deviates_before;
  return ruling;
}

}  // namespace probate::analysis
