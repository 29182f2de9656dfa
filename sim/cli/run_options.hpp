// The flags of `probate run`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/journal/level.hpp"
#include "metrics/listen_address.hpp"
#include "sim/cli/load.hpp"

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
  std::optional<metrics::ListenAddress> metrics;
  std::optional<Duration> metrics_linger;  // absent: auto
};

std::string run_flags_help();
// The error is one sentence: exit code usage.
Result<RunOptions, std::string> parse_run_options(const std::vector<std::string>& words);

}  // namespace probate::cli
