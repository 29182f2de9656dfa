// A sweep for terminals, spreadsheets and programs. Requires: conclude() was called.
#pragma once

#include <string>

#include "sim/report/sweep_report.hpp"

namespace probate::report {

// As many columns as it needs; colour only if asked for. An option that is the same at several
// points has one line.
std::string sweep_table(const SweepReport& report, bool color);
// One line for each option, RFC 4180; figures in base units. `same_as` counts lines from 0, without
// the header.
std::string sweep_csv(const SweepReport& report);
// Everything; the form is told in docs/sweep.md.
std::string sweep_json(const SweepReport& report);

// The rate within what it can be: a ratio's interval of Student's t can reach beyond 0 and 1.
analysis::SampleMean bounded_rate(const SweepReport& report, analysis::SampleMean mean);
// A figure with its interval: "12 % [9.1 %, 15 %]"; "–" if there is none.
std::string rate_text(const SweepReport& report, const analysis::SampleMean& mean);
std::string detection_text(const analysis::SampleMean& mean);
// The column of that figure.
const char* time_title(DetectionFigure figure);
// "51/107 (47.7 %) in 8.2 s": the outages that were told, of all, and after how long.
std::string detected_text(const SweepOption& option);
// "front", "dominated by epoch at keep_alive=30s", "no figure".
std::string standing_text(const SweepReport& report, const SweepOption& option);

}  // namespace probate::report
