// Many timers for little: a hierarchical timing wheel with intrusive timers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/time.hpp"

namespace probate::proxy {

class TimerWheel;

// A thing that can be woken once. Disarms itself when destroyed.
// Threads: its loop's.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return wheel_ != nullptr; }
  // Requires: armed().
  Instant due() const { return due_; }
  void cancel();

 protected:
  virtual ~Timer() { cancel(); }
  // May arm or cancel any timer, and may destroy this one.
  virtual void expired(Instant now) = 0;

 private:
  friend class TimerWheel;
  TimerWheel* wheel_ = nullptr;
  Timer** place_ = nullptr;  // what points at this timer: a slot or its predecessor's next_
  Timer* next_ = nullptr;
  Instant due_{};
};

// Calls a member function of its owner when it fires.
template <typename Owner, void (Owner::*kFired)(Instant)>
class MemberTimer final : public Timer {
 public:
  explicit MemberTimer(Owner& owner) : owner_{owner} {}
  ~MemberTimer() override = default;

 private:
  void expired(Instant now) override { (owner_.*kFired)(now); }
  Owner& owner_;
};

// Four levels of 256 slots of 1 ms: 49 days; later timers wait in the last level and are re-filed.
// A timer never fires early, and fires within one tick of its time if advance() is called then.
// Arm, re-arm and cancel are O(1) and do not allocate.
class TimerWheel {
 public:
  static constexpr Duration kTick = 1ms;

  explicit TimerWheel(Instant start = kRunStart);
  ~TimerWheel();

  // Moves it if it is armed already. A time in the past fires at the next advance().
  void arm(Timer& timer, Instant due);
  // Fires everything due up to `now`, oldest tick first. Requires: now never goes back.
  void advance(Instant now);
  // No timer is due before this instant (a lower bound, exact to the next occupied slot).
  std::optional<Instant> next_due() const;
  std::size_t size() const { return size_; }

 private:
  friend class Timer;
  static constexpr std::size_t kLevels = 4;
  static constexpr std::size_t kSlots = 256;

  void unlink(Timer& timer);
  void file(Timer& timer);
  void push(Timer*& head, Timer& timer);
  void cascade(std::size_t level);
  void fire_overdue(Instant now);
  // The first tick after tick_ at which a slot of that level begins and is occupied.
  std::optional<std::uint64_t> next_tick(std::size_t level) const;
  std::optional<std::uint64_t> next_tick() const;

  std::array<std::array<Timer*, kSlots>, kLevels> slots_{};
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> occupied_{};
  Timer* overdue_ = nullptr;  // armed for a time that has passed: the next advance() fires them
  Timer* firing_ = nullptr;   // of them, those that the running advance() fires
  std::uint64_t tick_ = 0;    // the tick up to which everything has fired
  std::size_t size_ = 0;
};

}  // namespace probate::proxy
