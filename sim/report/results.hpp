// The files of a finished run in its output folder.
#pragma once

#include <string>
#include <vector>

#include "sim/report/file.hpp"
#include "sim/report/run_report.hpp"

namespace probate::report {

// Removes what earlier runs have left in the folder (leftovers.hpp): what write_results() and
// write_metrics() write, with `all` the events and the broker's log, too. Returns what could not be
// removed.
enum class Leftovers { results, all };
std::vector<FileError> clear_results(const std::string& folder, Leftovers leftovers);

// metrics.prom: the last figures, in Prometheus' text format. They are of the run as it was judged
// then, so a later judging into the same folder clears them.
Written write_metrics(const std::string& text, const std::string& folder);

// result.json, junit.xml and summary.md, each there whole or not at all. A file that cannot be
// written does not keep the others from being written. Returns what failed.
std::vector<FileError> write_results(const RunReport& report, const std::string& folder);

}  // namespace probate::report
