// The oracle: which will the end of a connection owes, and when. Pure functions of what the
// connection agreed on, how it ended, and the broker's profile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/analysis/maybe_instant.hpp"
#include "core/analysis/oracle_table.hpp"
#include "core/analysis/totals.hpp"
#include "core/base/time.hpp"
#include "core/broker/profile.hpp"
#include "core/journal/records.hpp"

namespace probate::analysis {

// Two sockets of the broker's: what we did on both within this time it may see in either order.
inline constexpr Duration kRace = 50ms;

// What the specification requires and a broker is known not to do, or not in that way.
enum class Deviation : std::uint8_t {
  takeover_clean_to_clean,
  takeover_clean_to_kept,
  takeover_kept_to_clean,
  takeover_kept_to_kept,
  takeover_v5_kept_to_kept,
  takeover_v5_expired,
  takeover_new_delay,
  error_reason_deletes_will,
  will_reason_deletes_will,
  malformed_deletes_will,
  second_connect_deletes_will,
  shutdown_loses_wills,
  shutdown_ignores_delay,
  crash_loses_wills,
  delay_ignores_zero_expiry,
  delay_head_of_line,
  delay_from_connect,
  keep_alive_early,
};
inline constexpr std::size_t kDeviationCount = 18;
struct DeviationText {
  const char* rule;
  const char* statement;
  const char* sentence;
};
const DeviationText& text_of(Deviation deviation);

// What CONNECT and CONNACK agreed on, as far as wills are concerned.
struct Session {
  mqtt::Version version = mqtt::Version::v3_1_1;
  bool clean = true;
  Duration keep_alive{};  // 0: the broker never notices silence
  Duration expiry{};      // 5.0; Duration::max(): never
  Duration delay{};       // 5.0, Will Delay Interval
  Instant connected{};    // when its CONNECT was forwarded

  // Whether the session ends with its network connection.
  bool ends_with_connection() const;
};

// The verdict on one end of one connection. A silent connection has one too: it is replaced when
// something else ends it first.
// Memory: a fleet of a million has a quarter of a million of them.
struct Ruling {
  Duty duty = Duty::forbidden;
  EndCause cause = EndCause::none;
  bool in_line = false;  // among the delayed wills that the broker still has
  bool never_due = false;
  bool delayed = false;              // due later than the broker's close
  bool last_word = false;            // due as the broker goes down: observers were there to see it
  NoWill if_none = NoWill::missing;  // what it means if none comes
  std::optional<Deviation> if_none_deviates = std::nullopt;
  std::optional<Deviation> if_filled_deviates = std::nullopt;
  Deviation if_early = Deviation::keep_alive_early;
  MaybeInstant deviates_before{};  // a will before this is `if_early`
  Instant begins{};                // a_c
  Instant ends{};                  // b_c
  // Where the table says so; nullptr: it does not.
  const OracleEntry* entry = nullptr;

  // One sentence, or nothing.
  const char* reason() const { return entry == nullptr ? "" : entry->reason; }
};

struct Takeover {
  bool clean = true;    // of the new CONNECT
  Instant forwarded{};  // when it was written to the broker
  Instant accepted{};   // when its CONNACK was read
  Duration delay{};     // of its own will
  // Its CONNACK told of no session though one was asked for: the old one was over before.
  bool found_no_session = false;
};

// What made the broker close a connection that broke the protocol.
enum class ProtocolError : std::uint8_t { malformed, second_connect };

class Oracle {
 public:
  explicit Oracle(const broker::Profile& profile) : profile_{profile} {}

