// When Linux sends again what nobody acknowledges, and when it gives that up.
#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace probate::virtual_time {

// Of the oldest segment that is not acknowledged: what was sent after it waits for it. It is sent
// again after one time-out, as a probe, and then after 2, 4, 8, … time-outs, at most two minutes
// apart. With Linux's settings as they come, over a way that takes no time.
class Backoff {
 public:
  // The least that Linux waits, 200 ms, as a clock of 250 Hz counts it: measured over loopback.
  static constexpr Duration kTimeout = 208ms;
  static constexpr Duration kTimeoutMax = 120s;
  // From the first time-out behind the probe; ETIMEDOUT is at the first one after that.
  static constexpr Duration kPatience = 924600ms;        // tcp_retries2 = 15
  static constexpr Duration kOrphanPatience = 102200ms;  // tcp_orphan_retries = 0 stands for 8

  explicit Backoff(Instant sent) : sent_{sent}, due_{sent + kTimeout} {}

  // When it is sent again.
  Instant due() const { return due_; }
  // That was in vain, too.
  void go_on() {
    due_ += wait_;
    wait_ = std::min(2 * wait_, kTimeoutMax);
  }
  // Instead of sending it again at due(). An orphan is a connection that its process has closed.
  bool gives_up(bool is_orphan) const {
    return due_ - (sent_ + 2 * kTimeout) >= (is_orphan ? kOrphanPatience : kPatience);
  }
  // What follows is still sent as it comes; after the time-out it waits for the oldest one.
  bool is_before_timeout(Instant now) const { return now < sent_ + 2 * kTimeout; }

 private:
  Instant sent_;
  Instant due_;
  Duration wait_ = kTimeout;
};

}  // namespace probate::virtual_time
