#include "sim/virtual/loop.hpp"

#include <algorithm>

namespace probate::virtual_time {

LooseTimer::LooseTimer(Loop& loop) : slot_{loop.take_slot(*this)} {}

void LooseTimer::leave(Loop& loop) { loop.give_slot(slot_); }

void LooseTimer::arm(Loop& loop, Instant due) {
  due_ = std::max(due, loop.now());
  if (due_ == kNever || due_ >= queued_for_) return;
  loop.enqueue(*this);
}

std::uint32_t Loop::take_slot(LooseTimer& timer) {
  if (free_slots_.empty()) {
    if (slots_used_ % kChunk == 0) slots_.push_back(std::make_unique<Slot[]>(kChunk));
    slot(slots_used_).timer = &timer;
    return slots_used_++;
  }
  const std::uint32_t taken = free_slots_.back();
  free_slots_.pop_back();
  slot(taken).timer = &timer;
  return taken;
}

void Loop::give_slot(std::uint32_t number) {
  Slot& given = slot(number);
  given.timer = nullptr;
  given.turn = ++turns_;
  free_slots_.push_back(number);
}

void Loop::enqueue(LooseTimer& timer) {
  timer.queued_for_ = timer.due_;
  const std::uint32_t turn = ++turns_;
  slot(timer.slot_).turn = turn;
  const auto key = static_cast<std::uint64_t>(timer.due_.time_since_epoch().count());
  const bool is_near = timer.due_ - now_ <= kHopMax;
  if (is_near && (hops_.empty() || hops_.back().key <= key)) {
    hops_.push_back({key, {timer.slot_, turn}});
  } else {
    queue_.push(key, {timer.slot_, turn});
  }
}

// Requires: one is pending.
Loop::Entry Loop::take_next() {
  if (hops_.empty()) return queue_.pop();
  const Entry hop = hops_[hops_taken_];
  const Entry* other = queue_.front_by(hop.key);
  // Of one instant, who was armed first; the count may have begun anew in between.
  const auto is_before = [](std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) < 0;
  };
  const bool is_first =
      other == nullptr || (other->key == hop.key && is_before(hop.value.turn, other->value.turn));
  if (!is_first) return queue_.pop();
  ++hops_taken_;
  // What is taken goes with the last of them, or when it is most of a long line.
  constexpr std::size_t kCompactMin = 1024;
  const bool is_mostly_taken = hops_taken_ >= kCompactMin && hops_taken_ * 2 >= hops_.size();
  if (hops_taken_ == hops_.size() || is_mostly_taken) {
    hops_.erase(hops_.begin(), hops_.begin() + static_cast<std::ptrdiff_t>(hops_taken_));
    hops_taken_ = 0;
  }
  return hop;
}

const LooseTimer* Loop::timer_ahead(std::size_t count) const {
  const Target* soon = queue_.ahead(count);
  if (soon == nullptr) return nullptr;
  const Slot& place = slot(soon->slot);
  return place.turn == soon->turn ? place.timer : nullptr;
}

// With a million devices nothing of the next one is in any cache. The nearer its time, the more of
// it is fetched: what is fetched now can be read at the next call without a wait.
void Loop::look_ahead() const {
  constexpr std::size_t kSlot = 11;
  constexpr std::size_t kItself = 8;
  constexpr std::size_t kPlaces = 5;
  constexpr std::size_t kParts = 3;
  constexpr std::size_t kRest = 1;
  static_assert(kSlot < decltype(queue_)::kAheadMax);
  if (const Target* soon = queue_.ahead(kSlot)) __builtin_prefetch(&slot(soon->slot));
  // Its owner's state mostly begins behind it.
  constexpr std::size_t kBytes = 256;
  if (const LooseTimer* timer = timer_ahead(kItself)) prefetch_bytes(timer, kBytes);
  if (const LooseTimer* timer = timer_ahead(kPlaces)) timer->prefetch(Fetch::places);
  if (const LooseTimer* timer = timer_ahead(kParts)) timer->prefetch(Fetch::parts);
  if (const LooseTimer* timer = timer_ahead(kRest)) timer->prefetch(Fetch::rest);
}

bool Loop::step() {
  while (!stopped_ && pending() > 0) {
    const Entry entry = take_next();
    if (queue_.size() > kFewMax) look_ahead();
    const Slot& place = slot(entry.value.slot);
    if (place.timer == nullptr || place.turn != entry.value.turn) continue;
    LooseTimer& timer = *place.timer;
    timer.queued_for_ = kNever;
    if (!timer.armed()) continue;
    const Instant at{Duration{static_cast<Duration::rep>(entry.key)}};
    if (timer.due_ > at) {
      enqueue(timer);
      continue;
    }
    timer.due_ = kNever;
    now_ = at;
    ++fired_;
    timer.expired(now_);
    if (after_event_) after_event_();
    return true;
  }
  return false;
}

}  // namespace probate::virtual_time
