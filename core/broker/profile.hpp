// What a given broker is known to do with wills: the standard that a run is judged against.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/base/time.hpp"
#include "core/broker/mechanics.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::broker {

// How a broker finds out that a connection is silent.
enum class KeepAliveRule : std::uint8_t {
  timer,     // a timer per connection, or a scan of all: [low·K, high·K + scan]
  strikes,   // looks every period·K and closes at the n-th look in a row that finds nothing new:
             // [n·period·K, (n+1)·period·K]
  interval,  // looks every c = clamp(interval, 1 s, K/2), m = ⌈low·K/c⌉ times: [m·c, (m+1)·c]
  ticks,  // each connection has a tick of its own, the first 1.5 ticks after CONNECT; closed by the
          // one that comes behind n = ⌊low·K/tick⌋ + 1 without a packet: [n·tick, (n+1.5)·tick]
};
const char* to_text(KeepAliveRule rule);

// When a silent connection is closed, counted from the last complete packet (or the last byte) that
// reached the broker: in [lowest, highest].
struct KeepAliveWindow {
  double factor_low = 1.5;   // timer, interval, ticks
  double factor_high = 1.5;  // timer
  bool floored = false;      // timer: both are floored to whole seconds before `scan` is added
  Duration scan{};           // timer
  KeepAliveRule rule = KeepAliveRule::timer;
  double period = 0.75;         // strikes: in keep-alives
  std::uint32_t strikes = 2;    // strikes
  Duration interval = 30s;      // interval
  Duration tick = 10s;          // ticks
  bool counts_bytes = false;    // part of a packet also counts as a sign of life
  std::uint32_t batch_max = 0;  // closes at most so many in each `batch_interval`; 0: no limit
  Duration batch_interval{};

  Duration lowest(Duration keep_alive) const;
  Duration highest(Duration keep_alive) const;
};

// What becomes of an old will with a delay if a takeover ends its session: MQTT 5.0 can be read
// both ways.
enum class Reading : std::uint8_t {
  a,       // nothing: [MQTT5-3.1.2-8] "or a new Network Connection … is opened before"
  b,       // published at once, because the session ended: section 3.1.3.2.2
  either,  // one or none
};
const char* to_text(Reading reading);

// Whether a takeover publishes the old connection's will when its Will Delay Interval is 0, by the
// old and the new connection's clean flag (clean start in 5.0).
struct TakeoverRule {
  bool clean_to_clean = true;
  bool clean_to_kept = true;
  bool kept_to_clean = true;
  bool kept_to_kept = true;         // 3.x
  bool v5_kept_to_kept = true;      // 5.0, session expiry > 0
  bool v5_expired_to_any = true;    // 5.0, old session expiry 0
  bool new_delay_holds_it = false;  // none if the new connection keeps the session and has a delay
  Reading reading = Reading::either;
  bool tells_old_client = true;  // 5.0: DISCONNECT 0x8E before the close
};

// What an orderly end of the broker does with the wills of open connections.
enum class ShutdownRule : std::uint8_t {
  publishes,              // with their delays
  publishes_all_at_once,  // delays or not
  defers,                 // until it is up again
  loses,
};
const char* to_text(ShutdownRule rule);

// When a broker looks whether a client may publish to its will topic.
enum class WillAcl : std::uint8_t {
  at_connect,      // a CONNECT with such a will is refused
  at_publication,  // it is accepted, and the will is thrown away
};
const char* to_text(WillAcl acl);

// How a value of a profile is known.
enum class Evidence : std::uint8_t {
  measured,       // seen on the wire
  code,           // read in the broker's source
  docs,           // its documentation says so
  issue,          // a thread of its tracker says so
  specification,  // what the specification says
  unverified,     // assumed to be as the specification asks
};
inline constexpr std::size_t kEvidenceCount = 6;
const char* to_text(Evidence evidence);

struct Profile {
  std::string name;
  std::string about;
  // The specification itself: what it leaves open is open, and a broker's habit is not known.
  bool specification = false;
  KeepAliveWindow keep_alive;
  TakeoverRule takeover;
  bool delay_ignores_zero_expiry = false;  // waits the delay although the session has ended
  bool delay_head_of_line = false;         // a delayed will can wait behind newer ones
  bool delay_from_connect = false;         // counts the delay from CONNECT, not from the close
  Duration delay_scan{};                   // granularity of the delay timer
  Duration expiry_scan{};                  // granularity of the session expiry timer
  bool error_reason_deletes_will = false;  // DISCONNECT ≥ 0x80 counts as graceful
  bool will_reason_deletes_will = false;   // so does DISCONNECT 0x04
  bool malformed_deletes_will = false;     // no will after a malformed packet
  bool second_connect_deletes_will = false;
  ShutdownRule shutdown = ShutdownRule::publishes;
  bool crash_loses_wills = false;
  bool crash_keeps_delayed_wills = false;  // but for those that wait for their delay just then
  bool will_before_connack = true;         // takeover: will, CONNACK and birth in that order
  WillAcl will_acl = WillAcl::at_connect;
  std::uint32_t observer_inflight_max = 0;   // QoS ≥ 1 to one subscriber; 0: no limit is known
  std::uint32_t observer_queue_max = 0;      // and behind those; what is more is lost
  Mechanics mechanics;                       // for the broker model only
  std::map<std::string, Evidence> evidence;  // by the value's key: "keep_alive.scan"
};

}  // namespace probate::broker
