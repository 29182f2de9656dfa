// What GitHub shows at the scenario's lines.
#pragma once

#include <string>

#include "sim/report/run_report.hpp"

namespace probate::report {

// A workflow command for each rule that did not pass, at the line of its `expect`; "" if all did.
// To be printed to standard output when GITHUB_ACTIONS is set.
std::string github_annotations(const RunReport& report);

}  // namespace probate::report
