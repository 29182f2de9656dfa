#include "sim/virtual/estimate_phases.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/scenario/complaints.hpp"
#include "core/scenario/policies.hpp"
#include "sim/virtual/estimate_cases.hpp"

namespace probate::virtual_time {

namespace {

// Nobody it strikes is online before it is over.
bool keeps_away(const fault::What& what) {
  return is_one_of<fault::PowerCut, fault::Leave, fault::Outage, fault::SimArrears>(what);
}

// The broker hears of the end of a connection at once, if it ends.
bool ends_at_once(const fault::What& what) {
  return is_one_of<fault::Drop, fault::Leave, fault::DuplicateLogin, fault::Refuse,
                   fault::ConnectDelay, fault::BrokerRestart, fault::Limit, fault::TakeoverOrder>(
      what);
}

// How long the last of so many is away, about: a long tail is seldom drawn to its cap.
Duration usual_longest(const Distribution& lasts, std::uint64_t devices) {
  constexpr double kEulers = 0.5772;
  constexpr double kP99 = 2.3263;  // standard deviations
  const double count = std::max(1.0, static_cast<double>(devices));
  Duration last = longest(lasts);
  if (const auto* drawn = std::get_if<Exponential>(&lasts)) {
    last = std::min(last, from_seconds(to_seconds(drawn->mean) * (std::log(count) + kEulers)));
  } else if (const auto* skewed = std::get_if<Lognormal>(&lasts)) {
    const double width = std::log(to_seconds(skewed->p99) / to_seconds(skewed->median)) / kP99;
    const double deviations = std::sqrt(2 * std::log(count));
    last = std::min(last, from_seconds(to_seconds(skewed->median) * std::exp(width * deviations)));
  }
  return last;
}

class PhaseCount {
 public:
  PhaseCount(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
             const broker::KeepAliveWindow& window)
      : scenario_{scenario}, schedule_{schedule}, window_{window} {
    for (std::uint32_t i = 0; i < scenario.device_count(); ++i) {
      ramp_ = std::max(ramp_, schedule.connect_offset(DeviceId{i}));
    }
  }

  PhaseLengths count() {
    PhaseLengths lengths;
    for (std::size_t i = 0; i < scenario_.phases.size(); ++i) {
      const PhaseId phase{static_cast<std::uint16_t>(i)};
      note_away(phase);
      lengths.usual.push_back(length_of(phase, lengths.notes));
      begins_ += lengths.usual.back();
    }
    return lengths;
  }

 private:
  // Who is away, and until when; nothing: for ever.
  struct Away {
    std::uint64_t devices = 0;
    std::optional<Instant> until{};
    std::size_t fault = 0;
  };

  void note_away(PhaseId phase) {
    for (const scenario::Firing& firing : schedule_.firings(phase)) {
      const fault::FaultSpec& fault = scenario_.faults[firing.fault.index()];
      is_any_silent_ = is_any_silent_ || !ends_at_once(fault.what);
      if (!keeps_away(fault.what)) continue;
      const std::uint64_t struck = struck_by(schedule_, firing);
      std::optional<Instant> until;
      if (fault.lasts) {
        const Duration lasts = firing.is_own ? schedule_.lasts(firing, firing.device())
                                             : usual_longest(*fault.lasts, struck);
        until = saturating_add(begins_ + firing.offset, lasts);
      }
      away_.push_back({struck, until, firing.fault.index()});
    }
  }

  Duration length_of(PhaseId phase, std::vector<std::string>& notes) const {
    const scenario::PhaseSpec& spec = scenario_.phases[phase.index()];
    const Duration most = scenario::phase_length_max(spec);
    if (const auto* online = std::get_if<scenario::UntilOnline>(&spec.end)) {
      const Duration first = phase == schedule_.connect_phase() ? ramp_ : Duration{1s};
      return std::min(most, std::max(first, wait_for(*online, spec, most, notes)));
    }
    if (std::holds_alternative<scenario::ForDuration>(spec.end)) return most;
    const Duration needed = settling();
    if (needed > most) {
      notes.push_back(fmt::format(
          "the phase {} ends after {}, and what it waits for can take {}: give it that as at_most",
          spec.name, to_text(most), to_text(needed)));
    }
    return std::min(most, needed);
  }

  // Zero: nobody is missed.
  Duration wait_for(const scenario::UntilOnline& online, const scenario::PhaseSpec& spec,
                    Duration most, std::vector<std::string>& notes) const {
    const auto devices = static_cast<double>(scenario_.device_count());
    constexpr double kRounding = 1e-6;
    const auto spare =
        static_cast<std::uint64_t>(std::floor(devices * (1 - online.share) + kRounding));
    // Those that stay away longest are missed longest.
    std::vector<Away> away = away_;
    std::stable_sort(away.begin(), away.end(), [](const Away& a, const Away& b) {
      return a.until.value_or(kNever) > b.until.value_or(kNever);
    });
    std::uint64_t missed = 0;
    std::vector<std::uint64_t> missed_by(scenario_.faults.size());
    for (const Away& each : away) {
      // Who is struck again is away only once.
      const FaultId fault{static_cast<std::uint16_t>(each.fault)};
      const std::uint64_t more =
          std::min(each.devices, schedule_.ever_taken_by(fault) - missed_by[each.fault]);
      missed_by[each.fault] += more;
      missed += more;
      if (missed <= spare) continue;
      if (!each.until) {
        notes.push_back(fmt::format(
            "the phase {} waits for {:g} % of the fleet, and {} keeps too many away for ever: it "
            "will take all of its {}; ask for less, or let them come back",
            spec.name, online.share * 100, scenario_.faults[each.fault].name, to_text(most)));
        return most;
      }
      return std::max(Duration{}, *each.until - begins_);
    }
    return Duration{};
  }

  Duration settling() const {
    Duration silence{};
    Duration delay{};
    for (const device::DeviceConfig& kind : scenario_.devices) {
      if (is_any_silent_ && kind.keep_alive > Duration{}) {
        silence = std::max(silence, window_.highest(kind.keep_alive));
      }
      if (kind.will) delay = std::max(delay, std::min(kind.will->delay, kind.session_expiry));
    }
    return silence + delay + scenario_.judge.allowance + scenario_.judge.horizon +
           scenario::longest_wait(scenario_);
  }

  const scenario::Scenario& scenario_;
  const scenario::Schedule& schedule_;
  const broker::KeepAliveWindow& window_;
  Duration ramp_{};
  Instant begins_ = kRunStart;  // of the phase that is looked at
  std::vector<Away> away_;
  bool is_any_silent_ = false;
};

}  // namespace

std::uint64_t struck_by(const scenario::Schedule& schedule, const scenario::Firing& firing) {
  return firing.is_own ? 1 : schedule.taken_by(firing.fault);
}

PhaseLengths phase_lengths(const scenario::Scenario& scenario, const scenario::Schedule& schedule,
                           const broker::KeepAliveWindow& window) {
  return PhaseCount{scenario, schedule, window}.count();
}

}  // namespace probate::virtual_time
