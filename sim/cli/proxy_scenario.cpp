#include "sim/cli/proxy_scenario.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/scenario/real_devices.hpp"
#include "sim/cli/load.hpp"
#include "sim/yaml/recipe.hpp"

namespace probate::cli {
namespace {

// What is run without --scenario: links pass, and a back end that believes each will.
constexpr const char* kNoScenario = R"(version: 1
name: proxy
about: Real devices through a proxy, without faults.
backend: {presence: [naive]}
)";

// By hand, or by the scenario that is read again.
bool takes_later_faults(const ProxyCommand& command) {
  return command.control || can_be_read_again(command);
}

Result<scenario::Scenario, std::vector<yaml::Diagnostic>> load_nothing(const ProxyCommand& command,
                                                                       journal::Recipe& recipe) {
  recipe.file = "proxy";
  recipe.text = kNoScenario;
  return yaml::load_text(recipe.text, recipe.file, yaml::noting(command.load.load, recipe));
}

// What makes no sense together, as a sentence; "" if all does.
std::string contradiction(const ProxyCommand& command, const scenario::Scenario& scenario) {
  if (takes_later_faults(command) && scenario::has_fault(scenario, scenario::kByHand)) {
    return fmt::format(
        "{} has a fault called {}, which is what faults that come while the proxy runs are "
        "called together",
        command.scenario, scenario::kByHand);
  }
  if (command.proxy.observes || command.scenario.empty()) return {};
  // A scenario that names no policy has this one.
  const auto& presence = scenario.backend.presence;
  const bool has_own = !presence.empty() && (presence.size() > 1 ||
                                             presence.front().name != scenario::PolicyName::naive);
  if (scenario.gate.empty() && !has_own) return {};
  return fmt::format("{} has {}, which need --observe: without it nobody hears wills",
                     command.scenario, scenario.gate.empty() ? "presence policies" : "gate rules");
}

}  // namespace

Result<scenario::Scenario, NoScenario> load_proxy_scenario(const ProxyCommand& command,
                                                           journal::Recipe& recipe) {
  auto scenario = command.scenario.empty() ? load_nothing(command, recipe)
                                           : load_scenario(command.scenario, command.load, recipe);
  if (!scenario) return Failure{NoScenario{scenario.error()}};
  if (std::string sentence = contradiction(command, *scenario); !sentence.empty()) {
    return Failure{NoScenario{{}, std::move(sentence)}};
  }
  if (!command.proxy.observes) {
    scenario->backend.presence.clear();
    scenario->broker.publishes_wills = false;
  }
  recipe.faults_by_hand = takes_later_faults(command);
  return std::move(*scenario);
}

scenario::Scenario as_judged(const ProxyCommand& command, const scenario::Scenario& scenario) {
  scenario::Scenario judged = scenario::with_places(scenario);
  return takes_later_faults(command) ? scenario::with_faults_by_hand(std::move(judged)) : judged;
}

}  // namespace probate::cli
