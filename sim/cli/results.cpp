#include "sim/cli/results.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "sim/cli/command.hpp"
#include "sim/cli/version.hpp"
#include "sim/report/annotations.hpp"
#include "sim/report/results.hpp"
#include "sim/report/shell_word.hpp"
#include "sim/report/terminal.hpp"

namespace probate::cli {

report::Verdict verdict_of(ExitCode code) {
  switch (code) {
    case ExitCode::pass:
      return report::Verdict::pass;
    case ExitCode::gate_failed:
      return report::Verdict::fail;
    case ExitCode::inconclusive:
      return report::Verdict::inconclusive;
    case ExitCode::interrupted:
    case ExitCode::terminated:
      return report::Verdict::aborted;
    case ExitCode::internal:
    case ExitCode::usage:
    case ExitCode::invalid_scenario:
    case ExitCode::environment:
      break;
  }
  return report::Verdict::environment;
}

report::RunReport assemble(const scenario::Scenario& scenario, analysis::Outcome outcome,
                           const analysis::gate::GateOutcome& gate, ExitCode code) {
  report::RunReport report;
  report.verdict = verdict_of(code);
  report.exit_code = static_cast<int>(code);
  report.scenario = scenario.name;
  report.about = scenario.about;
  report.scenario_file = scenario.file;
  report.seed = scenario.seed;
  for (const auto& group : scenario.fleet) {
    report.groups.push_back(group.name);
    report.group_sizes.push_back(group.count);
  }
  for (const auto& fault : scenario.faults) report.faults.push_back(fault.name);
  report.program = PROBATE_VERSION;
  report.host = report::read_host_limits();
  report.rules = gate.rules;
  report.outcome = std::move(outcome);
  return report;
}

std::string repeat_command(const scenario::Scenario& scenario,
                           const std::vector<std::string>& overrides, double time_scale) {
  std::string command =
      fmt::format("probate run {} --seed {}", report::shell_word(scenario.file), scenario.seed);
  for (const std::string& text : overrides) command += " --set " + report::shell_word(text);
  if (time_scale != 1) command += fmt::format(" --time-scale {}", time_scale);
  return command;
}

bool write_results(const report::RunReport& report, const std::string& folder) {
  const auto failures = report::write_results(report, folder);
  for (const report::FileError& failure : failures) complain(report::to_text(failure));
  return failures.empty();
}

void print_summary(const report::RunReport& report, ColorChoice color) {
  fmt::print("{}", report::terminal_summary(report, {use_color(color, STDOUT_FILENO)}));
  if (std::getenv("GITHUB_ACTIONS") != nullptr)
    fmt::print("{}", report::github_annotations(report));
  std::fflush(stdout);
}

}  // namespace probate::cli
