// What a given broker is known to do with wills: the standard that a run is judged against.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::broker {

// When a silent connection is closed, counted from the last complete packet that reached the
// broker: in [lowest, highest] with lowest = factor_low · K (floored to whole seconds if
// `floored`), highest = factor_high · K (floored likewise) + scan.
struct KeepAliveWindow {
  double factor_low = 1.5;
  double factor_high = 1.5;
  bool floored = false;
  Duration scan{};

  Duration lowest(Duration keep_alive) const;
  Duration highest(Duration keep_alive) const;
};

// Whether a takeover publishes the old connection's will when its Will Delay Interval is 0, by the
// old and the new connection's clean flag (clean start in 5.0).
struct TakeoverRule {
  bool clean_to_clean = true;
  bool clean_to_kept = true;
  bool kept_to_clean = true;
  bool kept_to_kept = true;       // 3.x
  bool v5_kept_to_kept = true;    // 5.0, session expiry > 0
  bool v5_expired_to_any = true;  // 5.0, old session expiry 0
  bool with_delay = false;        // old Will Delay Interval > 0, new connection is another session
};

struct Profile {
  std::string name;
  std::string about;
  KeepAliveWindow keep_alive;
  TakeoverRule takeover;
  bool delay_ignores_zero_expiry = false;  // waits the delay although the session has ended
  bool delay_head_of_line = false;         // a delayed will can wait behind newer ones
  Duration delay_scan{};                   // granularity of the delay and expiry timers
  bool error_reason_deletes_will = false;  // DISCONNECT ≥ 0x80 counts as graceful
  bool second_connect_deletes_will = false;
  bool crash_loses_wills = false;
  bool will_before_connack = true;  // takeover: will, CONNACK and birth in that order
};

}  // namespace probate::broker
