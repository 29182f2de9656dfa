#include "core/fault/spec.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/mqtt/reasons.hpp"

namespace probate::fault {
namespace {

constexpr std::array<std::string_view, 23> kWords{
    "drop",           "stall",      "half_open", "sim_arrears",   "duplicate_login",
    "latency",        "mqtt",       "leave",     "power_cut",     "rebind",
    "nat_idle",       "outage",     "bandwidth", "lossy",         "slice",
    "limit",          "slow_close", "refuse",    "connect_delay", "broker_restart",
    "takeover_order", "vanish",     "syn_drop"};
static_assert(kWords.size() == std::variant_size_v<Kinds>);

struct FindNotices {
  const Notices* operator()(const HalfOpen& fault) const { return &fault.notices; }
  const Notices* operator()(const SimArrears& fault) const {
    const bool told = fault.mode == ArrearsMode::cut || fault.mode == ArrearsMode::walled_garden;
    return told ? &fault.notices : nullptr;
  }
  const Notices* operator()(const NatIdle& fault) const {
    return fault.then == NatThen::silent ? &fault.notices : nullptr;
  }
  const Notices* operator()(const Rebind& fault) const { return &fault.notices; }
  const Notices* operator()(const auto&) const { return nullptr; }
};

std::string recovery_text(const Recovery& recover) {
  std::string text;
  const auto add = [&text](const std::string& setting) {
    text += (text.empty() ? "" : ", ") + setting;
  };
  if (recover.needs_reboot) {
    add(fmt::format("needs_reboot: {}, reboot: {}", *recover.needs_reboot,
                    probate::to_text(recover.reboot)));
  }
  if (recover.batch_at) add("batch_at: " + probate::to_text(*recover.batch_at));
  if (recover.batch_every) add("batch_every: " + probate::to_text(*recover.batch_every));
  return text.empty() ? text : ", recover: {" + text + "}";
}

// The settings behind the word.
struct Settings {
  std::string operator()(const Drop& fault) const {
    return fmt::format(" how: {}, leg: {}", to_text(fault.how), to_text(fault.leg));
  }
  std::string operator()(const Vanish& fault) const {
    return fmt::format(" leg: {}", to_text(fault.leg));
  }
  std::string operator()(const Stall& fault) const {
    const std::string ack = fault.ack ? fmt::format(", ack: {}", to_text(*fault.ack)) : "";
    return fmt::format(" direction: {}{}", to_text(fault.direction), ack);
  }
  std::string operator()(const HalfOpen& fault) const {
    return fmt::format(" notices: {}{}", to_text(fault.notices),
                       fault.until_device_returns ? ", until: device_returns" : "");
  }
  std::string operator()(const SimArrears& fault) const {
    std::string text = fmt::format(" mode: {}", to_text(fault.mode));
    if (FindNotices{}(fault) != nullptr) text += ", notices: " + to_text(fault.notices);
    if (fault.mode == ArrearsMode::walled_garden) {
      text += fmt::format(", answer: {}", to_text(fault.answer));
    }
    if (fault.mode == ArrearsMode::throttled) {
      text += fmt::format(", throughput: {}B/s", fault.bytes_per_second);
    }
    return text + recovery_text(fault.recover);
  }
  std::string operator()(const NatIdle& fault) const {
    const bool told = FindNotices{}(fault) != nullptr;
    return fmt::format(" after: {}, then: {}{}", to_text(fault.after), to_text(fault.then),
                       told ? ", notices: " + to_text(fault.notices) : "");
  }
  std::string operator()(const Outage&) const { return ""; }
  std::string operator()(const Lossy& fault) const {
    return fmt::format(" loss: {}, rto: {}, direction: {}", fault.loss, to_text(fault.rto),
                       to_text(fault.direction));
  }
  std::string operator()(const Slice& fault) const {
    return fmt::format(" piece: {}B, gap: {}, direction: {}", fault.piece, to_text(fault.gap),
                       to_text(fault.direction));
  }
  std::string operator()(const Limit& fault) const {
    std::string text = fmt::format(" how: {}", to_text(fault.how));
    if (fault.after) text += ", after: " + to_text(*fault.after);
    if (fault.bytes) {
      text += fmt::format(", bytes: {}B, direction: {}", *fault.bytes, to_text(fault.direction));
    }
    return text;
  }
  std::string operator()(const SlowClose& fault) const {
    return fmt::format(" delay: {}", to_text(fault.delay));
  }
  std::string operator()(const Refuse&) const { return ""; }
  std::string operator()(const SynDrop&) const { return ""; }
  std::string operator()(const ConnectDelay& fault) const {
    return fmt::format(" delay: {}", to_text(fault.delay));
  }
  std::string operator()(const Bandwidth& fault) const {
    return fmt::format(" throughput: {}B/s, direction: {}", fault.bytes_per_second,
                       to_text(fault.direction));
  }
  std::string operator()(const DuplicateLogin& fault) const {
    return fmt::format(" logins: {}, gap: {}, will: {}", fault.logins, to_text(fault.gap),
                       to_text(fault.will));
  }
  std::string operator()(const Latency& fault) const {
    return fmt::format(" delay: {}, jitter: {}, direction: {}", to_text(fault.delay),
                       to_text(fault.jitter), to_text(fault.direction));
  }
  std::string operator()(const Mqtt& fault) const {
    std::string text = fmt::format(" {}: {}", to_text(fault.act), to_word(fault.packet));
    const bool says_way = fault.direction != FlowDirection::both;
    if (says_way && ways_of(fault.packet) == FlowDirection::both) {
      text += fmt::format(", direction: {}", to_text(fault.direction));
    }
    if (fault.nth) text += fmt::format(", nth: {}", *fault.nth);
    if (fault.topic) text += fmt::format(", topic: \"{}\"", *fault.topic);
    if (fault.qos) text += fmt::format(", qos: {}", static_cast<int>(*fault.qos));
    if (fault.reason) text += fmt::format(", reason: {:#04x}", *fault.reason);
    if (fault.act == PacketAct::hold) text += ", delay: " + to_text(fault.delay);
    if (fault.act == PacketAct::cut_inside) {
      text += fmt::format(", bytes: {}B, how: {}", fault.bytes, to_text(fault.how));
    }
    return text;
  }
  std::string operator()(const TakeoverOrder& fault) const {
    return fmt::format(" connect: {}, gap: {}", to_text(fault.connect), to_text(fault.gap));
  }
  std::string operator()(const Leave&) const { return ""; }
  std::string operator()(const PowerCut& fault) const {
    return fmt::format(" epoch: {}", to_text(fault.epoch));
  }
  std::string operator()(const BrokerRestart& fault) const {
    return fmt::format(" how: {}", to_text(fault.how));
  }
  std::string operator()(const Rebind& fault) const {
    return fmt::format(" notices: {}", to_text(fault.notices));
  }
};

}  // namespace

What::What() = default;
What::What(const What& other) = default;
What::What(What&& other) noexcept = default;
What& What::operator=(const What& other) = default;
What& What::operator=(What&& other) noexcept = default;
What::~What() = default;

const char* word(const What& what) { return kWords[what.index()].data(); }

bool hits_broker(const What& what) { return std::holds_alternative<BrokerRestart>(what); }

bool needs_segments(const What& what) {
  const auto* stall = std::get_if<Stall>(&what);
  return stall != nullptr && stall->ack == AckBy::none;
}

// Only 5.0 has AUTH, and a DISCONNECT of the broker's.
bool can_be_said(const What& what, mqtt::Version version) {
  const auto* packets = std::get_if<Mqtt>(&what);
  return packets == nullptr || can_be_said(*packets, version);
}

bool can_be_said(const Mqtt& what, mqtt::Version version) {
  const bool is_down = what.act == PacketAct::inject || what.direction == FlowDirection::down;
  const bool is_goodbye = what.packet == mqtt::PacketType::disconnect;
  const bool needs_v5 = what.packet == mqtt::PacketType::auth || (is_goodbye && is_down);
  if (needs_v5 && version != mqtt::Version::v5) return false;
  return !what.reason || mqtt::is_reason(what.packet, version, *what.reason);
}

FlowDirection ways_of(mqtt::PacketType type) {
  using enum mqtt::PacketType;
  const auto is_one_of = [type](std::initializer_list<mqtt::PacketType> types) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  if (is_one_of({connect, subscribe, unsubscribe, pingreq})) return FlowDirection::up;
  if (is_one_of({connack, suback, unsuback, pingresp})) return FlowDirection::down;
  return FlowDirection::both;
}

const Notices* notices_of(const What& what) { return std::visit(FindNotices{}, what); }

const Recovery* reboots_of(const What& what) {
  const auto* arrears = std::get_if<SimArrears>(&what);
  return arrears != nullptr && arrears->recover.needs_reboot ? &arrears->recover : nullptr;
}

std::string to_text(const What& what) { return word(what) + std::visit(Settings{}, what); }

std::string to_text(const Notices& notices) {
  switch (notices.how) {
    case NoticesHow::own:
      return "own";
    case NoticesHow::never:
      return "never";
    case NoticesHow::after:
      break;
  }
  return probate::to_text(notices.after);
}

std::string to_text(const Selector& selector) {
  std::string out;
  const auto add = [&out](const std::string& key) { out += (out.empty() ? "" : ", ") + key; };
  if (selector.group) add(fmt::format("group: {}", selector.group->value));
  if (selector.devices) add(fmt::format("devices: \"{}\"", *selector.devices));
  if (selector.username) add(fmt::format("username: \"{}\"", *selector.username));
  if (selector.source) add(fmt::format("source: \"{}\"", *selector.source));
  if (selector.listener) add(fmt::format("listener: \"{}\"", *selector.listener));
  if (selector.sni) add(fmt::format("sni: \"{}\"", *selector.sni));
  if (selector.hash) add(fmt::format("hash: {}/{}", selector.hash->index, selector.hash->of));
  if (selector.share) add(fmt::format("share: {}", *selector.share));
  if (selector.count) add(fmt::format("count: {}", *selector.count));
  if (selector.online_only) add("where: online");
  return out.empty() ? "all" : out;
}

const char* to_text(CutHow how) {
  switch (how) {
    case CutHow::fin:
      return "fin";
    case CutHow::rst:
      break;
  }
  return "rst";
}

const char* to_text(LegChoice leg) {
  switch (leg) {
    case LegChoice::device:
      return "device";
    case LegChoice::broker:
      return "broker";
    case LegChoice::both:
      break;
  }
  return "both";
}

const char* to_text(FlowDirection direction) {
  switch (direction) {
    case FlowDirection::up:
      return "up";
    case FlowDirection::down:
      return "down";
    case FlowDirection::both:
      break;
  }
  return "both";
}

const char* to_text(AckBy ack) {
  switch (ack) {
    case AckBy::none:
      return "none";
    case AckBy::proxy:
      break;
  }
  return "proxy";
}

const char* to_text(ArrearsMode mode) {
  switch (mode) {
    case ArrearsMode::barred:
      return "barred";
    case ArrearsMode::walled_garden:
      return "walled_garden";
    case ArrearsMode::throttled:
      return "throttled";
    case ArrearsMode::cut:
      break;
  }
  return "cut";
}

const char* to_text(GardenAnswer answer) {
  switch (answer) {
    case GardenAnswer::discard:
      return "discard";
    case GardenAnswer::redirect:
      break;
  }
  return "redirect";
}

const char* to_text(NatThen then) {
  switch (then) {
    case NatThen::rst_sender:
      return "rst_sender";
    case NatThen::rst:
      return "rst";
    case NatThen::silent:
      break;
  }
  return "silent";
}

const char* to_text(TwinWill will) {
  switch (will) {
    case TwinWill::carry:
      return "carry";
    case TwinWill::strip:
      break;
  }
  return "strip";
}

const char* to_text(EpochAfterBoot epoch) {
  switch (epoch) {
    case EpochAfterBoot::kept:
      return "kept";
    case EpochAfterBoot::reset:
      break;
  }
  return "reset";
}

const char* to_text(RestartHow how) {
  switch (how) {
    case RestartHow::kill:
      return "kill";
    case RestartHow::term:
      break;
  }
  return "term";
}

const char* to_text(PacketAct act) {
  switch (act) {
    case PacketAct::swallow:
      return "swallow";
    case PacketAct::hold:
      return "hold";
    case PacketAct::duplicate:
      return "duplicate";
    case PacketAct::reorder:
      return "reorder";
    case PacketAct::cut_inside:
      return "cut_inside";
    case PacketAct::rewrite:
      return "rewrite";
    case PacketAct::inject:
      break;
  }
  return "inject";
}

const char* to_text(ConnectOrder order) {
  switch (order) {
    case ConnectOrder::before:
      return "before";
    case ConnectOrder::after:
      break;
  }
  return "after";
}

const char* to_word(mqtt::PacketType type) {
  constexpr std::array<const char*, 15> kTypes{"connect",  "connack",     "publish",  "puback",
                                               "pubrec",   "pubrel",      "pubcomp",  "subscribe",
                                               "suback",   "unsubscribe", "unsuback", "pingreq",
                                               "pingresp", "disconnect",  "auth"};
  return kTypes[static_cast<std::size_t>(type) - 1];
}

}  // namespace probate::fault
