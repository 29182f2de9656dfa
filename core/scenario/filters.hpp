// What a back end subscribes to: the scenario's filters or, where it gives none, those of the
// devices' topics.
#pragma once

#include <string>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// Each filter once, in the order of the file.
std::vector<std::string> will_filters(const Scenario& scenario);
std::vector<std::string> birth_filters(const Scenario& scenario);
std::vector<std::string> message_filters(const Scenario& scenario);

// What the observers of a run subscribe to; each filter once, sorted.
struct ObserverFilters {
  std::vector<std::string> backend;  // everything of the back end's
  std::vector<std::string> control;  // the exact will topics, as far as they are known beforehand
};
ObserverFilters observer_filters(const Scenario& scenario);

}  // namespace probate::scenario
