#include "sim/virtual/line.hpp"

#include <algorithm>
#include <utility>

namespace probate::virtual_time {

void Line::set_delay(Duration delay, Duration jitter, Rng rng) {
  delay_ = delay;
  jitter_ = jitter;
  rng_ = rng;
}

Instant Line::due_behind(Instant now) const {
  if (!delays()) return std::max(now, last_due_);
  Duration off{};
  if (jitter_ > Duration{}) {
    const auto at = static_cast<std::uint64_t>(now.time_since_epoch().count());
    off = rng_.stream("packet", at).uniform(-jitter_, jitter_);
  }
  return std::max(now + std::max(delay_ + off, Duration{}), last_due_);
}

void Line::push(Instant now, mqtt::Packet packet) {
  last_due_ = due_behind(now);
  held_.push_back({last_due_, std::move(packet)});
}

mqtt::Packet Line::take() {
  mqtt::Packet packet = std::move(held_.front().packet);
  held_.pop_front();
  return packet;
}

void Line::release() {
  last_due_ = kRunStart;
  for (Held& each : held_) each.due = kRunStart;
}

}  // namespace probate::virtual_time
