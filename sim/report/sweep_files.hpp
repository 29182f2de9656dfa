// The files of a sweep in its output folder.
#pragma once

#include <string>
#include <vector>

#include "sim/report/file.hpp"
#include "sim/report/sweep_report.hpp"

namespace probate::report {

// Removes what earlier sweeps have left in the folder (leftovers.hpp). Returns what could not be
// removed.
std::vector<FileError> clear_sweep(const std::string& folder);

struct SweepFiles {
  std::vector<std::string> written;  // names
  std::vector<FileError> failed;
};
// sweep.csv, sweep.json, sweep.svg and sweep.html, each there whole or not at all. One that cannot
// be written does not keep the others from being written. Requires: conclude() was called.
SweepFiles write_sweep(const SweepReport& report, const std::string& folder);

}  // namespace probate::report
