// Whether the measurement itself can be trusted, and what it costs.
#include "metrics/catalogue.hpp"

namespace probate::metrics {
namespace {

using analysis::Totals;

template <std::uint64_t Totals::*kCount>
void fill_count(const Snapshot& now, const Labels&, Cells& out) {
  out.at() = static_cast<double>(now.totals.*kCount);
}

template <double ProcessFigures::*kFigure>
void fill_process(const Snapshot& now, const Labels&, Cells& out) {
  out.at() = now.process.*kFigure;
}

template <typename Counts>
void fill_counts(const Counts& counts, Cells& out) {
  for (std::size_t i = 0; i < counts.size(); ++i) out.at(i) = static_cast<double>(counts[i]);
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): a table
std::vector<Family> instrument_families() {
  return {
      {"observer_up",
       kGauge,
       "1",
       {Axis::observer},
       "Whether the observer has its subscription.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         for (std::size_t i = 0; i < now.totals.observers.size(); ++i) {
           out.at(i) = now.totals.observers[i].up ? 1 : 0;
         }
       }},
      {"observer_gaps_total",
       kCounter,
       "1",
       {Axis::observer},
       "Spans in which what an observer saw cannot be trusted.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         for (std::size_t i = 0; i < now.totals.observers.size(); ++i) {
           out.at(i) = static_cast<double>(now.totals.observers[i].gaps);
         }
       }},
      {"broker_lost",
       kGauge,
       "1",
       {},
       "1 after the managed broker went away; always 0 with a broker of yours.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = now.totals.broker_lost ? 1 : 0;
       }},
      {"events_written_total",
       kCounter,
       "1",
       {},
       "Records that the loops wrote to the journal.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = static_cast<double>(now.loops.events_written);
       }},
      {"events_total",
       kCounter,
       "1",
       {},
       "Records of the journal that were judged.",
       fill_count<&Totals::events>},
      {"events_dropped_total",
       kCounter,
       "1",
       {},
       "Records that were lost because a loop's queue to the judge was full; any makes the run "
       "inconclusive.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         out.at() = static_cast<double>(now.loops.events_dropped);
       }},
      {"events_out_of_order_total",
       kCounter,
       "1",
       {},
       "Records that came after a later one and were judged at its time.",
       fill_count<&Totals::events_out_of_order>},
      {"control_requests_total",
       kCounter,
       "1",
       {Axis::control_code},
       "Requests that the control API answered, by the class of the status.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         fill_counts(now.control.answered, out);
       }},
      {"control_rejected_total",
       kCounter,
       "1",
       {Axis::rejected_why},
       "Requests and connections that the control API did not take, by why.",
       [](const Snapshot& now, const Labels&, Cells& out) {
         fill_counts(now.control.rejected, out);
       }},
      {"schedule_lag_seconds",
       MetricType::histogram,
       "s",
       {},
       "How late the loops' timers fired.",
       [](const Snapshot& now, const Labels&, Cells& out) { out.add(0, now.loops.schedule_lag); },
       journal::CoarseHistogram::kBounds},
      {"lag_windows_total",
       kCounter,
       "1",
       {},
       "Windows of 10 s whose lag was too high for the verdicts to be trusted.",
       fill_count<&Totals::lag_windows>},
      {"phase_timeouts_total",
       kCounter,
       "1",
       {},
       "Phases that ended because their condition did not come true in time.",
       fill_count<&Totals::phase_timeouts>},
      {"open_fds",
       kGauge,
       "1",
       {},
       "Open file descriptors of this process.",
       fill_process<&ProcessFigures::open_fds>},
      {"max_fds",
       kGauge,
       "1",
       {},
       "File descriptors this process may open.",
       fill_process<&ProcessFigures::max_fds>},
      {"resident_memory_bytes",
       kGauge,
       "bytes",
       {},
       "Resident memory of this process.",
       fill_process<&ProcessFigures::resident_memory_bytes>},
      {"cpu_seconds_total",
       kCounter,
       "s",
       {},
       "User and system CPU time of this process.",
       fill_process<&ProcessFigures::cpu_seconds>},
  };
}

}  // namespace probate::metrics
