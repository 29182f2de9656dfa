#include "metrics/figures.hpp"

#include <algorithm>
#include <limits>

namespace probate::metrics {
namespace {

prometheus::MetricType foreign_type(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return prometheus::MetricType::Counter;
    case MetricType::gauge:
      return prometheus::MetricType::Gauge;
    case MetricType::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

void set_value(prometheus::ClientMetric& metric, const Family& family,
               std::span<const double> numbers) {
  switch (family.type) {
    case MetricType::counter:
      metric.counter.value = numbers[0];
      return;
    case MetricType::gauge:
      metric.gauge.value = numbers[0];
      return;
    case MetricType::histogram:
      break;
  }
  metric.histogram.bucket.resize(family.bounds.size() + 1);
  for (std::size_t k = 0; k <= family.bounds.size(); ++k) {
    const bool open = k == family.bounds.size();
    metric.histogram.bucket[k] = {
        .cumulative_count = static_cast<std::uint64_t>(numbers[k]),
        .upper_bound = open ? std::numeric_limits<double>::infinity() : family.bounds[k]};
  }
  metric.histogram.sample_count = metric.histogram.bucket.back().cumulative_count;
  metric.histogram.sample_sum = numbers.back();
}

}  // namespace

std::string escape_help(std::string_view help) {
  std::string out;
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

Figures::Figures(const RunInfo& info) : labels_{info} {
  for (const Family& family : catalogue()) {
    Place place{.family = &family, .sizes = {}, .begin = numbers_, .count = 0, .series = {}};
    std::size_t series = 1;
    for (const Axis axis : family.axes) {
      place.sizes.push_back(labels_[axis].values().size());
      series *= place.sizes.back();
    }
    place.count = series * numbers_per_series(family);
    numbers_ += place.count;
    place.series = existing(family, labels_, place.sizes);
    skeleton_.push_back(skeleton_of(place, labels_));
    places_.push_back(std::move(place));
  }
}

namespace {

// Where the series stands on each axis.
std::vector<std::size_t> spread(std::size_t series, const std::vector<std::size_t>& sizes) {
  std::vector<std::size_t> at(sizes.size());
  for (std::size_t axis = sizes.size(); axis-- > 0;) {
    at[axis] = series % sizes[axis];
    series /= sizes[axis];
  }
  return at;
}

}  // namespace

std::vector<std::size_t> Figures::existing(const Family& family, const Labels& labels,
                                           const std::vector<std::size_t>& sizes) {
  std::size_t all = 1;
  for (const std::size_t size : sizes) all *= size;
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < all; ++i) {
    if (family.exists == nullptr || family.exists(labels, spread(i, sizes))) found.push_back(i);
  }
  return found;
}

prometheus::MetricFamily Figures::skeleton_of(const Place& place, const Labels& labels) {
  const Family& family = *place.family;
  prometheus::MetricFamily out;
  out.name = "probate_" + std::string{family.name};
  out.help = escape_help(family.help);
  out.type = foreign_type(family.type);
  out.metric.resize(place.series.size());
  for (std::size_t i = 0; i < place.series.size(); ++i) {
    const std::vector<std::size_t> at = spread(place.series[i], place.sizes);
    auto& label = out.metric[i].label;
    label.resize(at.size());
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      label[axis].name = label_name(family.axes[axis]);
      label[axis].value = labels[family.axes[axis]].values()[at[axis]];
    }
  }
  return out;
}

Numbers Figures::read(const Snapshot& snapshot) const {
  Numbers numbers(numbers_);
  for (const Place& place : places_) {
    if (place.count == 0) continue;
    Cells cells{std::span{numbers}.subspan(place.begin, place.count), place.sizes,
                place.family->bounds};
    place.family->fill(snapshot, labels_, cells);
  }
  return numbers;
}

void Figures::keep_counters_rising(const Numbers& shown, Numbers& next) const {
  CHECK(shown.size() == numbers_ && next.size() == numbers_);
  for (const Place& place : places_) {
    if (place.family->type == MetricType::gauge) continue;
    for (std::size_t i = place.begin; i < place.begin + place.count; ++i) {
      next[i] = std::max(next[i], shown[i]);
    }
  }
}

std::vector<prometheus::MetricFamily> Figures::families(const Numbers& numbers) const {
  CHECK(numbers.size() == numbers_);
  std::vector<prometheus::MetricFamily> families;
  families.reserve(places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const Place& place = places_[i];
    if (place.count == 0) continue;  // no rules, no policies: no series, and so no family
    auto& family = families.emplace_back(skeleton_[i]);
    const std::size_t width = numbers_per_series(*place.family);
    for (std::size_t k = 0; k < family.metric.size(); ++k) {
      set_value(family.metric[k], *place.family,
                std::span{numbers}.subspan(place.begin + place.series[k] * width, width));
    }
  }
  return families;
}

std::size_t Figures::series_count() const {
  std::size_t series = 0;
  for (const Place& place : places_) {
    const bool histogram = place.family->type == MetricType::histogram;
    const std::size_t width = numbers_per_series(*place.family);
    // A histogram has a bucket per bound, +Inf, sum and count.
    series += place.series.size() * (histogram ? width + 1 : 1);
  }
  return series;
}

}  // namespace probate::metrics
