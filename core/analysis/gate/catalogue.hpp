// What a rule can ask for: every metric, its kind, its labels, and where its figures stand.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/analysis/gate/result.hpp"
#include "core/analysis/totals.hpp"

namespace probate::analysis::gate {

// Where a metric's figures come from, which decides what labels it can have.
enum class Source : std::uint8_t {
  wills,     // WillTotals: of the run, a group, a fault or a phase
  presence,  // PresenceTotals: of one policy; of the run, a group, a fault or a phase
  faults,    // FaultTotals: of the run or a fault
  run,       // Totals: of the run only
};

enum class MetricKind : std::uint8_t {
  count,      // things counted
  ratio,      // counted trials: numerator of denominator; has an exact confidence bound
  quotient,   // one amount over another: no bound
  amount,     // seconds, added up
  histogram,  // durations, one by one
};
const char* to_text(MetricKind kind);

// A figure and what it stands on.
struct Reading {
  double numerator = 0;    // the figure itself of counts and amounts
  double denominator = 1;  // 0: no data
  Histogram histogram;     // of histograms
  // Of what became of obligations: how many were decided, and how many never will be.
  double decided = 0;
  double undecided = 0;

  // Most of what it would tell of is not known.
  bool is_doubtful() const { return undecided > decided; }
  void merge(const Reading& other, MetricKind kind);
  // What was added since `earlier`. A count that fell, because a will moved to another class, is 0.
  Reading since(const Reading& earlier, MetricKind kind) const;
};

// One figure of a metric with an own label ({cause=…}, {flag=…}, …).
struct OwnLabel {
  std::string_view name;
  std::vector<std::string> values;
};

struct Metric {
  std::string_view name;
  Source source{};
  MetricKind kind{};
  Unit unit{};  // of the figure
  std::string_view meaning;
  // Reads the figure; `own` is the index of the own label's value, or kAllValues.
  std::function<Reading(const WillTotals&, std::size_t own)> of_wills;
  std::function<Reading(const PresenceTotals&)> of_presence;
  std::function<Reading(const Totals&, std::size_t own)> of_run;
  std::function<Reading(const FaultTotals&)> of_fault;
  OwnLabel own;
  bool counts_devices = false;  // each once in the run: not kept by fault or phase
};
inline constexpr std::size_t kAllValues = static_cast<std::size_t>(-1);

std::span<const Metric> catalogue();
const Metric* find_metric(std::string_view name);
// Whether it is a metric that is exported, but that no rule can ask for.
bool is_volume(std::string_view name);

}  // namespace probate::analysis::gate
