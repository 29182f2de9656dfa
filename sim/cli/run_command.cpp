#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/gate/gate.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/run_audience.hpp"
#include "sim/cli/run_options.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/cli/version.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

// Judged against it when no profile of the broker is known.
constexpr const char* kFallbackProfile = "spec-3.1.1";

Progress::Style progress_style(const RunOptions& options) {
  if (options.quiet) return Progress::Style::none;
  return is_terminal(STDERR_FILENO) ? Progress::Style::live : Progress::Style::plain;
}

}  // namespace

ExitCode run_command(const std::vector<std::string>& words) {
  const auto options = parse_run_options(words);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  const auto scenario = load_scenario(options->scenario, options->load);
  if (!scenario) {
    fmt::print(stderr, "{}", yaml::render(scenario.error(), use_color(options->load.color, 2)));
    return ExitCode::invalid_scenario;
  }
  live::block_signals();
  std::filesystem::create_directories(options->out);
  live::LiveRun run{*scenario, {options->out + "/mosquitto.log", options->keep_state}};
  const auto setting = run.prepare();
  if (!setting) {
    complain(setting.error());
    return ExitCode::environment;
  }
  const auto profile =
      yaml::load_profile(setting->profile.empty() ? kFallbackProfile : setting->profile);
  if (!profile) {
    fmt::print(stderr, "{}", yaml::render(profile.error(), false));
    return ExitCode::invalid_scenario;
  }
  const scenario::Schedule schedule{*scenario};
  Progress progress{progress_style(*options), scenario->device_count()};
  RunAudience audience{*scenario, *profile, nullptr, progress, [](const journal::Record&) {}};
  journal::RunBegan begin;
  begin.scenario = scenario->name;
  begin.digest = schedule.digest();
  begin.seed = scenario->seed;
  begin.engine = "live";
  begin.profile = profile->name;
  begin.broker = setting->broker;
  begin.fidelity = "stream";
  const live::LiveEnding ending = run.run(begin, schedule, audience);
  const analysis::Outcome outcome = audience.finish();
  const auto gate = analysis::gate::evaluate(*scenario, outcome);
  for (const auto& rule : gate.rules)
    fmt::print("{} {} {}\n", to_text(rule.status), rule.name, rule.reason);
  for (const auto& e : outcome.false_offlines) fmt::print("{}\n", e.line);
  for (const auto& e : outcome.wills) fmt::print("{} {}\n", to_text(e.will_class), e.line);
  for (const auto& g : outcome.guards) fmt::print("guard {}\n", g.text);
  if (!ending.environment.empty()) complain(ending.environment);
  return decide(ending.signal, ending.environment, outcome, gate);
}

}  // namespace probate::cli
