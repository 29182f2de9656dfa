// How long a broker that closes silent connections in batches takes for all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>

namespace probate::analysis {

// The highest number of members at once since one of them joined.
// Limits: one entry for each fall below an earlier peak, at most as many as were members at once.
class Storm {
 public:
  // The new member's ticket, above 0.
  std::uint64_t join() {
    ++members_;
    while (!peaks_.empty() && peaks_.back().second <= members_) peaks_.pop_back();
    peaks_.emplace_back(++tickets_, members_);
    return tickets_;
  }
  void leave() { --members_; }
  std::uint32_t most_since(std::uint64_t ticket) const {
    const auto found = std::lower_bound(
        peaks_.begin(), peaks_.end(), ticket,
        [](const auto& peak, std::uint64_t wanted) { return peak.first < wanted; });
    return found == peaks_.end() ? members_ : found->second;
  }

 private:
  std::uint64_t tickets_ = 0;
  std::uint32_t members_ = 0;
  std::deque<std::pair<std::uint64_t, std::uint32_t>> peaks_;  // tickets rise, peaks fall
};

}  // namespace probate::analysis
