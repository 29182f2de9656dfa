// The points of a sweep, all checked before the first one runs.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/broker/profile.hpp"
#include "core/scenario/scenario.hpp"
#include "sim/cli/sweep_options.hpp"

namespace probate::cli {

struct SweepCase {
  std::vector<std::size_t> values;  // by axis
  scenario::Scenario scenario;
  broker::Profile profile;
};

// The scenario at every point of the grid. The error is for stderr: what is wrong at which points,
// each mistake once, with its place: exit 5.
Result<std::vector<SweepCase>, std::string> load_points(const SweepOptions& options);

}  // namespace probate::cli
