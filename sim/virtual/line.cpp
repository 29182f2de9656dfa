#include "sim/virtual/line.hpp"

#include <algorithm>
#include <utility>

namespace probate::virtual_time {

void Line::set_delay(Duration delay, Duration jitter, Rng rng) {
  delay_ = delay;
  jitter_ = jitter;
  rng_ = rng;
}

void Line::set_loss(double loss, Duration rto, Rng rng) {
  if (loss <= 0) return losses_.reset();
  if (losses_ == nullptr) losses_ = std::make_unique<Losses>();
  losses_->share = loss;
  losses_->rto = rto;
  losses_->rng = rng;
}

// Packets of one instant are drawn one by one.
Duration Line::Losses::draw(Instant now) {
  pushed_then = now == last_push ? pushed_then + 1 : 0;
  last_push = now;
  const auto at = static_cast<std::uint64_t>(now.time_since_epoch().count());
  Rng draws = rng.stream("packet", at).stream("turn", pushed_then);
  Duration late{};
  Duration timeout = rto;
  for (int losses = 0; losses < kLossesMax && draws.unit() < share; ++losses) {
    late += timeout;
    timeout *= 2;
  }
  return late;
}

Instant Line::due_behind(Instant now) const { return std::max(undisturbed(now), last_due_); }

Instant Line::undisturbed(Instant now, Duration delay, Duration jitter, const Rng& rng) {
  Duration off{};
  if (jitter > Duration{}) {
    const auto at = static_cast<std::uint64_t>(now.time_since_epoch().count());
    off = rng.stream("packet", at).uniform(-jitter, jitter);
  }
  return now + std::max(delay + off, Duration{});
}

void Line::hold(Instant due, mqtt::Packet&& packet, std::size_t bytes) {
  last_due_ = due;
  held_.push_back({due, bytes, std::move(packet)});
}

void Line::push_late(Instant now, mqtt::Packet packet, std::size_t bytes, Duration late) {
  const Duration lost = losses_ ? losses_->draw(now) : Duration{};
  last_due_ = saturating_add(std::max(undisturbed(now) + lost, last_due_), late);
  held_.push_back({last_due_, bytes, std::move(packet)});
}

std::size_t Line::ready(Instant now) const {
  std::size_t bytes = 0;
  for (const Held& each : held_) {
    if (each.due > now) break;
    bytes += each.bytes;
  }
  return bytes;
}

std::optional<mqtt::Packet> Line::take(std::size_t& bytes) {
  Held& front = held_.front();
  const std::size_t taken = std::min(bytes, front.bytes);
  bytes -= taken;
  front.bytes -= taken;
  if (front.bytes > 0) return std::nullopt;
  mqtt::Packet packet = std::move(front.packet);
  if (held_.size() == 1) {
    clear();
  } else {
    held_.erase(held_.begin());
  }
  return packet;
}

void Line::release() {
  last_due_ = kRunStart;
  for (Held& each : held_) each.due = kRunStart;
}

}  // namespace probate::virtual_time
