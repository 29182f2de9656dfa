// The files of a finished run in its output folder.
#pragma once

#include <string>
#include <vector>

#include "sim/report/file.hpp"
#include "sim/report/run_report.hpp"

namespace probate::report {

// result.json, junit.xml and summary.md, each there whole or not at all. A file that cannot be
// written does not keep the others from being written. Returns what failed.
std::vector<FileError> write_results(const RunReport& report, const std::string& folder);

}  // namespace probate::report
