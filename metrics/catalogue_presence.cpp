// What each presence policy believed against what was true.
#include <limits>

#include "metrics/catalogue.hpp"

namespace probate::metrics {
namespace {

using analysis::PresenceTotals;

constexpr std::array kDetectionBounds{0.1, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0};

// Calls fill(slot, totals) for each policy that is exported.
template <typename Fill>
void each_policy(const Snapshot& now, const Labels& labels, Fill fill) {
  const auto& policies = now.totals.policies;
  const std::size_t exported = labels[Axis::policy].size_of_names();
  for (std::size_t i = 0; i < policies.size() && i < exported; ++i) {
    fill(labels[Axis::policy].slot(i), policies[i]);
  }
}

template <auto kMember>
void fill_member(const Snapshot& now, const Labels& labels, Cells& out) {
  each_policy(now, labels, [&out](std::size_t slot, const analysis::PolicyTotals& policy) {
    out.at(slot) = static_cast<double>(policy.all.*kMember);
  });
}

template <analysis::Histogram PresenceTotals::*kMember>
void fill_histogram(const Snapshot& now, const Labels& labels, Cells& out) {
  each_policy(now, labels, [&out](std::size_t slot, const analysis::PolicyTotals& policy) {
    out.add(slot, policy.all.*kMember);
  });
}

// NaN where nothing was counted: no data is not a good figure.
double ratio(double numerator, double denominator) {
  if (denominator <= 0) return std::numeric_limits<double>::quiet_NaN();
  return numerator / denominator;
}

double false_offline_ratio(const PresenceTotals& totals) {
  return ratio(static_cast<double>(totals.reconnects_followed),
               static_cast<double>(totals.reconnects));
}
double false_offline_time_ratio(const PresenceTotals& totals) {
  return ratio(totals.false_offline_seconds, totals.up_seconds);
}
double false_offlines_per_device_hour(const PresenceTotals& totals) {
  return ratio(static_cast<double>(totals.false_offlines), totals.device_hours());
}

template <double (*kRatio)(const PresenceTotals&)>
void fill_ratio(const Snapshot& now, const Labels& labels, Cells& out) {
  for (std::size_t i = 0; i < out.size(); ++i) out.at(i) = ratio(0, 0);
  each_policy(now, labels, [&out](std::size_t slot, const analysis::PolicyTotals& policy) {
    out.at(slot) = kRatio(policy.all);
  });
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Family> presence_families() {
  return {
      {"false_offline_ratio",
       kGauge,
       "1",
       {Axis::policy},
       "Reconnects followed by a false offline / reconnects.",
       fill_ratio<false_offline_ratio>},
      {"false_offline_time_ratio",
       kGauge,
       "1",
       {Axis::policy},
       "Time believed offline while up / time up.",
       fill_ratio<false_offline_time_ratio>},
      {"false_offlines_per_device_hour",
       kGauge,
       "1",
       {Axis::policy},
       "False offlines per hour that a device was up.",
       fill_ratio<false_offlines_per_device_hour>},
      {"presence_reconnects_total",
       kCounter,
       "1",
       {Axis::policy},
       "Reconnects that were accepted: denominator of the false offline ratio.",
       fill_member<&PresenceTotals::reconnects>},
      {"reconnects_followed_total",
       kCounter,
       "1",
       {Axis::policy},
       "Of them, those followed by a false offline before that connection ended.",
       fill_member<&PresenceTotals::reconnects_followed>},
      {"offline_declarations_total",
       kCounter,
       "1",
       {Axis::policy},
       "Times a device was declared offline.",
       fill_member<&PresenceTotals::offline_declarations>},
      {"false_offlines_total",
       kCounter,
       "1",
       {Axis::policy},
       "Times a device was declared offline while it was up.",
       fill_member<&PresenceTotals::false_offlines>},
      {"false_offlines_pending",
       kGauge,
       "1",
       {Axis::policy},
       "Devices declared offline during a stall: whether falsely is not decided yet.",
       [](const Snapshot& now, const Labels& labels, Cells& out) {
         each_policy(now, labels, [&out](std::size_t slot, const analysis::PolicyTotals& policy) {
           out.at(slot) = static_cast<double>(policy.pending);
         });
       }},
      {"false_offline_seconds_total",
       kCounter,
       "s",
       {Axis::policy},
       "Time believed offline while up.",
       fill_member<&PresenceTotals::false_offline_seconds>},
      {"false_online_seconds_total",
       kCounter,
       "s",
       {Axis::policy},
       "Time believed online while not up.",
       fill_member<&PresenceTotals::false_online_seconds>},
      {"up_seconds_total",
       kCounter,
       "s",
       {Axis::policy},
       "Time that devices were up: denominator of the time ratio.",
       fill_member<&PresenceTotals::up_seconds>},
      {"unknown_seconds_total",
       kCounter,
       "s",
       {Axis::policy},
       "Time up about which the policy had no opinion.",
       fill_member<&PresenceTotals::unknown_seconds>},
      {"outages_over_bound_total",
       kCounter,
       "1",
       {Axis::policy},
       "Outages long enough that a policy could have seen them.",
       fill_member<&PresenceTotals::outages_over_bound>},
      {"missed_offlines_total",
       kCounter,
       "1",
       {Axis::policy},
       "Of them, those it never believed.",
       fill_member<&PresenceTotals::missed_offlines>},
      {"detection_seconds",
       MetricType::histogram,
       "s",
       {Axis::policy},
       "From the begin of an outage to the lasting belief that the device is offline.",
       fill_histogram<&PresenceTotals::detection>,
       kDetectionBounds},
      {"recovery_seconds",
       MetricType::histogram,
       "s",
       {Axis::policy},
       "From the return of a device to the belief that it is online.",
       fill_histogram<&PresenceTotals::recovery>,
       kDetectionBounds},
  };
}

}  // namespace probate::metrics
