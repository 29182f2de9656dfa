#include "core/analysis/gate/catalogue.hpp"

#include <algorithm>
#include <numeric>

#include "core/analysis/gate/catalogue_figures.hpp"
#include "core/analysis/gate/gate.hpp"

namespace probate::analysis::gate {
namespace {

Reading exactly(std::uint64_t count) { return {static_cast<double>(count), 1, {}}; }
Reading ratio(std::uint64_t numerator, std::uint64_t denominator) {
  return {static_cast<double>(numerator), static_cast<double>(denominator), {}};
}
Reading amount(double seconds) { return {seconds, 1, {}}; }
Reading durations(const Histogram& histogram) { return {0, 1, histogram}; }

template <typename Enum>
std::vector<std::string> words(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(to_text(static_cast<Enum>(i)));
  return all;
}

constexpr std::array kObligationClasses{WillClass::in_time, WillClass::early, WillClass::late,
                                        WillClass::missing, WillClass::censored};
constexpr std::array kObservedClasses{
    WillClass::in_time,  WillClass::early,       WillClass::late,        WillClass::duplicate,
    WillClass::spurious, WillClass::wrong_epoch, WillClass::unattributed};
template <std::size_t kSize>
std::vector<std::string> words_of(const std::array<WillClass, kSize>& classes) {
  std::vector<std::string> all;
  for (const WillClass c : classes) all.emplace_back(to_text(c));
  return all;
}

template <std::size_t kSize>
Reading one_of(const std::array<std::uint64_t, kSize>& counts, std::size_t own) {
  if (own != kAllValues) return exactly(counts[own]);
  return exactly(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
}

Metric will_count(std::string_view name, std::string_view meaning,
                  std::function<Reading(const WillTotals&, std::size_t)> read, OwnLabel own = {}) {
  return {name, Source::wills, MetricKind::count, Unit::none, meaning, std::move(read), {}, {},
          {},   std::move(own)};
}
Metric will_class(std::string_view name, WillClass c, std::string_view meaning) {
  return will_count(name, meaning, [c](const WillTotals& w, std::size_t) { return exactly(w[c]); });
}

std::uint64_t judged(const WillTotals& w) { return w.expected - w[WillClass::censored]; }

// What became of obligations, which is known of those that were decided.
Reading of_decided(const WillTotals& w, Reading reading) {
  reading.decided = static_cast<double>(judged(w));
  reading.undecided = static_cast<double>(w[WillClass::censored]);
  return reading;
}
bool is_filled(WillClass c) {
  return c == WillClass::in_time || c == WillClass::early || c == WillClass::late;
}
Metric decided_class(std::string_view name, WillClass c, std::string_view meaning) {
  return will_count(name, meaning,
                    [c](const WillTotals& w, std::size_t) { return of_decided(w, exactly(w[c])); });
}
Metric of_fault(std::string_view name, std::string_view meaning,
                std::function<Reading(const FaultTotals&)> read) {
  Metric metric{name, Source::faults, MetricKind::count, Unit::none, meaning, {}, {}, {}, {}, {}};
  metric.of_fault = std::move(read);
  return metric;
}
Metric of_wills(std::string_view name, MetricKind kind, Unit unit, std::string_view meaning,
                std::function<Reading(const WillTotals&, std::size_t)> read) {
  return {name, Source::wills, kind, unit, meaning, std::move(read), {}, {}, {}, {}};
}
Metric of_run(std::string_view name, std::string_view meaning,
              std::function<Reading(const Totals&, std::size_t)> read, OwnLabel own = {}) {
  return {name, Source::run, MetricKind::count, Unit::none, meaning,
          {},   {},          std::move(read),   {},         std::move(own)};
}

void add_will_metrics(std::vector<Metric>& all) {
  using W = WillTotals;
  all.push_back(will_count("wills_expected", "obligations: wills that were owed, decided or not",
                           [](const W& w, std::size_t) { return exactly(w.expected); }));
  all.push_back(will_count("will_obligations", "obligations, by what became of them",
                           [](const W& w, std::size_t own) {
                             if (own == kAllValues) return exactly(w.expected);
                             const WillClass c = kObligationClasses.at(own);
                             if (c == WillClass::censored) return exactly(w[c]);
                             return of_decided(w, exactly(w[c]));
                           },
                           {"class", words_of(kObligationClasses)}));
  all.push_back(will_count("wills_observed", "first copies of wills that were seen",
                           [](const W& w, std::size_t own) {
                             if (own == kAllValues) return exactly(w.observed);
                             const WillClass c = kObservedClasses.at(own);
                             return is_filled(c) ? of_decided(w, exactly(w[c])) : exactly(w[c]);
                           },
                           {"class", words_of(kObservedClasses)}));
  all.push_back(decided_class("wills_true", WillClass::in_time, "seen in their window"));
  all.push_back(decided_class("wills_early", WillClass::early, "seen before their window"));
  all.push_back(decided_class("wills_late", WillClass::late, "seen after their window"));
  all.push_back(
      will_count("wills_missing", "due and never seen",
                 [](const W& w, std::size_t own) { return of_decided(w, one_of(w.missing, own)); },
                 {"cause", words<MissingCause>(kMissingCauseCount)}));
  all.push_back(will_count("wills_censored", "could not be judged",
                           [](const W& w, std::size_t own) { return one_of(w.censored, own); },
                           {"cause", words<CensoredCause>(kCensoredCauseCount)}));
  all.push_back(will_count("wills_duplicate", "second and further copies of one will",
                           [](const W& w, std::size_t own) { return one_of(w.duplicates, own); },
                           {"cause", words<DuplicateCause>(kDuplicateCauseCount)}));
  all.push_back(will_class("wills_spurious", WillClass::spurious, "seen though none was due"));
  all.push_back(will_class("wills_wrong_epoch", WillClass::wrong_epoch,
                           "seen with the epoch of the live connection"));
  all.push_back(will_class("wills_unattributed", WillClass::unattributed,
                           "seen, of no connection that is known"));
  all.push_back(will_count("wills_flagged", "true, early or late wills with a flag",
                           [](const W& w, std::size_t own) {
                             const auto flagged = own == 0   ? w.takeover
                                                  : own == 1 ? w.ghost
                                                             : w.takeover + w.ghost;
                             return of_decided(w, exactly(flagged));
                           },
                           {"flag", {"takeover", "ghost"}}));
  all.push_back(will_count("no_wills", "connections that ended without a will, by reason",
                           [](const W& w, std::size_t own) {
                             const bool decides = own == static_cast<std::size_t>(NoWill::missing);
                             const Reading found = one_of(w.no_will, own);
                             return decides ? of_decided(w, found) : found;
                           },
                           {"reason", words<NoWill>(kNoWillCount)}));
  all.push_back(of_wills(
      "will_delay", MetricKind::histogram, Unit::seconds, "from a connection's end to its will",
      [](const W& w, std::size_t) { return of_decided(w, durations(w.delay)); }));
  all.push_back(
      of_wills("will_lateness", MetricKind::histogram, Unit::seconds,
               "from the end of a will's window to the will",
               [](const W& w, std::size_t) { return of_decided(w, durations(w.lateness)); }));
  all.push_back(of_wills("will_missing_ratio", MetricKind::ratio, Unit::ratio,
                         "missing of all wills due", [](const W& w, std::size_t) {
                           return of_decided(w, ratio(w[WillClass::missing], judged(w)));
                         }));
  all.push_back(of_wills(
      "will_late_ratio", MetricKind::ratio, Unit::ratio, "late of all wills due",
      [](const W& w, std::size_t) { return of_decided(w, ratio(w[WillClass::late], judged(w))); }));
}

void add_presence_metrics(std::vector<Metric>& all) {
  using P = PresenceTotals;
  const auto count = [&](std::string_view name, std::uint64_t P::*field, std::string_view meaning) {
    all.push_back(of_presence(name, MetricKind::count, Unit::none, meaning,
                              [field](const P& p) { return exactly(p.*field); }));
  };
  count("false_offlines", &P::false_offlines, "devices that were up and believed offline");
  count("false_offlines_over_flicker", &P::false_offlines_over_flicker,
        "those that lasted longer than judge.flicker");
  count("offline_declarations", &P::offline_declarations, "times the policy said offline");
  count("reconnects", &P::reconnects, "accepted connections but a device's first");
  count("reconnects_followed", &P::reconnects_followed,
        "of them, those followed by a false offline");
  count("outages", &P::outages, "times a device was not up");
  count("outages_over_bound", &P::outages_over_bound, "outages long enough to be noticed");
  count("missed_offlines", &P::missed_offlines, "long outages that the policy never noticed");
  const auto seconds = [&](std::string_view name, Seconds P::*field, std::string_view meaning) {
    all.push_back(of_presence(name, MetricKind::amount, Unit::seconds, meaning,
                              [field](const P& p) { return amount(p.*field); }));
  };
  seconds("false_offline_seconds", &P::false_offline_seconds, "time believed offline while up");
  seconds("false_online_seconds", &P::false_online_seconds, "time believed online while not up");
  seconds("up_seconds", &P::up_seconds, "time devices were truly up");
  seconds("unknown_seconds", &P::unknown_seconds, "time up without an opinion of the policy");
  const auto histogram = [&](std::string_view name, Histogram P::*field, std::string_view meaning) {
    all.push_back(of_presence(name, MetricKind::histogram, Unit::seconds, meaning,
                              [field](const P& p) { return durations(p.*field); }));
  };
  histogram("detection", &P::detection, "from the start of an outage to offline");
  histogram("recovery", &P::recovery, "from the return of a device to online");
  histogram("false_offline_duration", &P::false_offline_duration, "of finished false offlines");
  all.push_back(of_presence("false_offline_ratio", MetricKind::ratio, Unit::ratio,
                            "reconnects followed by a false offline before that connection ends",
                            [](const P& p) { return ratio(p.reconnects_followed, p.reconnects); }));
  all.push_back(
      of_presence("recovery_ratio", MetricKind::ratio, Unit::ratio,
                  "outages after which the device was believed online again",
                  [](const P& p) { return ratio(p.outages - p.unrecovered, p.outages); }));
  all.push_back(of_presence("false_offline_time_ratio", MetricKind::quotient, Unit::ratio,
                            "share of the time up that was believed offline", [](const P& p) {
                              return Reading{p.false_offline_seconds, p.up_seconds, {}};
                            }));
  all.push_back(
      of_presence("false_offlines_per_device_hour", MetricKind::quotient, Unit::per_hour,
                  "false offlines in an hour of one device's time up", [](const P& p) {
                    return Reading{static_cast<double>(p.false_offlines), p.device_hours(), {}};
                  }));
}

void add_run_metrics(std::vector<Metric>& all) {
  all.push_back(of_run("broker_deviations", "times the broker strayed from the specification",
                       [](const Totals& t, std::size_t) {
                         std::uint64_t sum = 0;
                         for (const DeviationTotals& d : t.deviations) sum += d.count;
                         return exactly(sum);
                       }));
  all.push_back(of_run("takeovers", "connections ended by a login with their ClientID",
                       [](const Totals& t, std::size_t own) {
                         if (own == 0) return exactly(t.takeovers_injected);
                         if (own == 1) return exactly(t.takeovers_organic);
                         return exactly(t.takeovers_injected + t.takeovers_organic);
                       },
                       {"cause", {"injected", "organic"}}));
  all.push_back(of_run("observer_gaps", "spans in which an observer cannot be trusted",
                       [](const Totals& t, std::size_t own) {
                         if (own != kAllValues) return exactly(t.observers.at(own).gaps);
                         return exactly(t.observers[0].gaps + t.observers[1].gaps);
                       },
                       {"observer", {"backend", "control"}}));
  const auto count = [&](std::string_view name, std::uint64_t Totals::*field,
                         std::string_view meaning) {
    all.push_back(
        of_run(name, meaning, [field](const Totals& t, std::size_t) { return exactly(t.*field); }));
  };
  count("events_dropped", &Totals::events_dropped, "records of the journal that were lost");
  count("events_out_of_order", &Totals::events_out_of_order, "records older than one before them");
  count("lag_windows", &Totals::lag_windows, "windows of 10 s with too much lag");
  count("phase_timeouts", &Totals::phase_timeouts, "phases that did not reach their end in time");
}

void add_fault_metrics(std::vector<Metric>& all) {
  all.push_back(of_fault("faults_injected", "devices that a fault hit",
                         [](const FaultTotals& f) { return exactly(f.injected); }));
  all.push_back(of_fault("faults_skipped", "devices that a fault was meant for and could not hit",
                         [](const FaultTotals& f) {
                           std::uint64_t sum = 0;
                           for (const auto& [reason, skipped] : f.skipped) sum += skipped;
                           return exactly(sum);
                         }));
}

std::vector<Metric> make_catalogue() {
  std::vector<Metric> all;
  add_will_metrics(all);
  add_presence_metrics(all);
  add_fault_metrics(all);
  for (Metric& metric : figure_metrics()) all.push_back(std::move(metric));
  add_run_metrics(all);
  return all;
}

std::string_view labels_of(Source source) {
  switch (source) {
    case Source::wills:
      return "group, fault";
    case Source::presence:
      return "policy, group, fault";
    case Source::faults:
      return "fault";
    case Source::run:
      return "";
  }
  return "";
}

// Volume is counted apart, is exported, and is not in the journal: judging again would lack it.
constexpr std::array<std::string_view, 21> kVolume{"accept_errors",
                                                   "connack",
                                                   "connack_refusals",
                                                   "connect_errors",
                                                   "connection_closes",
                                                   "connects",
                                                   "connects_swallowed",
                                                   "cpu",
                                                   "dial_errors",
                                                   "downlink_bytes",
                                                   "links",
                                                   "links_accepted",
                                                   "malformed_packets",
                                                   "packets",
                                                   "packets_altered",
                                                   "packets_swallowed",
                                                   "publishes",
                                                   "publishes_dropped",
                                                   "schedule_lag",
                                                   "twin_logins",
                                                   "uplink_bytes"};

}  // namespace

bool is_volume(std::string_view name) {
  return std::find(kVolume.begin(), kVolume.end(), name) != kVolume.end();
}

const char* to_text(MetricKind kind) {
  switch (kind) {
    case MetricKind::count:
      return "count";
    case MetricKind::ratio:
      return "ratio";
    case MetricKind::quotient:
      return "quotient";
    case MetricKind::amount:
      return "amount";
    case MetricKind::histogram:
      return "histogram";
  }
  return "";
}

void Reading::merge(const Reading& other, MetricKind kind) {
  numerator += other.numerator;
  if (kind == MetricKind::ratio || kind == MetricKind::quotient) denominator += other.denominator;
  if (kind == MetricKind::histogram) histogram.merge(other.histogram);
  decided += other.decided;
  undecided += other.undecided;
}

Reading Reading::since(const Reading& earlier, MetricKind kind) const {
  const auto gained = [](double now, double before) { return std::max(now - before, 0.0); };
  Reading out = *this;
  out.numerator = gained(numerator, earlier.numerator);
  if (kind == MetricKind::ratio || kind == MetricKind::quotient) {
    out.denominator = gained(denominator, earlier.denominator);
    // A hit in the window may be of a trial before it.
    if (kind == MetricKind::ratio) out.numerator = std::min(out.numerator, out.denominator);
  }
  if (kind == MetricKind::histogram) out.histogram = histogram.since(earlier.histogram);
  out.decided = gained(decided, earlier.decided);
  out.undecided = gained(undecided, earlier.undecided);
  return out;
}

std::span<const Metric> catalogue() {
  static const std::vector<Metric> kAll = make_catalogue();
  return kAll;
}

const Metric* find_metric(std::string_view name) {
  const auto all = catalogue();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Metric& m) { return m.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<MetricName> metric_names() {
  std::vector<MetricName> names;
  for (const Metric& metric : catalogue()) {
    std::string labels{metric.own.name};
    const std::string_view shared = labels_of(metric.source);
    if (!labels.empty() && !shared.empty()) labels += ", ";
    labels += shared;
    names.push_back({std::string{metric.name}, to_text(metric.kind), to_text(metric.unit),
                     std::move(labels), std::string{metric.meaning}});
  }
  return names;
}

}  // namespace probate::analysis::gate
