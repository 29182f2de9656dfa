#include "sim/virtual/estimate_cases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <numeric>
#include <utility>
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

// What a fault that treats packets takes: little, where no link must be made again for it
// (Network::needs_link); a connection beside the old one, where that comes to its end. Where pings
// are held, so is what is behind them, as in a silence.
double bytes_of_treating(const fault::Mqtt& packets, const Costs& costs) {
  const bool is_ping =
      packets.packet == mqtt::PacketType::pingreq || packets.packet == mqtt::PacketType::pingresp;
  const bool is_report = packets.packet == mqtt::PacketType::publish &&
                         packets.direction != fault::FlowDirection::down;
  const bool is_cut = packets.act == fault::PacketAct::cut_inside;
  const bool is_lost = packets.act == fault::PacketAct::swallow;
  if (meets_newcomers(packets)) return costs.bytes_per_case;
  if (is_ping && packets.act == fault::PacketAct::hold) {
    return costs.bytes_per_ghost + 2 * costs.bytes_per_treated;
  }
  if (is_cut || (is_lost && (is_ping || is_report))) {
    return costs.bytes_per_cut + 2 * costs.bytes_per_treated;
  }
  return is_report ? costs.bytes_per_treated : costs.bytes_per_case;
}

bool is_over_with_the_return(const fault::What& what) {
  const auto* half_open = std::get_if<fault::HalfOpen>(&what);
  return half_open != nullptr && half_open->until_device_returns;
}

