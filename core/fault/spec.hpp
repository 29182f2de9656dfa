// A fault as a scenario writes it: whom, when, how long, what. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/distribution.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::fault {

// ---- whom

// Devices are taken from those that match every given condition. Without `share` and `count`, all
// of them; `share` takes ⌊share·n + ½⌋ of the n that match, `count` that many, anew at every
// firing.
struct Selector {
  std::optional<GroupId> group{};
  std::optional<std::string> devices{};  // glob over ClientIDs: `*` and `?`
  // Globs over what a real device came with last: its user name, "" for none, its address, the
  // listener that it came to, as "127.0.0.1:1884", and the name that its TLS asked for (SNI).
  std::optional<std::string> username{};
  std::optional<std::string> source{};
  std::optional<std::string> listener{};
  std::optional<std::string> sni{};
  struct Hash {
    std::uint32_t index = 0;
    std::uint32_t of = 1;
  };
  std::optional<Hash> hash{};
  std::optional<double> share{};  // 0 < share <= 1
  std::optional<std::uint32_t> count{};
  bool online_only = false;  // where: online

  bool is_everybody() const {
    return !group && !devices && !username && !source && !listener && !sni && !hash && !share &&
           !count && !online_only;
  }
};

// ---- when

struct Once {
  PhaseId phase{};
  Duration offset{};
};
struct Repeated {
  Duration period{};
  PhaseId during{};
};
// Poisson, for each selected device on its own.
struct Poisson {
  double per_hour = 0;
  PhaseId during{};
};
using Timing = std::variant<Once, Repeated, Poisson>;

// ---- what the device learns

// When the *device* learns that its link is dead: a modem's URC; its socket fails locally and
// nothing is sent. `own`: by its own PINGRESP or TCP timeout.
enum class NoticesHow : std::uint8_t { after, own, never };
struct Notices {
  NoticesHow how = NoticesHow::after;
  Distribution after = Uniform{2s, 10s};
};

// ---- what

enum class CutHow : std::uint8_t { fin, rst };
enum class LegChoice : std::uint8_t { device, broker, both };
enum class FlowDirection : std::uint8_t { up, down, both };

struct Drop {
  CutHow how = CutHow::rst;
  LegChoice leg = LegChoice::both;
};
// Who acknowledges what is sent into a silence: nobody, as where the radio link is dead, or the
// proxy's kernel, as that of an operator's proxy would.
enum class AckBy : std::uint8_t { none, proxy };
// Holds bytes, loses none; healing delivers them in order, then a FIN behind them.
struct Stall {
  FlowDirection direction = FlowDirection::both;
  std::optional<AckBy> ack{};  // absent: as the run's fidelity has it
  // With direction down: coming connections are silent from their CONNECT on, so that not even a
  // CONNACK comes. No scenario says it: it is what Toxiproxy's `timeout` does.
  bool coming_links = false;
};
// The device leg is dead, the broker leg becomes a ghost.
struct HalfOpen {
  Notices notices{};
  bool until_device_returns = true;  // else for `lasts`
};
enum class ArrearsMode : std::uint8_t { barred, cut, walled_garden, throttled };
enum class GardenAnswer : std::uint8_t { discard, redirect };
// What a payment does, and when.
struct Recovery {
  // Not of throttled: so likely a device whose CONNECT is kept from the broker was rejected for
  // good: it dials no more, and its power is cycled `reboot` after the payment took effect.
  std::optional<double> needs_reboot{};  // 0 < needs_reboot <= 1
  Distribution reboot{};
  // A payment takes effect with the next batch: at `batch_at` and every `batch_every` after it,
  // both from the start of the phase in which the fault struck. Neither: at once.
  std::optional<Duration> batch_at{};     // absent, with batch_every: 0s
  std::optional<Duration> batch_every{};  // absent: there is one batch

