#include "sim/cli/exit_code.hpp"

#include <array>

#include "core/base/check.hpp"

namespace probate::cli {
namespace {

constexpr std::array<ExitCodeInfo, 10> kExitCodes{{
    {ExitCode::pass, "pass", "every rule with severity fail held"},
    {ExitCode::internal, "internal", "a bug of probate; it prints how to report it"},
    {ExitCode::usage, "usage", "unknown command, flag or value"},
    {ExitCode::gate_failed, "gate-failed", "at least one rule was violated"},
    {ExitCode::inconclusive, "inconclusive",
     "no data, too few samples, or instruments that cannot be trusted"},
    {ExitCode::invalid_scenario, "invalid-scenario",
     "a scenario, journal or result with mistakes; all are printed"},
    {ExitCode::environment, "environment",
     "cannot bind, broker unreachable, descriptor limit, a file that cannot be written"},
    {ExitCode::hung_up, "hung-up", "SIGHUP, after partial results"},
    {ExitCode::interrupted, "interrupted", "SIGINT, after partial results"},
    {ExitCode::terminated, "terminated", "SIGTERM, after partial results"},
}};

}  // namespace

std::span<const ExitCodeInfo> exit_codes() { return kExitCodes; }

std::string_view name_of(ExitCode code) {
  for (const ExitCodeInfo& info : kExitCodes) {
    if (info.code == code) return info.name;
  }
  CHECK(false);
}

}  // namespace probate::cli
