#include "sim/virtual/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/analysis/judge.hpp"
#include "core/scenario/complaints.hpp"
#include "sim/virtual/estimate_cases.hpp"
#include "sim/virtual/estimate_phases.hpp"
#include "sim/virtual/skip_rules.hpp"

namespace probate::virtual_time {
namespace {

// Awake around each strike: before it, and until it is steady again (engine_outlook.cpp).
constexpr Duration kAwakePerStrike = 6min;

// Whether such a device ever rests (DeviceMachine::steady): not if its answers matter to it, or if
// a PINGREQ comes between two turns of its loop.
bool ever_rests(const device::DeviceConfig& kind) {
  const auto most = [](const device::MessageConfig& message, mqtt::QoS qos) {
    return message.qos <= qos;
  };
  for (const device::PublishConfig& publish : kind.publish) {
    if (!most(publish, mqtt::QoS::at_least_once)) return false;
    if (kind.luat_loop && !most(publish, mqtt::QoS::at_most_once)) return false;
  }
  if (!kind.luat_loop) return true;
  const device::LuatLoopConfig& loop = *kind.luat_loop;
  const bool pings_between =
      kind.keep_alive > Duration{} && kind.keep_alive <= loop.receive_timeout;
  return !pings_between && most(loop.report, mqtt::QoS::at_most_once) &&
         most(loop.response, mqtt::QoS::at_most_once);
}

// Who is let alone, as engine_outlook.cpp has it.
class Rests {
 public:
  explicit Rests(const scenario::Scenario& scenario)
      : scenario_{scenario}, rules_{skip_rules(scenario, scenario::Recognizer{scenario})} {
    // Whoever waits for idle links must know of every packet.
    const auto waits = [](const fault::FaultSpec& fault) {
      return std::holds_alternative<fault::NatIdle>(fault.what);
    };
    is_possible_ = std::none_of(scenario.faults.begin(), scenario.faults.end(), waits);
    for (const scenario::DownlinkSpec& downlink : scenario.backend.publish) {
      if (downlink.every < kAwakeBefore + kNapMin) is_possible_ = false;
    }
  }

  // Whether most of what its undisturbed devices send is skipped: not where a policy takes them for
  // gone now and then.
  bool has(const scenario::GroupSpec& group) const {
    return is_possible_ && ever_rests(scenario_.devices[group.device]) && rules_.bears_rest(group);
  }
  bool has_any() const {
    return std::any_of(scenario_.fleet.begin(), scenario_.fleet.end(),
                       [this](const auto& group) { return has(group); });
  }
  // For how long a device is played around a strike: a policy that counts messages hears one on
  // either side. Requires: has(group).
  Duration awake_per_strike(const scenario::GroupSpec& group) const {
    const Duration awake = kAwakePerStrike + rules_.settling;
    if (!rules_.silence_max) return awake;
    return awake + 2 * *rules_.heard_every[group.device] + on_the_way(group.link);
  }

 private:
  const scenario::Scenario& scenario_;
  SkipRules rules_;
  bool is_possible_ = true;
};

// Whether a device that such a fault strikes has another connection afterwards, mostly: the judge
// then remembers the old one. What only slows or holds packets does so if it lasts as long as a
// broker waits for them.
bool ends_connections(const fault::FaultSpec& spec, Duration keep_alive_min) {
  const auto* packets = std::get_if<fault::Mqtt>(&spec.what);
  if (only_slows(spec.what) || (packets != nullptr && meets_newcomers(*packets))) return false;
  if (!std::holds_alternative<fault::Stall>(spec.what)) return true;
  if (!spec.lasts) return true;
  return usual(*spec.lasts) >= keep_alive_min;
}

class Counting {
 public:
  Counting(const scenario::Scenario& scenario, const scenario::Schedule& schedule)
      : scenario_{scenario}, schedule_{schedule}, rests_{scenario} {
    for (const device::DeviceConfig& kind : scenario.devices) {
      if (kind.keep_alive > Duration{})
        keep_alive_min_ = std::min(keep_alive_min_, kind.keep_alive);
    }
  }

  void count(Estimate& sum, const broker::KeepAliveWindow& window, const Costs& costs) {
    sum.skips = rests_.has_any();
    PhaseLengths lengths = phase_lengths(scenario_, schedule_, window);
    sum.notes = std::move(lengths.notes);
    HeldByFaults held = held_by_faults(scenario_, schedule_, lengths.usual, costs);
    sum.held_bytes = held.bytes;
    sum.attempts = held.attempts;
    std::vector<double> awake = std::move(held.talking_seconds);
    for (std::size_t i = 0; i < scenario_.phases.size(); ++i) {
      const PhaseId phase{static_cast<std::uint16_t>(i)};
      const scenario::PhaseSpec& spec = scenario_.phases[i];
      const std::uint64_t strikes = strikes_in(phase, sum);
      const Duration shortest = lengths.usual[i];
      sum.firings += schedule_.firings(phase).size();
      sum.strikes += strikes;
      sum.shortest += shortest;
      sum.longest += scenario::phase_length_max(spec);
      const bool is_fixed = std::holds_alternative<scenario::ForDuration>(spec.end);
      if (!is_fixed) polled_ += shortest;
      for (std::size_t group = 0; group < awake.size(); ++group) {
        awake[group] += awake_in(shortest, is_fixed, strikes, scenario_.fleet[group]);
      }
    }
    for (std::size_t group = 0; group < awake.size(); ++group) {
      const scenario::GroupSpec& spec = scenario_.fleet[group];
      sum.messages += rate_of(spec) * std::min(awake[group], spec.count * to_seconds(sum.shortest));
    }
  }
  Duration polled() const { return polled_; }

