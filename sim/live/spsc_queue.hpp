// A bounded queue of one writer and one reader: how a loop hands its records to the judge.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/check.hpp"
#include "sim/live/page_memory.hpp"

namespace probate::live {

// In blocks that go round, so that it takes the memory of what waits, not that of what may: a
// reader that keeps up leaves two blocks in the cache. Of a backlog that is over, kSparesMax blocks
// are kept, and the system has the others back.
//
// Threads: exactly one pushes, exactly one pops. Never blocks; takes and gives back memory only
// where more waits than kSparesMax blocks hold.
template <typename T>
class SpscQueue {
 public:
  static constexpr std::size_t kBlock = 128;
  static constexpr std::size_t kSparesMax = 8;

  // Requires: capacity > 0.
  explicit SpscQueue(std::size_t capacity) : capacity_{capacity} {
    CHECK(capacity > 0);
    reading_ = writing_ = make();
  }
  ~SpscQueue() {
    end(reading_);
    end(spare_);
    end(returned_.load(std::memory_order_relaxed));
  }
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  // False if it is full; `value` is then untouched.
  bool push(T&& value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == capacity_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == capacity_) return false;
    }
    if (tail % kBlock == 0 && tail > 0) {
      writing_->next = fresh();
      writing_ = writing_->next;
    }
    writing_->slots[tail % kBlock] = std::move(value);
    tail_.store(tail + 1, std::memory_order_release);  // the next block, too
    return true;
  }

  std::optional<T> pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return std::nullopt;
    }
    if (head % kBlock == 0 && head > 0) give_back(std::exchange(reading_, reading_->next));
    std::optional<T> value{std::move(reading_->slots[head % kBlock])};
    head_.store(head + 1, std::memory_order_release);
    return value;
  }

 private:
  struct Block {
    std::array<T, kBlock> slots{};
    Block* next = nullptr;
  };

  static Block* make() { return std::construct_at(PageAllocator<Block>{}.allocate(1)); }
  static void end_one(Block* block) {
    std::destroy_at(block);
    PageAllocator<Block>{}.deallocate(block, 1);
  }
  Block* fresh() {
    if (spare_ == nullptr) spare_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (spare_ == nullptr) return make();
    Block* const block = std::exchange(spare_, spare_->next);
    block->next = nullptr;
    spares_.fetch_sub(1, std::memory_order_relaxed);
    return block;
  }
  // The writer takes all of them at once, so none can come back unseen in between. It alone makes
  // them fewer, so there are never more than that.
  void give_back(Block* block) {
    if (spares_.load(std::memory_order_relaxed) >= kSparesMax) return end_one(block);
    spares_.fetch_add(1, std::memory_order_relaxed);
    block->next = returned_.load(std::memory_order_relaxed);
    while (!returned_.compare_exchange_weak(block->next, block, std::memory_order_release,
                                            std::memory_order_relaxed)) {
    }
  }
  static void end(Block* first) {
    while (first != nullptr) end_one(std::exchange(first, first->next));
  }

  static constexpr std::size_t kCacheLine = 64;
  std::size_t capacity_;
  std::atomic<Block*> returned_{nullptr};
  std::atomic<std::size_t> spares_{0};  // in both lists of them
  // The reader's.
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;
  Block* reading_ = nullptr;
  // The writer's.
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;
  Block* writing_ = nullptr;
  Block* spare_ = nullptr;
};

}  // namespace probate::live
