#include "sim/cli/verdict.hpp"

#include <csignal>

namespace probate::cli {

ExitCode decide(int signal, const analysis::Outcome& outcome,
                const analysis::gate::GateOutcome& gate) {
  if (signal == SIGINT) return ExitCode::interrupted;
  if (signal == SIGHUP) return ExitCode::hung_up;
  if (signal == SIGTERM) return ExitCode::terminated;
  if (outcome.voided_by_guard()) return ExitCode::inconclusive;
  if (gate.any_failed) return ExitCode::gate_failed;
  if (gate.any_inconclusive) return ExitCode::inconclusive;
  return ExitCode::pass;
}

}  // namespace probate::cli
