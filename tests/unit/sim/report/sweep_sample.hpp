// A sweep of a keep-alive with two policies, as it stands before conclude().
#pragma once

#include "sim/report/sweep_report.hpp"

namespace probate::report::sample {

// A run with a rate and a detection time for each policy.
struct PolicyResult {
  std::optional<double> rate;
  std::optional<double> detection_s;
};
inline SweepRun sweep_run(std::uint64_t seed, const std::vector<PolicyResult>& results) {
  SweepRun run;
  run.seed = seed;
  run.verdict = Verdict::pass;
  run.digest = "d1";
  run.wills_expected = 12;
  for (const PolicyResult& result : results) {
    PolicyFigures figures;
    figures.rate = result.rate;
    figures.detection_s = result.detection_s;
    figures.false_offlines = 3;
    figures.reconnects = 10;
    figures.outages = 5;
    run.policies.push_back(figures);
  }
  return run;
}

// naive is fast and wrong, debounce slow and right; at 300 s everything is slower, so both options
// there are dominated.
inline SweepReport sweep() {
  SweepReport report;
  report.program = "1.0";
  report.scenario = "meters";
  report.about = "Which keep-alive?";
  report.file = "meters.yaml";
  report.seed = 7;
  report.seeds = 2;
  report.axes = {{"devices.meter.keep_alive", {"30s", "300s"}}};
  const std::vector<SweepPolicy> policies{{"naive", "naive", ""}, {"debounce", "debounce_5s", ""}};
  report.points = {
      {{0}, policies, {sweep_run(7, {{0.4, 40}, {0.1, 45}}), sweep_run(8, {{0.5, 42}, {0.1, 47}})}},
      {{1},
       policies,
       {sweep_run(7, {{0.5, 400}, {0.2, 405}}), sweep_run(8, {{0.6, 410}, {0.2, 415}})}}};
  return report;
}

}  // namespace probate::report::sample
