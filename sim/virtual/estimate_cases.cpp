#include "sim/virtual/estimate_cases.hpp"

#include <algorithm>
#include <vector>

#include "sim/virtual/estimate_phases.hpp"

namespace probate::virtual_time {
namespace {

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

// What a device takes that is held: at once, and more with every second.
struct Case {
  double bytes = 0;
  double bytes_per_second = 0;

  double after(Duration time) const { return bytes + bytes_per_second * to_seconds(time); }
};

Case case_of(const scenario::Scenario& scenario, const fault::FaultSpec& fault,
             const Costs& costs) {
  if (only_slows(fault.what)) return {costs.bytes_per_slowed};
  if (is_one_of<fault::Mqtt, fault::Rebind, fault::TakeoverOrder, fault::SynDrop>(fault.what)) {
    return {costs.bytes_per_case};
  }
  if (keeps_what_is_said(fault.what)) {
    return {costs.bytes_per_silence,
            costs.bytes_per_kept_message * messages_of(scenario, fault.on)};
  }
  if (!leaves_a_ghost(fault.what)) return {costs.bytes_per_cut};
  return {is_over_with_the_return(fault.what) ? costs.bytes_per_slowed : costs.bytes_per_ghost};
}

// What firings hold one after another and beside one another.
class Overlap {
 public:
  void add(Duration begins, Duration lasts, double devices, const Case& each) {
    const Case all{each.bytes * devices, each.bytes_per_second * devices};
    changes_.push_back({begins, all.bytes, all.bytes_per_second});
    changes_.push_back({begins + lasts, -all.after(lasts), -all.bytes_per_second});
  }
  double most() {
    std::stable_sort(changes_.begin(), changes_.end(),
                     [](const Change& a, const Change& b) { return a.at < b.at; });
    double held = 0;
    double slope = 0;
    double most = 0;
    Duration before{};
    for (const Change& change : changes_) {
      held += slope * to_seconds(change.at - before);
      most = std::max(most, held);
      held += change.bytes;
      most = std::max(most, held);
      slope += change.bytes_per_second;
      before = change.at;
    }
    return most;
  }

 private:
  struct Change {
    Duration at;
    double bytes;
    double bytes_per_second;
  };
  std::vector<Change> changes_;
};

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

bool only_slows(const fault::What& what) {
  return is_one_of<fault::Latency, fault::Bandwidth, fault::Lossy, fault::Slice, fault::SlowClose,
                   fault::ConnectDelay>(what);
}

double bytes_of_cases(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                      PhaseId phase, Duration length, const Costs& costs) {
  constexpr double kChance = 1.5;
  Overlap planned;
  double drawn = 0;
  double largest = 0;
  for (const scenario::Firing& firing : schedule.firings(phase)) {
    const fault::FaultSpec& fault = scenario.faults[firing.fault.index()];
    const Duration lasts = lasting(fault, length);
    const Case each = case_of(scenario, fault, costs);
    largest = std::max(largest, each.after(lasts));
    if (firing.is_own) {
      const double share = length > Duration{} ? to_seconds(lasts) / to_seconds(length) : 1;
      drawn += kChance * share * each.after(lasts / 2);
    } else {
      const auto struck = static_cast<double>(struck_by(schedule, firing));
      planned.add(firing.offset, lasts, struck, each);
    }
  }
  return std::min(planned.most() + drawn, scenario.device_count() * largest);
}

}  // namespace probate::virtual_time
