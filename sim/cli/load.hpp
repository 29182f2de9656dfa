// Loading a scenario as every command does it: file, overrides, seed, time scale, typed gate rules.
#pragma once

#include <boost/program_options/options_description.hpp>

#include "core/journal/recipe.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/yaml/loader.hpp"

namespace probate::cli {

struct ScenarioOptions {
  yaml::LoadOptions load;
  ColorChoice color = ColorChoice::automatic;
  bool changes_policies = false;  // --policies, already the last of load.set
  std::string policies_given{};   // "--policies naive,epoch", as it was given
};

// What a recipe calls a scenario that came on standard input.
inline constexpr const char* kStandardInput = "<stdin>";

// --set, --policies, --seed, --color.
void add_scenario_flags(boost::program_options::options_description& flags);
// The same and --time-scale.
void add_load_flags(boost::program_options::options_description& flags);
// The error is one sentence about a value, or about two flags that set the same. A variable of the
// environment gives way to a flag on the command line.
Result<ScenarioOptions, std::string> load_options(const Arguments& arguments);

// `-` is stdin. Everything is read once, a pipe can be read no second time; what was read is noted.
Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load_scenario(
    const std::string& path, const ScenarioOptions& options, journal::Recipe& recipe);
Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load_scenario(
    const std::string& path, const ScenarioOptions& options);

}  // namespace probate::cli
