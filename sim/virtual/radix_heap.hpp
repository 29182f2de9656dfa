// A priority queue for time that never goes back.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.hpp"

namespace probate::virtual_time {

// A monotone radix heap with a sorted front. An entry lies in the bucket of the highest digit to
// the base 8 in which its key differs from the last key taken out, and of what its key has there.
// The first buckets are not spread digit by digit, but sorted into one array, from which entries
// are taken: so it is known which entries come next. Entries with the same key come out in the
// order in which they went in.
//
// Requires: no key is lower than the last one taken out.
// Memory:   16 bytes of `Value` and key per entry, in blocks that buckets share: never more than
//           the most entries that there were at once, and a block for each bucket; the front
//           beside.
template <typename Value>
class RadixHeap {
 public:
  // How far ahead() can see, unless very many entries are due at nearly the same time.
  static constexpr std::size_t kAheadMax = 16;

  struct Entry {
    std::uint64_t key;
    Value value;
  };

  void push(std::uint64_t key, Value value) {
    CHECK(key >= last_);
    ++size_;
    if (key == last_ || key > front_ends_) return append(bucket_of(key), {key, value});
    const auto place = std::partition_point(front_.begin(), front_.end(),
                                            [key](const Entry& each) { return each.key > key; });
    front_.insert(place, {key, value});
    if (front_.size() > kFrontMax) spill();
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // Requires: !empty().
  Entry pop() {
    CHECK(size_ > 0);
    --size_;
    const bool is_in_front = !front_.empty() && front_.back().key == last_;
    if (!is_in_front && buckets_[0].count > 0) return take_now();
    while (front_.size() < kAheadMax && extend_front()) {
    }
    if (front_.empty()) return take_now();
    const Entry entry = front_.back();
    front_.pop_back();
    last_ = entry.key;
    return entry;
  }

  // The lowest key. Requires: !empty().
  std::uint64_t next_key() { return front_by(kKeyMax)->key; }
  // The entry that pop() gives next, if its key is at most `limit`; else nullptr, and keys from
  // `limit` on can still be pushed. Requires: nor is `limit` lower than the last key taken out.
  const Entry* front_by(std::uint64_t limit) {
    if (size_ == 0) return nullptr;
    while (front_.empty() && buckets_[0].count == 0) {
      const std::size_t number = lowest();
      if (floor_of(number) > limit) return nullptr;
      extend_front(limit);
    }
    const bool is_in_front = !front_.empty() && front_.back().key == last_;
    const bool is_now = !is_in_front && buckets_[0].count > 0;
    const Entry* next = is_now ? &buckets_[0].front->entries[taken_] : &front_.back();
    return next->key <= limit ? next : nullptr;
  }

  // What will be taken after `count` others, if nothing is pushed that is due before; nullptr if
  // that is not known.
  const Value* ahead(std::size_t count) const {
    return count < front_.size() ? &front_[front_.size() - 1 - count].value : nullptr;
  }

 private:
  static constexpr std::uint64_t kKeyMax = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t kDigitBits = 3;
  static constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  static constexpr std::size_t kLevels =
      std::numeric_limits<std::uint64_t>::digits / kDigitBits + 1;
  // What is due at last_, then by level and digit. No key has digit 0 where it is the first that
  // differs, as none is lower.
  static constexpr std::size_t kBuckets = 1 + kLevels * (kDigits - 1);
  static constexpr std::size_t kBlockEntries = 63;
  static constexpr std::size_t kBlocksAtOnce = 64;
  // A bucket with more is spread before it is sorted.
  static constexpr std::size_t kSortMax = 256;
  // With more the front goes back into buckets: to insert into it takes time.
  static constexpr std::size_t kFrontMax = 1024;

  struct Block {
    Block* next = nullptr;
    std::size_t count = 0;
    std::array<Entry, kBlockEntries> entries;
  };
  struct Sorted {
    Entry entry;
    std::size_t place = 0;  // in its bucket
  };
  struct Bucket {
    Block* front = nullptr;
    Block* back = nullptr;
    std::size_t count = 0;
  };

  std::size_t bucket_of(std::uint64_t key) const {
    if (key == last_) return 0;
    const auto level = static_cast<std::size_t>(std::bit_width(key ^ last_) - 1) / kDigitBits;
    const std::size_t digit = (key >> (level * kDigitBits)) & (kDigits - 1);
    return level * (kDigits - 1) + digit;
  }
  // The highest key that has a place in that bucket. Requires: number > 0.
  std::uint64_t end_of(std::size_t number) const {
    const std::size_t shift = (number - 1) / (kDigits - 1) * kDigitBits;
    const std::uint64_t digit = (number - 1) % (kDigits - 1) + 1;
    const std::uint64_t above = (last_ >> shift) & ~std::uint64_t{kDigits - 1};
    return ((above | digit) << shift) | ((std::uint64_t{1} << shift) - 1);
  }

  // No key of that bucket is lower. Requires: number > 0.
  std::uint64_t floor_of(std::size_t number) const {
    const std::size_t shift = (number - 1) / (kDigits - 1) * kDigitBits;
    const std::uint64_t digit = (number - 1) % (kDigits - 1) + 1;
    const std::uint64_t above = (last_ >> shift) & ~std::uint64_t{kDigits - 1};
    return (above | digit) << shift;
  }

  void append(std::size_t number, const Entry& entry) {
    Bucket& bucket = buckets_[number];
    if (bucket.back == nullptr || bucket.back->count == kBlockEntries) {
      Block* block = take_block();
      (bucket.back == nullptr ? bucket.front : bucket.back->next) = block;
      bucket.back = block;
      if (number > 0) mark(number);
    }
    bucket.back->entries[bucket.back->count++] = entry;
    ++bucket.count;
  }

  // Of the buckets from 1 on.
  void mark(std::size_t number) {
    filled_[(number - 1) / kMaskBits] |= std::uint64_t{1} << ((number - 1) % kMaskBits);
  }
  // The first that is marked, or 0.
  std::size_t lowest() const {
    for (std::size_t word = 0; word < filled_.size(); ++word) {
      if (filled_[word] == 0) continue;
      return word * kMaskBits + static_cast<std::size_t>(std::countr_zero(filled_[word])) + 1;
    }
    return 0;
  }
  Bucket take_bucket(std::size_t number) {
    filled_[(number - 1) / kMaskBits] &= ~(std::uint64_t{1} << ((number - 1) % kMaskBits));
    return std::exchange(buckets_[number], {});
  }

  Block* take_block() {
    if (spare_ == nullptr) {
      blocks_.push_back(std::make_unique<Block[]>(kBlocksAtOnce));
      for (std::size_t i = 0; i < kBlocksAtOnce; ++i) give_block(&blocks_.back()[i]);
    }
    Block* block = std::exchange(spare_, spare_->next);
    block->next = nullptr;
    block->count = 0;
    return block;
  }
  void give_block(Block* block) {
    block->next = spare_;
    spare_ = block;
  }
  void give_front(Bucket& bucket) {
    Block* gone = std::exchange(bucket.front, bucket.front->next);
    if (bucket.front == nullptr) bucket.back = nullptr;
    give_block(gone);
  }
  template <typename Visit>
  void empty_out(Bucket& bucket, Visit visit) {
    while (bucket.front != nullptr) {
      for (std::size_t i = 0; i < bucket.front->count; ++i) visit(bucket.front->entries[i]);
      give_front(bucket);
    }
  }

  // Requires: something is due at last_.
  Entry take_now() {
    Bucket& now = buckets_[0];
    const Entry entry = now.front->entries[taken_++];
    --now.count;
    if (taken_ == now.front->count) {
      give_front(now);
      taken_ = 0;
    }
    return entry;
  }

  // Puts the first bucket behind what is in front. False if there is none, or if it had to be
  // spread: then what is first in it is due now, if it is by `limit`.
  bool extend_front(std::uint64_t limit = kKeyMax) {
    const std::size_t number = lowest();
    if (number == 0) return false;
    const std::size_t count = buckets_[number].count;
    if (count > kSortMax) {
      if (front_.empty()) spread(number, limit);
      return false;
    }
    front_ends_ = end_of(number);
    Bucket bucket = take_bucket(number);
    sorted_.clear();
    empty_out(bucket, [this](const Entry& entry) { sorted_.push_back({entry, sorted_.size()}); });
    // The latest first, of the same key too.
    std::sort(sorted_.begin(), sorted_.end(), [](const Sorted& a, const Sorted& b) {
      return a.entry.key != b.entry.key ? a.entry.key > b.entry.key : a.place > b.place;
    });
    front_.insert(front_.begin(), count, Entry{});
    for (std::size_t i = 0; i < count; ++i) front_[i] = sorted_[i].entry;
    return true;
  }

  // What is due first is due now, unless that is beyond the limit. Requires: front_ and what is due
  // now are empty.
  void spread(std::size_t number, std::uint64_t limit) {
    Bucket bucket = take_bucket(number);
    last_ = limit;
    for (const Block* block = bucket.front; block != nullptr; block = block->next) {
      for (std::size_t i = 0; i < block->count; ++i) {
        last_ = std::min(last_, block->entries[i].key);
      }
    }
    front_ends_ = last_;
    empty_out(bucket, [this](const Entry& entry) { append(bucket_of(entry.key), entry); });
  }

  // Leaves in front what is due at last_.
  void spill() {
    front_ends_ = last_;
    const auto due_now = std::partition_point(
        front_.begin(), front_.end(), [this](const Entry& each) { return each.key > last_; });
    for (auto later = due_now; later != front_.begin();) {
      --later;
      append(bucket_of(later->key), *later);
    }
    front_.erase(front_.begin(), due_now);
  }

  static constexpr std::size_t kMaskBits = 64;

  std::array<Bucket, kBuckets> buckets_{};
  // Which of the buckets from 1 on have entries.
  std::array<std::uint64_t, (kBuckets + kMaskBits - 1) / kMaskBits> filled_{};
  std::vector<std::unique_ptr<Block[]>> blocks_;
  Block* spare_ = nullptr;
  // Every entry up to front_ends_, the latest first, but for what came when it was due.
  std::vector<Entry> front_;
  std::uint64_t front_ends_ = 0;
  std::vector<Sorted> sorted_;  // scratch of extend_front()
  std::uint64_t last_ = 0;
  std::size_t taken_ = 0;  // of the first block of bucket 0
  std::size_t size_ = 0;
};

}  // namespace probate::virtual_time