// How long it holds a device, of the time that is left.
Duration lasting(const fault::FaultSpec& fault, Duration left) {
  constexpr Duration kReturns = 2min;  // notices, and is back
  const bool holds = keeps_what_is_said(fault.what) || leaves_a_ghost(fault.what) ||
                     only_slows(fault.what) || is_one_of<fault::BrokerRestart>(fault.what);
  if (!holds || is_over_with_the_return(fault.what)) return std::min(kReturns, left);
  return fault.lasts ? std::min(usual(*fault.lasts), left) : left;
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

// How often such a device dials that such a fault keeps away: a portal and a broker that is down
// say so at once; what is swallowed takes its time-out. Who does not notice an outage sits it out.
double attempts_per_second(const fault::What& what, const device::DeviceConfig& kind) {
  const auto* arrears = std::get_if<fault::SimArrears>(&what);
  const bool is_out = std::holds_alternative<fault::Outage>(what) && kind.pingresp_timeout;
  const bool is_down = std::holds_alternative<fault::BrokerRestart>(what);
  const bool is_cut_off = arrears != nullptr && arrears->mode != fault::ArrearsMode::throttled;
  if (!is_out && !is_down && !is_cut_off) return 0;
  const bool has_portal = is_cut_off && arrears->mode == fault::ArrearsMode::walled_garden &&
                          arrears->answer == fault::GardenAnswer::redirect;
  constexpr Duration kRoundTrip = 1ms;
  const device::RetryConfig& retry = kind.connect.retry;
  Duration wait = retry.every;
  if (retry.policy == device::RetryPolicy::exponential) {
    wait = retry.jitter == device::Jitter::full ? retry.max / 2 : retry.max;
  }
  wait += is_down || has_portal ? kRoundTrip : kind.connect.connack_timeout;
  return 1 / to_seconds(wait);
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
  if (const auto* packets = std::get_if<fault::Mqtt>(&fault.what)) {
    return {bytes_of_treating(*packets, costs)};
  }
  if (is_one_of<fault::Rebind, fault::TakeoverOrder, fault::SynDrop>(fault.what)) {
    return {costs.bytes_per_case};
  }
  if (keeps_what_is_said(fault.what)) {
    return {costs.bytes_per_silence,
            costs.bytes_per_kept_message * messages_of(scenario, fault.on)};
  }
  if (!leaves_a_ghost(fault.what)) return {costs.bytes_per_cut};
  return {is_over_with_the_return(fault.what) ? costs.bytes_per_slowed : costs.bytes_per_ghost};
}

// Of one fault: whom it holds, of so many that it can strike. Who is struck again meanwhile is no
// other one.
class Holding {
 public:
  explicit Holding(std::uint32_t most) : most_{most} {}

  // How many of those struck it did not hold yet. Requires: neither time is before the last one's.
  std::uint64_t take(std::uint64_t struck, Duration now, Duration until) {
    for (; !ends_.empty() && ends_.front().first <= now; ends_.pop_front()) {
      held_ -= ends_.front().second;
    }
    const std::uint64_t fresh = std::min(struck, most_ - held_);
    if (fresh > 0) ends_.emplace_back(until, fresh);
    held_ += fresh;
    return fresh;
  }
  // How many so many strikes at random hold.
  double at_random(double strikes) const {
    const auto most = static_cast<double>(most_);
    return most > 0 ? most * (1 - std::exp(-strikes / most)) : 0;
  }

 private:
  std::uint64_t most_;
  std::uint64_t held_ = 0;
  std::deque<std::pair<Duration, std::uint64_t>> ends_;
};

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

class Cases {
 public:
  Cases(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
        const std::vector<Duration>& lengths, const Costs& costs)
      : scenario_{scenario},
        schedule_{schedule},
        costs_{costs},
        ends_{std::accumulate(lengths.begin(), lengths.end(), Duration{})} {
    talking_.resize(scenario.fleet.size());
    for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
      const FaultId fault{static_cast<std::uint16_t>(i)};
      holding_.emplace_back(schedule.ever_taken_by(fault));
    }
    Duration begins{};
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      add_phase(PhaseId{static_cast<std::uint16_t>(i)}, begins, lengths[i]);
      begins += lengths[i];
    }
  }

  HeldByFaults held() {
    return {std::min(overlap_.most(), scenario_.device_count() * largest_), std::move(talking_),
            attempts_};
  }

 private:
  void add_phase(PhaseId phase, Duration begins, Duration length) {
    std::vector<std::uint64_t> drawn(scenario_.faults.size());
    for (const scenario::Firing& firing : schedule_.firings(phase)) {
      if (firing.is_own) {
        ++drawn[firing.fault.index()];
        continue;
      }
      const Duration at = begins + firing.offset;
      // The phase may take longer than it mostly does.
      const Duration lasts = lasting(fault_of(firing.fault), std::max(ends_ - at, length));
      const std::uint64_t fresh =
          holding_[firing.fault.index()].take(struck_by(schedule_, firing), at, at + lasts);
      if (fresh == 0) continue;
      add(at, lasts, static_cast<double>(fresh), case_of(firing.fault), lasts);
      note_held(firing.fault, static_cast<double>(fresh) * to_seconds(lasts));
    }
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      const FaultId fault{static_cast<std::uint16_t>(i)};
      if (drawn[i] > 0) add_drawn(fault, static_cast<double>(drawn[i]), begins, length);
    }
  }

  // So many at any time of the phase, each of them held for half its time so far; or all of them,
  // if it holds them beyond the phase.
  void add_drawn(FaultId fault, double strikes, Duration begins, Duration length) {
    constexpr double kChance = 1.5;
    const Duration lasts = lasting(fault_of(fault), ends_ - begins);
    const double share = length > Duration{} ? to_seconds(lasts) / to_seconds(length) : 1;
    const double held = holding_[fault.index()].at_random(strikes * std::min(1.0, kChance * share));
    const Case each = case_of(fault);
    const Duration age = lasts - std::min(lasts, length) / 2;
    add(begins, std::max(lasts, length), held, {each.after(age)}, lasts);
    note_held(fault, strikes * to_seconds(lasts));
  }

  void add(Duration begins, Duration lasts, double devices, const Case& each, Duration held) {
    largest_ = std::max(largest_, each.after(held));
    overlap_.add(begins, lasts, devices, each);
  }

  // For so many seconds, all devices together.
  void note_held(FaultId fault, double seconds) {
    const fault::FaultSpec& spec = fault_of(fault);
    const bool is_talking =
        keeps_what_is_said(spec.what) || only_slows(spec.what) || is_one_of<fault::Mqtt>(spec.what);
    for (std::size_t i = 0; i < talking_.size(); ++i) {
      const scenario::GroupSpec& group = scenario_.fleet[i];
      double share = static_cast<double>(group.count) / scenario_.device_count();
      if (spec.on.group) share = spec.on.group->index() == i ? 1 : 0;
      if (is_talking) talking_[i] += seconds * share;
      const device::DeviceConfig& kind = scenario_.devices[group.device];
      attempts_ += seconds * share * attempts_per_second(spec.what, kind);
    }
  }

  const fault::FaultSpec& fault_of(FaultId fault) const { return scenario_.faults[fault.index()]; }
  Case case_of(FaultId fault) const {
    return virtual_time::case_of(scenario_, fault_of(fault), costs_);
  }

  const scenario::Scenario& scenario_;
  const scenario::Schedule& schedule_;
  const Costs& costs_;
  Duration ends_;                 // of the run
  std::vector<Holding> holding_;  // by FaultId
  Overlap overlap_;
  double largest_ = 0;
  std::vector<double> talking_;
  double attempts_ = 0;
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

bool meets_newcomers(const fault::Mqtt& packets) {
  using enum mqtt::PacketType;
  constexpr std::array kFirst{connect, connack, subscribe, suback, unsubscribe, unsuback};
  return std::find(kFirst.begin(), kFirst.end(), packets.packet) != kFirst.end();
}

bool only_slows(const fault::What& what) {
  return is_one_of<fault::Latency, fault::Bandwidth, fault::Lossy, fault::Slice, fault::SlowClose,
                   fault::ConnectDelay>(what);
}

HeldByFaults held_by_faults(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                            const std::vector<Duration>& lengths, const Costs& costs) {
  return Cases{scenario, schedule, lengths, costs}.held();
}

}  // namespace probate::virtual_time
