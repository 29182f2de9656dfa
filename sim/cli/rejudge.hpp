// Judging a recorded run again: from its journal, or from its result.json.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/cli/exit_code.hpp"
#include "sim/cli/load.hpp"
#include "sim/report/event_reader.hpp"
#include "sim/report/result_reader.hpp"
#include "sim/report/run_report.hpp"

namespace probate::cli {

struct Rejudge {
  ScenarioOptions options;
  std::string scenario;  // judge by this file instead; "" = as recorded
  std::string profile;   // "" = as recorded
  std::string out;       // where results are written; "" = nowhere
};

// What a run has left of its scenario.
struct Recorded {
  std::string where;  // "events.ndjson.gz:1"
  journal::Recipe recipe;
  std::uint64_t seed = 0;
  std::string engine;
};

// A scenario, and what it was read from.
struct Loaded {
  scenario::Scenario scenario;
  journal::Recipe recipe;
};

// The scenario to judge by. On an error everything was said, and the exit code is the answer.
Result<Loaded, ExitCode> scenario_of(const Recorded& recorded, const Rejudge& rejudge);

// Nothing of the run is repeated, only judged: every rule and every policy can be asked.
ExitCode judge_journal(report::EventReader& reader, const Rejudge& rejudge);
// Rules that the stored sums can answer; the policies, phases, faults and groups are the run's.
ExitCode judge_result(report::StoredResult stored, const Rejudge& rejudge);

// A guard that voids the run, and said on stderr.
void distrust(analysis::Outcome& outcome, analysis::GuardKind kind, std::string reason);
// The same if a journal of that level has left out what the scenario's policies count.
void doubt_level(analysis::Outcome& outcome, std::optional<journal::Level> level,
                 const scenario::Scenario& scenario);

// Writes the results where the user wants them, and shows the summary.
ExitCode conclude(report::RunReport& report, const Rejudge& rejudge);

// "" if the run went on to its planned end; else why a pass would say too much: it was ended early,
// by a signal or by a rule with `abort`.
std::string early_end(const std::string& reason);
// The same of a stored result; or it could not begin, or left files that could not be written.
std::string shortfall(const report::StoredResult& stored);

// Why the sums of a result cannot be read under a scenario; "" if they can.
std::string mismatch(const report::StoredResult& stored, const scenario::Scenario& scenario);

// A file that cannot be read is 6, one with something wrong in it 5; said on stderr.
ExitCode say(const report::ReadError& error);
// Lets every file be a pipe, which can be read but once; rules called `-` are on standard input.
void read_once(Rejudge& rejudge);
// False, and said on stderr: the file with the rules or the scenario cannot be read.
bool are_readable(const Rejudge& rejudge);

}  // namespace probate::cli
