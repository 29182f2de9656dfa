#include "core/device/luat_loop.hpp"

#include <algorithm>

#include "core/device/timetable.hpp"

namespace probate::device {

void LuatLoop::begin(Instant now, const LuatLoopConfig& config) {
  receive_until_ = saturating_add(now, config.receive_timeout);
  post_at_ = next_multiple(booted_at_, config.publish_every, now);
}

void LuatLoop::end() {
  receive_until_ = kNever;
  post_at_ = kNever;
}

void LuatLoop::handle_packet(Instant now, const LuatLoopConfig& config) {
  if (receive_until_ == kNever) return;
  receive_until_ = saturating_add(now, config.receive_timeout);
}

LuatLoop::Wakeup LuatLoop::handle_timeout(Instant now, const LuatLoopConfig& config) {
  const bool posted = post_at_ <= now;
  if (!posted && receive_until_ > now) return Wakeup::none;
  if (posted) post_at_ = next_multiple(post_at_, config.publish_every, now);
  receive_until_ = saturating_add(now, config.receive_timeout);
  return posted ? Wakeup::post : Wakeup::timeout;
}

// From its post on a turn waits for timeouts; the one that falls on the next post is gone.
LuatLoop::Turns LuatLoop::turn(Instant until, const LuatLoopConfig& config) {
  if (post_at_ == kNever || post_at_ > until) return {};
  const Instant began = post_at_ - config.publish_every;
  if (receive_until_ != saturating_add(began, config.receive_timeout)) return {};
  const std::int64_t turns = (until - began) / config.publish_every;
  const std::int64_t timeouts = (config.publish_every - 1ns) / config.receive_timeout;
  const Instant ended = began + turns * config.publish_every;
  post_at_ = saturating_add(ended, config.publish_every);
  receive_until_ = saturating_add(ended, config.receive_timeout);
  reports += static_cast<std::uint32_t>(turns * timeouts);
  responses += static_cast<std::uint32_t>(turns);
  return {static_cast<std::uint32_t>(turns * (timeouts + 1)), ended};
}

Instant LuatLoop::next() const { return std::min(receive_until_, post_at_); }

}  // namespace probate::device
