#include "sim/virtual/estimate_cases.hpp"

#include <algorithm>
#include <map>

#include "sim/virtual/estimate_phases.hpp"

namespace probate::virtual_time {
namespace {

bool only_slows(const fault::What& what) {
  return is_one_of<fault::Latency, fault::Bandwidth, fault::Lossy, fault::Slice, fault::SlowClose,
                   fault::ConnectDelay>(what);
}

// The device does not notice, and says on what is kept for it.
bool keeps_what_is_said(const fault::What& what) {
  return is_one_of<fault::Stall, fault::Outage>(what);
}

// A connection that nobody has closed stays at the broker, beside those that come to nothing.
bool leaves_a_ghost(const fault::What& what) {
  return is_one_of<fault::HalfOpen, fault::SimArrears, fault::PowerCut, fault::Vanish,
                   fault::NatIdle>(what);
}

bool is_over_with_the_return(const fault::What& what) {
  const auto* half_open = std::get_if<fault::HalfOpen>(&what);
  return half_open != nullptr && half_open->until_device_returns;
}

// How long it holds a device.
Duration lasting(const fault::FaultSpec& fault, Duration phase) {
  constexpr Duration kReturns = 2min;  // notices, and is back
  const bool holds =
      keeps_what_is_said(fault.what) || leaves_a_ghost(fault.what) || only_slows(fault.what);
  if (!holds || is_over_with_the_return(fault.what)) return std::min(kReturns, phase);
  return fault.lasts ? std::min(usual(*fault.lasts), phase) : phase;
}

double messages_of(const scenario::Scenario& scenario, const fault::Selector& on) {
  double most = 0;
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    if (on.group && on.group->index() != i) continue;
    const auto& kind = scenario.devices[scenario.fleet[i].device];
    most = std::max(most, messages_per_second(kind));
  }
  return most;
}

// `lasts`: how long it holds a device.
double bytes_of_case(const scenario::Scenario& scenario, const fault::FaultSpec& fault,
                     Duration lasts, const Costs& costs) {
  if (only_slows(fault.what)) return costs.bytes_per_slowed;
  if (is_one_of<fault::Mqtt, fault::Rebind, fault::TakeoverOrder, fault::SynDrop>(fault.what)) {
    return costs.bytes_per_case;
  }
  if (keeps_what_is_said(fault.what)) {
    const double kept = messages_of(scenario, fault.on) * to_seconds(lasts);
    return costs.bytes_per_silence + costs.bytes_per_kept_message * kept;
  }
  if (!leaves_a_ghost(fault.what)) return costs.bytes_per_cut;
  return is_over_with_the_return(fault.what) ? costs.bytes_per_slowed : costs.bytes_per_ghost;
}

}  // namespace

double messages_per_second(const device::DeviceConfig& kind) {
  double rate = 0;
  for (const device::PublishConfig& publish : kind.publish) rate += 1 / to_seconds(publish.every);
  if (kind.luat_loop) {
    rate += 1 / to_seconds(kind.luat_loop->receive_timeout);
    rate += 1 / to_seconds(kind.luat_loop->publish_every);
  }
  // A device that reports more often than that has no reason to ping.
  const double pings = kind.keep_alive > Duration{} ? 1 / to_seconds(kind.keep_alive) : 0;
  return std::max(rate, pings);
}

Duration usual(const Distribution& lasts) {
  const auto* exponential = std::get_if<Exponential>(&lasts);
  return exponential != nullptr ? exponential->mean : longest(lasts);
}

double bytes_of_cases(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                      PhaseId phase, Duration length, const Costs& costs) {
  struct Held {
    double most = 0;     // bytes of the firing that needs most
    double firings = 0;  // of a device's own
  };
  std::map<FaultId, Held> held;
  for (const scenario::Firing& firing : schedule.firings(phase)) {
    const fault::FaultSpec& fault = scenario.faults[firing.fault.index()];
    Held& of = held[firing.fault];
    if (firing.is_own) {
      ++of.firings;
      continue;
    }
    const auto struck = static_cast<double>(struck_by(schedule, firing));
    of.most =
        std::max(of.most, struck * bytes_of_case(scenario, fault, lasting(fault, length), costs));
  }
  double most = 0;
  double overlapping = 0;
  for (const auto& [id, of] : held) {
    const fault::FaultSpec& fault = scenario.faults[id.index()];
    const Duration lasts = lasting(fault, length);
    constexpr double kChance = 1.5;
    const double share = length > Duration{} ? to_seconds(lasts) / to_seconds(length) : 1;
    overlapping += kChance * of.firings * share * bytes_of_case(scenario, fault, lasts, costs);
    most = std::max(most, of.most);
  }
  return most + overlapping;
}

}  // namespace probate::virtual_time
