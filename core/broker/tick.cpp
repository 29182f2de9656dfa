#include "core/broker/tick.hpp"

namespace probate::broker {
namespace {

Duration period_of(const Profile& profile, Duration scan) {
  const Duration period = profile.mechanics.timer_period;
  return period > Duration{} ? period : scan;
}

}  // namespace

Ticks::Ticks(const BrokerConfig& config)
    : window_{config.profile.keep_alive},
      scan_{config.profile.mechanics.keep_alive_scan},
      delay_period_{period_of(config.profile, config.profile.delay_scan)},
      expiry_period_{period_of(config.profile, config.profile.expiry_scan)},
      phase_{config.phase} {}

// The latest of phase, phase + period, … that is not after `at`; before the phase, further back.
Instant Ticks::floor_to(Instant at, Duration period) const {
  const Duration since = at - (kRunStart + phase_);
  Duration into = since % period;
  if (into < Duration{}) into += period;
  return at - into;
}

Instant Ticks::keep_alive(Instant connected_at, Instant last_packet_at, Duration keep_alive) const {
  if (keep_alive <= Duration{}) return kNever;
  const Duration lowest = window_.lowest(keep_alive);
  if (scan_ > Duration{}) {
    // Closed by the first scan whose whole second is more than `lowest` after the packet's.
    const Instant overdue = floor_to(last_packet_at, 1s) + lowest + 1s;
    const Instant before = floor_to(overdue, scan_);
    return before == overdue ? before : before + scan_;
  }
  if (window_.rule == KeepAliveRule::ticks) {
    // n ticks behind the first one that comes after the packet.
    const Instant first = connected_at + window_.tick + window_.tick / 2;
    if (last_packet_at < first) return first + lowest;
    return last_packet_at + (window_.tick - (last_packet_at - first) % window_.tick) + lowest;
  }
  const Duration width = window_.highest(keep_alive) - lowest;
  const Instant overdue = last_packet_at + lowest;
  if (width <= Duration{}) return overdue;
  // The first of its own checks that finds it silent for that long.
  const Duration since = overdue - connected_at;
  const Duration into = since % width;
  return into == Duration{} ? overdue : overdue + (width - into);
}

Instant Ticks::timer(Instant from, Duration delay, Duration period) const {
  if (period <= Duration{}) return saturating_add(from, delay);
  // Seen by the first look that is later than the delay after the look before `from`.
  return saturating_add(from, delay + (period - (from - floor_to(from, period))));
}

Instant Ticks::delay(Instant from, Duration delay) const {
  return timer(from, delay, delay_period_);
}

Instant Ticks::expiry(Instant from, Duration expiry) const {
  return timer(from, expiry, expiry_period_);
}

Instant Ticks::next_look(Instant now) const {
  if (delay_period_ <= Duration{}) return now;
  return floor_to(now, delay_period_) + delay_period_;
}

}  // namespace probate::broker
