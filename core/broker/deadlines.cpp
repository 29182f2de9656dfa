#include "core/broker/deadlines.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace probate::broker {
namespace {

constexpr std::size_t kSpareMax = 64;

std::int64_t bucket_of(Instant at) {
  return at.time_since_epoch().count() / Deadlines::kBucket.count();
}

}  // namespace

void Deadlines::push(const Deadline& deadline) {
  const std::int64_t number = bucket_of(deadline.due);
  if (!open_.empty() && number == open_number_) {
    // Latest first: the place behind everything that is later.
    const auto place =
        std::partition_point(open_.begin(), open_.end(),
                             [&deadline](const Deadline& other) { return deadline < other; });
    open_.insert(place, deadline);
    return;
  }
  auto [place, added] = later_.try_emplace(number);
  Bucket& bucket = place->second;
  if (added && !spare_.empty()) {
    bucket.deadlines = std::move(spare_.back());
    spare_.pop_back();
  }
  bucket.earliest = std::min(bucket.earliest, deadline.due);
  bucket.deadlines.push_back(deadline);
}

std::optional<Instant> Deadlines::next() const {
  if (open_.empty() && later_.empty()) return std::nullopt;
  Instant earliest = open_.empty() ? kNever : open_.back().due;
  if (!later_.empty()) earliest = std::min(earliest, later_.begin()->second.earliest);
  return earliest;
}

void Deadlines::open(std::map<std::int64_t, Bucket>::iterator first) {
  auto node = later_.extract(first);
  if (!open_.empty()) {
    later_.try_emplace(open_number_, Bucket{open_.back().due, std::move(open_)});
  } else if (open_.capacity() > 0 && spare_.size() < kSpareMax) {
    spare_.push_back(std::move(open_));
  }
  open_number_ = node.key();
  open_ = std::move(node.mapped().deadlines);
  std::sort(open_.begin(), open_.end(), [](const Deadline& a, const Deadline& b) { return b < a; });
}

std::optional<Deadline> Deadlines::pop(Instant now) {
  const auto first = later_.begin();
  if (first != later_.end() && first->second.earliest <= now &&
      (open_.empty() || first->first < open_number_)) {
    open(first);
  }
  if (open_.empty() || open_.back().due > now) return std::nullopt;
  const Deadline found = open_.back();
  open_.pop_back();
  return found;
}

}  // namespace probate::broker
