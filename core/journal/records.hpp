// The journal: what really happened, as one stream of typed records. Engines write it; metrics,
// analysis, reports and goldens only read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::journal {

enum class Leg : std::uint8_t { device, broker };
// Who ended a leg.
enum class Party : std::uint8_t { device, proxy, broker };
enum class CloseHow : std::uint8_t { fin, rst, timeout, error };
// The way packets go: up is device → broker.
enum class Flow : std::uint8_t { up, down, both };
enum class Observer : std::uint8_t { backend, control };
// farewell: "I leave", published before DISCONNECT.
enum class MessageKind : std::uint8_t { will, birth, farewell, message, unknown };
enum class BrokerEventKind : std::uint8_t { connected, disconnected };
// How a broker came to its end, as far as we know.
enum class BrokerEnd : std::uint8_t { unknown, shutdown, crash };
// What a fault made of a packet.
enum class Alteration : std::uint8_t { held, duplicated, reordered, cut, rewritten, injected };

// ---- the run

struct RunBegan {
  std::string scenario;
  std::string digest;
  std::uint64_t seed = 0;
  std::string engine;    // one of engines.hpp
  std::string profile;   // broker profile judged against
  std::string broker;    // what the broker says it is, "" if unknown
  std::string fidelity;  // "stream" | "segment"

  bool operator==(const RunBegan&) const = default;
};
struct PhaseBegan {
  PhaseId phase;
  std::string name;

  bool operator==(const PhaseBegan&) const = default;
};
struct PhaseEnded {
  PhaseId phase;
  bool timed_out = false;  // its condition did not come true in time

  bool operator==(const PhaseEnded&) const = default;
};
// From here on nothing is judged: every device disconnects cleanly.
struct DrainBegan {
  bool operator==(const DrainBegan&) const = default;
};
struct RunEnded {
  std::string reason;  // "" | "SIGINT" | "SIGTERM" | "broker lost" | "abort rule X"

  bool operator==(const RunEnded&) const = default;
};

// ---- devices and links

// A device starts an attempt: it dials.
struct AttemptBegan {
  DeviceId device;
  Epoch epoch = 0;

  bool operator==(const AttemptBegan&) const = default;
};
// The attempt never became a session: why, as the device sees it ("tcp_timeout", "connack_timeout",
// "refused", "connack_refused", …).
struct AttemptFailed {
  DeviceId device;
  Epoch epoch = 0;
  std::string cause;

  bool operator==(const AttemptFailed&) const = default;
};

struct WillFacts {
  std::string topic;
  std::string payload;
  mqtt::QoS qos{};
  bool retain = false;
  Duration delay{};

  bool operator==(const WillFacts&) const = default;
};

// The CONNECT's last byte was written to the broker leg (`at` is before the write). Becomes t_back
// once a ConnackReceived with reason 0 follows.
struct ConnectForwarded {
  ConnectionId connection;
  DeviceId device = kNoDevice;  // the owner, also of a twin's; kNoDevice: a real device
  Epoch epoch = 0;              // 0: unknown
  bool twin = false;
  std::string client_id;
  mqtt::Version version{};
  bool clean = true;
  std::uint16_t keep_alive = 0;  // seconds
  Duration session_expiry{};     // 5.0; 0xFFFFFFFF = Duration::max()
  std::optional<WillFacts> will;

  bool operator==(const ConnectForwarded&) const = default;
};
// CONNACK left the broker (t_acc if reason is 0).
struct ConnackReceived {
  ConnectionId connection;
  std::uint8_t reason = 0;
  bool session_present = false;
  std::optional<std::uint16_t> server_keep_alive;
  std::optional<Duration> session_expiry;
  std::string assigned_client_id;

  bool operator==(const ConnackReceived&) const = default;
};
// CONNACK was written to the device leg (t_up).
struct SessionUp {
  ConnectionId connection;

  bool operator==(const SessionUp&) const = default;
};
// DISCONNECT was forwarded to the broker: not a will if the reason is 0.
struct DisconnectForwarded {
  ConnectionId connection;
  std::uint8_t reason = 0;
  std::optional<Duration> session_expiry;

  bool operator==(const DisconnectForwarded&) const = default;
};
// DISCONNECT left the broker, which only 5.0 allows: why it is going to close.
struct DisconnectReceived {
  ConnectionId connection;
  std::uint8_t reason = 0;

  bool operator==(const DisconnectReceived&) const = default;
};
// A second CONNECT was forwarded on a connection that had one.
struct ConnectRepeated {
  ConnectionId connection;

