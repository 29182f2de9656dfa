#include "sim/cli/timeline_text.hpp"

#include <variant>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/scenario/policies.hpp"
#include "core/scenario/schedule.hpp"

namespace probate::cli {
namespace {

using scenario::Scenario;

// "1m30s to 1m36s after its last packet": when the broker notices a device that fell silent.
std::string silence_text(const Scenario& scenario, const broker::Profile& profile) {
  std::string text;
  for (const device::DeviceConfig& kind : scenario.devices) {
    if (!text.empty()) text += ", ";
    if (scenario.devices.size() > 1) text += kind.name + ": ";
    text += kind.keep_alive == Duration{}
                ? "never (keep-alive 0)"
                : fmt::format("{} to {} after its last packet",
                              to_text(profile.keep_alive.lowest(kind.keep_alive)),
                              to_text(profile.keep_alive.highest(kind.keep_alive)));
  }
  return text;
}

constexpr const char* kAtOnce = "a will at once";
constexpr const char* kNone = "no will, as long as every keep-alive is met";

// What becomes of the wills of the devices that a fault strikes.
struct Expectation {
  const Scenario& scenario;
  const broker::Profile& profile;

  std::string by_silence() const {
    return "a will when the broker notices, " + silence_text(scenario, profile) +
           "; at the takeover, if the device is back before that with its ClientID";
  }

  std::string operator()(const fault::Drop&) const { return kAtOnce; }
  std::string operator()(const fault::Stall&) const {
    return "no will if it is over before the broker notices, " + silence_text(scenario, profile) +
           "; else one";
  }
  std::string operator()(const fault::Outage&) const { return (*this)(fault::Stall{}); }
  std::string operator()(const fault::HalfOpen&) const { return by_silence(); }
  std::string operator()(const fault::Vanish& vanish) const {
    const char* reset = vanish.leg == fault::LegChoice::device
                            ? ""
                            : "; at once, if the broker says something before that";
    return by_silence() + reset;
  }
  std::string operator()(const fault::PowerCut&) const { return by_silence(); }
  std::string operator()(const fault::Rebind&) const { return by_silence(); }
  std::string operator()(const fault::NatIdle& nat) const {
    return nat.then == fault::NatThen::rst ? kAtOnce : by_silence();
  }
  std::string operator()(const fault::SimArrears& arrears) const {
    switch (arrears.mode) {
      case fault::ArrearsMode::barred:
        return "no will while the connection lives; the next one fails";
      case fault::ArrearsMode::cut:
      case fault::ArrearsMode::walled_garden:
        return by_silence();
      case fault::ArrearsMode::throttled:
        return kNone;
    }
    return "";
  }
  std::string operator()(const fault::DuplicateLogin&) const {
    return "a will at each login that takes a session over, as the profile's takeover rule says";
  }
  std::string operator()(const fault::Mqtt& treated) const {
    using fault::PacketAct;
    using mqtt::PacketType;
    const bool is_lost = treated.act == PacketAct::swallow;
    if (is_lost && treated.packet == PacketType::connack) {
      return "a will for each attempt that the broker accepted and the device gave up";
    }
    if (is_lost && treated.packet == PacketType::disconnect) {
      return "a will although the device said goodbye: the broker never heard it";
    }
    if (is_lost && treated.packet == PacketType::pingreq) return by_silence();
    if (treated.act == PacketAct::cut_inside) return kAtOnce;
    if (treated.act == PacketAct::inject) {
      return treated.packet == PacketType::connack
                 ? "no will: nothing was accepted"
                 : "a will at once of whoever closes without a DISCONNECT of its own";
    }
    if (treated.act == PacketAct::rewrite && treated.packet == PacketType::connack) {
      return "a will of each session that the device believes refused";
    }
    return "no will, unless the device gives up because of it";
  }
  std::string operator()(const fault::TakeoverOrder& order) const {
    return order.connect == fault::ConnectOrder::before
               ? "a will at the takeover, as the profile's takeover rule says, in place of one at "
                 "the close"
               : "a will at the close, before the device is back";
  }
  std::string operator()(const fault::Leave&) const {
    return "no will: it says DISCONNECT [MQTT-3.14.4-3]";
  }
  std::string operator()(const fault::Limit&) const { return kAtOnce; }
  std::string operator()(const fault::SlowClose&) const {
    return "a will as late as the FIN of whoever closes";
  }
  std::string operator()(const fault::Latency&) const { return kNone; }
  std::string operator()(const fault::Bandwidth&) const { return kNone; }
  std::string operator()(const fault::Lossy&) const { return kNone; }
  std::string operator()(const fault::Slice&) const { return kNone; }
  std::string operator()(const fault::Refuse&) const { return "no will: nothing was accepted"; }
  std::string operator()(const fault::SynDrop&) const { return (*this)(fault::Refuse{}); }
  std::string operator()(const fault::ConnectDelay&) const { return kNone; }
  std::string operator()(const fault::BrokerRestart& restart) const {
    constexpr const char* kPutOff = "wills may be put off until it is up again";
    if (restart.how == fault::RestartHow::kill) {
      if (!profile.crash_loses_wills) return kPutOff;
      return profile.crash_keeps_delayed_wills
                 ? "no will, ever, but those that wait for their delay: they die with the broker"
                 : "no will, ever: they die with the broker";
    }
    switch (profile.shutdown) {
      case broker::ShutdownRule::publishes:
        return "a will of everybody who is connected, as the broker goes down";
      case broker::ShutdownRule::publishes_all_at_once:
        return "a will of everybody who is connected, and those that wait for their delay, as the "
               "broker goes down";
      case broker::ShutdownRule::defers:
        return kPutOff;
      case broker::ShutdownRule::loses:
        return "no will: this broker publishes none as it goes down";
    }
    return "";
  }
};

struct When {
  const Scenario& scenario;

