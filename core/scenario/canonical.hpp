// A scenario's meaning as text: what two files must share to be the same experiment.
#pragma once

#include <string>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// One `key=value` a line, in a fixed order, complete except for what has no meaning for what
// happens: names of the scenario and its file, its description, lines, the broker's address and
// credentials.
std::string canonical_text(const Scenario& scenario);
// The same of one fault, its name included.
std::string canonical_text(const fault::FaultSpec& fault);

// A section of the file, other than `faults`, in which they mean something else ("phases"), the
// observers' credentials included; "" if there is none.
std::string section_changed(const Scenario& running, const Scenario& next);

}  // namespace probate::scenario