  bool operator==(const ConnectRepeated&) const = default;
};
// From here on nothing passes in that direction. A stall that heals delivers what it held.
struct SilenceBegan {
  ConnectionId connection;
  Flow flow = Flow::both;
  FaultId fault = kNoFault;
  Instant last_uplink_packet_at{};  // t_rx: last complete packet forwarded to the broker
  // When the last bytes were forwarded to it, if later: of a packet that has not come whole.
  Instant last_uplink_bytes_at{};
  // Our end of the broker's leg vanished: what the broker says next is answered with RST. A proxy
  // of fidelity segment does not hear of that; no LegClosed follows then.
  bool vanished = false;

  bool operator==(const SilenceBegan&) const = default;
};
// The silence is over and everything held has been passed on.
struct SilenceEnded {
  ConnectionId connection;

  bool operator==(const SilenceEnded&) const = default;
};
// A leg is gone. by == broker: the broker's close was read. by == device: the device's FIN or RST
// was read (also while a stall keeps it from the broker). by == proxy: a fault or the drain.
// A broker leg closed because the device closed says by == device.
struct LegClosed {
  ConnectionId connection;
  Leg leg{};
  Party by{};
  CloseHow how{};
  FaultId fault = kNoFault;         // the last act on that link, if any
  Instant last_uplink_packet_at{};  // t_rx
  Instant last_uplink_bytes_at{};   // as above

  bool operator==(const LegClosed&) const = default;
};
// CONNECT was read and kept from the broker (sim_arrears).
struct ConnectSwallowed {
  ConnectionId connection;
  DeviceId device = kNoDevice;
  Epoch epoch = 0;
  FaultId fault = kNoFault;

  bool operator==(const ConnectSwallowed&) const = default;
};
// A packet was read and kept from its receiver. What it says was recorded all the same if the
// broker said it (ConnackReceived, DisconnectReceived), and not if the device did.
struct PacketSwallowed {
  ConnectionId connection;
  mqtt::Direction direction = mqtt::Direction::downlink;
  mqtt::PacketType packet = mqtt::PacketType::connack;
  FaultId fault = kNoFault;

  bool operator==(const PacketSwallowed&) const = default;
};
// A packet that passes otherwise than it was sent, or that nobody sent (injected).
struct PacketAltered {
  ConnectionId connection;
  mqtt::Direction direction{};
  mqtt::PacketType packet{};
  Alteration how{};
  std::optional<std::uint8_t> reason;  // rewritten, injected: what it says now
  FaultId fault = kNoFault;

  bool operator==(const PacketAltered&) const = default;
};
// Bytes that are no MQTT. The link is not the judge's any more; its bytes still pass.
struct Malformed {
  ConnectionId connection;
  mqtt::Direction direction{};
  std::string error;

  bool operator==(const Malformed&) const = default;
};

// ---- faults

// A fault that no scenario has: from here on the id means it. It is made by hand while the run goes
// on, and strikes from its own instant on.
struct FaultAdded {
  FaultId fault;
  std::string name;
  std::string what;  // in the words of the language: "stall direction: both"
  std::string on;    // whom

  bool operator==(const FaultAdded&) const = default;
};
struct FaultApplied {
  FaultId fault;
  DeviceId device;
  ConnectionId connection = kNoConnection;

  bool operator==(const FaultApplied&) const = default;
};
struct FaultSkipped {
  FaultId fault;
  DeviceId device;
  std::string reason;  // "not_online", "no_link", "already_cut", …

  bool operator==(const FaultSkipped&) const = default;
};
struct FaultHealed {
  FaultId fault;
  DeviceId device;

  bool operator==(const FaultHealed&) const = default;
};

// What the proxy was begun with was read again: it has the faults of another file from here on. New
// ones follow as FaultAdded.
struct Reloaded {
  std::string digest;                // of the schedule that was read; "" if there is no scenario
  std::uint64_t kept = 0;            // faults that go on as they are
  std::vector<std::string> removed;  // faults that are no more, changed ones among them
  std::uint64_t certificates = 0;    // listeners whose TLS has new files

  bool operator==(const Reloaded&) const = default;
};

// ---- what the back end saw

struct Observed {
  Observer observer{};
  MessageKind kind{};
  DeviceId device = kNoDevice;
  Epoch epoch = 0;                      // 0: not carried
  std::optional<std::uint8_t> bdseq{};  // where the bytes carry {bdseq}; epoch implies it
  std::string client_id;                // as the bytes say, "" if they do not
  std::string topic;
  std::string payload;
  mqtt::QoS qos{};
  bool retain = false;
  bool dup = false;

