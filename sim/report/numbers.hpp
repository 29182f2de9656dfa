// Figures as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/analysis/gate/result.hpp"
#include "core/base/time.hpp"

namespace probate::report {

// "0 s", "12 ms", "3.4 s", "2 min 5 s", "1 h 3 min": three digits.
std::string seconds_text(double seconds);
std::string seconds_text(Duration duration);
// "2.1 %", "0 %", "0.034 %"
std::string percent_text(double ratio);
// A ratio of counts, "–" if there was no trial.
std::string percent_text(std::uint64_t numerator, std::uint64_t denominator);
// Three significant digits, whole numbers in full.
std::string number_text(double value);
// In the unit of a rule.
std::string quantity_text(double value, analysis::gate::Unit unit);
// What a rule compared: "2.1 % < 0.5 %", "0 == 0", "12 s between 10 s and 20 s", "no data < 1 %",
// "0 % (bound 7.2 %) < 5 %" where the bound was compared.
std::string comparison_text(const analysis::gate::RuleResult& rule);
// The same as what was found and what was wanted: "1, wanted == 0".
std::string finding_text(const analysis::gate::RuleResult& rule);
// On what it stands: "13 of 612, compared with its bound 3.1 %"; "" if there is nothing to say.
std::string evidence_text(const analysis::gate::RuleResult& rule);
// "2026-11-02T10:00:00Z"; "" for 0.
std::string rfc3339_text(double unix_seconds);

}  // namespace probate::report
