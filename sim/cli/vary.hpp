// The grid of a sweep, as `--vary PATH=v1,v2` gives it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "sim/report/sweep_report.hpp"

namespace probate::cli {

// One axis. Commas inside quotes, brackets and braces belong to a value, which is YAML as after
// --set. The error is one sentence: no path, no value, an empty or repeated one.
Result<report::SweepAxis, std::string> parse_vary(const std::string& text);

// Every combination, the last axis fastest: for each point which value of each axis. Without axes
// there is one point, the scenario itself.
std::vector<std::vector<std::size_t>> grid_of(const std::vector<report::SweepAxis>& axes);

// How many points that is, or `most` + 1 if there are more.
std::size_t grid_size(const std::vector<report::SweepAxis>& axes, std::size_t most);

// "PATH=VALUE" for each axis.
std::vector<std::string> settings_of(const std::vector<report::SweepAxis>& axes,
                                     const std::vector<std::size_t>& values);

}  // namespace probate::cli
