// Packets that may not leave yet: held by a silence, or on a slow way.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "core/base/rng.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::virtual_time {

// Keeps order, loses nothing. The jitter of a packet is drawn from the instant at which it comes,
// so that packets which are skipped move nobody else's. Without a delay it is a plain queue whose
// packets are ready at once.
class Line {
 public:
  // Of packets pushed from now on: delay ± jitter, uniform, never before what is ahead of them.
  void set_delay(Duration delay, Duration jitter, Rng rng);
  bool delays() const { return delay_ > Duration{} || jitter_ > Duration{}; }
  bool delays_by(Duration delay, Duration jitter) const {
    return delay_ == delay && jitter_ == jitter;
  }

  void push(Instant now, mqtt::Packet packet);
  // When something that follows the last packet may leave: a FIN.
  Instant due_behind(Instant now) const;

  bool ready(Instant now) const { return !held_.empty() && held_.front().due <= now; }
  // Requires: !empty().
  mqtt::Packet take();
  // Everything may leave now.
  void release();
  void clear() { held_.clear(); }
  bool empty() const { return held_.empty(); }
  // Requires: !empty().
  Instant next_due() const { return held_.front().due; }

 private:
  struct Held {
    Instant due{};
    mqtt::Packet packet;
  };

  std::deque<Held> held_;
  Instant last_due_{};
  Duration delay_{};
  Duration jitter_{};
  Rng rng_{0};
};

}  // namespace probate::virtual_time
