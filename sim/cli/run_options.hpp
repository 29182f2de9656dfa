// The flags of `probate run`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/journal/level.hpp"
#include "sim/cli/load.hpp"
#include "sim/cli/metrics_options.hpp"

namespace probate::cli {

enum class EngineKind : std::uint8_t { live, virtual_time };

struct RunOptions {
  std::string scenario;  // path, or "-"
  EngineKind engine = EngineKind::live;
  ScenarioOptions load;
  std::string out = "probate-out";
  journal::Level events = journal::Level::notable;
  bool quiet = false;
  bool keep_state = false;
  MetricsOptions metrics{};
};

std::string run_flags_help();
// The error is one sentence: exit code usage.
Result<RunOptions, std::string> parse_run_options(const std::vector<std::string>& words);

}  // namespace probate::cli
