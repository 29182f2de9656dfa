// The devices and what was done to them.
#include "metrics/catalogue.hpp"

namespace probate::metrics {
namespace {

using journal::GroupCounters;

template <std::uint64_t GroupCounters::*kCount>
void fill_sum(const Snapshot& now, const Labels&, Cells& out) {
  for (const GroupCounters& group : now.loops.groups) {
    out.at() += static_cast<double>(group.*kCount);
  }
}

template <std::uint64_t GroupCounters::*kCount>
void fill_by_group(const Snapshot& now, const Labels& labels, Cells& out) {
  const LabelValues& groups = labels[Axis::group];
  for (std::size_t i = 0; i < now.loops.groups.size(); ++i) {
    out.at(groups.slot(i)) += static_cast<double>(now.loops.groups[i].*kCount);
  }
}

void fill_devices(const Snapshot& now, const Labels& labels, Cells& out) {
  const LabelValues& groups = labels[Axis::group];
  for (std::size_t i = 0; i < now.loops.groups.size(); ++i) {
    const auto& states = now.loops.groups[i].devices_by_state;
    for (std::size_t state = 0; state < states.size(); ++state) {
      out.at(groups.slot(i), state) += static_cast<double>(states[state]);
    }
  }
}

void fill_refusals(const Snapshot& now, const Labels&, Cells& out) {
  for (const GroupCounters& group : now.loops.groups) {
    for (std::size_t code = 1; code < group.connack_refusals.size(); ++code) {
      if (group.connack_refusals[code] == 0) continue;
      out.at(refusal_slot(static_cast<std::uint8_t>(code))) +=
          static_cast<double>(group.connack_refusals[code]);
    }
  }
}

void fill_connect_errors(const Snapshot& now, const Labels&, Cells& out) {
  for (const GroupCounters& group : now.loops.groups) {
    for (std::size_t cause = 0; cause < group.connect_errors.size(); ++cause) {
      out.at(cause) += static_cast<double>(group.connect_errors[cause]);
    }
  }
}

void fill_injected(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& faults = now.totals.faults;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    out.at(labels[Axis::fault].slot(i)) += static_cast<double>(faults[i].injected);
  }
}

void fill_skipped(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& faults = now.totals.faults;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    for (const auto& [reason, count] : faults[i].skipped) {
      out.at(labels[Axis::fault].slot(i)) += static_cast<double>(count);
    }
  }
}

void fill_active(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& faults = now.totals.faults;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    out.at(labels[Axis::fault].slot(i), 0) += static_cast<double>(faults[i].active);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Family> fleet_families() {
  return {
      {"devices",
       kGauge,
       "1",
       {Axis::group, Axis::device_state},
       "Devices by what they are doing.",
       fill_devices},
      {"devices_up",
       kGauge,
       "1",
       {},
       "Devices that are truly up: their CONNECT went to the broker and nothing ended it since.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = static_cast<double>(now.totals.devices_up);
       }},
      {"connects_total",
       kCounter,
       "1",
       {Axis::group},
       "Sessions: a CONNACK that accepts reached the device.",
       fill_by_group<&GroupCounters::connects>},
      {"reconnects_total",
       kCounter,
       "1",
       {Axis::group},
       "Of the sessions, those that were not their device's first.",
       fill_by_group<&GroupCounters::reconnects>},
      {"reconnect_peak_per_second",
       kGauge,
       "1",
       {},
       "The most devices that came back within one second.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = static_cast<double>(now.records.reconnect_peak_per_second());
       }},
      {"connack_seconds",
       MetricType::histogram,
       "s",
       {},
       "From the intended start of an attempt to the CONNACK at the device.",
       [](const Snapshot& now, const Labels&, Cells& out) { out.add(0, now.loops.connack); },
       journal::CoarseHistogram::kBounds},
      {"connack_refusals_total",
       kCounter,
       "1",
       {Axis::refusal_reason},
       "CONNACKs that refused, by reason.",
       fill_refusals},
      {"connect_errors_total",
       kCounter,
       "1",
       {Axis::connect_error},
       "Attempts that failed, and sessions that ended for a protocol error of the broker's, by "
       "cause.",
       fill_connect_errors},
      {"publishes_total",
       kCounter,
       "1",
       {},
       "Messages that devices published.",
       fill_sum<&GroupCounters::publishes>},
      {"publishes_dropped_total",
       kCounter,
       "1",
       {},
       "Messages that found no place in a device's queue.",
       fill_sum<&GroupCounters::publishes_dropped>},
      {"faults_injected_total",
       kCounter,
       "1",
       {Axis::fault},
       "Devices that a fault hit.",
       fill_injected},
      {"faults_skipped_total",
       kCounter,
       "1",
       {Axis::fault},
       "Devices that a fault was meant for and could not hit in the state they were in.",
       fill_skipped},
      {"faults_active",
       kGauge,
       "1",
       {Axis::fault, Axis::fidelity},
       "Devices under a fault that has not been healed.",
       fill_active},
  };
}

}  // namespace probate::metrics
