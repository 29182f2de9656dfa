// From everything that can go wrong to the one exit code.
#pragma once

#include "core/analysis/gate/gate.hpp"
#include "core/analysis/judge.hpp"
#include "sim/cli/exit_code.hpp"

namespace probate::cli {

// Precedence: a signal; instruments that cannot be trusted; a violated rule; a single rule that is
// inconclusive; pass.
ExitCode decide(int signal, const analysis::Outcome& outcome,
                const analysis::gate::GateOutcome& gate);

}  // namespace probate::cli
