// Who must be looked at when: a million deadlines, most of them far ahead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/base/time.hpp"

namespace probate::broker {

struct Deadline {
  Instant due{};
  std::uint32_t order = 0;  // among those due at the same instant
  std::uint32_t slot = 0;

  friend bool operator<(const Deadline& a, const Deadline& b) {
    if (a.due != b.due) return a.due < b.due;
    if (a.order != b.order) return a.order < b.order;
    return a.slot < b.slot;
  }
};

// A calendar: buckets of kBucket, each sorted when its time has come. What is in it cannot be
// removed: the caller recognises what has become void.
//
// Determinism: pops in the order of (due, order, slot).
class Deadlines {
 public:
  static constexpr Duration kBucket = 100ms;

  void push(const Deadline& deadline);
  // The earliest, or nothing.
  std::optional<Instant> next() const;
  // That of a later call of pop(), if it is known yet; else nullptr.
  const Deadline* ahead(std::size_t calls) const {
    return calls < open_.size() ? &open_[open_.size() - 1 - calls] : nullptr;
  }
  // Takes the earliest if it is due by `now`.
  std::optional<Deadline> pop(Instant now);

 private:
  struct Bucket {
    Instant earliest = kNever;
    std::vector<Deadline> deadlines;  // in no order
  };
  void open(std::map<std::int64_t, Bucket>::iterator first);

  std::map<std::int64_t, Bucket> later_;  // by number; none is empty
  std::vector<Deadline> open_;            // one bucket, latest first
  std::int64_t open_number_ = 0;
  std::vector<std::vector<Deadline>> spare_;  // emptied buckets keep their memory for the next
};

}  // namespace probate::broker
