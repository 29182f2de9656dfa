// The result of a run: assembled, written to the result folder, shown on the terminal.
#pragma once

#include <string>

#include "core/analysis/gate/gate.hpp"
#include "core/analysis/judge.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/cli/exit_code.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/report/run_report.hpp"
#include "sim/report/shell_word.hpp"

namespace probate::cli {

// What a run that ends with that code is called.
report::Verdict verdict_of(ExitCode code);

// What the scenario, the judge and the gate say; times, broker and host are the caller's to fill.
report::RunReport assemble(const scenario::Scenario& scenario, analysis::Outcome outcome,
                           const analysis::gate::GateOutcome& gate, ExitCode code);

// As a shell reads it: quoted if it holds anything but plain characters.
using report::shell_word;

// The command that repeats the run, as the user would type it.
std::string repeat_command(const scenario::Scenario& scenario,
                           const std::vector<std::string>& overrides, double time_scale);

// result.json, junit.xml, summary.md into the folder. False: a file could not be written; said on
// stderr.
bool write_results(const report::RunReport& report, const std::string& folder);

// The summary to stdout.
void print_summary(const report::RunReport& report, ColorChoice color);

}  // namespace probate::cli
