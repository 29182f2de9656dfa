// The failure detectors' figures of presence, as rules can ask for them.
#include "core/analysis/gate/catalogue_figures.hpp"

#include <iterator>
#include <utility>

#include "core/analysis/gate/catalogue.hpp"

namespace probate::analysis::gate {
namespace {

using P = PresenceTotals;

Metric count(std::string_view name, std::uint64_t P::*field, std::string_view meaning) {
  return of_presence(name, MetricKind::count, Unit::none, meaning, [field](const P& p) {
    return Reading{static_cast<double>(p.*field), 1, {}};
  });
}
Metric seconds(std::string_view name, Seconds P::*field, std::string_view meaning) {
  return of_presence(name, MetricKind::amount, Unit::seconds, meaning, [field](const P& p) {
    return Reading{p.*field, 1, {}};
  });
}
Metric durations(std::string_view name, Histogram P::*field, std::string_view meaning) {
  return of_presence(name, MetricKind::histogram, Unit::seconds, meaning, [field](const P& p) {
    return Reading{0, 1, p.*field};
  });
}
// Counted trials, so an exact bound exists: every one of `part` is one of `whole`.
Metric share(std::string_view name, std::uint64_t P::*part, std::uint64_t P::*whole,
             std::string_view meaning) {
  return of_presence(name, MetricKind::ratio, Unit::ratio, meaning, [part, whole](const P& p) {
    return Reading{static_cast<double>(p.*part), static_cast<double>(p.*whole), {}};
  });
}
Metric share_of_devices(std::string_view name, std::uint64_t P::*part, std::uint64_t P::*whole,
                        std::string_view meaning) {
  Metric metric = share(name, part, whole, meaning);
  metric.counts_devices = true;
  return metric;
}
// One of `by` may bring several: no bound.
Metric rate(std::string_view name, std::uint64_t P::*by, std::string_view meaning) {
  return of_presence(name, MetricKind::quotient, Unit::ratio, meaning, [by](const P& p) {
    return Reading{static_cast<double>(p.false_offlines), static_cast<double>(p.*by), {}};
  });
}

}  // namespace

Metric of_presence(std::string_view name, MetricKind kind, Unit unit, std::string_view meaning,
                   std::function<Reading(const PresenceTotals&)> read) {
  Metric metric{};
  metric.name = name;
  metric.source = Source::presence;
  metric.kind = kind;
  metric.unit = unit;
  metric.meaning = meaning;
  metric.of_presence = std::move(read);
  return metric;
}

std::vector<Metric> figure_metrics() {
  return {
      count("offline_suspicions", &P::suspicions, "declarations only because nothing was heard"),
      count("false_offlines_reach", &P::false_offlines_reach,
            "false offlines of devices that no stall kept from being reached"),
      count("false_offlines_after_quiet", &P::false_offlines_after_quiet,
            "begun after the last disturbance and the time to settle from it"),
      seconds("false_online_avoidable_seconds", &P::false_online_avoidable_seconds,
              "time believed online beyond the detection bound"),
      seconds("reach_seconds", &P::reach_seconds, "time devices were up and not stalled"),
      seconds("false_offline_reach_seconds", &P::false_offline_reach_seconds,
              "time believed offline while reachable"),
      durations("mistake_recurrence", &P::mistake_recurrence,
                "from one false offline of a device to its next, of its time up"),
      durations("good_period", &P::good_period,
                "from the end of one false offline of a device to its next, of its time up"),
      share("false_offline_ratio_over_flicker", &P::reconnects_followed_over_flicker,
            &P::reconnects, "false_offline_ratio without those up to judge.flicker"),
      share("false_discovery_ratio", &P::false_offlines, &P::offline_declarations,
            "offline declarations that were false"),
      share_of_devices(
          "false_offline_device_ratio", &P::devices_hit, &P::devices,
          "devices with a false offline, of those that were ever up; of the run or a group"),
      share("missed_offline_ratio", &P::missed_offlines, &P::outages_over_bound,
            "long outages that the policy never noticed"),
      rate("false_offlines_per_disturbance", &P::disturbances, "by faults applied"),
      rate("false_offlines_per_takeover", &P::takeovers, "by takeovers"),
      of_presence("query_accuracy", MetricKind::quotient, Unit::ratio,
                  "share of the time up that was not believed offline",
                  [](const P& p) {
                    return Reading{p.up_seconds - p.false_offline_seconds, p.up_seconds, {}};
                  }),
      of_presence("false_offline_reach_time_ratio", MetricKind::quotient, Unit::ratio,
                  "share of the time reachable that was believed offline",
                  [](const P& p) {
                    return Reading{p.false_offline_reach_seconds, p.reach_seconds, {}};
                  }),
  };
}

}  // namespace probate::analysis::gate
