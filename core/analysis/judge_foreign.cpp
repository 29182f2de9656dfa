// What somebody else's log leaves open: when the broker last heard of a device.
#include <algorithm>

#include "core/analysis/judge_impl.hpp"

namespace probate::analysis {

void Judge::Impl::note_last_heard(Connection& c, const journal::LegClosed& record) const {
  const Instant heard =
      oracle_.last_heard(record.last_uplink_packet_at, record.last_uplink_bytes_at);
  if (c.is_last_heard_unknown && heard > kRunStart) {
    // The log knows better than what was concluded.
    c.is_last_heard_unknown = false;
    c.last_packet_at = c.forwarded;
  }
  c.last_packet_at = std::max(c.last_packet_at, heard);
}

// Who is heard of was there. A message may have waited before it was seen; that matters only where
// the log does not say what the broker heard.
void Judge::Impl::note_sign_of_life(Instant at, const journal::Observed& record) {
  const bool is_said_by_it = record.kind == journal::MessageKind::birth ||
                             record.kind == journal::MessageKind::farewell ||
                             record.kind == journal::MessageKind::message;
  if (!is_said_by_it || record.retain || !is_of_fleet(record.device)) return;
  const Slot slot = current_of_device_[record.device.index()];
  if (slot == kNoSlot) return;
  Connection& c = connections_[slot];
  if (c.is_last_heard_unknown) c.last_packet_at = std::max(c.last_packet_at, at);
}

// Nothing comes any more from `until` on, or from the last packet on where that is known.
Ruling Judge::Impl::ruling_of_silence(const Connection& c, Instant until) const {
  if (!c.is_last_heard_unknown) return silence(c);
  return oracle_.silence_between(c.session(), c.last_packet_at,
                                 std::max(c.end_or(until), read_by(c)));
}

// Of what nobody knows, what leaves the broker in the right is taken.
Ruling Judge::Impl::ruling_of_keep_alive(const Connection& c, Instant at) const {
  if (!c.is_last_heard_unknown) {
    return oracle_.silence_closed(c.session(), c.last_packet_at, at, read_by(c), rules_.allowance);
  }
  const Instant heard =
      oracle_.last_heard_if_in_time(c.session(), c.last_packet_at, c.end_or(at), at);
  Ruling ruling = oracle_.silence_closed(c.session(), heard, at, read_by(c), rules_.allowance);
  ruling.begins = std::min(ruling.begins, oracle_.silence(c.session(), c.last_packet_at).begins);
  if (!ruling.delayed) ruling.deviates_before = MaybeInstant{};
  return ruling;
}

// Since when it is not known whether a real device was there, whose connection ends.
std::optional<Instant> Judge::Impl::lost_since(const Connection& c, Instant at,
                                               const journal::LegClosed& record) const {
  const Duration keep_alive = c.terms->keep_alive;
  if (!is_of_real_devices_ || c.silent_since() != kNever || keep_alive <= Duration{}) {
    return std::nullopt;
  }
  Instant heard = record.last_uplink_packet_at;
  const bool ran_out = is_of_foreign_log_ && record.by == journal::Party::broker &&
                       record.how == journal::CloseHow::timeout;
  if (c.is_last_heard_unknown && ran_out) {
    heard = oracle_.last_heard_if_in_time(c.session(), c.last_packet_at, c.end_or(at), at);
  }
  if (heard <= kRunStart || at - heard <= keep_alive) return std::nullopt;
  return std::max(heard, c.forwarded);
}

}  // namespace probate::analysis
