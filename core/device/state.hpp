// The states of a simulated device and what leads from one to the next.
#pragma once

#include <cstdint>
#include <optional>

namespace probate::device {

enum class DeviceState : std::uint8_t {
  off,          // not started, power cut, left, finished
  backoff,      // waits before the next attempt
  dialing,      // OpenLink emitted
  handshaking,  // CONNECT sent
  subscribing,  // CONNACK 0 received, SUBACK awaited
  online,       // birth sent (or due none)
};
inline constexpr int kDeviceStates = 6;

enum class DeviceEvent : std::uint8_t {
  boot,      // power came (back), or the device returns from a leave
  retry,     // the wait before the next attempt is over
  opened,    // the TCP connection stands
  accepted,  // CONNACK 0
  ready,     // SUBACK, or at once when there is nothing to subscribe to
  lost,      // the attempt or the link ended, whoever ended it
  stopped,   // leave, power cut, drain
};
inline constexpr int kDeviceEvents = 7;

//        boot            opened              accepted              ready
//   off ──────▶ dialing ────────▶ handshaking ──────────▶ subscribing ───────▶ online
//                ▲   │                 │                      │                  │
//          retry │   │ lost            │ lost                 │ lost             │ lost
//                │   ▼                 ▼                      ▼                  ▼
//               backoff ◀────────────────────────────────────────────────────────┘
//
//   any state ── stopped ──▶ off
//
// Nothing for a pair that must not happen: the machine CHECKs it.
std::optional<DeviceState> next_state(DeviceState state, DeviceEvent event);

// There is a link, or one is being opened.
constexpr bool has_link(DeviceState state) {
  return state != DeviceState::off && state != DeviceState::backoff;
}
// The broker accepted the device: what its user calls online.
constexpr bool is_up(DeviceState state) {
  return state == DeviceState::subscribing || state == DeviceState::online;
}

const char* to_text(DeviceState state);
const char* to_text(DeviceEvent event);

}  // namespace probate::device
