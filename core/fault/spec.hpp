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

namespace probate::fault {

// ---- whom

// Devices are taken from those that match every given condition. Without `share` and `count`, all
// of them; `share` takes ⌊share·n + ½⌋ of the n that match, `count` that many, anew at every
// firing.
struct Selector {
  std::optional<GroupId> group{};
  std::optional<std::string> devices{};  // glob over ClientIDs: `*` and `?`
  struct Hash {
    std::uint32_t index = 0;
    std::uint32_t of = 1;
  };
  std::optional<Hash> hash{};
  std::optional<double> share{};  // 0 < share <= 1
  std::optional<std::uint32_t> count{};
  bool online_only = false;  // where: online
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
// Holds bytes, loses none; healing delivers them in order, then a FIN behind them.
struct Stall {
  FlowDirection direction = FlowDirection::both;
};
// The device leg is dead, the broker leg becomes a ghost.
struct HalfOpen {
  Notices notices{};
  bool until_device_returns = true;  // else for `lasts`
};
enum class ArrearsMode : std::uint8_t { barred, cut };
// barred: the live connection stays, the next attach fails. cut: silent now, and every new CONNECT
// is swallowed, until paid (`lasts`).
struct SimArrears {
  ArrearsMode mode = ArrearsMode::cut;
  Notices notices{};
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
// The broker accepts, the device never hears it.
struct SwallowConnack {};
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

using What = std::variant<Drop, Stall, HalfOpen, SimArrears, DuplicateLogin, Latency,
                          SwallowConnack, Leave, PowerCut, Rebind>;

struct FaultSpec {
  std::string name{};
  Timing timing{};
  Selector on{};
  // `for:`; absent: until settle heals it (or at once, by kind).
  std::optional<Distribution> lasts{};
  std::optional<Duration> ramp{};  // heals members spread evenly over this time
  What what{};
};

// The YAML word: "half_open".
const char* word(const What& what);
// Every word, in the order of What's alternatives.
std::span<const std::string_view> all_words();

// What the device learns, where the fault has such a setting; else nullptr.
const Notices* notices_of(const What& what);

// One line each, complete and in the words of the language: "half_open notices: own, until:
// device_returns". Two values with the same text mean the same.
using probate::to_text;  // else the ones below would hide the durations'
std::string to_text(const What& what);
std::string to_text(const Notices& notices);
std::string to_text(const Selector& selector);
const char* to_text(CutHow how);
const char* to_text(LegChoice leg);
const char* to_text(FlowDirection direction);
const char* to_text(ArrearsMode mode);
const char* to_text(TwinWill will);
const char* to_text(EpochAfterBoot epoch);

}  // namespace probate::fault