  bool in_batches() const { return batch_at || batch_every; }
};
// barred: the live connection stays, the next attach fails. cut: silent now, and every new CONNECT
// is swallowed. walled_garden: silent now, and a new CONNECT is swallowed (discard) or answered
// with an HTTP redirect. throttled: slow, both ways together. All until paid (`lasts`).
struct SimArrears {
  ArrearsMode mode = ArrearsMode::cut;
  Notices notices{};  // of cut and walled_garden
  GardenAnswer answer = GardenAnswer::redirect;
  std::uint64_t bytes_per_second = 16 * 1024;  // of throttled
  Recovery recover{};
};
enum class NatThen : std::uint8_t { silent, rst_sender, rst };
// A middlebox forgets a connection on which nothing passed for `after`. silent: nobody is told, the
// broker leg is a ghost. rst_sender: a ghost, too, and the device's next byte is answered with RST.
// rst: both sides get RST. Over and over, until healed or for `lasts`.
struct NatIdle {
  Duration after{};
  NatThen then = NatThen::silent;
  Notices notices{};  // of silent
};
// The cell is down: as a stall for who has a link, and whoever connects meanwhile is not heard.
struct Outage {};
// The legs that are chosen are there no more: nobody is told, and what their peers send next is
// answered with RST. A leg that is not chosen is silent. It lasts until the device is back.
struct Vanish {
  LegChoice leg = LegChoice::both;
};
enum class TwinWill : std::uint8_t { carry, strip };
// Somebody else logs in with the victim's ClientID, CONNECT options and credentials.
struct DuplicateLogin {
  std::uint32_t logins = 1;
  Duration gap = 1s;
  TwinWill will = TwinWill::carry;
};
struct Latency {
  Duration delay{};
  Duration jitter{};  // uniform in ±jitter, never reorders
  FlowDirection direction = FlowDirection::both;
};
// swallow: it never arrives. hold: it arrives `delay` later, and so does what is behind it.
// duplicate: it arrives twice. reorder: the next packet arrives before it. cut_inside: its first
// `bytes` arrive, then the connection is cut. rewrite: it says `reason`. inject: nobody sent it.
enum class PacketAct : std::uint8_t {
  swallow,
  hold,
  duplicate,
  reorder,
  cut_inside,
  rewrite,
  inject
};
// One kind of MQTT packet is treated on all links of the device: those that match every given
// condition. With `nth` only that one of them, counted from when the fault strikes; then it is
// over. inject: a DISCONNECT at once, a CONNACK in answer to every CONNECT.
struct Mqtt {
  PacketAct act = PacketAct::swallow;
  mqtt::PacketType packet = mqtt::PacketType::connack;
  FlowDirection direction = FlowDirection::both;
  std::optional<std::uint32_t> nth{};
  std::optional<std::string> topic{};    // an MQTT topic filter, of PUBLISH
  std::optional<mqtt::QoS> qos{};        // of PUBLISH
  std::optional<std::uint8_t> reason{};  // of what matches; rewrite, inject: what it says then
  Duration delay{};                      // of hold
  std::uint64_t bytes = 0;               // of cut_inside
  CutHow how = CutHow::rst;              // of cut_inside
};
enum class ConnectOrder : std::uint8_t { before, after };
// The device's own end of its connection waits for its next CONNECT, which then reaches the broker
// `gap` before or after it.
struct TakeoverOrder {
  ConnectOrder connect = ConnectOrder::before;
  Duration gap{};
};
// DISCONNECT, close; returns after `lasts`.
struct Leave {};
enum class EpochAfterBoot : std::uint8_t { kept, reset };
// Stops without a byte; boots after `lasts`, or never.
struct PowerCut {
  EpochAfterBoot epoch = EpochAfterBoot::kept;
};
// The local socket dies silently (new address); the device redials after `notices`.
struct Rebind {
  Notices notices{};
};

// At most so much passes in a second; each way for itself.
struct Bandwidth {
  std::uint64_t bytes_per_second = 0;
  FlowDirection direction = FlowDirection::both;
};

