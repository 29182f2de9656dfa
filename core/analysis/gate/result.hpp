// What became of a gate rule: plain data for terminals, files and metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/scenario/scenario.hpp"

namespace probate::analysis::gate {

enum class RuleStatus : std::uint8_t {
  pass,
  fail,          // violated, severity fail
  warn,          // violated, severity warn: never changes the exit code
  inconclusive,  // no data, too few samples, or a guard voids it
};
const char* to_text(RuleStatus status);

enum class Unit : std::uint8_t { none, ratio, seconds, per_second, per_hour, bytes };
// "1", "ratio", "s", "/s", "/h", "B".
const char* to_text(Unit unit);
// With its unit, as a rule would say it: "12", "0.5 %", "1.25 s".
std::string render(double value, Unit unit);

struct RuleResult {
  std::string name;
  std::string expect;  // as written
  std::string per;     // the one the figures are of: "group city", "" without `per`
  RuleStatus status{};
  scenario::Severity severity{};
  std::optional<double> value;       // of the left side, in base units; absent: no data
  std::optional<double> bound;       // the confidence bound that was compared instead, if asked for
  std::string relation;              // "<", "==", "between"
  double limit = 0;                  // right side, base units
  std::optional<double> limit_high;  // of between
  Unit unit{};
  std::uint64_t numerator = 0;  // of a ratio of counts, else 0
  std::uint64_t denominator = 0;
  std::uint64_t samples = 0;           // what the figure stands on
  std::string reason;                  // why it failed or is inconclusive, one sentence
  std::string file;                    // where the rule stands; "": in no file
  std::uint32_t line = 0;              // in it, from 1; 0: in no file
  std::vector<std::string> offenders;  // causal lines of the worst, at most 10
};

}  // namespace probate::analysis::gate
