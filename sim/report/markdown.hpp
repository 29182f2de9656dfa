// summary.md, for a CI's step summary.
#pragma once

#include <string>

#include "sim/report/run_report.hpp"

namespace probate::report {

std::string summary_markdown(const RunReport& report);

}  // namespace probate::report
