// Runs the points of a sweep in virtual time, several at once.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/sweep_points.hpp"
#include "sim/report/sweep_report.hpp"

namespace probate::cli {

// One run of one point. Nothing: a signal stopped it.
// Determinism: depends on the case, the seed and the figures alone.
std::optional<report::SweepRun> run_point(const SweepCase& point, std::uint64_t seed,
                                          report::RateFigure rate,
                                          report::DetectionFigure detection);

// What the runs of a sweep leave, by point, then by seed.
using SweepRuns = std::vector<std::vector<std::optional<report::SweepRun>>>;

// All runs, `jobs` of them at a time, the first seed of every point before the second. A signal
// that is pending ends it early; what was not run to its end is missing. `progress` is called on
// this thread, now and then, with how many are done.
// Requires: signals are blocked in every thread.
SweepRuns run_all(const SweepOptions& options, const std::vector<SweepCase>& points,
                  std::size_t jobs, const std::function<void(std::size_t done)>& progress);

}  // namespace probate::cli
