// What the judge tells a loop: how far it has judged and what is still open.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/time.hpp"

namespace probate::live {

// Threads: the judge writes, loops read.
class Feedback {
 public:
  void publish(Instant judged_until, std::uint64_t open_obligations) {
    // The count first: a reader that sees the new instant sees the count that belongs to it.
    open_.store(open_obligations, std::memory_order_relaxed);
    until_.store(judged_until.time_since_epoch().count(), std::memory_order_release);
  }

  // True if everything up to `at` is judged and no obligation was open then.
  bool nothing_open(Instant at) const {
    const Instant until{Duration{until_.load(std::memory_order_acquire)}};
    return until > at && open_.load(std::memory_order_relaxed) == 0;
  }

 private:
  std::atomic<std::int64_t> until_{0};
  std::atomic<std::uint64_t> open_{0};
};

}  // namespace probate::live
