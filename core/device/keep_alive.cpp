#include "core/device/keep_alive.hpp"

namespace probate::device {

void KeepAlive::end() {
  interval_seconds_ = 0;
  give_up_at_ = kNever;
}

void KeepAlive::pinged(Instant now, std::optional<Duration> patience) {
  sent(now);
  if (!patience) return;
  if (give_up_at_ == kNever) give_up_at_ = saturating_add(now, *patience);
}

Instant KeepAlive::ping_at() const {
  if (interval_seconds_ == 0) return kNever;
  return saturating_add(sent_at_, std::chrono::seconds{interval_seconds_});
}

}  // namespace probate::device
