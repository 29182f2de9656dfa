#include "core/device/state.hpp"

#include <array>
#include <cstddef>

#include "core/base/check.hpp"

namespace probate::device {
namespace {

using Cell = std::optional<DeviceState>;
using Row = std::array<Cell, kDeviceEvents>;

constexpr Cell off = DeviceState::off;
constexpr Cell wait = DeviceState::backoff;
constexpr Cell dial = DeviceState::dialing;
constexpr Cell hand = DeviceState::handshaking;
constexpr Cell subs = DeviceState::subscribing;
constexpr Cell onli = DeviceState::online;
constexpr Cell none = std::nullopt;

// clang-format off
constexpr std::array<Row, kDeviceStates> kTransitions{{
    //                  boot  retry opened accepted ready lost  stopped
    /* off         */ {{dial, none, none,  none,    none, none, off}},
    /* backoff     */ {{none, dial, none,  none,    none, none, off}},
    /* dialing     */ {{none, none, hand,  none,    none, wait, off}},
    /* handshaking */ {{none, none, none,  subs,    none, wait, off}},
    /* subscribing */ {{none, none, none,  none,    onli, wait, off}},
    /* online      */ {{none, none, none,  none,    none, wait, off}},
}};
// clang-format on

}  // namespace

std::optional<DeviceState> next_state(DeviceState state, DeviceEvent event) {
  return kTransitions[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
}

const char* to_text(DeviceState state) {
  switch (state) {
    case DeviceState::off:
      return "off";
    case DeviceState::backoff:
      return "backoff";
    case DeviceState::dialing:
      return "dialing";
    case DeviceState::handshaking:
      return "handshaking";
    case DeviceState::subscribing:
      return "subscribing";
    case DeviceState::online:
      return "online";
  }
  CHECK(false);
}

const char* to_text(DeviceEvent event) {
  switch (event) {
    case DeviceEvent::boot:
      return "boot";
    case DeviceEvent::retry:
      return "retry";
    case DeviceEvent::opened:
      return "opened";
    case DeviceEvent::accepted:
      return "accepted";
    case DeviceEvent::ready:
      return "ready";
    case DeviceEvent::lost:
      return "lost";
    case DeviceEvent::stopped:
      return "stopped";
  }
  CHECK(false);
}

}  // namespace probate::device
