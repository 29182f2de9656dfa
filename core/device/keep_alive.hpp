// When a device must speak, and how long it waits for the answer.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.hpp"

namespace probate::device {

// PINGREQ only when nothing was *sent* for a whole interval, as Luat's library and paho do; what is
// received does not count. [MQTT-3.1.2-23] [MQTT5-3.1.2-20]
class KeepAlive {
 public:
  // CONNECT was accepted. An interval of 0 means never; it has whole seconds.
  void begin(Duration interval) { interval_seconds_ = static_cast<std::uint32_t>(interval / 1s); }
  void end();

  // Any packet was written.
  void sent(Instant now) { sent_at_ = now; }
  // PINGREQ was written. Without patience a missing answer is never noticed; a second PINGREQ does
  // not give the first one's answer more time.
  void pinged(Instant now, std::optional<Duration> patience);
  void answered() { give_up_at_ = kNever; }

  Instant sent_at() const { return sent_at_; }
  Instant ping_at() const;
  Instant give_up_at() const { return give_up_at_; }

 private:
  Instant sent_at_{};
  Instant give_up_at_ = kNever;
  std::uint32_t interval_seconds_ = 0;
};

}  // namespace probate::device
