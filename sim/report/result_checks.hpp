// What must be so in every result, by the definitions of its counts (docs/verdicts.md): no run has
// written one in which it is not.
#pragma once

#include <string_view>
#include <vector>

#include "core/analysis/totals.hpp"
#include "sim/report/json_fields.hpp"

namespace probate::report {

// Each complains at the first count that contradicts another.
void check(const JsonFields& fields, const analysis::WillTotals& wills);
// Of the whole run or of a group. In a phase or of a fault, what followed may belong to something
// before it.
void check(const JsonFields& fields, const analysis::PresenceTotals& totals);

// The parts of `all`; a list that is empty says nothing.
void check_parts(const JsonFields& fields, std::string_view key, const analysis::WillTotals& all,
                 const std::vector<analysis::WillTotals>& parts);
enum class Split : std::uint8_t { by_group, by_fault, by_phase };
void check_parts(const JsonFields& fields, Split split, const analysis::PresenceTotals& all,
                 const std::vector<analysis::PresenceTotals>& parts);

}  // namespace probate::report
