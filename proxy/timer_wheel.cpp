#include "proxy/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <functional>

#include "core/base/check.hpp"

namespace probate::proxy {
namespace {

constexpr std::size_t kLevelBits = 8;
constexpr std::uint64_t kSlotMask = 0xff;

// The first tick at or after that instant, so that nothing fires early.
std::uint64_t tick_from(Instant at) {
  const Duration since = at.time_since_epoch();
  if (since <= Duration{}) return 0;
  const auto tick = static_cast<std::uint64_t>(since / TimerWheel::kTick);
  return since % TimerWheel::kTick == Duration{} ? tick : tick + 1;
}

std::uint64_t tick_reached(Instant at) {
  const Duration since = at.time_since_epoch();
  return since <= Duration{} ? 0 : static_cast<std::uint64_t>(since / TimerWheel::kTick);
}

}  // namespace

void Timer::cancel() {
  if (wheel_ != nullptr) wheel_->unlink(*this);
}

TimerWheel::TimerWheel(Instant start) : tick_{tick_reached(start)} {}

TimerWheel::~TimerWheel() {
  const auto disarm_all = [this](Timer*& head) {
    while (head != nullptr) unlink(*head);
  };
  for (auto& level : slots_) std::for_each(level.begin(), level.end(), disarm_all);
  disarm_all(overdue_);
  disarm_all(firing_);
}

void TimerWheel::arm(Timer& timer, Instant due) {
  if (timer.wheel_ != nullptr) timer.wheel_->unlink(timer);
  timer.wheel_ = this;
  timer.due_ = due;
  ++size_;
  file(timer);
}

void TimerWheel::advance(Instant now) {
  const std::uint64_t reached = tick_reached(now);
  CHECK(reached >= tick_);
  fire_overdue(now);
  for (auto next = next_tick(); next && *next <= reached; next = next_tick()) {
    tick_ = *next;
    for (std::size_t level = kLevels - 1; level > 0; --level) cascade(level);
    Timer*& slot = slots_[0][tick_ & kSlotMask];
    // Nothing new can enter this slot meanwhile: what is due by now is overdue, not filed.
    while (slot != nullptr) {
      Timer& timer = *slot;
      unlink(timer);
      timer.expired(now);
    }
  }
  tick_ = reached;
}

std::optional<Instant> TimerWheel::next_due() const {
  if (overdue_ != nullptr || firing_ != nullptr) {
    return Instant{} + kTick * static_cast<std::int64_t>(tick_);
  }
  const auto next = next_tick();
  if (!next) return std::nullopt;
  return Instant{} + kTick * static_cast<std::int64_t>(*next);
}

void TimerWheel::fire_overdue(Instant now) {
  if (overdue_ == nullptr) return;
  firing_ = overdue_;
  firing_->place_ = &firing_;
  overdue_ = nullptr;
  while (firing_ != nullptr) {
    Timer& timer = *firing_;
    unlink(timer);
    timer.expired(now);
  }
}

void TimerWheel::file(Timer& timer) {
  const std::uint64_t due = tick_from(timer.due_);
  if (due <= tick_) {
    push(overdue_, timer);
    return;
  }
  // Further away than the wheel reaches: it waits in the last slot and is filed again from there.
  constexpr std::uint64_t kReach = (std::uint64_t{1} << (kLevels * kLevelBits)) - 1;
  const std::uint64_t distance = std::min(due - tick_, kReach);
  const std::size_t level = static_cast<std::size_t>(std::bit_width(distance) - 1) / kLevelBits;
  const std::uint64_t slot = ((tick_ + distance) >> (level * kLevelBits)) & kSlotMask;
  push(slots_[level][slot], timer);
  occupied_[level][slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::push(Timer*& head, Timer& timer) {
  timer.next_ = head;
  timer.place_ = &head;
  if (head != nullptr) head->place_ = &timer.next_;
  head = &timer;
}

void TimerWheel::unlink(Timer& timer) {
  *timer.place_ = timer.next_;
  if (timer.next_ != nullptr) timer.next_->place_ = timer.place_;
  Timer** const first = &slots_[0][0];
  Timer** const last = first + kLevels * kSlots;
  if (*timer.place_ == nullptr && !std::less<>{}(timer.place_, first) &&
      std::less<>{}(timer.place_, last)) {
    const auto index = static_cast<std::size_t>(timer.place_ - first);
    const std::size_t slot = index % kSlots;
    occupied_[index / kSlots][slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  }
  timer.wheel_ = nullptr;
  timer.place_ = nullptr;
  timer.next_ = nullptr;
  --size_;
}

// Brings down the slot of that level which begins at tick_, if one does.
void TimerWheel::cascade(std::size_t level) {
  const std::uint64_t below = (std::uint64_t{1} << (level * kLevelBits)) - 1;
  if ((tick_ & below) != 0) return;
  Timer*& slot = slots_[level][(tick_ >> (level * kLevelBits)) & kSlotMask];
  while (slot != nullptr) {
    Timer& timer = *slot;
    const Instant due = timer.due_;
    unlink(timer);
    timer.wheel_ = this;
    timer.due_ = due;
    ++size_;
    // Due at this very tick: into the slot that advance() fires next, not among the overdue.
    if (tick_from(due) <= tick_) {
      const std::size_t now_slot = tick_ & kSlotMask;
      push(slots_[0][now_slot], timer);
      occupied_[0][now_slot / 64] |= std::uint64_t{1} << (now_slot % 64);
    } else {
      file(timer);
    }
  }
}

std::optional<std::uint64_t> TimerWheel::next_tick(std::size_t level) const {
  const std::uint64_t position = tick_ >> (level * kLevelBits);
  // The slot at `position` itself lies a full turn ahead: its present turn has been brought down.
  for (std::uint64_t ahead = 1; ahead <= kSlots;) {
    const std::uint64_t slot = (position + ahead) & kSlotMask;
    const std::uint64_t word = occupied_[level][slot / 64] >> (slot % 64);
    if (word != 0) {
      const auto skip = static_cast<std::uint64_t>(std::countr_zero(word));
      if (ahead + skip > kSlots) return std::nullopt;
      return (position + ahead + skip) << (level * kLevelBits);
    }
    ahead += 64 - slot % 64;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> TimerWheel::next_tick() const {
  std::optional<std::uint64_t> next;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const auto candidate = next_tick(level);
    if (candidate && (!next || *candidate < *next)) next = candidate;
  }
  return next;
}

}  // namespace probate::proxy
