// What a device machine wants done. Closed sets: the engines cover them with a switch.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::device {

// Dial the broker's address (in the live engine: the proxy). Answer with handle_opened or
// handle_closed.
struct OpenLink {
  Epoch epoch = 0;
};

struct SendPacket {
  SendPacket() = default;
  // In place: a packet is big.
  template <typename Sent>
  requires std::constructible_from<mqtt::Packet, Sent>
  explicit SendPacket(Sent&& sent)  // NOLINT(bugprone-forwarding-reference-overload): see above
      : packet{std::forward<Sent>(sent)} {}

  mqtt::Packet packet;
};

enum class CloseMode : std::uint8_t {
  fin,      // everything sent before is delivered, then FIN
  rst,      // at once, with RST
  abandon,  // forget the socket: its close must not reach the broker as a close (power cut, rebind)
};
// The link is gone for the machine when the action is emitted; no handle_closed follows.
struct CloseLink {
  CloseMode mode = CloseMode::fin;
};

// The device became (un)available to its user: drives gauges and `until: {online: …}`.
struct StateChanged {
  bool online = false;
};

// Append with emplace_back: g++ 12 takes a moved temporary variant for uninitialised.
using Action = std::variant<OpenLink, SendPacket, CloseLink, StateChanged>;
using Actions = std::vector<Action>;

// Why a link ended, as the device's own TCP and MQTT see it.
enum class CloseCause : std::uint8_t {
  refused,          // ECONNREFUSED
  unreachable,      // no route, no local address
  tcp_timeout,      // SYN unanswered
  connack_timeout,  // the machine's own
  connack_refused,  // CONNACK with a reason ≠ 0
  peer_fin,
  peer_rst,
  local_failure,      // the modem's URC: the socket is dead, nothing was sent
  pingresp_timeout,   // the machine's own
  protocol_error,     // the broker sent something malformed or out of order
  server_disconnect,  // MQTT 5 DISCONNECT from the broker
};
const char* to_text(CloseCause cause);

}  // namespace probate::device
