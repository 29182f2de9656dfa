// How the process ends: the contract with CI.
#pragma once

#include <span>
#include <string_view>

namespace probate::cli {

enum class ExitCode : int {
  pass = 0,
  internal = 1,
  usage = 2,
  gate_failed = 3,
  inconclusive = 4,
  invalid_scenario = 5,
  environment = 6,
  hung_up = 129,      // SIGHUP
  interrupted = 130,  // SIGINT
  terminated = 143,   // SIGTERM
};

struct ExitCodeInfo {
  ExitCode code;
  std::string_view name;
  std::string_view meaning;
};
// In ascending order: `probate list exit-codes`.
std::span<const ExitCodeInfo> exit_codes();

std::string_view name_of(ExitCode code);

}  // namespace probate::cli
