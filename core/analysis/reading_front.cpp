#include "core/analysis/reading_front.hpp"

#include <algorithm>
#include <iterator>

#include "core/analysis/oracle.hpp"

namespace probate::analysis {
namespace {

// Answers so close together make one stretch, which ends with the last: an hour of a broker that is
// always late is 3,600 of them.
constexpr Duration kGrain = 1s;
// Whoever is answered sooner did not stand in a line that hides others.
constexpr Duration kBusy = 1s;

}  // namespace

void ReadingFront::note_answer(Instant sent, Instant at) {
  is_busy_ = at - sent > kBusy;
  if (sent <= reached_) return;
  const Instant from = reached_;
  reached_ = sent;
  if (at - from <= kReadLate - kRace) return;
  const bool goes_on =
      !slow_.empty() && slow_.back().to == from && at - slow_.back().first_answer <= kGrain;
  if (goes_on) {
    slow_.back().to = sent;
    slow_.back().last_answer = at;
    return;
  }
  slow_.push_back({from, sent, at, at});
  if (slow_.size() > kStretchesMax) slow_.pop_front();
}

Instant ReadingFront::read_by(Instant sent) const {
  const Instant usual = saturating_add(sent, kReadLate);
  if (sent >= reached_) return is_busy_ ? kNever : usual;
  const auto behind = std::upper_bound(
      slow_.begin(), slow_.end(), sent,
      [](Instant wanted, const Stretch& stretch) { return wanted < stretch.from; });
  if (behind == slow_.begin()) return usual;
  const Stretch& stretch = *std::prev(behind);
  if (sent >= stretch.to) return usual;
  return std::max(usual, saturating_add(stretch.last_answer, kRace));
}

}  // namespace probate::analysis
