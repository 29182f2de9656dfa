// Every metric the program exports, as one table. docs/metrics.md is made of the same words.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/analysis/gate/result.hpp"
#include "core/analysis/totals.hpp"
#include "core/journal/counters.hpp"
#include "metrics/labels.hpp"
#include "metrics/process.hpp"
#include "metrics/record_counts.hpp"

namespace probate::metrics {

// What is published at once: one consistent view of a run. Nothing is kept of it.
struct Snapshot {
  const analysis::Totals& totals;
  const journal::LoopCounters& loops;  // of all loops together
  const RecordCounts& records;
  journal::ControlCounters control{};  // zeros without a control API
  // Of the gate, as far as it has been evaluated.
  std::span<const analysis::gate::RuleResult> rules{};
  double started_at = 0;  // wall clock, seconds since 1970; 0 = not yet
  double ended_at = 0;
  ProcessFigures process{};  // the exporter fills it
};

enum class MetricType : std::uint8_t { counter, gauge, histogram };
// Shorter, for the tables of the catalogue.
inline constexpr MetricType kCounter = MetricType::counter;
inline constexpr MetricType kGauge = MetricType::gauge;
const char* to_text(MetricType type);

// The numbers of one family, in the order of its labels; all are 0 before it is filled.
class Cells {
 public:
  // `sizes`: how many values each axis has. `width`: numbers per series, more than 1 for
  // histograms.
  Cells(std::span<double> numbers, std::span<const std::size_t> sizes,
        std::span<const double> bounds);

  double& at() { return numbers_[0]; }
  double& at(std::size_t i) { return numbers_[i]; }
  double& at(std::size_t i, std::size_t j) { return numbers_[i * sizes_[1] + j]; }
  double& at(std::size_t i, std::size_t j, std::size_t k) {
    return numbers_[(i * sizes_[1] + j) * sizes_[2] + k];
  }
  std::size_t size() const { return sizes_.empty() ? 1 : sizes_[0]; }
  // Adds to the i-th histogram. A bucket of the source counts as below a bound if all of it is.
  void add(std::size_t i, const analysis::Histogram& histogram);
  void add(std::size_t i, const journal::CoarseHistogram& histogram);

 private:
  std::span<double> series(std::size_t i);

  std::span<double> numbers_;
  std::span<const std::size_t> sizes_;
  std::span<const double> bounds_;
};

struct Family {
  std::string_view name;  // without "probate_"
  MetricType type{};
  std::string_view unit;  // "1", "s", "bytes"
  std::vector<Axis> axes;
  std::string_view help;
  void (*fill)(const Snapshot& now, const Labels& labels, Cells& out) = nullptr;
  std::span<const double> bounds{};  // of a histogram, without the last, open one
  // Whether that series can ever be another than 0; null: all of them can. One that cannot is none.
  bool (*exists)(const Labels& labels, std::span<const std::size_t> at) = nullptr;
};

// Cumulative counts, one per bound and one above them all, then the sum.
inline std::size_t numbers_per_series(const Family& family) {
  return family.type == MetricType::histogram ? family.bounds.size() + 2 : 1;
}

// The whole table, in the order of the output.
const std::vector<Family>& catalogue();

// Its parts.
std::vector<Family> run_families();
std::vector<Family> fleet_families();
std::vector<Family> link_families();
std::vector<Family> will_families();
std::vector<Family> presence_families();
std::vector<Family> instrument_families();

}  // namespace probate::metrics
