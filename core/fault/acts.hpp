// What faults decide. They never do: an engine performs these closed sets on its links and devices.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/fault/spec.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::fault {

// ---- on a connection, asked once its CONNECT is complete and before anything is dialled

struct Admit {};
// Read the CONNECT and keep it: the broker is never dialled, the device waits for its CONNACK.
struct SwallowConnect {
  FaultId fault;
};
// The device's radio is stalled: keep the CONNECT, dial nothing, until Resume; then go on as if it
// had just come. A device that gave up meanwhile was never heard by the broker.
struct HoldConnect {
  FaultId fault;
};
using Admission = std::variant<Admit, SwallowConnect, HoldConnect>;

// ---- on a packet, asked only on links that Watch asked for

enum class Treatment : std::uint8_t { pass, swallow };

// ---- acts on the device's current link (or on the device itself)

struct Cut {
  LegChoice legs = LegChoice::both;
  CutHow how = CutHow::rst;
};
// Nothing passes in that direction from now on; it is held, in order, for Resume.
struct Silence {
  FlowDirection flow = FlowDirection::both;
};
// For every silent link of the device that is no ghost: delivers what is held, in order, then the
// FIN behind it, if any; and lets go of a held CONNECT.
struct Resume {};
// The device leg is dead: what it sends is kept from the broker for ever and its close is not
// passed on. The broker leg stays open until the broker ends it.
struct MakeGhost {};
// Delay line; zero delay and jitter takes it away. Keeps order.
struct Delay {
  FlowDirection flow = FlowDirection::both;
  Duration delay{};
  Duration jitter{};
};
// From now on ask treat() for every packet of the device's links (false: no longer).
struct Watch {
  bool on = true;
};
// A new TCP connection to the broker with the victim's own CONNECT. One twin per device: an older
// one of the same device stays until the broker closes it.
struct OpenTwin {
  TwinWill will = TwinWill::carry;
};
// Twins of that device that still stand send DISCONNECT and close.
struct CloseTwins {};

// The device's own socket is dead and it has noticed; nothing is sent.
struct LinkDied {};
struct TellLeave {
  std::optional<Duration> returns_after;
};
struct TellPowerCut {
  std::optional<Duration> boots_after;
  EpochAfterBoot epoch = EpochAfterBoot::kept;
};

// ---- notes for the journal

struct Applied {};
struct Skipped {
  std::string reason;  // snake_case: "no_link", "not_online", "already_silent", …
};
struct Healed {};

struct Act {
  FaultId fault;
  DeviceId device;
  std::variant<Cut, Silence, Resume, MakeGhost, Delay, Watch, OpenTwin, CloseTwins, LinkDied,
               TellLeave, TellPowerCut, Applied, Skipped, Healed>
      what;
};
using Acts = std::vector<Act>;

}  // namespace probate::fault
