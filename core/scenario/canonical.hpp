// A scenario's meaning as text: what two files must share to be the same experiment.
#pragma once

#include <string>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// One `key=value` a line, in a fixed order, complete except for what has no meaning for what
// happens: names of the scenario and its file, its description, lines, the broker's address and
// credentials.
std::string canonical_text(const Scenario& scenario);

}  // namespace probate::scenario
