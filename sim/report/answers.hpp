// The four questions that everybody has about wills, answered for one run.
#pragma once

#include <string>
#include <vector>

#include "sim/report/run_report.hpp"

namespace probate::report {

struct Answer {
  std::string question;
  std::string text;  // one to three sentences with this run's figures
};

// "Why no will?", "Why several?", "Why when it is back?", "How not to misjudge?". What the run has
// no figures for is left out: a run without any end of a connection has no answer.
std::vector<Answer> answers(const RunReport& report);

}  // namespace probate::report
