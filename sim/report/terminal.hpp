// The summary on the terminal.
#pragma once

#include <string>

#include "sim/report/run_report.hpp"

namespace probate::report {

struct TerminalStyle {
  bool color = false;
};

// At most 80 columns. Verdict first, then rules, guards, wills, presence, causal lines, deviations,
// and how to repeat the run.
std::string terminal_summary(const RunReport& report, TerminalStyle style);

}  // namespace probate::report
