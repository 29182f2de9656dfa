// The result of a run: assembled, written to the result folder, shown on the terminal.
#pragma once

#include <string>

#include "core/analysis/gate/gate.hpp"
#include "core/analysis/judge.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/cli/exit_code.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/report/results.hpp"
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

// The command that repeats the run, as the user would type it. A scenario that came through a pipe
// cannot be read again: the command then says where its text stands.
std::string repeat_command(const journal::Recipe& recipe, std::uint64_t seed,
                           std::string_view engine);

// Removes what earlier runs have left in the folder; what cannot be removed is said on stderr.
void clear_folder(const std::string& folder, report::Leftovers leftovers);

// result.json, junit.xml, summary.md into the folder, then the summary to stdout. All say the same
// as the exit code that is returned: where a file could not be written, here or before
// (`unwritten`), a run that passed is one whose results are lost, ExitCode::environment.
ExitCode publish(report::RunReport& report, const std::string& folder, ColorChoice color,
                 std::vector<report::FileError> unwritten = {});

// The summary to stdout.
void print_summary(const report::RunReport& report, ColorChoice color);

}  // namespace probate::cli