  std::string phase(PhaseId id) const { return scenario.phases[id.index()].name; }
  std::string operator()(const fault::Once& once) const {
    return fmt::format("{} after the start of {}", to_text(once.offset), phase(once.phase));
  }
  std::string operator()(const fault::Repeated& repeated) const {
    return fmt::format("every {} during {}", to_text(repeated.period), phase(repeated.during));
  }
  std::string operator()(const fault::Poisson& poisson) const {
    return fmt::format("at random, {:g} times an hour for each device, during {}", poisson.per_hour,
                       phase(poisson.during));
  }
};

// "city, count: 40".
std::string whom(const Scenario& scenario, const fault::Selector& on) {
  fault::Selector rest = on;
  rest.group.reset();
  std::string text = fault::to_text(rest);
  if (!on.group) return text;
  constexpr std::string_view kAll = "all";
  const std::string& name = scenario.fleet[on.group->index()].name;
  return name + (text.starts_with(kAll) ? text.substr(kAll.size()) : ", " + text);
}

std::string phase_line(const scenario::PhaseSpec& phase) {
  std::string text = "  " + phase.name + ": ";
  if (phase.connect) {
    text += fmt::format("all devices connect, {:g} a second{}; ", phase.connect->rate,
                        phase.connect->arrival == scenario::Arrival::poisson ? " at random" : "");
  }
  if (const auto* fixed = std::get_if<scenario::ForDuration>(&phase.end)) {
    return text + to_text(fixed->duration) + "\n";
  }
  if (const auto* online = std::get_if<scenario::UntilOnline>(&phase.end)) {
    return text + fmt::format("until {:g} % are online, at most {}\n", online->share * 100,
                              to_text(online->timeout));
  }
  const auto& settles = std::get<scenario::ForAuto>(phase.end);
  return text + fmt::format("every fault is healed; until each will is decided, at most {}\n",
                            to_text(settles.at_most));
}

std::string device_lines(const Scenario& scenario) {
  std::string text = "Who\n";
  for (const scenario::GroupSpec& group : scenario.fleet) {
    const device::DeviceConfig& kind = scenario.devices[group.device];
    text += fmt::format("  {} of {}: keep-alive {}, ", counted(group.count, "device", "devices"),
                        group.name, to_text(kind.keep_alive));
    text += !kind.will ? std::string{"no will"}
            : kind.will->delay > Duration{}
                ? fmt::format("a will delayed by {}", to_text(kind.will->delay))
                : std::string{"a will"};
    text += kind.birth ? ", a birth\n" : ", no birth\n";
  }
  return text;
}

}  // namespace

std::string timeline_text(const Scenario& scenario, const broker::Profile& profile) {
  std::string text = scenario.name;
  if (!scenario.about.empty()) text += ": " + scenario.about;
  text += fmt::format("\n\n{}\nWhen\n", device_lines(scenario));
  for (const scenario::PhaseSpec& phase : scenario.phases) text += phase_line(phase);
  text += fmt::format("\nWhat happens, and what {} owes then\n", profile.name);
  if (scenario.faults.empty()) text += "  nothing: no will is expected\n";
  for (const fault::FaultSpec& fault : scenario.faults) {
    const std::string on = fault::hits_broker(fault.what) ? "the broker" : whom(scenario, fault.on);
    text += fmt::format("  {}: {}, on {}: {}", fault.name, std::visit(When{scenario}, fault.timing),
                        on, fault::to_text(fault.what));
    if (fault.lasts) text += fmt::format(", for {}", to_text(*fault.lasts));
    text += fmt::format("\n    → {}\n", std::visit(Expectation{scenario, profile}, fault.what));
  }
  text += "\nWho believes what\n ";
  for (const scenario::PolicySpec& policy : scenario.backend.presence) {
    const auto why = scenario::why_not_applicable(scenario, policy);
    text += " " + policy.label() + (why ? " (" + *why + ")" : "");
  }
  return text + "\n";
}

}  // namespace probate::cli
