// A snapshot as plain numbers, and the numbers as prometheus-cpp wants them.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "metrics/catalogue.hpp"

namespace probate::metrics {

// One number per series (more for a histogram) in the order of the catalogue.
using Numbers = std::vector<double>;

// The layout of a run: made once, before the run; names and labels never change after that.
// Threads: const functions may be called from any.
class Figures {
 public:
  explicit Figures(const RunInfo& info);

  Numbers read(const Snapshot& snapshot) const;
  // Where a counter of `next` fell behind `shown`, keeps the shown value: a reclassified will must
  // not look to Prometheus like a restart of the process. Requires: both came from read().
  void keep_counters_rising(const Numbers& shown, Numbers& next) const;
  // Ready to be serialised.
  std::vector<prometheus::MetricFamily> families(const Numbers& numbers) const;
  // Lines of output that carry a value, the buckets of histograms included.
  std::size_t series_count() const;

 private:
  struct Place {
    const Family* family = nullptr;
    std::vector<std::size_t> sizes;  // of its axes
    std::size_t begin = 0;           // into Numbers
    std::size_t count = 0;
    std::vector<std::size_t> series;  // those that exist, of all that its axes span
  };
  static std::vector<std::size_t> existing(const Family& family, const Labels& labels,
                                           const std::vector<std::size_t>& sizes);
  static prometheus::MetricFamily skeleton_of(const Place& place, const Labels& labels);

  Labels labels_;
  std::vector<Place> places_;
  std::vector<prometheus::MetricFamily> skeleton_;
  std::size_t numbers_ = 0;
};

// For the HELP line: `\` and line feed, which prometheus-cpp 1.0 writes as they are.
std::string escape_help(std::string_view help);

}  // namespace probate::metrics
