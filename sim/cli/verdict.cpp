#include "sim/cli/verdict.hpp"

#include <csignal>

namespace probate::cli {

ExitCode decide(int signal, const analysis::Outcome& outcome,
                const analysis::gate::GateOutcome& gate) {
  if (signal == SIGINT) return ExitCode::interrupted;
  if (signal == SIGHUP) return ExitCode::hung_up;
  if (signal == SIGTERM) return ExitCode::terminated;
  switch (analysis::gate::conclude(outcome, gate)) {
    case analysis::gate::Conclusion::pass:
      return ExitCode::pass;
    case analysis::gate::Conclusion::fail:
      return ExitCode::gate_failed;
    case analysis::gate::Conclusion::inconclusive:
      break;
  }
  return ExitCode::inconclusive;
}

}  // namespace probate::cli