// Packets are lost and sent again. What TCP makes of it: each loss costs the retransmission timeout
// `rto`, doubled at every further loss of the same packet, and everything behind it waits.
struct Lossy {
  double loss = 0;  // 0 < loss < 1
  Duration rto = 200ms;
  FlowDirection direction = FlowDirection::both;
};
// Bytes come in pieces, with a pause after each.
struct Slice {
  std::uint64_t piece = 0;
  Duration gap{};
  FlowDirection direction = FlowDirection::both;
};
// A connection is cut once so many bytes have passed, or so long after it was accepted.
struct Limit {
  std::optional<std::uint64_t> bytes{};
  std::optional<Duration> after{};
  CutHow how = CutHow::rst;
  FlowDirection direction = FlowDirection::both;  // of the bytes
};
// FIN comes late; bytes do not.
struct SlowClose {
  Duration delay{};
};
// New connections are answered with RST.
struct Refuse {};
// A new connection's CONNECT gets through late.
struct ConnectDelay {
  Duration delay{};
};
// New connections' SYNs are not answered; where the proxy's kernel answers them all the same, their
// CONNECT is swallowed. What stands is left alone.
struct SynDrop {};
enum class RestartHow : std::uint8_t { term, kill };
// The managed broker ends, in order (SIGTERM) or not (SIGKILL), and comes back after `lasts`. No
// device is selected: it hits whoever is connected.
struct BrokerRestart {
  RestartHow how = RestartHow::term;
};

using Kinds =
    std::variant<Drop, Stall, HalfOpen, SimArrears, DuplicateLogin, Latency, Mqtt, Leave, PowerCut,
                 Rebind, NatIdle, Outage, Bandwidth, Lossy, Slice, Limit, SlowClose, Refuse,
                 ConnectDelay, BrokerRestart, TakeoverOrder, Vanish, SynDrop>;

// One of them. Copied and moved in spec.cpp only, for the sake of the time of a build.
struct What : Kinds {
  using Kinds::Kinds;
  What();
  What(const What& other);
  What(What&& other) noexcept;
  What& operator=(const What& other);
  What& operator=(What&& other) noexcept;
  ~What();
};

struct FaultSpec {
  std::string name{};
  Timing timing{};
  Selector on{};
  // `for:`; absent: until settle heals it (or at once, by kind).
  std::optional<Distribution> lasts{};
  std::optional<Duration> ramp{};  // heals members spread evenly over this time
  What what{};
  std::string stands_at{};  // its place in the file, if that is not under `faults`
};

// The YAML word: "half_open".
const char* word(const What& what);

// It strikes the broker, not devices: it has no selector and fires once, for nobody.
bool hits_broker(const What& what);

// The ways in which packets of that type may go, as a server or a client sends them.
FlowDirection ways_of(mqtt::PacketType type);
// Devices that speak that version can be hit by it: their packets can say what it asks for or says.
bool can_be_said(const What& what, mqtt::Version version);
bool can_be_said(const Mqtt& what, mqtt::Version version);

// What the device learns, where the fault has such a setting; else nullptr.
const Notices* notices_of(const What& what);

// Where some of the devices that it hits need a power cycle; else nullptr.
const Recovery* reboots_of(const What& what);

// It is nothing without silence on TCP's level, whatever the run's fidelity is.
bool needs_segments(const What& what);

// One line each, complete and in the words of the language: "half_open notices: own, until:
// device_returns". Two values with the same text mean the same.
using probate::to_text;  // else the ones below would hide the durations'
std::string to_text(const What& what);
std::string to_text(const Notices& notices);
std::string to_text(const Selector& selector);
const char* to_text(CutHow how);
const char* to_text(LegChoice leg);
const char* to_text(FlowDirection direction);
const char* to_text(AckBy ack);
const char* to_text(ArrearsMode mode);
const char* to_text(GardenAnswer answer);
const char* to_text(NatThen then);
const char* to_text(TwinWill will);
const char* to_text(EpochAfterBoot epoch);
const char* to_text(RestartHow how);
const char* to_text(PacketAct act);
const char* to_text(ConnectOrder order);
// As the language spells it: "pingresp".
const char* to_word(mqtt::PacketType type);

}  // namespace probate::fault