 private:
  // Adds those that end a connection to the sum.
  std::uint64_t strikes_in(PhaseId phase, Estimate& sum) const {
    std::uint64_t strikes = 0;
    for (const scenario::Firing& firing : schedule_.firings(phase)) {
      const fault::FaultSpec& fault = scenario_.faults[firing.fault.index()];
      const std::uint64_t struck = struck_by(schedule_, firing);
      strikes += struck;
      if (ends_connections(fault, keep_alive_min_)) sum.ended += struck;
    }
    return strikes;
  }

  // What a device sends and is sent in a second.
  double rate_of(const scenario::GroupSpec& group) const {
    double rate = messages_per_second(scenario_.devices[group.device]);
    for (const scenario::DownlinkSpec& downlink : scenario_.backend.publish) {
      rate += 1 / to_seconds(downlink.every);
    }
    return rate;
  }

  // For how many seconds its devices, together, are awake in that time, apart from what faults that
  // last make of it.
  double awake_in(Duration length, bool skips, std::uint64_t strikes,
                  const scenario::GroupSpec& group) const {
    const double all = group.count * to_seconds(length);
    if (!skips || !rests_.has(group)) return all;
    const double share = group.count / static_cast<double>(scenario_.device_count());
    const double woken = group.count + share * static_cast<double>(strikes);
    return std::min(all, woken * to_seconds(rests_.awake_per_strike(group)));
  }

  const scenario::Scenario& scenario_;
  const scenario::Schedule& schedule_;
  Rests rests_;
  Duration polled_{};
  Duration keep_alive_min_ = Duration::max();
};

double bytes_per_device(const Estimate& sum, const Costs& costs) {
  const double more = sum.held_bytes + static_cast<double>(sum.long_bytes);
  return costs.bytes_per_device + costs.bytes_per_track * static_cast<double>(sum.policies) +
         (sum.devices > 0 ? more / static_cast<double>(sum.devices) : 0);
}

double bytes_of_the_rest(const Estimate& sum, const Costs& costs) {
  const auto remembered = std::min<std::uint64_t>(sum.ended, analysis::Judge::kRetiredMax);
  return costs.bytes_of_a_run + costs.bytes_per_end * static_cast<double>(remembered) +
         costs.bytes_per_firing * static_cast<double>(sum.firings);
}

// The broker keeps them, a will also of the connection before: what is longer than usual of them.
std::uint64_t long_bytes_of(const device::DeviceConfig& kind, const Costs& costs) {
  const auto size = [](const device::MessageConfig& message) {
    return message.topic.text().size() + message.payload.text().size();
  };
  const std::uint64_t kept = (kind.will ? 2 * size(*kind.will) : 0) +
                             (kind.birth && kind.birth->retain ? size(*kind.birth) : 0);
  return kept - std::min(kept, costs.bytes_of_a_will);
}

}  // namespace

Estimate estimate(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                  const Costs& costs, const broker::KeepAliveWindow& window) {
  Estimate sum;
  sum.devices = scenario.device_count();
  sum.policies = scenario.backend.presence.size();
  Counting counting{scenario, schedule};
  for (const scenario::GroupSpec& group : scenario.fleet) {
    sum.long_bytes += group.count * long_bytes_of(scenario.devices[group.device], costs);
  }
  counting.count(sum, window, costs);
  sum.connects = sum.devices + sum.strikes;
  const auto devices = static_cast<double>(sum.devices);
  const auto connects = static_cast<double>(sum.connects);
  const auto strikes = static_cast<double>(sum.strikes);
  sum.events = to_seconds(sum.shortest) * costs.events_per_second +
               to_seconds(counting.polled()) * costs.polls_per_second +
               connects * costs.events_per_connect + sum.messages * costs.events_per_message +
               strikes * costs.events_per_strike + sum.attempts * costs.events_per_attempt;
  const double bytes = bytes_of_the_rest(sum, costs) + devices * bytes_per_device(sum, costs);
  sum.memory_bytes = static_cast<std::uint64_t>(bytes);
  sum.core_seconds = sum.events * costs.seconds_per_event + devices * costs.seconds_per_device;
  return sum;
}

std::uint64_t devices_for(const Estimate& sum, std::uint64_t memory_bytes, const Costs& costs) {
  const double left = static_cast<double>(memory_bytes) - bytes_of_the_rest(sum, costs);
  if (left <= 0) return 0;
  return static_cast<std::uint64_t>(left / bytes_per_device(sum, costs));
}

}  // namespace probate::virtual_time
