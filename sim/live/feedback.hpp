// What the judge tells a loop: how far it has judged and what is still open.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "core/base/time.hpp"

namespace probate::live {

// Threads: the judge writes, loops read.
class Feedback {
 public:
  void publish(Instant judged_until, std::uint64_t open_obligations) {
    // The instant last: a reader that sees it sees what belongs to it.
    open_.store(open_obligations, std::memory_order_relaxed);
    const auto at = judged_until.time_since_epoch().count();
    if (open_obligations > 0) last_open_.store(at, std::memory_order_relaxed);
    until_.store(judged_until.time_since_epoch().count(), std::memory_order_release);
  }

  // True if nothing is open and, up to what is judged, nothing has been for `quiet` since `since`.
  bool quiet_for(Duration quiet, Instant since) const {
    const Instant until{Duration{until_.load(std::memory_order_acquire)}};
    const Instant last_open{Duration{last_open_.load(std::memory_order_relaxed)}};
    const bool nothing_open = open_.load(std::memory_order_relaxed) == 0;
    return nothing_open && until > std::max(since, last_open) + quiet;
  }

 private:
  std::atomic<std::int64_t> until_{0};
  std::atomic<std::uint64_t> open_{0};
  std::atomic<std::int64_t> last_open_{0};
};

}  // namespace probate::live
