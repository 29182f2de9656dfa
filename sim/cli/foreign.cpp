#include "sim/cli/foreign.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/foreign.hpp"
#include "core/analysis/gate/gate.hpp"
#include "core/base/check.hpp"
#include "core/journal/continuity.hpp"
#include "core/journal/shift.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/record_bounds.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/report/event_reader.hpp"
#include "sim/report/shell_word.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace {

ExitCode explain(const std::vector<yaml::Diagnostic>& problems, const Rejudge& request) {
  tell(yaml::render(problems, use_color(request.options.color, STDERR_FILENO)));
  return ExitCode::invalid_scenario;
}

// Calls `use` with every record and its line, until it says what is wrong there.
template <typename Use>
Result<bool, report::ReadError> for_each_record(const std::string& path, Use use) {
  auto reader = report::EventReader::open(path);
  if (!reader) return Failure{reader.error()};
  for (;;) {
    auto record = reader->next();
    if (!record) return Failure{record.error()};
    if (!record->has_value()) return true;
    if (std::string wrong = use(**record, reader->line()); !wrong.empty()) {
      return Failure{report::ReadError{reader->path(), reader->line(), 1, std::move(wrong), false}};
    }
  }
}

// In front of the judge's own guards: these name the line.
void doubt(analysis::Outcome& outcome, const journal::Continuity& continuity) {
  std::vector<analysis::Guard> guards;
  for (std::string& reason : continuity.doubts()) {
    complain(reason);
    guards.push_back({analysis::GuardKind::events_out_of_order, true, std::nullopt, std::nullopt,
                      std::move(reason)});
  }
  outcome.guards.insert(outcome.guards.begin(), guards.begin(), guards.end());
}

constexpr const char* kOwnScenario = "foreign log";

// What the log is judged by: its own devices, as one group, and what they say, whatever the file
// says.
Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load(const analysis::ForeignLog& log,
                                                               const Rejudge& request) {
  auto own = yaml::load_text(log.scenario_text(), kOwnScenario, {});
  CHECK(own);
  own->phases.clear();
  own->fleet = {{"log", 0, static_cast<std::uint32_t>(log.device_count()), {}}};
  ScenarioOptions options = request.options;
  options.load.reduce = [&own](scenario::Scenario& scenario) {
    scenario.faults.clear();
    scenario.phases = own->phases;
    scenario.fleet = own->fleet;
    scenario.devices = own->devices;
    scenario.broker = own->broker;
    auto presence = std::move(scenario.backend.presence);
    scenario.backend = own->backend;
    scenario.backend.presence = std::move(presence);
  };
  if (!request.scenario.empty()) return load_scenario(request.scenario, options);
  return yaml::load_text(log.scenario_text(), kOwnScenario, options.load);
}

std::string again(const std::string& path, const Rejudge& request) {
  std::string command = "probate gate " + report::shell_word(path);
  const auto add = [&command](const char* flag, const std::string& value) {
    if (!value.empty()) command += fmt::format(" {} {}", flag, report::shell_word(value));
  };
  add("--scenario", request.scenario);
  add("--profile", request.profile);
  add("--rules", request.options.load.rules);
  for (const std::string& rule : request.options.load.expect) add("--expect", rule);
  for (const std::string& override : request.options.load.set) add("--set", override);
  return command;
}

}  // namespace

ExitCode judge_foreign(const std::string& path, const journal::Header& header,
                       const Rejudge& request) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    complain("a log without a scenario is read twice: give it as a file, not through a pipe");
    return ExitCode::usage;
  }
  analysis::ForeignLog log;
  Instant begins = kNever;
  const auto survey = [&log, &begins](const journal::Record& record, std::uint64_t) {
    if (std::holds_alternative<journal::RunBegan>(record.body)) {
      return std::string{
          "run_began begins a journal of Probate's own; in somebody else's log it has no place"};
    }
    log.survey(record);
    begins = std::min(begins, record.at);
    return std::string{};
  };
  if (const auto read = for_each_record(path, survey); !read) return say(read.error());
  if (log.device_count() == 0 || log.is_too_large()) {
    complain(fmt::format("{}: {}", path,
                         log.is_too_large()
                             ? fmt::format("more than {} ClientIDs; split the log by device",
                                           analysis::ForeignLog::kDevicesMax)
                             : "no record names a ClientID: there is nobody to judge"));
    return ExitCode::invalid_scenario;
  }
  if (!are_readable(request)) return ExitCode::environment;
  const auto scenario = load(log, request);
  if (!scenario) return explain(scenario.error(), request);
  const std::string standard = log.speaks_v5() ? "spec-5.0" : "spec-3.1.1";
  const auto profile = yaml::load_profile(request.profile.empty() ? standard : request.profile);
  if (!profile) return explain(profile.error(), request);

  analysis::Judge judge{*scenario, *profile};
  analysis::gate::Watch watch{*scenario, judge};
  journal::RunBegan began;
  began.engine = analysis::ForeignLog::kEngine;
  watch.add({kRunStart, 0, journal::kNoSequence, began});
  journal::Continuity continuity;
  Instant last{};
  const RecordBounds bounds{log.device_count(), 0, 0};
  // Its time may be counted from anywhere: it is told from its first record on.
  const Duration to_start = kRunStart - begins;
  const auto add = [&](journal::Record& record, std::uint64_t line) {
    journal::shift(record, to_start);
    if (std::string trouble = log.place(record); !trouble.empty()) return trouble;
    if (std::string trouble = bounds.complaint(record); !trouble.empty()) return trouble;
    continuity.add(record, line);
    watch.add(record);
    last = std::max(last, record.at);
    return std::string{};
  };
  if (const auto read = for_each_record(path, add); !read) return say(read.error());
  analysis::Outcome outcome = judge.finish(last);
  doubt(outcome, continuity);
  doubt_level(outcome, header.level, *scenario);
  const auto gate = analysis::gate::evaluate(*scenario, outcome,
                                             watch.findings(outcome.judged_until.value_or(last)));
  const ExitCode code = decide(0, outcome, gate);
  report::RunReport report = assemble(*scenario, std::move(outcome), gate, code);
  report.engine = analysis::ForeignLog::kEngine;
  report.profile = profile->name;
  report.repeat = again(path, request);
  return conclude(report, request);
}

}  // namespace probate::cli
