// Judging a log that no run of Probate wrote.
#pragma once

#include <string>

#include "sim/cli/exit_code.hpp"
#include "sim/cli/load.hpp"

namespace probate::cli {

struct ForeignRequest {
  std::string path;
  std::string scenario;  // whose rules, policies and judge settings count; "" = the log's own
  std::string profile;   // "" = what the specification says
  ScenarioOptions options;
};

// Reads the log twice: who is in it, then what happened to them. Prints the summary.
ExitCode judge_foreign(const ForeignRequest& request);

}  // namespace probate::cli
