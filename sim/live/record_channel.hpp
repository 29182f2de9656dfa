// From a loop to the judge: the loop's records, and how far they are complete.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/journal/records.hpp"
#include "sim/live/page_memory.hpp"
#include "sim/live/spsc_queue.hpp"

namespace probate::live {

using Records = std::vector<journal::Record, PageAllocator<journal::Record>>;

// One per loop. The loop writes and publishes watermarks; the judge takes what lies below them.
//
// A full queue drops records and counts them; the next record that fits is preceded by
// EventsDropped, which makes the run inconclusive.
// Threads: write() and publish() on the loop's, the rest on the judge's.
class RecordChannel : public journal::Sink {
 public:
  static constexpr std::size_t kRecordsMax = 1 << 16;

  explicit RecordChannel(std::uint16_t loop, std::size_t records_max = kRecordsMax);

  void write(Instant at, journal::Body body) override;
  // Promises that no later record will be older than `now`. Requires: it never goes back.
  void publish(Instant now);
  std::uint64_t written() const { return sequence_; }
  std::uint64_t dropped() const { return dropped_total_; }

  Instant watermark() const;
  // Moves everything that is there to the back of `out`.
  void take(Records& out);

 private:
  bool push(Instant at, journal::Body&& body);

  SpscQueue<journal::Record> queue_;
  std::uint16_t loop_;
  std::uint64_t sequence_ = 0;
  std::uint64_t dropped_ = 0;  // since the last EventsDropped that fitted
  std::uint64_t dropped_total_ = 0;
  std::atomic<std::int64_t> watermark_{0};
};

// The judge's end: merges the channels by (at, loop, sequence) up to the lowest watermark.
// Limits: of a backlog that is over it keeps the places of kRecordsKept records, twice.
class RecordMerge {
 public:
  static constexpr std::size_t kRecordsKept = 1024;

  // Lifetime: the channels outlive it.
  explicit RecordMerge(std::vector<RecordChannel*> channels) : channels_{std::move(channels)} {}

  // What is complete, in order, and the watermark up to which it is.
  struct Batch {
    Records records;
    Instant complete_until{};
  };
  // Valid until the next call.
  const Batch& take();
  // For how many records there is memory now.
  std::size_t places() const { return waiting_.capacity() + batch_.records.capacity(); }

 private:
  static void settle(Records& records);

  std::vector<RecordChannel*> channels_;
  Records waiting_;
  Batch batch_;
};

}  // namespace probate::live
