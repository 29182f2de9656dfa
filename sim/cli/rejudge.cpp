#include "sim/cli/rejudge.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/gate/gate.hpp"
#include "core/journal/continuity.hpp"
#include "core/journal/engines.hpp"
#include "core/scenario/policies.hpp"
#include "core/scenario/real_devices.hpp"
#include "core/scenario/schedule.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/conditions.hpp"
#include "sim/cli/record_bounds.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/cli/version.hpp"
#include "sim/report/folder_lock.hpp"
#include "sim/yaml/profiles.hpp"
#include "sim/yaml/recipe.hpp"

namespace probate::cli {

ExitCode say(const report::ReadError& error) {
  complain(report::to_text(error));
  return error.unreadable ? ExitCode::environment : ExitCode::invalid_scenario;
}

void read_once(Rejudge& rejudge) {
  yaml::LoadOptions& load = rejudge.options.load;
  load.read_file = yaml::remembering(load.read_file);
  load.read_rules = yaml::remembering([](const std::string& path) {
    return yaml::read_from_disk(path == "-" ? "/dev/stdin" : path);
  });
}

bool are_readable(const Rejudge& rejudge) {
  const yaml::LoadOptions& load = rejudge.options.load;
  const auto can = [](const std::string& path, const yaml::FileReader& read) {
    if (path.empty() || path == "-") return true;
    const auto text = read(path);
    if (text) return true;
    complain(fmt::format("cannot read {}: {}", path, text.error()));
    return false;
  };
  return can(load.rules, load.read_rules) && can(rejudge.scenario, load.read_file);
}

namespace {

// With the places that the run had and no scenario speaks of.
scenario::Scenario as_run(scenario::Scenario scenario, const Recorded& recorded) {
  if (recorded.engine == journal::kProxyEngine) {
    scenario = scenario::with_places(std::move(scenario));
  }
  const bool is_by_hand =
      recorded.recipe.faults_by_hand && !scenario::has_fault(scenario, scenario::kByHand);
  return is_by_hand ? scenario::with_faults_by_hand(std::move(scenario)) : scenario;
}

}  // namespace

Result<Loaded, ExitCode> scenario_of(const Recorded& recorded, const Rejudge& rejudge) {
  ScenarioOptions options = rejudge.options;
  options.load.real_devices = recorded.engine == journal::kProxyEngine;
  options.load.seed = recorded.seed;
  if (!are_readable(rejudge)) return Failure{ExitCode::environment};
  const bool color = use_color(options.color, STDERR_FILENO);
  if (!rejudge.scenario.empty()) {
    options.load.time_scale = recorded.recipe.time_scale;
    journal::Recipe recipe;
    auto scenario = load_scenario(rejudge.scenario, options, recipe);
    recipe.faults_by_hand = recorded.recipe.faults_by_hand;
    if (scenario) return Loaded{as_run(std::move(*scenario), recorded), std::move(recipe)};
    tell(yaml::render(scenario.error(), color));
    return Failure{ExitCode::invalid_scenario};
  }
  if (recorded.recipe.text.empty()) {
    complain(fmt::format("{} carries no scenario (`probate gate` takes one with --scenario)",
                         recorded.where));
    return Failure{ExitCode::invalid_scenario};
  }
  journal::Recipe recipe;
  const auto load = yaml::noting(yaml::as_noted(recorded.recipe, options.load), recipe);
  recipe.file = recorded.recipe.file;
  recipe.text = recorded.recipe.text;
  recipe.faults_by_hand = recorded.recipe.faults_by_hand;
  auto scenario = yaml::load_text(recipe.text, recipe.file, load);
  if (scenario) return Loaded{as_run(std::move(*scenario), recorded), std::move(recipe)};
  const auto is_its_own = [&](const yaml::Diagnostic& each) {
    const bool is_of_the_rules = each.file == options.load.rules;
    return !is_of_the_rules && (each.file == recipe.file || recipe.files.contains(each.file));
  };
  if (std::any_of(scenario.error().begin(), scenario.error().end(), is_its_own)) {
    complain(fmt::format("{}: the scenario that it carries cannot be used here:", recorded.where));
  }
  tell(yaml::render(scenario.error(), color));
  return Failure{ExitCode::invalid_scenario};
}

void distrust(analysis::Outcome& outcome, analysis::GuardKind kind, std::string reason) {
  complain(reason);
  analysis::Guard guard;
  guard.kind = kind;
  guard.voids_run = true;
  guard.text = std::move(reason);
  outcome.guards.push_back(std::move(guard));
}

void doubt_level(analysis::Outcome& outcome, std::optional<journal::Level> level,
                 const scenario::Scenario& scenario) {
  if (level != journal::Level::notable || !scenario::counts_messages(scenario)) return;
  distrust(outcome, analysis::GuardKind::events_dropped,
           "the journal was written with --events notable, which leaves out reports that only "
           "repeat; policies with a heartbeat must hear them: run again with --events all");
}

namespace {

// What the records of a journal say about the journal itself.
struct Completeness {
  journal::Continuity continuity;
  Instant last{};
  bool ended = false;
  std::string reason;
  std::vector<bool> seen;  // of a proxy's places: a device came to it

