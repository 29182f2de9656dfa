// The part of validate() about phases.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/scenario/complaints.hpp"

namespace probate::scenario {
namespace {

struct LengthMax {
  Duration operator()(const ForDuration& end) const { return end.duration; }
  Duration operator()(const UntilOnline& end) const { return end.timeout; }
  Duration operator()(const ForAuto& end) const { return end.at_most; }
};

// When the first so many devices have begun to connect. Of random arrivals the earliest that can
// be expected: six standard deviations before their mean.
Duration begun_by(const ConnectPlan& plan, double devices) {
  constexpr double kDeviations = 6;
  const double gaps = plan.arrival == Arrival::even
                          ? devices - 1
                          : std::max(devices - kDeviations * std::sqrt(devices), 0.0);
  return from_seconds(gaps / plan.rate);
}

// A phase that connects the devices and waits for them has time for the last of them.
void check_ramp(const Scenario& scenario, std::size_t i, const ConnectPlan& plan, Complaints& out) {
  const auto* end = std::get_if<UntilOnline>(&scenario.phases[i].end);
  // What has no sense by itself is complained of elsewhere.
  if (end == nullptr || end->timeout < kPeriodMin) return;
  if (!(plan.rate > 0) || !(end->share > 0 && end->share <= 1)) return;
  constexpr double kRounding = 1e-6;  // 99.9 % of a thousand are 999
  const double devices = std::ceil(scenario.device_count() * end->share - kRounding);
  const Duration begun = devices < 1 ? Duration{} : begun_by(plan, devices);
  if (begun < end->timeout) return;
  out.add(
      fmt::format("phases[{}].until.timeout", i), ErrorCode::duration_range,
      fmt::format("{} is too short: at {:g}/s the last of {:.0f} devices begins to connect after "
                  "{}",
                  to_text(end->timeout), plan.rate, devices, to_text(begun)));
}

void check_end(const Scenario& scenario, std::size_t i, bool connected, Complaints& out) {
  const PhaseSpec& phase = scenario.phases[i];
  const std::string path = fmt::format("phases[{}]", i);
  if (const auto* end = std::get_if<ForDuration>(&phase.end)) {
    return out.check_duration(path + ".for", end->duration, kPeriodMin);
  }
  if (const auto* end = std::get_if<ForAuto>(&phase.end)) {
    out.check_duration(path + ".at_most", end->at_most, kPeriodMin);
    if (i + 1 == scenario.phases.size()) return;
    return out.add(path + ".for", ErrorCode::auto_phase_not_last,
                   "`for: auto` waits for every will that is due, so it must be the last phase");
  }
  const auto& end = std::get<UntilOnline>(phase.end);
  out.check_duration(path + ".until.timeout", end.timeout, kPeriodMin);
  if (!(end.share > 0 && end.share <= 1)) {
    out.add(path + ".until.online", ErrorCode::share_range,
            fmt::format("{:.10g}% is out of range: above 0% and at most 100%", end.share * 100));
  }
  if (connected) return;
  out.add(path + ".until", ErrorCode::online_before_connect,
          "no device connects before a later phase, so none can be online in this one");
}

}  // namespace

Duration phase_length_max(const PhaseSpec& phase) { return std::visit(LengthMax{}, phase.end); }

void check_phases(const Scenario& scenario, Complaints& out) {
  if (scenario.phases.empty()) {
    return out.add("phases", ErrorCode::no_phase, "at least one phase is needed");
  }
  const PhaseSpec* connects = nullptr;
  for (const PhaseSpec& phase : scenario.phases) {
    if (phase.connect && connects == nullptr) connects = &phase;
  }
  // Without `connect` anywhere, all devices connect in the first phase.
  if (connects == nullptr) check_ramp(scenario, 0, ConnectPlan{}, out);
  bool connected = connects == nullptr;
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    const PhaseSpec& phase = scenario.phases[i];
    const std::string path = fmt::format("phases[{}].connect", i);
    if (phase.connect && connected) {
      out.add(path, ErrorCode::connect_twice,
              fmt::format("the devices connect in phase \"{}\" already, and a device connects for "
                          "the first time once",
                          connects->name));
    }
    if (&phase == connects) check_ramp(scenario, i, *phase.connect, out);
    connected = connected || phase.connect.has_value();
    if (phase.connect && !(phase.connect->rate > 0 && phase.connect->rate <= kConnectRateMax)) {
      out.add(path + ".rate", ErrorCode::connect_rate,
              fmt::format("{:g}/s is out of range: above 0/s and at most {:g}/s",
                          phase.connect->rate, kConnectRateMax));
    }
    check_end(scenario, i, connected, out);
  }
}

}  // namespace probate::scenario
