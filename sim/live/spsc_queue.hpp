// A bounded queue of one writer and one reader: how a loop hands its records to the judge.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/base/check.hpp"

namespace probate::live {

// In blocks that go round, so that it takes the memory of what has ever waited at once, not that of
// what may: a reader that keeps up leaves two blocks in the cache.
//
// Threads: exactly one pushes, exactly one pops. Never blocks; allocates only where more waits than
// ever before.
template <typename T>
class SpscQueue {
 public:
  static constexpr std::size_t kBlock = 128;

  // Requires: capacity > 0.
  explicit SpscQueue(std::size_t capacity) : capacity_{capacity} {
    CHECK(capacity > 0);
    reading_ = writing_ = new Block;
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

  Block* fresh() {
    if (spare_ == nullptr) spare_ = returned_.exchange(nullptr, std::memory_order_acquire);
    if (spare_ == nullptr) return new Block;
    Block* const block = std::exchange(spare_, spare_->next);
    block->next = nullptr;
    return block;
  }
  // The writer takes all of them at once, so none can come back unseen in between.
  void give_back(Block* block) {
    block->next = returned_.load(std::memory_order_relaxed);
    while (!returned_.compare_exchange_weak(block->next, block, std::memory_order_release,
                                            std::memory_order_relaxed)) {
    }
  }
  static void end(Block* first) {
    while (first != nullptr) delete std::exchange(first, first->next);
  }

  static constexpr std::size_t kCacheLine = 64;
  std::size_t capacity_;
  std::atomic<Block*> returned_{nullptr};
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
