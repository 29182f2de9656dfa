// The virtual clock: events in order of time, a clock that jumps from one to the next.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/prefetch.hpp"
#include "core/journal/counters.hpp"
#include "core/journal/records.hpp"
#include "sim/virtual/radix_heap.hpp"

namespace probate::virtual_time {

class Loop;

// Something that wants to be woken. One that is moved later keeps its place in the queue and is put
// on when that comes up, so a keep-alive that every packet pushes back costs one event per firing,
// not one per packet.
// This one is told its loop at every call, which must be the same: there are a million of them.
// Lifetime: the loop outlives it. Whoever has it calls leave() before it goes away.
class LooseTimer {
 public:
  explicit LooseTimer(Loop& loop);
  virtual ~LooseTimer() = default;
  LooseTimer(const LooseTimer&) = delete;
  LooseTimer& operator=(const LooseTimer&) = delete;

  // At `due`, or now if that is past. Moves a timer that is armed already.
  void arm(Loop& loop, Instant due);
  // It fires no more and is not used any more.
  void leave(Loop& loop);
  void cancel() { due_ = kNever; }
  bool armed() const { return due_ != kNever; }
  // Also when it was cancelled: it has a place in the queue.
  bool queued() const { return queued_for_ != kNever; }
  Instant due() const { return due_; }

 private:
  friend class Loop;
  virtual void expired(Instant now) = 0;
  // It is about to expire: what that will need may be fetched.
  virtual void prefetch(Fetch) const {}

  Instant due_ = kNever;
  Instant queued_for_ = kNever;  // of the queue's entry that counts
  std::uint32_t slot_;
};

// One that knows its loop, and leaves by itself.
class Timer : public LooseTimer {
 public:
  explicit Timer(Loop& loop) : LooseTimer{loop}, loop_{loop} {}
  ~Timer() override { leave(loop_); }

  void arm(Instant due) { LooseTimer::arm(loop_, due); }

 private:
  Loop& loop_;
};

// A timer that calls a member of its owner.
template <typename Owner, void (Owner::*kCall)(Instant)>
class MemberTimer final : public Timer {
 public:
  MemberTimer(Loop& loop, Owner& owner) : Timer{loop}, owner_{owner} {}

 private:
  void expired(Instant now) override { (owner_.*kCall)(now); }
  void prefetch(Fetch what) const override {
    if constexpr (requires { owner_.prefetch(what); }) owner_.prefetch(what);
  }

  Owner& owner_;
};

// Most events are a hop away when they are armed, and so come in order by themselves: they wait in
// a line beside the queue.
//
// Determinism: events of one instant fire in the order in which they were armed for it; nothing
//              depends on addresses or on how fast the machine is.
// Threads:     one.
class Loop {
 public:
  explicit Loop(journal::Sink& journal) : journal_{journal} {}
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Instant now() const { return now_; }
  void write(journal::Body&& body) { journal_.keep(now_, std::move(body)); }
  journal::LoopCounters& counters() { return counters_; }

  // Called after every event: what must not happen in the middle of one.
  void set_after_event(std::function<void()> after) { after_event_ = std::move(after); }

  // Fires the next event. False if there is none, or after stop().
  bool step();
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }
  std::uint64_t fired() const { return fired_; }
  std::size_t pending() const { return queue_.size() + hops_.size() - hops_taken_; }

 private:
  friend class LooseTimer;
  // An entry counts only while its slot has the same turn: the how manieth arming it was.
  struct Target {
    std::uint32_t slot;
    std::uint32_t turn;
  };
  struct Slot {
    LooseTimer* timer = nullptr;
    std::uint32_t turn = 0;
  };

  using Entry = RadixHeap<Target>::Entry;

  // How far ahead an event of the line is at most.
  static constexpr Duration kHopMax = 100us;
  // So few events' timers are in the caches anyway.
  static constexpr std::size_t kFewMax = 4096;

  Entry take_next();
  void look_ahead() const;
  // The timer that is due after `count` others, as far as that is known; nullptr: none is.
  const LooseTimer* timer_ahead(std::size_t count) const;
  std::uint32_t take_slot(LooseTimer& timer);
  void give_slot(std::uint32_t number);
  void enqueue(LooseTimer& timer);

  journal::Sink& journal_;
  Slot& slot(std::uint32_t number) { return slots_[number / kChunk][number % kChunk]; }
  const Slot& slot(std::uint32_t number) const { return slots_[number / kChunk][number % kChunk]; }

  static constexpr std::uint32_t kChunk = 4096;

  RadixHeap<Target> queue_;
  std::vector<Entry> hops_;  // in order
  std::size_t hops_taken_ = 0;
  std::uint32_t turns_ = 0;
  std::vector<std::unique_ptr<Slot[]>> slots_;  // in chunks, which never move
  std::uint32_t slots_used_ = 0;
  std::vector<std::uint32_t> free_slots_;
  std::function<void()> after_event_;
  journal::LoopCounters counters_;
  Instant now_{};
  std::uint64_t fired_ = 0;
  bool stopped_ = false;
};

}  // namespace probate::virtual_time
