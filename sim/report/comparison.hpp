// Two runs beside each other, for terminals, CI summaries and programs.
#pragma once

#include <string>
#include <vector>

#include "core/analysis/compare.hpp"
#include "core/analysis/gate/result.hpp"
#include "sim/report/result_reader.hpp"

namespace probate::report {

struct ComparisonReport {
  std::string verdict;  // "pass", "fail", "inconclusive"
  int exit_code = 0;
  double confidence = 0.95;
  StoredResult base;
  StoredResult fresh;
  std::vector<std::string> differences;  // of the circumstances: "seed: 7 → 8"
  std::string not_comparable;            // why, "" if they are
  std::vector<analysis::Change> changes;
  std::vector<analysis::gate::RuleResult> rules;  // about new − base
};

// Figures that differ; the rest is counted.
std::string terminal_comparison(const ComparisonReport& report);
std::string markdown_comparison(const ComparisonReport& report);
// All figures.
std::string json_comparison(const ComparisonReport& report);

}  // namespace probate::report
