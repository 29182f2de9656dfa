// When a broker's timers look: its clock of whole seconds, and scans that come every few of them.
#pragma once

#include "core/base/time.hpp"
#include "core/broker/config.hpp"

namespace probate::broker {

// Threads: pure.
class Ticks {
 public:
  explicit Ticks(const BrokerConfig& config);

  // When a connection is closed that had its last packet then, and no more since. kNever without a
  // keep-alive. `connected_at` is where checks of its own count from.
  Instant keep_alive(Instant connected_at, Instant last_packet_at, Duration keep_alive) const;
  // When a will delay, or a session's expiry, is seen to be over that began at `from`.
  Instant delay(Instant from, Duration delay) const;
  Instant expiry(Instant from, Duration expiry) const;
  // The first look at will delays that comes after `now`.
  Instant next_look(Instant now) const;

 private:
  Instant timer(Instant from, Duration delay, Duration period) const;
  Instant floor_to(Instant at, Duration period) const;

  const KeepAliveWindow window_;
  const Duration scan_;          // 0: each connection by itself
  const Duration delay_period_;  // 0: exact
  const Duration expiry_period_;
  const Duration phase_;
};

}  // namespace probate::broker
