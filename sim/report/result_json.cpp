#include "sim/report/result_json.hpp"

#include "core/base/json_text.hpp"
#include "sim/report/numbers.hpp"

namespace probate::report {
namespace {

namespace json = boost::json;

json::object scenario_json(const RunReport& report) {
  json::array groups;
  for (std::size_t i = 0; i < report.groups.size(); ++i) {
    const std::uint32_t size = i < report.group_sizes.size() ? report.group_sizes[i] : 0;
    groups.push_back(json::object{{"name", report.groups[i]}, {"devices", size}});
  }
  json::array phases;
  for (const analysis::PhaseSpan& phase : report.outcome.phases) {
    phases.push_back(json::object{{"name", phase.name},
                                  {"began_s", to_seconds(phase.began_at)},
                                  {"ended_s", optional_json(phase.ended_at)},
                                  {"timed_out", phase.timed_out}});
  }
  const journal::Recipe& recipe = report.recipe;
  json::object files;
  for (const auto& [path, text] : recipe.files) files[path] = text;
  return {{"name", report.scenario},
          {"about", report.about},
          {"file", recipe.file},
          {"text", recipe.text},
          {"files", std::move(files)},
          {"variables", json::array(recipe.variables.begin(), recipe.variables.end())},
          {"overrides", json::array(recipe.overrides.begin(), recipe.overrides.end())},
          {"time_scale", recipe.time_scale},
          {"faults_by_hand", recipe.faults_by_hand},
          {"seed", report.seed},
          {"digest", report.digest},
          {"groups", std::move(groups)},
          {"phases", std::move(phases)}};
}

json::object run_json(const RunReport& report) {
  return {{"engine", report.engine},
          {"broker", report.broker},
          {"profile", report.profile},
          {"fidelity", report.fidelity},
          {"started_at", rfc3339_text(report.started_at)},
          {"ended_at", rfc3339_text(report.ended_at)},
          {"judged_until_s", optional_json(report.outcome.judged_until)},
          {"repeat", report.repeat}};
}

json::object host_json(const HostLimits& host) {
  return {{"system", host.system},
          {"processors", host.processors},
          {"memory_bytes", host.memory_bytes},
          {"descriptors_max", host.descriptors_max}};
}

json::array guards_json(const RunReport& report) {
  json::array guards;
  for (const analysis::Guard& guard : report.outcome.guards) {
    json::object entry{{"kind", analysis::to_text(guard.kind)},
                       {"voids_run", guard.voids_run},
                       {"text", guard.text}};
    const auto& phases = report.outcome.phases;
    if (guard.phase && guard.phase->index() < phases.size()) {
      entry["phase"] = phases[guard.phase->index()].name;
    }
    if (guard.fault) entry["fault"] = report.fault_name(*guard.fault);
    guards.push_back(std::move(entry));
  }
  return guards;
}

json::array faults_json(const RunReport& report) {
  json::array faults;
  for (std::size_t i = 0; i < report.outcome.totals.faults.size(); ++i) {
    const analysis::FaultTotals& totals = report.outcome.totals.faults[i];
    json::object skipped;
    for (const auto& [reason, count] : totals.skipped) skipped[reason] = count;
    faults.push_back(json::object{{"name", report.fault_name({static_cast<std::uint16_t>(i)})},
                                  {"injected", totals.injected},
                                  {"skipped", std::move(skipped)}});
  }
  return faults;
}

json::array deviations_json(const RunReport& report) {
  json::array deviations;
  for (const analysis::DeviationTotals& deviation : report.outcome.totals.deviations) {
    deviations.push_back(json::object{{"rule", deviation.rule},
                                      {"statement", deviation.statement},
                                      {"sentence", deviation.sentence},
                                      {"count", deviation.count},
                                      {"first_s", to_seconds(deviation.first_at)}});
  }
  return deviations;
}

json::object observer_json(const analysis::ObserverTotals& observer) {
  return {{"up", observer.up}, {"gaps", observer.gaps}};
}

json::object instruments_json(const RunReport& report) {
  const analysis::Totals& totals = report.outcome.totals;
  return {{"observers", json::object{{"backend", observer_json(totals.observers[0])},
                                     {"control", observer_json(totals.observers[1])}}},
          {"events", totals.events},
          {"events_dropped", totals.events_dropped},
          {"events_out_of_order", totals.events_out_of_order},
          {"lag_p99_s", to_seconds(totals.lag_p99)},
          {"lag_max_s", to_seconds(totals.lag_max)},
          {"lag_windows", totals.lag_windows},
          {"broker_lost", totals.broker_lost},
          {"phase_timeouts", totals.phase_timeouts}};
}

const char* text_of(analysis::gate::Unit unit) {
  using analysis::gate::Unit;
  switch (unit) {
    case Unit::none:
      return "1";
    case Unit::ratio:
      return "ratio";
    case Unit::seconds:
      return "s";
    case Unit::per_second:
      return "1/s";
    case Unit::per_hour:
      return "1/h";
    case Unit::bytes:
      return "B";
  }
  return "";
}

}  // namespace

json::value optional_json(const std::optional<Instant>& at) {
  return at ? json::value(to_seconds(*at)) : json::value(nullptr);
}

namespace {

// A percentile is known as well as its bucket is narrow: [low, high].
json::array interval_json(const analysis::Histogram& histogram, double p) {
  const analysis::Histogram::Interval bounds = histogram.percentile_bounds(p);
  return {to_seconds(bounds.low), to_seconds(bounds.high)};
}

}  // namespace

json::object histogram_json(const analysis::Histogram& histogram) {
  json::array buckets;
  for (const auto& bucket : histogram.buckets()) {
    buckets.push_back(json::array{bucket.low / 1us, bucket.high / 1us, bucket.count});
  }
  return {{"count", histogram.count()},
          {"sum_s", to_seconds(histogram.sum())},
          {"min_s", to_seconds(histogram.min())},
          {"max_s", to_seconds(histogram.max())},
          {"p50_s", interval_json(histogram, 0.5)},
          {"p95_s", interval_json(histogram, 0.95)},
          {"p99_s", interval_json(histogram, 0.99)},
          {"buckets_us", std::move(buckets)}};
}

json::array rules_json(const std::vector<analysis::gate::RuleResult>& rules) {
  json::array out;
  for (const analysis::gate::RuleResult& rule : rules) {
    json::array offenders;
    for (const std::string& line : rule.offenders) offenders.emplace_back(line);
    out.push_back(
        json::object{{"name", rule.name},
                     {"expect", rule.expect},
                     {"per", rule.per},
                     {"status", to_text(rule.status)},
                     {"severity", rule.severity == scenario::Severity::fail ? "fail" : "warn"},
                     {"value", number_or_null(rule.value)},
                     {"bound", number_or_null(rule.bound)},
                     {"relation", rule.relation},
                     {"limit", rule.limit},
                     {"limit_high", number_or_null(rule.limit_high)},
                     {"unit", text_of(rule.unit)},
                     {"numerator", rule.numerator},
                     {"denominator", rule.denominator},
                     {"samples", rule.samples},
                     {"reason", rule.reason},
                     {"file", rule.file},
                     {"line", rule.line},
                     {"offenders", std::move(offenders)}});
  }
  return out;
}

json::object result_json(const RunReport& report) {
  const analysis::Totals& totals = report.outcome.totals;
  return {{"probate_result", kResultVersion},
          {"program", report.program},
          {"verdict", to_text(report.verdict)},
          {"exit_code", report.exit_code},
          {"reason", report.reason},
          {"scenario", scenario_json(report)},
          {"run", run_json(report)},
          {"host", host_json(report.host)},
          {"rules", rules_json(report.rules)},
          {"guards", guards_json(report)},
          {"wills", wills_json(report)},
          {"presence", presence_json(report)},
          {"faults", faults_json(report)},
          {"takeovers", json::object{{"injected", totals.takeovers_injected},
                                     {"organic", totals.takeovers_organic}}},
          {"deviations", deviations_json(report)},
          {"instruments", instruments_json(report)},
          {"traffic", traffic_json(report)},
          {"series", series_json(report)}};
}

}  // namespace probate::report