  bool operator==(const Observed&) const = default;
};
// What the broker itself told the back end of a client: a lifecycle event, a webhook. `at` is when
// it arrived, which may be out of order.
struct BrokerEvent {
  BrokerEventKind kind{};
  DeviceId device = kNoDevice;
  std::string client_id;
  std::optional<std::uint64_t>
      version;                     // versionNumber, sequenceNumber: grows with each connection
  std::optional<Instant> sent_at;  // the broker's own time of it
  std::string session;             // pid, peer address: which connection; "" if it is not told
  std::string reason;              // of a disconnected one, as the broker words it

  bool operator==(const BrokerEvent&) const = default;
};
struct ObserverUp {
  Observer observer{};
  std::vector<std::string> filters;

  bool operator==(const ObserverUp&) const = default;
};
struct ObserverLost {
  Observer observer{};
  std::string cause;

  bool operator==(const ObserverLost&) const = default;
};
// No trust in what this observer saw between `from` and this record's `at`: a marker was missing or
// later than the allowance.
struct ObserverGap {
  Observer observer{};
  Instant from{};

  bool operator==(const ObserverGap&) const = default;
};

// ---- the instruments

// One window of 10 s of a loop: how late timers fired.
struct GeneratorLag {
  Duration p99{};
  Duration max{};
  Instant from{};

  bool operator==(const GeneratorLag&) const = default;
};
struct EventsDropped {
  std::uint64_t count = 0;  // since the last such record

  bool operator==(const EventsDropped&) const = default;
};
struct BrokerLost {
  std::string cause;
  BrokerEnd how = BrokerEnd::unknown;

  bool operator==(const BrokerLost&) const = default;
};

// A fault ends the broker (`shutdown`: it may put its affairs in order; `crash`: killed): stamped
// before it is done.
struct BrokerStopped {
  FaultId fault;
  BrokerEnd how = BrokerEnd::crash;

  bool operator==(const BrokerStopped&) const = default;
};
// It answers again.
struct BrokerStarted {
  FaultId fault;

  bool operator==(const BrokerStarted&) const = default;
};

// Virtual time: from here on the device says what it says at its intervals, as nothing disturbs it,
// and no record tells of it. Where a policy counts messages.
struct RestBegan {
  DeviceId device;

  bool operator==(const RestBegan&) const = default;
};
// Records tell of it again.
struct RestEnded {
  DeviceId device;

  bool operator==(const RestEnded&) const = default;
};

using Kinds =
    std::variant<RunBegan, PhaseBegan, PhaseEnded, DrainBegan, RunEnded, AttemptBegan,
                 AttemptFailed, ConnectForwarded, ConnackReceived, SessionUp, DisconnectForwarded,
                 DisconnectReceived, ConnectRepeated, SilenceBegan, SilenceEnded, LegClosed,
                 ConnectSwallowed, PacketSwallowed, PacketAltered, Malformed, FaultAdded,
                 FaultApplied, FaultSkipped, FaultHealed, Reloaded, Observed, BrokerEvent,
                 ObserverUp, ObserverLost, ObserverGap, GeneratorLag, EventsDropped, BrokerLost,
                 BrokerStopped, BrokerStarted, RestBegan, RestEnded>;

// One of them. Copied, moved and compared in records.cpp only: else every file that keeps a record
// compiles some 3,000 functions for it.
struct Body : Kinds {
  using Kinds::Kinds;
  Body();
  Body(const Body& other);
  Body(Body&& other) noexcept;
  Body& operator=(const Body& other);
  Body& operator=(Body&& other) noexcept;
  ~Body();
  bool operator==(const Body& other) const;
};

// Of a record that was read without one: a foreign log need not number its records.
inline constexpr std::uint64_t kNoSequence = 0xffff'ffff'ffff'ffff;

// Ordered by (at, loop, sequence).
struct Record {
  Instant at{};
  std::uint16_t loop = 0;
  std::uint64_t sequence = 0;
  Body body;

  bool operator==(const Record&) const = default;
};

// Where an engine writes. One per loop; the loop stamps and numbers.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(Instant at, Body body) = 0;
  // The same, and the body is moved once less where that counts.
  virtual void keep(Instant at, Body&& body) { write(at, std::move(body)); }
};

}  // namespace probate::journal
