// The scenario of `probate proxy`, as it is read at the start and again while it runs.
#pragma once

#include <string>
#include <vector>

#include "core/journal/recipe.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/cli/proxy_options.hpp"
#include "sim/yaml/diagnostic.hpp"

namespace probate::cli {

// Why there is none: mistakes in files, or else a sentence about what makes no sense together.
struct NoScenario {
  std::vector<yaml::Diagnostic> mistakes;
  std::string sentence{};
};

// Without --scenario there are no faults, and a back end that believes each will. What is read is
// noted in `recipe`.
Result<scenario::Scenario, NoScenario> load_proxy_scenario(const ProxyCommand& command,
                                                           journal::Recipe& recipe);

// The same scenario with places for the devices that may come and for the faults that may.
scenario::Scenario as_judged(const ProxyCommand& command, const scenario::Scenario& scenario);

}  // namespace probate::cli
