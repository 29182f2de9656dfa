// The flags of `probate sweep`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "sim/cli/load.hpp"
#include "sim/report/sweep_report.hpp"

namespace probate::cli {

// Of one sweep: points times seeds.
inline constexpr std::size_t kSweepRunsMax = 10'000;
inline constexpr std::uint64_t kSeedsMax = 1'000;
inline constexpr std::size_t kJobsMax = 1'024;

struct SweepOptions {
  std::string scenario;  // a path
  ScenarioOptions load;
  std::vector<report::SweepAxis> axes;
  std::uint64_t seeds = 1;
  std::optional<std::size_t> jobs;  // absent: one for each core, as far as memory allows
  report::RateFigure rate{};
  report::DetectionFigure detection{};
  std::string out = "probate-sweep";
  bool quiet = false;
};

std::string sweep_flags_help();
// The error is one sentence: exit code usage.
Result<SweepOptions, std::string> parse_sweep_options(const std::vector<std::string>& words);

}  // namespace probate::cli
