// What became of every will.
#include <algorithm>

#include "metrics/catalogue.hpp"

namespace probate::metrics {
namespace {

using analysis::WillClass;

constexpr std::array kObligationClasses{WillClass::in_time, WillClass::early, WillClass::late,
                                        WillClass::missing, WillClass::censored};
constexpr std::array kObservedClasses{
    WillClass::in_time,  WillClass::early,       WillClass::late,        WillClass::duplicate,
    WillClass::spurious, WillClass::wrong_epoch, WillClass::unattributed};
// Keep-alive of seconds in a test, of minutes in the field.
constexpr std::array kDelayBounds{0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 450.0, 900.0};
constexpr std::array kLatenessBounds{0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0};

template <const auto& kClasses>
void fill_classes(const Snapshot& now, const Labels&, Cells& out) {
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    out.at(i) = static_cast<double>(now.totals.wills[kClasses[i]]);
  }
}

void fill_flags(const Snapshot& now, const Labels&, Cells& out) {
  out.at(0) = static_cast<double>(now.totals.wills.takeover);
  out.at(1) = static_cast<double>(now.totals.wills.ghost);
  out.at(2) = static_cast<double>(now.totals.wills.ambiguous);
}

void fill_by_fault(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& faults = now.totals.wills_by_fault;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    out.at(labels[Axis::will_fault].slot(i)) += static_cast<double>(faults[i].observed);
  }
}

void fill_missing(const Snapshot& now, const Labels&, Cells& out) {
  for (std::size_t i = 0; i < analysis::kMissingCauseCount; ++i) {
    out.at(i) = static_cast<double>(now.totals.wills.missing[i]);
  }
}

void fill_deviations(const Snapshot& now, const Labels& labels, Cells& out) {
  const auto& rules = labels[Axis::deviation].values();
  for (const analysis::DeviationTotals& deviation : now.totals.deviations) {
    const auto found = std::find(rules.begin(), rules.end(), deviation.rule);
    CHECK(found != rules.end());
    out.at(static_cast<std::size_t>(found - rules.begin())) += static_cast<double>(deviation.count);
  }
}

void fill_takeovers(const Snapshot& now, const Labels&, Cells& out) {
  out.at(0) = static_cast<double>(now.totals.takeovers_injected);
  out.at(1) = static_cast<double>(now.totals.takeovers_organic);
}

}  // namespace

std::vector<Family> will_families() {
  return {
      {"will_obligations_total",
       kCounter,
       "1",
       {Axis::obligation_class},
       "Wills that a broker owed, by what became of them.",
       fill_classes<kObligationClasses>},
      {"will_obligations_open",
       MetricType::gauge,
       "1",
       {},
       "Wills that may still come: owed, not seen and not overdue.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = static_cast<double>(now.totals.wills.open);
       }},
      {"wills_observed_total",
       kCounter,
       "1",
       {Axis::observed_class},
       "Wills that the back end saw, by what they were.",
       fill_classes<kObservedClasses>},
      {"wills_flagged_total",
       kCounter,
       "1",
       {Axis::will_flag},
       "Of the wills seen, those at a takeover, of a ghost, or that fit several connections.",
       fill_flags},
      {"wills_by_fault_total",
       kCounter,
       "1",
       {Axis::will_fault},
       "Wills seen, by the last fault on the link.",
       fill_by_fault},
      {"wills_missing_total",
       kCounter,
       "1",
       {Axis::missing_cause},
       "Wills that never came, by why.",
       fill_missing},
      {"broker_deviations_total",
       kCounter,
       "1",
       {Axis::deviation},
       "Ends of connections where the broker did, as its profile says, what the specification "
       "forbids.",
       fill_deviations},
      {"will_delay_seconds",
       MetricType::histogram,
       "s",
       {},
       "From the end of a connection to its will.",
       [](const Snapshot& now, const Labels&, Cells& out) { out.add(0, now.totals.wills.delay); },
       kDelayBounds},
      {"will_lateness_seconds",
       MetricType::histogram,
       "s",
       {},
       "From the end of the window in which a will was due to the will; 0 within the window.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.add(0, now.totals.wills.lateness);
       },
       kLatenessBounds},
      {"takeovers_total",
       kCounter,
       "1",
       {Axis::takeover_cause},
       "Connections that ended because somebody else came with their ClientID.",
       fill_takeovers},
  };
}

}  // namespace probate::metrics
