#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "core/analysis/gate/gate.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/foreign.hpp"
#include "sim/cli/load.hpp"
#include "sim/cli/results.hpp"
#include "sim/cli/verdict.hpp"
#include "sim/report/event_reader.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description flags() {
  po::options_description flags{"Flags"};
  flags.add_options()("scenario", po::value<std::string>()->value_name("FILE"),
                      "judge by this scenario instead of the recorded one");
  flags.add_options()("profile", po::value<std::string>()->value_name("NAME|FILE"),
                      "judge against this broker profile instead of the recorded one");
  add_load_flags(flags);
  return flags;
}

using LoadResult = Result<scenario::Scenario, std::vector<yaml::Diagnostic>>;

// The scenario as recorded, or the one that the user names; the recorded seed unless told another.
LoadResult load_for(const Arguments& arguments, ScenarioOptions& options,
                    const journal::Header& header, std::uint64_t recorded_seed) {
  if (!options.load.seed) options.load.seed = recorded_seed;
  if (arguments.values.count("scenario") > 0) {
    return load_scenario(arguments.values["scenario"].as<std::string>(), options);
  }
  // Overrides of the run first, those of this command on top.
  std::vector<std::string> overrides = header.overrides;
  overrides.insert(overrides.end(), options.load.set.begin(), options.load.set.end());
  options.load.set = std::move(overrides);
  return yaml::load_text(header.scenario_yaml, header.scenario_file, options.load);
}

ExitCode say(const report::ReadError& error) {
  complain(report::to_text(error));
  return error.unreadable ? ExitCode::environment : ExitCode::invalid_scenario;
}

// The records of a loop are numbered from 0, without a gap.
struct Numbering {
  std::uint64_t count = 0;
  std::uint64_t highest = 0;
};

void distrust(analysis::Outcome& outcome, std::string reason) {
  complain(reason);
  analysis::Guard guard;
  guard.kind = analysis::GuardKind::events_dropped;
  guard.voids_run = true;
  guard.text = std::move(reason);
  outcome.guards.push_back(std::move(guard));
}

ExitCode judge_again(report::EventReader& reader, const Arguments& arguments,
                     ScenarioOptions options) {
  auto first = reader.next();
  if (!first) return say(first.error());
  const auto* found =
      first->has_value() ? std::get_if<journal::RunBegan>(&first->value().body) : nullptr;
  if (found == nullptr) {
    complain("the journal does not begin with run_began: it is cut, or no journal of a run");
    return ExitCode::invalid_scenario;
  }
  const journal::RunBegan begin = *found;
  const bool color = use_color(options.color, STDERR_FILENO);
  const auto scenario = load_for(arguments, options, reader.header(), begin.seed);
  if (!scenario) {
    fmt::print(stderr, "{}", yaml::render(scenario.error(), color));
    return ExitCode::invalid_scenario;
  }
  const bool named = arguments.values.count("profile") > 0;
  const auto profile =
      yaml::load_profile(named ? arguments.values["profile"].as<std::string>() : begin.profile);
  if (!profile) {
    fmt::print(stderr, "{}", yaml::render(profile.error(), color));
    return ExitCode::invalid_scenario;
  }
  analysis::Judge judge{*scenario, *profile};
  Instant last{};
  bool ended = false;
  std::map<std::uint16_t, Numbering> loops;
  std::string reason;
  for (auto record = std::move(first); record->has_value();) {
    judge.add(**record);
    judge.advance((*record)->at);
    last = (*record)->at;
    Numbering& numbering = loops[(*record)->loop];
    ++numbering.count;
    numbering.highest = std::max(numbering.highest, (*record)->sequence);
    if (const auto* end = std::get_if<journal::RunEnded>(&(*record)->body)) {
      ended = true;
      reason = end->reason;
    }
    record = reader.next();
    if (!record) return say(record.error());
  }
  analysis::Outcome outcome = judge.finish(last);
  if (!ended) distrust(outcome, "the journal has no run_ended: it is cut, so something is missing");
  for (const auto& [loop, numbering] : loops) {
    const std::uint64_t missing = numbering.highest + 1 - numbering.count;
    if (missing > 0)
      distrust(outcome, fmt::format("{} records of loop {} are missing", missing, loop));
  }
  const auto gate = analysis::gate::evaluate(*scenario, outcome);
  const ExitCode code = decide(0, outcome, gate);
  report::RunReport report = assemble(*scenario, std::move(outcome), gate, code);
  report.reason = reason;
  report.digest = begin.digest;
  report.engine = begin.engine;
  report.broker = begin.broker;
  report.profile = profile->name;
  report.repeat = repeat_command(*scenario, options.load.set, options.load.time_scale);
  if (begin.engine == "virtual") report.repeat += " --engine virtual";
  print_summary(report, options.color);
  return code;
}

}  // namespace

std::string gate_flags_help() {
  std::ostringstream text;
  text << flags();
  return text.str();
}

ExitCode gate_command(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, flags());
  if (!arguments) {
    complain(arguments.error());
    return ExitCode::usage;
  }
  if (arguments->positional.size() != 1) {
    complain("gate needs one recorded run: `probate gate probate-out`");
    return ExitCode::usage;
  }
  auto options = load_options(*arguments);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  std::string path = arguments->positional[0];
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path += "/events.ndjson.gz";
  auto reader = report::EventReader::open(path);
  if (!reader) return say(reader.error());
  if (reader->header().is_foreign()) {
    const auto text = [&](const char* flag) {
      return arguments->values.count(flag) > 0 ? arguments->values[flag].as<std::string>() : "";
    };
    return judge_foreign({path, text("scenario"), text("profile"), std::move(*options)});
  }
  return judge_again(*reader, *arguments, std::move(*options));
}

}  // namespace probate::cli
