// Time as the core knows it: an argument, never a reading.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace probate {

using Duration = std::chrono::nanoseconds;

// The run's clock. It has no now(): reading time inside the core does not compile. The engines own
// the only sources of an Instant (CLOCK_MONOTONIC in the live engine).
struct SimClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SimClock, Duration>;
  static constexpr bool is_steady = true;
};

// Nanoseconds since the start of the run.
using Instant = SimClock::time_point;

inline constexpr Instant kRunStart{};
inline constexpr Instant kNever = Instant::max();

using namespace std::chrono_literals;

constexpr double to_seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e9;
}
constexpr double to_seconds(Instant at) { return to_seconds(at.time_since_epoch()); }

// Rounds to the nearest nanosecond; a value beyond the range of Duration is clamped to it.
Duration from_seconds(double seconds);

// The language's own spelling, exact: "1h30m", "90s" is "1m30s", "2s500ms", "0s".
std::string to_text(Duration duration);
// Seconds since the start with milliseconds, signed: "+301.200 s".
std::string to_text(Instant at);

// start + delay, or kNever where that would overflow. Requires: delay >= 0.
Instant saturating_add(Instant start, Duration delay);

}  // namespace probate
