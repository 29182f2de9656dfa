// Loading a scenario as every command does it: file, overrides, seed, time scale, typed gate rules.
#pragma once

#include <boost/program_options/options_description.hpp>

#include "sim/cli/arguments.hpp"
#include "sim/cli/terminal.hpp"
#include "sim/yaml/loader.hpp"

namespace probate::cli {

struct ScenarioOptions {
  yaml::LoadOptions load;
  ColorChoice color = ColorChoice::automatic;
  bool changes_policies = false;  // --policies, already among load.set
};

// --set, --policies, --seed, --color.
void add_scenario_flags(boost::program_options::options_description& flags);
// The same and --time-scale.
void add_load_flags(boost::program_options::options_description& flags);
// The error is one sentence about a value.
Result<ScenarioOptions, std::string> load_options(const Arguments& arguments);

// `-` is stdin.
Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load_scenario(
    const std::string& path, const ScenarioOptions& options);

}  // namespace probate::cli