  // DISCONNECT reached the broker. `expiry` is the one it carries, if any.
  Ruling disconnect(const Session& session, Instant at, std::uint8_t reason,
                    std::optional<Duration> expiry) const;
  // The broker saw FIN or RST, or closed by itself, at `at` without a DISCONNECT; an own
  // DISCONNECT (5.0) changes nothing.
  Ruling close(const Session& session, EndCause cause, Instant at) const;
  // The broker closed at `at` because of what the device had sent.
  Ruling protocol_error(const Session& session, ProtocolError error, Instant at) const;
  // The broker went down at `at` with the connection open.
  Ruling broker_ended(const Session& session, journal::BrokerEnd how, Instant at) const;
  // Whether a will that waits for its delay comes when that is over, though the broker went down.
  bool keeps_delayed_wills(journal::BrokerEnd how) const {
    return how != journal::BrokerEnd::shutdown && profile_.crash_loses_wills &&
           profile_.crash_keeps_delayed_wills;
  }
  // The broker said 0x8E for a connection that we do not know, and closed at `at`.
  Ruling taken_by_stranger(const Session& session, Instant at) const;
  // When the broker last heard of a device whose last complete packet, and whose last bytes, were
  // forwarded to it then: some count those of a packet that never came whole.
  Instant last_heard(Instant packet_at, Instant bytes_at) const {
    return profile_.keep_alive.counts_bytes ? std::max(packet_at, bytes_at) : packet_at;
  }
  // Nothing reaches the broker since the packet of `last_packet_at`. A CONNECT it may have read as
  // late as it answered it: `read_by`.
  Ruling silence(const Session& session, Instant last_packet_at, Instant read_by = {}) const;
  // The same where the broker is reset as soon as it says something, from `at` on.
  Ruling silence_or_reset(const Session& session, Instant last_packet_at, Instant read_by,
                          Instant at) const;
  // The same where that packet came at any time between the two.
  Ruling silence_between(const Session& session, Instant earliest, Instant latest) const;
  // When the broker must have heard of it last, between the two, so that it closed it in time.
  Instant last_heard_if_in_time(const Session& session, Instant earliest, Instant latest,
                                Instant closed) const;
  // The broker closed a silent connection at `at`: its keep-alive, if the window allows. A will
  // delay counts from a close that is late by no more than `allowance`.
  Ruling silence_closed(const Session& session, Instant last_packet_at, Instant at,
                        Instant read_by = {}, Duration allowance = {}) const;
  // Whether silence since then may have run out by `at`.
  bool may_have_run_out(const Session& session, Instant last_packet_at, Instant at) const;
  // A new connection with the same ClientID was accepted while the broker held this one open.
  Ruling takeover(const Session& old, const Takeover& by) const;
  // The same after the broker had seen this one end with a delayed will outstanding (`so_far`).
  Ruling resume(const Session& old, const Ruling& so_far, const Takeover& by) const;
  // CONNECT was refused, or never answered and closed by the broker.
  Ruling refused(const Session& session, Instant at) const;
  // Ended by us before the broker answered: whether it was accepted is not known.
  Ruling unanswered(const Session& session, Instant at) const;

  // How long after its last packet, or its close, a device's will may take: the detection bound.
  // Nothing if silence is never noticed.
  std::optional<Duration> detection_bound(const Session& session) const;
  Instant spec_keep_alive(const Session& session, Instant last_packet_at) const;

 private:
  Ruling by_table(OracleRow row, const Session& session, EndCause cause, Instant at) const;
  // As above, but where the specification says nothing the broker's habit counts.
  Ruling by_habit(OracleRow row, const Session& session, EndCause cause, Instant at) const;
  std::optional<Deviation> withheld(const Session& old, const Takeover& by) const;
  Duration delay_of(const Session& session) const;
  void add_delay(const Session& session, Ruling& ruling) const;

  broker::Profile profile_;
};

// Two ways in which the broker may learn of the same end: the earlier one counts, and a will for
// either is in time.
Ruling earlier_of(const Ruling& first, const Ruling& second);

// Two ends of which nobody knows which one it was: a will is in time if it is for one of them, and
// owed only if both owe it.
Ruling either_end(const Ruling& one, const Ruling& other);

}  // namespace probate::analysis
