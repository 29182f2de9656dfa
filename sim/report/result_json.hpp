// result.json: everything a run came to, for programs. docs/result.schema.json is its schema,
// docs/results.md tells what it means.
#pragma once

#include <cstdint>

#include <boost/json.hpp>

#include "sim/report/run_report.hpp"

namespace probate::report {

// Raised whenever a reader of the old form would misread the new one.
inline constexpr std::uint32_t kResultVersion = 1;

boost::json::object result_json(const RunReport& report);

// Its parts.
boost::json::array rules_json(const std::vector<analysis::gate::RuleResult>& rules);
boost::json::object wills_json(const RunReport& report);
boost::json::array presence_json(const RunReport& report);
boost::json::object series_json(const RunReport& report);
boost::json::object traffic_json(const RunReport& report);
// count, sum_s, min_s, max_s and the buckets that hold something as [low_us, high_us, count].
boost::json::object histogram_json(const analysis::Histogram& histogram);
boost::json::value optional_json(const std::optional<Instant>& at);

}  // namespace probate::report
