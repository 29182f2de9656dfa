// The files of a sweep in its output folder.
#pragma once

#include <string>
#include <vector>

#include "sim/report/file.hpp"
#include "sim/report/sweep_report.hpp"

namespace probate::report {

// sweep.csv, sweep.json, sweep.svg and sweep.html, each there whole or not at all. Returns what
// failed. Requires: conclude() was called.
std::vector<FileError> write_sweep(const SweepReport& report, const std::string& folder);

}  // namespace probate::report
