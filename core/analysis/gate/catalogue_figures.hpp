// The failure detectors' figures of presence, as rules can ask for them.
#pragma once

#include <vector>

#include "core/analysis/gate/catalogue.hpp"

namespace probate::analysis::gate {

// A part of catalogue().
std::vector<Metric> figure_metrics();

}  // namespace probate::analysis::gate
