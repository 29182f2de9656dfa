#include "core/analysis/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/check.hpp"

namespace probate::analysis {

namespace {

// Values below 2 · kSteps have a bucket each; above, kSteps buckets per power of two.
constexpr std::uint64_t kSteps = 64;
constexpr int kStepBits = 6;

std::uint64_t to_microseconds(Duration value) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
  return us < 0 ? 0 : static_cast<std::uint64_t>(us);
}

Duration from_microseconds(std::uint64_t us) {
  return std::chrono::microseconds{static_cast<std::int64_t>(us)};
}

}  // namespace

std::size_t Histogram::index_of(std::uint64_t microseconds) {
  if (microseconds < 2 * kSteps) return static_cast<std::size_t>(microseconds);
  const int shift = static_cast<int>(std::bit_width(microseconds)) - 1 - kStepBits;
  return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * kSteps +
                                  (microseconds >> shift));
}

std::uint64_t Histogram::lower_edge(std::size_t index) {
  if (index < 2 * kSteps) return index;
  const std::uint64_t shift = index / kSteps - 1;
  return (index - shift * kSteps) << shift;
}

void Histogram::add(Duration value) {
  value = std::max(value, Duration{});
  const std::size_t index = index_of(to_microseconds(value));
  if (index >= counts_.size()) counts_.resize(index + 1);
  ++counts_[index];
  ++count_;
  sum_ += value;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Histogram::remove(Duration value) {
  value = std::max(value, Duration{});
  const std::size_t index = index_of(to_microseconds(value));
  CHECK(index < counts_.size() && counts_[index] > 0);
  --counts_[index];
  --count_;
  sum_ -= value;
  if (count_ == 0) {
    *this = {};
    return;
  }
  // Which value is the least and which the greatest now is known to the bucket only.
  std::size_t first = 0;
  while (counts_[first] == 0) ++first;
  while (counts_.back() == 0) counts_.pop_back();
  const auto edge = [](std::size_t i) { return from_microseconds(lower_edge(i)); };
  min_ = std::max(min_, edge(first));
  max_ = std::min(max_, edge(counts_.size()));
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

Histogram Histogram::since(const Histogram& earlier) const {
  Histogram out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::uint64_t before = i < earlier.counts_.size() ? earlier.counts_[i] : 0;
    if (counts_[i] <= before) continue;  // values may have been taken back, too
    out.counts_.resize(i + 1);
    out.counts_[i] = counts_[i] - before;
    out.count_ += out.counts_[i];
    if (out.min_ == Duration::max()) out.min_ = std::max(from_microseconds(lower_edge(i)), min_);
    out.max_ = std::min(from_microseconds(lower_edge(i + 1)), max_);
  }
  if (out.count_ > 0) out.sum_ = std::max(sum_ - earlier.sum_, Duration{});
  return out;
}

namespace {

// A sum and edges in microseconds that were read from decimals.
bool may_add_up_to(const std::vector<Histogram::Bucket>& buckets, Duration sum) {
  double low = 0;
  double high = 0;
  for (const Histogram::Bucket& bucket : buckets) {
    low += to_seconds(bucket.low) * static_cast<double>(bucket.count);
    high += to_seconds(bucket.high) * static_cast<double>(bucket.count);
  }
  constexpr double kRounding = 1e-6;
  return to_seconds(sum) >= low * (1 - kRounding) - kRounding &&
         to_seconds(sum) <= high * (1 + kRounding) + kRounding;
}

}  // namespace

std::optional<Histogram> Histogram::from_buckets(const std::vector<Bucket>& buckets, Duration sum,
                                                 Duration min, Duration max) {
  Histogram out;
  for (const Bucket& bucket : buckets) {
    if (bucket.low < Duration{} || bucket.count == 0) return std::nullopt;
    const std::size_t index = index_of(to_microseconds(bucket.low));
    const bool fits = from_microseconds(lower_edge(index)) == bucket.low &&
                      from_microseconds(lower_edge(index + 1)) == bucket.high;
    if (!fits || index < out.counts_.size()) return std::nullopt;
    out.counts_.resize(index + 1);
    out.counts_[index] = bucket.count;
    out.count_ += bucket.count;
  }
  if (out.count_ == 0) return out;
  if (min > max || min < Duration{} || sum < Duration{}) return std::nullopt;
  // The bounds may be of values that were taken back; none that is left lies beyond them.
  const bool are_bounds_right =
      max + 1us >= buckets.back().low && min <= buckets.front().high + 1us;
  if (!are_bounds_right || !may_add_up_to(buckets, sum)) return std::nullopt;
  out.sum_ = sum;
  out.min_ = min;
  out.max_ = max;
  return out;
}

Duration Histogram::mean() const {
  return count_ == 0 ? Duration{} : sum_ / static_cast<std::int64_t>(count_);
}

Histogram::Interval Histogram::percentile_bounds(double p) const {
  CHECK(p >= 0 && p <= 1);
  if (count_ == 0) return {};
  const double exact = std::ceil(p * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact), 1, count_);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen < rank) continue;
    const Duration low = from_microseconds(lower_edge(i));
    const Duration high = from_microseconds(lower_edge(i + 1));
    return {std::clamp(low, min_, max_), std::clamp(high, min_, max_)};
  }
  return {min_, max_};
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    out.push_back(
        {from_microseconds(lower_edge(i)), from_microseconds(lower_edge(i + 1)), counts_[i]});
  }
  return out;
}

bool Histogram::operator==(const Histogram& other) const {
  if (count_ != other.count_ || sum_ != other.sum_) return false;
  const std::size_t shared = std::min(counts_.size(), other.counts_.size());
  const auto rest_is_empty = [shared](const std::vector<std::uint64_t>& counts) {
    return std::all_of(counts.begin() + static_cast<std::ptrdiff_t>(shared), counts.end(),
                       [](std::uint64_t n) { return n == 0; });
  };
  return std::equal(counts_.begin(), counts_.begin() + static_cast<std::ptrdiff_t>(shared),
                    other.counts_.begin()) &&
         rest_is_empty(counts_) && rest_is_empty(other.counts_);
}

}  // namespace probate::analysis
