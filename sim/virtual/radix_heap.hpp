// A priority queue for time that never goes back.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/check.hpp"

namespace probate::virtual_time {

// A monotone radix heap: an entry lies in the bucket of the highest bit in which its key differs
// from the last key taken out, so it moves to a lower bucket at most once per bit. Entries with the
// same key come out in the order in which they went in: they are always in the same bucket, and a
// bucket that is spread keeps its order.
//
// Requires: no key is lower than the last one taken out.
// Memory:   16 bytes of `Value` and key per entry and what vectors keep spare.
template <typename Value>
class RadixHeap {
 public:
  struct Entry {
    std::uint64_t key;
    Value value;
  };

  void push(std::uint64_t key, Value value) {
    CHECK(key >= last_);
    buckets_[bucket_of(key)].push_back({key, value});
    ++size_;
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // The lowest key. Requires: !empty().
  std::uint64_t next_key() {
    fill_first([](const Value&, std::size_t) {});
    return last_;
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
    fill_first(soon);
    const Entry entry = buckets_[0][taken_++];
    --size_;
    return entry;
  }

 private:
  static constexpr std::size_t kKeptMax = 65'536;
  static constexpr std::size_t kSoonMax = 64;
  static constexpr std::size_t kBuckets = std::numeric_limits<std::uint64_t>::digits + 1;

  std::size_t bucket_of(std::uint64_t key) const {
    return static_cast<std::size_t>(std::bit_width(key ^ last_));
  }

  // Afterwards bucket 0 holds what is due at last_, and something of it is not taken yet.
  template <typename Soon>
  void fill_first(Soon soon) {
    std::vector<Entry>& first = buckets_[0];
    if (taken_ < first.size()) return;
    CHECK(size_ > 0);
    first.clear();
    taken_ = 0;
    std::size_t lowest = 1;
    while (buckets_[lowest].empty()) ++lowest;
    std::vector<Entry>& spread = buckets_[lowest];
    last_ = spread.front().key;
    for (const Entry& entry : spread) last_ = entry.key < last_ ? entry.key : last_;
    for (const Entry& entry : spread) buckets_[bucket_of(entry.key)].push_back(entry);
    if (spread.size() <= kSoonMax) {
      for (const Entry& entry : spread) soon(entry.value, spread.size());
    }
    // A bucket that was once full of a whole fleet would keep its memory for ever.
    if (spread.capacity() > kKeptMax) {
      std::vector<Entry>{}.swap(spread);
    } else {
      spread.clear();
    }
  }

  std::array<std::vector<Entry>, kBuckets> buckets_;
  std::uint64_t last_ = 0;
  std::size_t taken_ = 0;  // of bucket 0
  std::size_t size_ = 0;
};

}  // namespace probate::virtual_time
