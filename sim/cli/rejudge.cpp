#include "sim/cli/rejudge.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/gate/gate.hpp"
#include "core/journal/continuity.hpp"
#include "core/journal/engines.hpp"
#include "core/scenario/policies.hpp"
#include "core/scenario/real_devices.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/report/folder_lock.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {

ExitCode say(const report::ReadError& error) {
  complain(report::to_text(error));
  return error.unreadable ? ExitCode::environment : ExitCode::invalid_scenario;
}

bool is_readable(const std::string& path) {
  const auto text = yaml::read_from_disk(path);
  if (text) return true;
  complain(fmt::format("cannot read {}: {}", path, text.error()));
  return false;
}

Result<scenario::Scenario, ExitCode> scenario_of(const Recorded& recorded, const Rejudge& rejudge) {
  ScenarioOptions options = rejudge.options;
  options.load.real_devices = recorded.engine == journal::kProxyEngine;
  const auto as_judged = [&options](scenario::Scenario scenario) {
    return options.load.real_devices ? scenario::with_places(std::move(scenario)) : scenario;
  };
  if (!options.load.seed) options.load.seed = recorded.seed;
  if (!options.load.rules.empty() && !is_readable(options.load.rules)) {
    return Failure{ExitCode::environment};
  }
  const bool color = use_color(options.color, STDERR_FILENO);
  if (!rejudge.scenario.empty()) {
    if (rejudge.scenario != "-" && !is_readable(rejudge.scenario)) {
      return Failure{ExitCode::environment};
    }
    auto scenario = load_scenario(rejudge.scenario, options);
    if (scenario) return as_judged(std::move(*scenario));
    fmt::print(stderr, "{}", yaml::render(scenario.error(), color));
    return Failure{ExitCode::invalid_scenario};
  }
  if (recorded.text.empty()) {
    complain(fmt::format("{} carries no scenario (`probate gate` takes one with --scenario)",
                         recorded.where));
    return Failure{ExitCode::invalid_scenario};
  }
  // Overrides of the run first, those of this command on top.
  std::vector<std::string> overrides = recorded.overrides;
  overrides.insert(overrides.end(), options.load.set.begin(), options.load.set.end());
  options.load.set = std::move(overrides);
  auto scenario = yaml::load_text(recorded.text, recorded.file, options.load);
  if (scenario) return as_judged(std::move(*scenario));
  complain(fmt::format("{}: the scenario that it carries cannot be used as it is asked for here",
                       recorded.where));
  fmt::print(stderr, "{}", yaml::render(scenario.error(), color));
  return Failure{ExitCode::invalid_scenario};
}

namespace {

void distrust(analysis::Outcome& outcome, std::string reason) {
  complain(reason);
  analysis::Guard guard;
  guard.kind = analysis::GuardKind::events_dropped;
  guard.voids_run = true;
  guard.text = std::move(reason);
  outcome.guards.push_back(std::move(guard));
}

// What the records of a journal say about the journal itself.
struct Completeness {
  journal::Continuity continuity;
  Instant last{};
  bool ended = false;
  std::string reason;

  void add(const journal::Record& record, std::uint64_t line) {
    continuity.add(record, line);
    last = record.at;
    const auto* end = std::get_if<journal::RunEnded>(&record.body);
    if (end == nullptr) return;
    ended = true;
    reason = end->reason;
  }
  void doubt(analysis::Outcome& outcome) const {
    if (!ended) {
      distrust(outcome, "the journal has no run_ended: it is cut, so something is missing");
    }
    for (std::string& sentence : continuity.doubts()) distrust(outcome, std::move(sentence));
  }
};

std::vector<std::string> names_of_phases(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& phase : scenario.phases) names.push_back(phase.name);
  return names;
}
std::vector<std::string> names_of_policies(const scenario::Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& policy : scenario.backend.presence) names.push_back(policy.label());
  return names;
}
template <typename Things>
std::vector<std::string> names_of(const Things& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

}  // namespace

ExitCode conclude(const report::RunReport& report, const Rejudge& rejudge, ExitCode code) {
  bool written = true;
  if (!rejudge.out.empty()) {
    const auto lock = report::FolderLock::take(rejudge.out);
    if (!lock) {
      complain(lock.error());
      return ExitCode::environment;
    }
    written = write_results(report, rejudge.out);
  }
  print_summary(report, rejudge.options.color);
  return written || code != ExitCode::pass ? code : ExitCode::environment;
}

std::string mismatch(const report::StoredResult& stored, const scenario::Scenario& scenario) {
  std::vector<std::string> policies;
  for (const auto& policy : stored.outcome.totals.policies) policies.push_back(policy.label);
  std::vector<std::string> phases = names_of(stored.outcome.phases);
  std::vector<std::string> planned = names_of_phases(scenario);
  // A run that ended early has not begun them all.
  if (phases.size() < planned.size()) planned.resize(phases.size());
  const auto differ = [](const char* what, const std::vector<std::string>& has,
                         const std::vector<std::string>& asked) {
    return fmt::format("its {} are [{}], not [{}]", what, fmt::join(has, ", "),
                       fmt::join(asked, ", "));
  };
  if (stored.groups != names_of(scenario.fleet)) {
    return differ("groups", stored.groups, names_of(scenario.fleet));
  }
  if (stored.faults != names_of(scenario.faults)) {
    return differ("faults", stored.faults, names_of(scenario.faults));
  }
  if (phases != planned) return differ("phases", phases, names_of_phases(scenario));
  if (policies != names_of_policies(scenario)) {
    return differ("policies", policies, names_of_policies(scenario));
  }
  return "";
}

