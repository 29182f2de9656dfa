// The failure detectors' figures of presence, as rules can ask for them.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "core/analysis/gate/catalogue.hpp"

namespace probate::analysis::gate {

// A figure that `read` finds in what one policy believed.
Metric of_presence(std::string_view name, MetricKind kind, Unit unit, std::string_view meaning,
                   std::function<Reading(const PresenceTotals&)> read);

// A part of catalogue().
std::vector<Metric> figure_metrics();

}  // namespace probate::analysis::gate
