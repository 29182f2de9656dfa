// What faults decide. They never do: an engine performs these closed sets on its links and devices.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/fault/packet_facts.hpp"
#include "core/fault/spec.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::fault {

// ---- on a connection, asked once its CONNECT is complete and before anything is dialled

struct Admit {};
// Read the CONNECT and keep it: the broker is never dialled, the device waits for its CONNACK. With
// fidelity segment its SYN is not even answered, if no other device comes from its address or
// those are meant, too; unless the fault has to hear of the attempt.
struct SwallowConnect {
  FaultId fault;
  bool takes_whole_source = false;
  bool hears_attempts = false;
};
// The device's radio is stalled: keep the CONNECT, dial nothing, until Resume; then go on as if it
// had just come. A device that gave up meanwhile was never heard by the broker.
struct HoldConnect {
  FaultId fault;
  std::optional<AckBy> ack{};  // of what comes behind it; absent: as the fidelity has it
};
// A walled garden: the CONNECT is kept from the broker and answered with kRedirect and FIN.
struct RedirectConnect {
  FaultId fault;
};
// RST to the device; the broker is never dialled.
struct RefuseConnect {
  FaultId fault;
};
// CONNACK with that reason (3.x: return code) and FIN to the device; the broker is never dialled.
struct AnswerConnect {
  FaultId fault;
  std::uint8_t reason = 0;
};
// The CONNECT reaches the proxy's far side only after `delay`; then it is dialled without asking
// again.
struct DelayConnect {
  FaultId fault;
  Duration delay{};
};
using Admission = std::variant<Admit, SwallowConnect, HoldConnect, RedirectConnect, RefuseConnect,
                               AnswerConnect, DelayConnect>;

// What an operator's portal says to whatever is sent through it.
inline constexpr std::string_view kRedirect =
    "HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/top-up\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n";

// ---- on a packet, asked only on links that Watch asked for

struct PassPacket {};
struct SwallowPacket {
  FaultId fault;
};
// It leaves `delay` later, and what is behind it not before it.
struct HoldPacket {
  FaultId fault;
  Duration delay{};
};
// It is followed by a copy of itself: of a PUBLISH with QoS 1 or 2 with DUP set.
// [MQTT-3.3.1-1] [MQTT5-3.3.1-1]
struct DuplicatePacket {
  FaultId fault;
};
// The next packet of that way goes first; if none comes, it leaves ahead of the way's end.
struct ReorderPacket {
  FaultId fault;
};
// Its first bytes, at most all of it, then both legs are cut.
struct CutInsidePacket {
  FaultId fault;
  std::uint64_t bytes = 0;
  CutHow how = CutHow::rst;
};
// Its reason, or every one of them (SUBACK, UNSUBACK), becomes that one.
struct RewritePacket {
  FaultId fault;
  std::uint8_t reason = 0;
};
using Treatment = std::variant<PassPacket, SwallowPacket, HoldPacket, DuplicatePacket,
                               ReorderPacket, CutInsidePacket, RewritePacket>;

// ---- acts on the device's current link (or on the device itself)

struct Cut {
  LegChoice legs = LegChoice::both;
  CutHow how = CutHow::rst;
};
// Nothing passes in that direction from now on; it is held, in order, for Resume.
struct Silence {
  FlowDirection flow = FlowDirection::both;
  std::optional<AckBy> ack{};  // absent: as the fidelity has it
  bool coming_links = false;   // until Resume, they begin silent
};
// For every silent link of the device that is no ghost: delivers what is held, in order, then the
// FIN behind it, if any; and lets go of a held CONNECT.
struct Resume {};
// silent: nothing is ever told to who is behind it. resets: what comes from there next is answered
// with RST, a FIN of the device's too.
enum class DeadLeg : std::uint8_t { silent, resets };
// The device leg is dead: what it sends is kept from the broker for ever and its close is not
// passed on. The broker leg stays open until the broker ends it; where it resets, until it says
// something.
struct MakeGhost {
  DeadLeg device_leg = DeadLeg::silent;
  DeadLeg broker_leg = DeadLeg::silent;
};
// Delay line; zero delay, jitter and loss take it away. Keeps order. Besides, each MQTT packet is
// lost with probability `loss`, again and again: n losses in a row add rto · (2ⁿ − 1), and what is
// behind waits, too.
struct Delay {
  FlowDirection flow = FlowDirection::both;
  Duration delay{};
  Duration jitter{};
  double loss = 0;
  Duration rto{};
};
// Bytes leave in pieces of at most `piece`, each `gap` after the one before it; 0 takes it away.
// Holds for the device's coming links, too.
struct SliceBytes {
  FlowDirection flow = FlowDirection::both;
  std::uint64_t piece = 0;
  Duration gap{};
};
// Each of the device's links, coming ones too, is cut on both legs `after` it was accepted, or once
// that many bytes have passed since this act (in both ways together, unless `flow` is one),
// whatever comes first. Nothing set: no longer.
struct LimitLinks {
  std::optional<Duration> after{};
  std::optional<std::uint64_t> bytes{};
  FlowDirection flow = FlowDirection::both;
  CutHow how = CutHow::rst;
};
// FIN, but no byte, takes so much longer, either way; 0 takes it away. Coming links, too.
struct DelayFin {
  Duration delay{};
};
// At most so many bytes pass in a second: 0 takes it away. Holds for the device's coming links,
// too. What waits is kept in order; a sender that sends more is stopped. shared: both ways spend
// from one budget; else each has its own. Budgets are the device's, not the connection's.
struct Throttle {
  FlowDirection flow = FlowDirection::both;
  std::uint64_t bytes_per_second = 0;
  bool shared = false;
};
// Tell the pipeline (handle_link_idle) once no byte has passed on the device's link, either way,
// for `after`. Holds for the device's coming links, too; absent: no longer.
struct WatchIdle {
  std::optional<Duration> after{};
};
// From now on ask treat() for the packets of those types on the device's links, coming ones too.
// Nothing: no longer.
struct Watch {
  PacketSet up{};
  PacketSet down{};

  bool nothing() const { return up.empty() && down.empty(); }
  bool operator==(const Watch&) const = default;
};
// The broker's DISCONNECT, which it did not send, reaches the device behind what was read of the
// broker so far. A link of MQTT 3, which knows no such packet, is left alone.
struct InjectDisconnect {
  std::uint8_t reason = 0;
};
// The end of the device's own making of a link of it waits until its next CONNECT is complete; then
// that CONNECT reaches the broker so much before or after it. Nothing: no longer, and what waits
// goes on.
struct OrderTakeover {
  ConnectOrder connect = ConnectOrder::before;
  std::optional<Duration> gap{};
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

// ---- acts on the managed broker (no device's)

struct EndBroker {
  RestartHow how = RestartHow::term;
};
struct StartBroker {};

// ---- notes for the journal

struct Applied {};
struct Skipped {
  std::string reason;  // snake_case: "no_link", "not_online", "already_silent", …
};
struct Healed {};

struct Act {
  FaultId fault;
  DeviceId device;
  std::variant<Cut, Silence, Resume, MakeGhost, Delay, SliceBytes, LimitLinks, DelayFin, Throttle,
               WatchIdle, Watch, InjectDisconnect, OrderTakeover, OpenTwin, CloseTwins, LinkDied,
               TellLeave, TellPowerCut, EndBroker, StartBroker, Applied, Skipped, Healed>
      what;
};
using Acts = std::vector<Act>;

}  // namespace probate::fault
