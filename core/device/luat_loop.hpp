// The loop of the Luat MQTT demo, which is the device of the article that Probate starts from.
//
//   task 1:  connect (wait 2 s after each failure) → subscribe → publish the report → then for
//   ever:
//            receive(120 s, "pub_msg") → a message: go on · "pub_msg": publish the response ·
//            timeout: publish the report · anything else: leave the loop, disconnect(), connect at
//            once
//   task 2:  from boot on, every 180 s: post "pub_msg"
//
// receive() starts its 120 s anew whenever it is entered, and it is entered anew after whatever
// ended it: so the two timers are coupled. From a steady session at 0 the device sends at
// 0, 120, 180, 300, 360, … s. The gaps are 120 and 60 s, so with a keep-alive of 300 s it never
// sends a PINGREQ.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"
#include "core/device/config.hpp"

namespace probate::device {

// Task 2 runs on through lost links; what it posts while task 1 is not in receive() is lost.
class LuatLoop {
 public:
  enum class Wakeup : std::uint8_t { none, timeout, post };

  // Power came: task 2 starts. Its post of this very instant finds no session.
  void boot(Instant now) { booted_at_ = now; }
  // The first report is sent: enters receive().
  void begin(Instant now, const LuatLoopConfig& config);
  void end();

  // A packet from the broker: enters receive() anew. That holds for a PINGRESP too, because the
  // library waits for each next packet with the whole timeout.
  void handle_packet(Instant now, const LuatLoopConfig& config);
  // What ended the wait, if anything did; enters receive() anew. When both timers are due at the
  // same instant the post wins, and the timeout with it is gone.
  Wakeup handle_timeout(Instant now, const LuatLoopConfig& config);
  // kNever outside receive().
  Instant next() const;
  // As if handle_timeout() had been called whenever it was due, through whole turns from a post to
  // the next one, as many as end by `until`: which is none unless a post was the last to end a
  // wait. Nothing else may have happened in them. How many wakeups there were, and when the last
  // was.
  struct Turns {
    std::uint32_t wakeups = 0;
    Instant ended{};
  };
  Turns turn(Instant until, const LuatLoopConfig& config);

  std::uint32_t reports = 0;  // published so far
  std::uint32_t responses = 0;

 private:
  Instant booted_at_{};
  Instant receive_until_ = kNever;
  Instant post_at_ = kNever;
};

}  // namespace probate::device
