#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "core/scenario/errors.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/estimate_text.hpp"
#include "sim/cli/load.hpp"
#include "sim/cli/runner.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/cli/timeline_text.hpp"
#include "sim/yaml/profiles.hpp"

namespace probate::cli {
namespace po = boost::program_options;

namespace {

po::options_description explain_flags() {
  po::options_description flags{"Flags"};
  add_load_flags(flags);
  return flags;
}

ExitCode explain_error(const scenario::ErrorInfo& error) {
  fmt::print("{}: {}\n\n{}\n\nAn example:\n", scenario::to_text(error.code), error.title,
             error.cause);
  std::istringstream lines{std::string{error.example}};
  for (std::string line; std::getline(lines, line);) fmt::print("    {}\n", line);
  fmt::print("\nWhat to do: {}\n", error.remedy);
  return ExitCode::pass;
}

// "E0107", whether or not there is such a code.
bool looks_like_a_code(const std::string& word) {
  return word.size() == 5 && (word[0] == 'E' || word[0] == 'e') &&
         word.find_first_not_of("0123456789", 1) == std::string::npos;
}

ExitCode explain_scenario(const std::string& path, const ScenarioOptions& options) {
  const bool color = use_color(options.color, STDERR_FILENO);
  const auto scenario = load_scenario(path, options);
  if (!scenario) {
    tell(yaml::render(scenario.error(), color));
    return ExitCode::invalid_scenario;
  }
  const auto profile = yaml::load_profile(model_profile(*scenario));
  if (!profile) {
    tell(yaml::render(profile.error(), color));
    return ExitCode::invalid_scenario;
  }
  fmt::print("{}\nWhat it will take\n", timeline_text(*scenario, *profile));
  for (const std::string& line : estimate_lines(*scenario)) fmt::print("  {}\n", line);
  const scenario::Schedule schedule{*scenario};
  const auto estimate = virtual_time::estimate(*scenario, schedule);
  fmt::print("assuming that\n");
  for (const std::string& line : estimate_assumptions(estimate)) fmt::print("  - {}\n", line);
  return ExitCode::pass;
}

}  // namespace

std::string explain_flags_help() {
  std::ostringstream text;
  text << explain_flags();
  return text.str();
}

ExitCode explain_command(const std::vector<std::string>& words) {
  const auto arguments = parse_arguments(words, explain_flags());
  if (!arguments) {
    complain(arguments.error());
    return ExitCode::usage;
  }
  if (arguments->positional.size() != 1) {
    complain("explain needs one scenario or one code: `probate explain scenarios/first-look.yaml`");
    return ExitCode::usage;
  }
  const std::string& subject = arguments->positional[0];
  if (looks_like_a_code(subject)) {
    const scenario::ErrorInfo* error = scenario::find_error(subject);
    if (error != nullptr) return explain_error(*error);
    complain(fmt::format("there is no error {}", subject));
    return ExitCode::usage;
  }
  const auto options = load_options(*arguments);
  if (!options) {
    complain(options.error());
    return ExitCode::usage;
  }
  return explain_scenario(subject, *options);
}

}  // namespace probate::cli
