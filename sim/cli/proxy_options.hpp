// The flags of `probate proxy`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/host_port.hpp"
#include "core/base/result.hpp"
#include "core/journal/level.hpp"
#include "sim/cli/load.hpp"
#include "sim/cli/metrics_options.hpp"
#include "sim/live/proxy_run.hpp"

namespace probate::cli {

struct ProxyCommand {
  live::ProxyOptions proxy;
  std::string scenario;  // path, "-", or "" for none
  ScenarioOptions load;
  std::string out;  // "": no files
  journal::Level events = journal::Level::notable;
  bool quiet = false;
  MetricsOptions metrics{};
  std::optional<HostPort> control;
  std::string control_token{};  // "": none is asked for
};

// Its scenario stands in a file, which can be read again.
bool can_be_read_again(const ProxyCommand& command);

// Somebody reads what its journal tells: files, metrics, the judge of wills, or a phase that waits
// until nothing is owed any more. The counters are kept all the same.
bool needs_journal(const ProxyCommand& command);

std::string proxy_flags_help();
// The error is one sentence: exit code usage.
Result<ProxyCommand, std::string> parse_proxy_options(const std::vector<std::string>& words);

}  // namespace probate::cli
