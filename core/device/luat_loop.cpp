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

Instant LuatLoop::next() const { return std::min(receive_until_, post_at_); }

}  // namespace probate::device
