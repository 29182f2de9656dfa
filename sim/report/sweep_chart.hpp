// A sweep as a picture. Requires: conclude() was called.
#pragma once

#include <string>

#include "sim/report/sweep_report.hpp"

namespace probate::report {

// False-offline rate against detection time, one mark for each option, a colour and a form for each
// policy, intervals as whiskers, the Pareto front as a stair. An SVG that needs nothing else.
std::string sweep_svg(const SweepReport& report);

// The chart, the sentence and the table as one page that needs nothing else, without scripts.
std::string sweep_html(const SweepReport& report);

}  // namespace probate::report