  void add(const journal::Record& record, std::uint64_t line) {
    continuity.add(record, line);
    last = record.at;
    if (const auto* connect = std::get_if<journal::ConnectForwarded>(&record.body);
        connect != nullptr && connect->device != kNoDevice) {
      if (seen.size() <= connect->device.index()) seen.resize(connect->device.index() + 1);
      seen[connect->device.index()] = true;
    }
    const auto* end = std::get_if<journal::RunEnded>(&record.body);
    if (end == nullptr) return;
    ended = true;
    reason = end->reason;
  }
  // That came, by GroupId.
  std::vector<std::uint32_t> devices_of(const scenario::Scenario& scenario) const {
    std::vector<std::uint32_t> sizes(scenario.fleet.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (!seen[i]) continue;
      ++sizes[scenario.group_of(DeviceId{static_cast<std::uint32_t>(i)}).index()];
    }
    return sizes;
  }
  void doubt(analysis::Outcome& outcome) const {
    if (!ended) {
      distrust(outcome, analysis::GuardKind::events_dropped,
               "the journal has no run_ended: it is cut, so something is missing");
    }
    for (std::string& sentence : continuity.doubts()) {
      distrust(outcome, analysis::GuardKind::events_dropped, std::move(sentence));
    }
  }
};

// What falls short of its plan is no pass: what it did not get to is not known. Only where a rule
// ended it, and one is violated, it has failed.
struct Ending {
  std::string reason;
  std::string shortfall;  // "" if there is none
  analysis::GuardKind kind = analysis::GuardKind::ended_early;
};
analysis::gate::GateOutcome evaluate(const scenario::Scenario& scenario, analysis::Outcome& outcome,
                                     const analysis::gate::Findings& findings,
                                     const Ending& ending) {
  auto gate = analysis::gate::evaluate(scenario, outcome, findings);
  const bool by_rule = ending.reason.starts_with("abort rule ") && gate.any_failed;
  if (ending.shortfall.empty() || outcome.voided_by_guard() || by_rule) return gate;
  distrust(outcome, ending.kind, ending.shortfall);
  return analysis::gate::evaluate(scenario, outcome, findings);
}

// Its reason says what the machine did not let it do, not how it ended.
bool is_of_the_environment(const report::StoredResult& stored) {
  return stored.verdict == to_text(report::Verdict::environment);
}

// Virtual time skips what no policy of the run had to hear.
void doubt_skipping(analysis::Outcome& outcome, const Recorded& recorded,
                    const scenario::Scenario& scenario) {
  const auto needed = scenario::shortest_silence(scenario);
  if (recorded.engine != journal::kVirtualEngine || !needed) return;
  yaml::LoadOptions load = yaml::as_noted(recorded.recipe, {});
  load.seed = recorded.seed;
  const auto own = yaml::load_text(recorded.recipe.text, recorded.recipe.file, load);
  const auto had = own ? scenario::shortest_silence(*own) : std::nullopt;
  if (!own || (had && *needed >= *had)) return;
  distrust(outcome, analysis::GuardKind::events_dropped,
           "a policy counts messages that the run skipped, as none of its own needed them; run it "
           "again with that policy");
}

// Why the journal cannot be judged by that scenario; "" if it can, or if nobody knows any more.
std::string mismatch(const Recorded& recorded, const Rejudge& rejudge,
                     const scenario::Scenario& scenario) {
  if (rejudge.scenario.empty() && rejudge.options.load.set.empty()) return "";
  yaml::LoadOptions load = yaml::as_noted(recorded.recipe, {});
  load.seed = recorded.seed;
  load.real_devices = recorded.engine == journal::kProxyEngine;
  const auto own = yaml::load_text(recorded.recipe.text, recorded.recipe.file, load);
  if (!own) return "";
  return why_not_judged_by(as_run(*own, recorded), scenario);
}

// Why the scenario in the journal's header cannot be the one that was run; "" if it may be. Another
// version draws another schedule, and of a proxy nothing was drawn before.
std::string forged(const report::EventReader& reader, const Recorded& recorded,
                   const std::string& digest) {
  const bool is_ours = reader.header().program == PROBATE_VERSION;
  if (!is_ours || recorded.engine == journal::kProxyEngine || recorded.recipe.text.empty())
    return "";
  yaml::LoadOptions load = yaml::as_noted(recorded.recipe, {});
  load.seed = recorded.seed;
  const auto own = yaml::load_text(recorded.recipe.text, recorded.recipe.file, load);
  if (!own || scenario::Schedule{*own}.digest() == digest) return "";
  return fmt::format(
      "{}: the scenario in this header is not the one that was run: the digest in "
      "run_began is another",
      recorded.where);
}

// Why the journal is not judged; "" if it is.
std::string refusal(const report::EventReader& reader, const Recorded& recorded,
                    const std::string& digest, const Rejudge& rejudge,
                    const scenario::Scenario& scenario) {
  if (std::string trouble = forged(reader, recorded, digest); !trouble.empty()) return trouble;
  const std::string trouble = mismatch(recorded, rejudge, scenario);
  if (trouble.empty()) return "";
  return fmt::format("{} cannot be judged by this scenario: {}", reader.path(), trouble);
}

// The profile that the run was judged against: by its name, or from the file that was noted.
std::string profile_of(const journal::RunBegan& begin, const Loaded& loaded) {
  const std::string& named = loaded.scenario.broker.profile;
  return loaded.recipe.files.contains(named) ? named : begin.profile;
}

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

ExitCode conclude(report::RunReport& report, const Rejudge& rejudge) {
  if (rejudge.out.empty()) {
    print_summary(report, rejudge.options.color);
    return ExitCode{report.exit_code};
  }
  const auto lock = report::FolderLock::take(rejudge.out);
  if (!lock) {
    complain(lock.error());
    return ExitCode::environment;
  }
  clear_folder(rejudge.out, report::Leftovers::results);
  return publish(report, rejudge.out, rejudge.options.color);
}

std::string early_end(const std::string& reason) {
  if (reason.empty()) return "";
  return fmt::format("the run was ended early ({}): what it did not get to is not known", reason);
}

std::string shortfall(const report::StoredResult& stored) {
  if (!is_of_the_environment(stored)) return early_end(stored.reason);
  if (!stored.outcome.judged_until) {
    return fmt::format("the run could not begin ({})", stored.reason);
  }
  return fmt::format("the run has not left all of its files ({}): nobody can check its verdict",
                     stored.reason);
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

namespace {

ExitCode invalid(const std::string& sentence) {
  complain(sentence);
  return ExitCode::invalid_scenario;
}

}  // namespace

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
  const Recorded recorded{reader.path() + ":1", reader.header().recipe, begin.seed, begin.engine};
  const auto loaded = scenario_of(recorded, rejudge);
  if (!loaded) return loaded.error();
  const scenario::Scenario& scenario = loaded->scenario;
  const std::string refused = refusal(reader, recorded, begin.digest, rejudge, scenario);
  if (!refused.empty()) return invalid(refused);
  const auto profile = rejudge.profile.empty()
                           ? yaml::load_profile(profile_of(begin, *loaded),
                                                yaml::as_noted(loaded->recipe, {}).read_file)
                           : yaml::load_profile(rejudge.profile);
  if (!profile) {
    tell(yaml::render(profile.error(), use_color(rejudge.options.color, STDERR_FILENO)));
    return ExitCode::invalid_scenario;
  }
  // Those made by hand have any id behind the others'.
  const std::size_t faults = scenario.faults_by_hand ? kNoFault.index() : scenario.faults.size();
  const RecordBounds bounds{scenario.device_count(), faults, scenario.phases.size()};
  analysis::Judge judge{scenario, *profile};
  analysis::gate::Watch watch{scenario, judge};
  Completeness completeness;
  for (auto record = std::move(first); record->has_value();) {
    if (const std::string trouble = bounds.complaint(**record); !trouble.empty()) {
      return say({reader.path(), reader.line(), 1, trouble, false});
    }
    watch.add(**record);
    completeness.add(**record, reader.line());
    record = reader.next();
    if (!record) return say(record.error());
  }
  analysis::Outcome outcome = judge.finish(completeness.last);
  completeness.doubt(outcome);
  doubt_level(outcome, reader.header().level, scenario);
  doubt_skipping(outcome, recorded, scenario);
  const auto gate =
      evaluate(scenario, outcome, watch.findings(outcome.judged_until.value_or(completeness.last)),
               {completeness.reason, early_end(completeness.reason)});
  const ExitCode code = decide(0, outcome, gate);
  report::RunReport report = assemble(scenario, std::move(outcome), gate, code);
  report.reason = completeness.reason;
  report.digest = begin.digest;
  report.engine = begin.engine;
  report.broker = begin.broker;
  report.profile = profile->name;
  report.fidelity = begin.fidelity;
  report.names_profile = report.names_profile || !rejudge.profile.empty();
  report.recipe = loaded->recipe;
  report.repeat = repeat_command(report.recipe, begin.seed, begin.engine);
  // Real devices do nothing twice.
  if (begin.engine == journal::kProxyEngine) {
    report.repeat = "probate gate " + report::shell_word(reader.path());
    report.group_sizes = completeness.devices_of(scenario);
  }
  return conclude(report, rejudge);
}

ExitCode judge_result(report::StoredResult stored, const Rejudge& rejudge) {
  if (!rejudge.profile.empty() || rejudge.options.changes_policies) {
    complain(
        fmt::format("{} has sums only: another profile or other policies can be judged from "
                    "the journal, events.ndjson.gz",
                    stored.path));
    return ExitCode::usage;
  }
  const Recorded recorded{stored.path, stored.recipe, stored.seed, stored.engine};
  const auto loaded = scenario_of(recorded, rejudge);
  if (!loaded) return loaded.error();
  const scenario::Scenario& scenario = loaded->scenario;
  if (is_of_the_environment(stored) && !stored.outcome.judged_until) {
    complain(
        fmt::format("{} is of a run that could not begin: there is nothing to judge", stored.path));
    return ExitCode::inconclusive;
  }
  std::string trouble = mismatch(stored, scenario);
  if (trouble.empty()) trouble = mismatch(recorded, rejudge, scenario);
  if (!trouble.empty()) {
    complain(
        fmt::format("{} cannot be judged by this scenario: {}; judge the journal, "
                    "events.ndjson.gz, instead",
                    stored.path, trouble));
    return ExitCode::invalid_scenario;
  }
  const auto kind = is_of_the_environment(stored) ? analysis::GuardKind::events_dropped
                                                  : analysis::GuardKind::ended_early;
  const auto gate =
      evaluate(scenario, stored.outcome, {}, {stored.reason, shortfall(stored), kind});
  const ExitCode code = decide(0, stored.outcome, gate);
  report::RunReport report = assemble(scenario, std::move(stored.outcome), gate, code);
  report.digest = stored.digest;
  report.engine = stored.engine;
  report.broker = stored.broker;
  report.profile = stored.profile;
  report.fidelity = stored.fidelity;
  report.reason = stored.reason;
  report.recipe = loaded->recipe;
  report.repeat = repeat_command(report.recipe, stored.seed, stored.engine);
  if (stored.engine == journal::kProxyEngine) {
    report.repeat = "probate gate " + report::shell_word(stored.path);
    report.group_sizes = std::move(stored.group_sizes);
  }
  return conclude(report, rejudge);
}

}  // namespace probate::cli
