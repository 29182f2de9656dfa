// Volume: what is too much for records. One plain block per loop, copied out every 100 ms.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/base/time.hpp"

namespace probate::journal {

// Buckets by upper bound in seconds, the last one open: enough for Prometheus; count and sum exact.
struct CoarseHistogram {
  static constexpr std::array<double, 11> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                  0.1,   0.25,   1.0,   5.0,  30.0};
  std::array<std::uint64_t, kBounds.size() + 1> buckets{};
  std::uint64_t count = 0;
  double sum_seconds = 0;
  double max_seconds = 0;

  void add(Duration value) {
    const double seconds = to_seconds(value);
    std::size_t i = 0;
    while (i < kBounds.size() && seconds > kBounds[i]) ++i;
    ++buckets[i];
    ++count;
    sum_seconds += seconds;
    if (seconds > max_seconds) max_seconds = seconds;
  }
};

// [0] uplink, [1] downlink; packets by the type nibble.
struct LinkCounters {
  std::array<std::uint64_t, 2> bytes{};
  std::array<std::array<std::uint64_t, 16>, 2> packets{};
  std::array<std::uint64_t, 2> malformed{};
  std::uint64_t accepted = 0;
  std::uint64_t accept_errors = 0;  // EMFILE and the like; the listener goes on
  std::uint64_t dial_errors = 0;    // the broker's doing
  std::uint64_t shortages = 0;      // accepts and dials for which no file descriptor was left
  std::uint64_t twin_logins = 0;
  // links by state, now
  std::uint64_t open_links = 0;
  std::uint64_t ghost_links = 0;
  std::uint64_t silent_links = 0;
  std::uint64_t twin_links = 0;
};

// By device::DeviceState, now; and by group since the start.
struct GroupCounters {
  std::array<std::uint64_t, 6> devices_by_state{};
  std::uint64_t connects = 0;                         // CONNACK 0 reached the device
  std::uint64_t reconnects = 0;                       // of them, not the device's first
  std::array<std::uint64_t, 11> connect_errors{};     // by device::CloseCause: see DeviceBooks
  std::array<std::uint64_t, 256> connack_refusals{};  // by reason code
  std::uint64_t publishes = 0;
  std::uint64_t publishes_dropped = 0;
};

// Why the proxy itself closed a connection that no fault touched.
enum class Refused : std::uint8_t {
  header,                // it did not begin with a header of the PROXY protocol
  header_late,           // not in time
  tls_handshake,         // the device's handshake failed
  tls_late,              // it was not through in time
  tls_certificate,       // the device brought no certificate that is accepted
  tls_broken,            // later: an alert, or what is no TLS, of either side
  upstream_tls,          // the handshake with the broker failed
  upstream_certificate,  // the broker's certificate is not accepted
  connect_too_large,     // a CONNECT of more than a proxy keeps
  connect_half,          // its peer left in the middle of its CONNECT, ClientHello or request
  connect_late,          // that was not whole in time
  connect_none,          // nothing at all came in time
  descriptors,           // this process had no file descriptor left
};
inline constexpr std::size_t kRefusedCount = 13;
const char* to_text(Refused why);  // snake_case

// Of one listener of a proxy, since the start.
struct FrontCounters {
  std::uint64_t accepted = 0;
  std::uint64_t dial_errors = 0;
  std::array<std::uint64_t, kRefusedCount> refused{};  // by Refused
};

// Why the control API did not do what a connection came for.
enum class Rejected : std::uint8_t {
  token,      // none, or not the one
  origin,     // a Host or an Origin that is not answered
  malformed,  // no HTTP, or more of it than is taken
  late,       // not complete in time
  rate,       // too many requests
  crowded,    // too many connections: closed to make room, or not taken
};
inline constexpr std::size_t kRejectedCount = 6;
const char* to_text(Rejected why);  // snake_case

// Of a control API, since the start.
struct ControlCounters {
  // Answers by class: 2xx, 4xx, 5xx. Those to rejected requests are among them.
  std::array<std::uint64_t, 3> answered{};
  std::array<std::uint64_t, kRejectedCount> rejected{};  // by Rejected
};

struct LoopCounters {
  LinkCounters links;
  std::vector<FrontCounters> fronts;  // by index in the proxy's configuration
  std::vector<GroupCounters> groups;
  CoarseHistogram connack;       // intended start of the attempt → CONNACK at the device
  CoarseHistogram schedule_lag;  // how late timers fired
  std::uint64_t events_written = 0;
  std::uint64_t events_dropped = 0;  // the queue to the judge was full
};

// Adds the counts of one loop to the sum of several.
void merge(LoopCounters& sum, const LoopCounters& loop);

}  // namespace probate::journal
