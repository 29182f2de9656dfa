#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "sim/cli/command.hpp"
#include "sim/cli/foreign.hpp"
#include "sim/cli/rejudge.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description gate_flags() {
  po::options_description flags{"Flags"};
  auto add = flags.add_options();
  add("rules", po::value<std::string>()->value_name("FILE"),
      "judge by the rules of this YAML file (- is stdin): a list of rules, or a map with the key "
      "gate");
  add("expect", po::value<std::vector<std::string>>()->value_name("RULE"),
      "judge by this rule, like \"wills_missing == 0\"; repeatable");
  add("scenario", po::value<std::string>()->value_name("FILE"),
      "judge by this scenario instead of the recorded one");
  add("profile", po::value<std::string>()->value_name("NAME|FILE"),
      "judge against this broker profile instead of the recorded one");
  add("out", po::value<std::string>()->value_name("DIR"),
      "write result.json, junit.xml and summary.md there; else nothing is written");
  add_scenario_flags(flags);
  return flags;
}

// What it sets is not judged by: other rules stand in the place of the scenario's.
bool sets_a_rule(const std::string& argument) {
  constexpr std::string_view kKey = "gate";
  return argument.starts_with(kKey) && argument.find_first_of(".[=") == kKey.size();
}

std::string contradiction(const Rejudge& rejudge) {
  const yaml::LoadOptions& load = rejudge.options.load;
  if (!load.expect.empty() && !load.rules.empty()) {
    return "--rules and --expect both say which rules to judge by: take one";
  }
  if (load.rules == "-" && rejudge.scenario == "-") {
    return "--rules - and --scenario - both take standard input: only one can";
  }
  if (load.expect.empty() && load.rules.empty()) return {};
  const auto set = std::find_if(load.set.begin(), load.set.end(), sets_a_rule);
  if (set == load.set.end()) return {};
  return fmt::format(
      "--set {} has no effect: {} stands in the place of the scenario's rules; a file of rules "
      "takes `min_samples` and the like",
      *set, load.rules.empty() ? "--expect" : "--rules");
}

Result<Rejudge, std::string> read_flags(const Arguments& arguments) {
  Rejudge rejudge;
  auto options = load_options(arguments);
  if (!options) return Failure{options.error()};
  if (options->load.seed) {
    return Failure{std::string{"--seed has no effect on what was run: it belongs to `run`"}};
  }
  rejudge.options = std::move(*options);
  const po::variables_map& values = arguments.values;
  const auto text = [&](const char* flag, std::string& target) {
    if (values.count(flag) > 0) target = values[flag].as<std::string>();
  };
  text("rules", rejudge.options.load.rules);
  text("scenario", rejudge.scenario);
  text("profile", rejudge.profile);
  text("out", rejudge.out);
  if (values.count("expect") > 0) {
    rejudge.options.load.expect = values["expect"].as<std::vector<std::string>>();
  }
  if (std::string sentence = contradiction(rejudge); !sentence.empty()) return Failure{sentence};
  read_once(rejudge);
  return rejudge;
}

}  // namespace

std::string gate_flags_help() {
  std::ostringstream text;
  text << gate_flags();
  return text.str();
}

ExitCode gate_command(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, gate_flags());
  if (!arguments) {
    complain(arguments.error());
    return ExitCode::usage;
  }
  if (arguments->positional.size() != 1) {
    complain("gate needs one recorded run: `probate gate probate-out`");
    return ExitCode::usage;
  }
  const auto rejudge = read_flags(*arguments);
  if (!rejudge) {
    complain(rejudge.error());
    return ExitCode::usage;
  }
  std::string path = arguments->positional[0];
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    const bool has_journal = std::filesystem::exists(path + "/events.ndjson.gz", ignored);
    path += has_journal ? "/events.ndjson.gz" : "/result.json";
  }
  if (path.ends_with(".json")) {
    auto stored = report::read_result(path);
    if (!stored) return say(stored.error());
    return judge_result(std::move(*stored), *rejudge);
  }
  auto reader = report::EventReader::open(path);
  if (!reader) return say(reader.error());
  if (reader->header().is_foreign()) return judge_foreign(path, reader->header(), *rejudge);
  return judge_journal(*reader, *rejudge);
}

}  // namespace probate::cli
