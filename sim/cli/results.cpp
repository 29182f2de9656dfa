#include "sim/cli/results.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "core/journal/engines.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/load.hpp"
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
    case ExitCode::hung_up:
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

namespace {

// A verdict that nobody can check is none. A violated rule stays one.
void admit(report::RunReport& report, const report::FileError& failure) {
  if (report.verdict != report::Verdict::pass) return;
  report.verdict = report::Verdict::environment;
  report.exit_code = static_cast<int>(ExitCode::environment);
  report.reason = report::to_text(failure);
}

bool came_through_a_pipe(const std::string& file) {
  std::error_code ignored;
  return file == kStandardInput || file.starts_with("/dev/") || file.starts_with("/proc/") ||
         std::filesystem::is_fifo(file, ignored);
}

}  // namespace

report::RunReport assemble(const scenario::Scenario& scenario, analysis::Outcome outcome,
                           const analysis::gate::GateOutcome& gate, ExitCode code) {
  report::RunReport report;
  report.verdict = verdict_of(code);
  report.exit_code = static_cast<int>(code);
  report.scenario = scenario.name;
  report.about = scenario.about;
  report.recipe.file = scenario.file;
  report.seed = scenario.seed;
  for (const auto& group : scenario.fleet) {
    report.groups.push_back(group.name);
    report.group_sizes.push_back(group.count);
  }
  for (const auto& fault : scenario.faults) report.faults.push_back(fault.name);
  report.names_profile = !scenario.broker.profile.empty();
  report.program = PROBATE_VERSION;
  report.host = report::read_host_limits();
  report.rules = gate.rules;
  report.outcome = std::move(outcome);
  return report;
}

std::string repeat_command(const journal::Recipe& recipe, std::uint64_t seed,
                           std::string_view engine) {
  const bool piped = came_through_a_pipe(recipe.file);
  std::string command =
      fmt::format("probate run {} --seed {}", piped ? "-" : report::shell_word(recipe.file), seed);
  command += report::set_flags(recipe.overrides);
  if (recipe.time_scale != 1) command += fmt::format(" --time-scale {}", recipe.time_scale);
  if (engine == journal::kVirtualEngine) command += " --engine virtual";
  if (piped) command += "  # the scenario on standard input: scenario.text of result.json";
  return command;
}

void clear_folder(const std::string& folder, report::Leftovers leftovers) {
  for (const report::FileError& failure : report::clear_results(folder, leftovers)) {
    complain(fmt::format("cannot remove {}: {}", failure.path, failure.cause));
  }
}

ExitCode publish(report::RunReport& report, const std::string& folder, ColorChoice color,
                 std::vector<report::FileError> unwritten) {
  const bool known = !unwritten.empty();
  if (known) admit(report, unwritten.front());
  for (report::FileError& failure : report::write_results(report, folder)) {
    unwritten.push_back(std::move(failure));
  }
  if (!known && !unwritten.empty()) {
    // Those that were written said something else.
    admit(report, unwritten.front());
    for (const report::FileError& failure : report::write_results(report, folder)) {
      std::error_code ignored;
      std::filesystem::remove(failure.path, ignored);
    }
  }
  for (const report::FileError& failure : unwritten) complain(report::to_text(failure));
  print_summary(report, color);
  return ExitCode{report.exit_code};
}

void print_summary(const report::RunReport& report, ColorChoice color) {
  std::string text = report::terminal_summary(report, {use_color(color, STDOUT_FILENO)});
  if (std::getenv("GITHUB_ACTIONS") != nullptr) text += report::github_annotations(report);
  // main() looks whether it was printed; until then the run is ended in order.
  [[maybe_unused]] const auto printed = std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace probate::cli
