// A priority queue for time that never goes back.
#pragma once

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

// A monotone radix heap: an entry lies in the bucket of the highest digit to the base 8 in which
// its key differs from the last key taken out, and of what its key has there, so it moves to a
// lower bucket at most once per digit. Entries with the same key come out in the order in which
// they went in: they are always in the same bucket, and a bucket that is spread keeps its order.
//
// Requires: no key is lower than the last one taken out.
// Memory:   16 bytes of `Value` and key per entry, in blocks that buckets share: never more than
//           the most entries that there were at once, and a block for each bucket.
template <typename Value>
class RadixHeap {
 public:
  // How far ahead pop() tells of what will be taken.
  static constexpr std::size_t kSoonMax = 512;

  struct Entry {
    std::uint64_t key;
    Value value;
  };

  void push(std::uint64_t key, Value value) {
    CHECK(key >= last_);
    append(bucket_of(key), {key, value});
    ++size_;
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // The lowest key. Requires: !empty().
  std::uint64_t next_key() {
    fill_first(kKeyMax, [](const Value&, std::size_t) {});
    return last_;
  }
  // The entry that pop() gives next, if its key is at most `limit`; else nullptr, and keys from
  // `limit` on can still be pushed. `soon`: as at pop(). Requires: nor is `limit` lower than the
  // last key taken out.
  template <typename Soon>
  const Entry* front_by(std::uint64_t limit, Soon soon) {
    if (!fill_first(limit, soon) || last_ > limit) return nullptr;
    return &buckets_[0].front->entries[taken_];
  }

  // Requires: !empty().
  Entry pop() {
    return pop([](const Value&, std::size_t) {});
  }
  // Calls soon(value, count) of each of `count` entries, at most kSoonMax, that are all due before
  // any other: what they need can be fetched. An entry is told of once or several times, with ever
  // smaller counts, or never.
  template <typename Soon>
  Entry pop(Soon soon) {
    CHECK(size_ > 0);
    fill_first(kKeyMax, soon);
    Bucket& first = buckets_[0];
    const Entry entry = first.front->entries[taken_++];
    --first.count;
    --size_;
    if (taken_ == first.front->count) {
      give_front(first);
      taken_ = 0;
    }
    return entry;
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

  struct Block {
    Block* next = nullptr;
    std::size_t count = 0;
    std::array<Entry, kBlockEntries> entries;
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
  void unmark(std::size_t number) {
    filled_[(number - 1) / kMaskBits] &= ~(std::uint64_t{1} << ((number - 1) % kMaskBits));
  }
  // Requires: one is marked.
  std::size_t lowest() const {
    std::size_t word = 0;
    while (filled_[word] == 0) ++word;
    return word * kMaskBits + static_cast<std::size_t>(std::countr_zero(filled_[word])) + 1;
  }
  // No key of that bucket is lower.
  std::uint64_t floor_of(std::size_t number) const {
    const std::size_t level = (number - 1) / (kDigits - 1);
    const std::uint64_t digit = (number - 1) % (kDigits - 1) + 1;
    const std::size_t above = (level + 1) * kDigitBits;
    const std::uint64_t prefix = above < kMaskBits ? last_ >> above << above : 0;
    return prefix | digit << (level * kDigitBits);
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

  // True: bucket 0 holds what is due at last_, and something of it is not taken yet. False: nothing
  // is due by `limit`.
  template <typename Soon>
  bool fill_first(std::uint64_t limit, Soon soon) {
    while (buckets_[0].count == 0) {
      if (size_ == 0) return false;
      const std::size_t number = lowest();
      if (floor_of(number) > limit) return false;
      spread(number, limit, soon);
    }
    return true;
  }

  // What lies there goes to lower buckets, and what is due first to bucket 0, unless that is beyond
  // the limit.
  template <typename Soon>
  void spread(std::size_t number, std::uint64_t limit, Soon soon) {
    unmark(number);
    Bucket spread = std::exchange(buckets_[number], {});
    last_ = limit;
    for (const Block* block = spread.front; block != nullptr; block = block->next) {
      for (std::size_t i = 0; i < block->count; ++i) {
        last_ = block->entries[i].key < last_ ? block->entries[i].key : last_;
      }
    }
    const std::size_t count = spread.count;
    while (spread.front != nullptr) {
      const Block& block = *spread.front;
      for (std::size_t i = 0; i < block.count; ++i) {
        append(bucket_of(block.entries[i].key), block.entries[i]);
        if (count <= kSoonMax) soon(block.entries[i].value, count);
      }
      give_front(spread);
    }
  }

  std::array<Bucket, kBuckets> buckets_{};
  static constexpr std::size_t kMaskBits = 64;
  // Which of the buckets from 1 on have entries.
  std::array<std::uint64_t, (kBuckets + kMaskBits - 1) / kMaskBits> filled_{};
  std::vector<std::unique_ptr<Block[]>> blocks_;
  Block* spare_ = nullptr;
  std::uint64_t last_ = 0;
  std::size_t taken_ = 0;  // of the first block of bucket 0
  std::size_t size_ = 0;
};

}  // namespace probate::virtual_time
