#include "metrics/catalogue.hpp"

#include <algorithm>
#include <iterator>

namespace probate::metrics {

const char* to_text(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "";
}

Cells::Cells(std::span<double> numbers, std::span<const std::size_t> sizes,
             std::span<const double> bounds)
    : numbers_{numbers}, sizes_{sizes}, bounds_{bounds} {}

std::span<double> Cells::series(std::size_t i) {
  const std::size_t width = bounds_.size() + 2;
  return numbers_.subspan(i * width, width);
}

void Cells::add(std::size_t i, const analysis::Histogram& histogram) {
  const std::span<double> out = series(i);
  for (const auto& bucket : histogram.buckets()) {
    const double high = to_seconds(bucket.high);
    const auto first = std::lower_bound(bounds_.begin(), bounds_.end(), high);
    for (auto k = static_cast<std::size_t>(first - bounds_.begin()); k <= bounds_.size(); ++k) {
      out[k] += static_cast<double>(bucket.count);
    }
  }
  out.back() += to_seconds(histogram.sum());
}

void Cells::add(std::size_t i, const journal::CoarseHistogram& histogram) {
  CHECK(bounds_.size() + 1 == histogram.buckets.size());
  const std::span<double> out = series(i);
  double cumulative = 0;
  for (std::size_t k = 0; k < histogram.buckets.size(); ++k) {
    cumulative += static_cast<double>(histogram.buckets[k]);
    out[k] += cumulative;
  }
  out.back() += histogram.sum_seconds;
}

const std::vector<Family>& catalogue() {
  static const std::vector<Family> kAll = [] {
    std::vector<Family> families;
    for (auto part : {run_families(), fleet_families(), link_families(), will_families(),
                      presence_families(), instrument_families()}) {
      families.insert(families.end(), part.begin(), part.end());
    }
    return families;
  }();
  return kAll;
}

}  // namespace probate::metrics
