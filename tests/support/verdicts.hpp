// Everything that a judge says of a run, line by line, and nothing of how many records there were.
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

#include "sim/report/result_json.hpp"
#include "tests/support/virtual_run.hpp"

namespace probate::test {

inline std::vector<std::string> verdicts(const scenario::Scenario& scenario,
                                         const analysis::Outcome& outcome,
                                         const analysis::gate::GateOutcome& gate) {
  report::RunReport report;
  for (const auto& group : scenario.fleet) {
    report.groups.push_back(group.name);
    report.group_sizes.push_back(group.count);
  }
  for (const auto& fault : scenario.faults) report.faults.push_back(fault.name);
  report.outcome = outcome;
  std::vector<std::string> all;
  const auto add = [&all](const auto& json) { all.push_back(boost::json::serialize(json)); };
  add(report::rules_json(gate.rules));
  for (const auto& part : report::wills_json(report)) add(part.value());
  for (const auto& policy : report::presence_json(report)) {
    if (!policy.is_object()) add(policy);
    for (const auto& part : policy.get_object()) {
      all.push_back(std::string{part.key()} + " " + boost::json::serialize(part.value()));
    }
  }
  add(report::series_json(report));
  for (const auto& fault : outcome.totals.faults) all.push_back(std::to_string(fault.injected));
  for (const auto& guard : outcome.guards) all.push_back(guard.text);
  for (const auto& will : outcome.wills) all.push_back(will.line);
  for (const auto& episode : outcome.false_offlines) all.push_back(episode.line);
  return all;
}

inline std::vector<std::string> verdicts(const VirtualResult& result) {
  return verdicts(result.scenario, result.outcome, result.gate);
}

// Asserts that two runs were judged alike; names the first line that differs.
inline void expect_same_verdicts(const std::vector<std::string>& expected,
                                 const std::vector<std::string>& found) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], expected[i]) << "line " << i;
}

}  // namespace probate::test