ExitCode judge_journal(report::EventReader& reader, const Rejudge& rejudge) {
  auto first = reader.next();
  if (!first) return say(first.error());
  const auto* found =
      first->has_value() ? std::get_if<journal::RunBegan>(&first->value().body) : nullptr;
  if (found == nullptr) {
    complain(
        fmt::format("{}:2: the journal does not begin with run_began: it is cut, or no "
                    "journal of a run",
                    reader.path()));
    return ExitCode::invalid_scenario;
  }
  const journal::RunBegan begin = *found;
  const journal::Header& header = reader.header();
  const auto scenario =
      scenario_of({reader.path() + ":1", header.scenario_file, header.scenario_yaml,
                   header.overrides, begin.seed, begin.engine},
                  rejudge);
  if (!scenario) return scenario.error();
  const auto profile =
      yaml::load_profile(rejudge.profile.empty() ? begin.profile : rejudge.profile);
  if (!profile) {
    fmt::print(stderr, "{}",
               yaml::render(profile.error(), use_color(rejudge.options.color, STDERR_FILENO)));
    return ExitCode::invalid_scenario;
  }
  analysis::Judge judge{*scenario, *profile};
  analysis::gate::Watch watch{*scenario, judge};
  Completeness completeness;
  for (auto record = std::move(first); record->has_value();) {
    watch.add(**record);
    completeness.add(**record, reader.line());
    record = reader.next();
    if (!record) return say(record.error());
  }
  analysis::Outcome outcome = judge.finish(completeness.last);
  completeness.doubt(outcome);
  if (header.level == journal::Level::notable && scenario::counts_messages(*scenario)) {
    distrust(outcome,
             "the journal was written with --events notable, which leaves out reports that only "
             "repeat; policies with a heartbeat must hear them: run again with --events all");
  }
  const auto gate = analysis::gate::evaluate(
      *scenario, outcome, watch.findings(outcome.judged_until.value_or(completeness.last)));
  const ExitCode code = decide(0, outcome, gate);
  report::RunReport report = assemble(*scenario, std::move(outcome), gate, code);
  report.reason = completeness.reason;
  report.digest = begin.digest;
  report.engine = begin.engine;
  report.broker = begin.broker;
  report.profile = profile->name;
  report.scenario_text = header.scenario_yaml;
  report.overrides = header.overrides;
  report.repeat =
      repeat_command(*scenario, rejudge.options.load.set, rejudge.options.load.time_scale);
  if (begin.engine == "virtual") report.repeat += " --engine virtual";
  // Real devices do nothing twice.
  if (begin.engine == journal::kProxyEngine) {
    report.repeat = "probate gate " + shell_word(reader.path());
  }
  return conclude(report, rejudge, code);
}

ExitCode judge_result(report::StoredResult stored, const Rejudge& rejudge) {
  if (!rejudge.profile.empty() || rejudge.options.changes_policies) {
    complain(
        fmt::format("{} has sums only: another profile or other policies can be judged from "
                    "the journal, events.ndjson.gz",
                    stored.path));
    return ExitCode::usage;
  }
  const Recorded recorded{stored.path,      stored.scenario_file, stored.scenario_text,
                          stored.overrides, stored.seed,          stored.engine};
  Rejudge as_run = rejudge;
  if (as_run.options.load.time_scale == 1) as_run.options.load.time_scale = stored.time_scale;
  const auto scenario = scenario_of(recorded, as_run);
  if (!scenario) return scenario.error();
  if (stored.verdict == "environment") {
    complain(
        fmt::format("{} is of a run that could not begin: there is nothing to judge", stored.path));
    return ExitCode::inconclusive;
  }
  const std::string trouble = mismatch(stored, *scenario);
  if (!trouble.empty()) {
    complain(
        fmt::format("{} cannot be judged by this scenario: {}; judge the journal, "
                    "events.ndjson.gz, instead",
                    stored.path, trouble));
    return ExitCode::invalid_scenario;
  }
  const auto gate = analysis::gate::evaluate(*scenario, stored.outcome);
  const ExitCode code = decide(0, stored.outcome, gate);
  report::RunReport report = assemble(*scenario, std::move(stored.outcome), gate, code);
  report.digest = stored.digest;
  report.engine = stored.engine;
  report.broker = stored.broker;
  report.profile = stored.profile;
  report.scenario_text = stored.scenario_text;
  report.overrides = stored.overrides;
  report.time_scale = stored.time_scale;
  report.repeat =
      repeat_command(*scenario, rejudge.options.load.set, as_run.options.load.time_scale);
  if (stored.engine == journal::kProxyEngine) {
    report.repeat = "probate gate " + shell_word(stored.path);
  }
  return conclude(report, rejudge, code);
}

}  // namespace probate::cli
