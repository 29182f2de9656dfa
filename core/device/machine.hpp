// One simulated device: an MQTT client as a state machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/rng.hpp"
#include "core/device/actions.hpp"
#include "core/device/config.hpp"

namespace probate::device {

enum class DeviceState : std::uint8_t {
  off,          // not started, power cut, left, finished
  backoff,      // waits before the next attempt
  dialing,      // OpenLink emitted
  handshaking,  // CONNECT sent
  subscribing,  // CONNACK received, SUBACK awaited
  online,       // birth sent (or due none)
};
const char* to_text(DeviceState state);

// Who a device is, apart from its kind.
struct Identity {
  std::uint32_t index = 0;
  std::string group;
};

// Counted by the machine since the run began; the engine sums them up for the metrics.
struct DeviceCounts {
  std::uint32_t attempts = 0;         // = the last epoch unless a power cut reset it
  std::uint32_t sessions = 0;         // CONNACK 0 received
  std::uint32_t connack_refused = 0;
  std::uint32_t publishes = 0;
  std::uint32_t dropped = 0;          // publishes that found no place in the queue
};

// No sockets, no clock. Feed it what happened (handle_*); it appends what must be done to `out`.
// The caller performs the actions in order. Call handle_timeout once `now` reaches next_timeout();
// calling it early, or twice, does nothing. `now` must never go back.
//
//   off → dialing → handshaking → subscribing → online → (link lost) → backoff → dialing …
//
// Threads:      one owner at a time; machines share nothing but their const config.
// Determinism:  same config, same Rng, same calls → same actions.
// Limits:       at most kInflightMax unacknowledged QoS 1/2 publishes, at most kQueuedMax waiting;
//               more are dropped and counted.
// Lifetime:     `config` must outlive the machine.
class DeviceMachine {
 public:
  DeviceMachine(const DeviceConfig& config, Identity identity, Rng rng);
  ~DeviceMachine();
  DeviceMachine(DeviceMachine&&) noexcept;
  DeviceMachine& operator=(DeviceMachine&&) noexcept;

  // Boots: the first attempt begins now. Requires: state() == off.
  void start(Instant now, Actions& out);
  // The TCP connection stands: sends CONNECT.
  void handle_opened(Instant now, Actions& out);
  void handle_packet(Instant now, const mqtt::Packet& packet, Actions& out);
  // Ends the link without CloseLink: it is gone already. Ignored when there is no link.
  void handle_closed(Instant now, CloseCause cause, Actions& out);
  void handle_timeout(Instant now, Actions& out);

  // The user's orders; each is obeyed in any state and emits nothing that the state forbids.
  // DISCONNECT if online, close, then back after `returns_after` (absent: never).
  void leave(Instant now, std::optional<Duration> returns_after, Actions& out);
  // Stops without a byte (CloseLink abandon); boots after `boots_after` (absent: never).
  // `epoch_reset`: the epoch counter was not in flash, so it starts at 1 again.
  void cut_power(Instant now, std::optional<Duration> boots_after, bool epoch_reset, Actions& out);
  // Drain: leaves cleanly and for good.
  void finish(Instant now, Actions& out);

  std::optional<Instant> next_timeout() const;
  DeviceState state() const;
  // The current attempt's, 0 before the first.
  Epoch epoch() const;
  std::string client_id() const;  // of the current epoch
  const DeviceConfig& config() const;
  const DeviceCounts& counts() const;

 private:
  // … to be laid out by the implementation; hot state first, at most 512 bytes with heap.
};

}  // namespace probate::device
