// A loop's heartbeat: watermarks for the judge, a copy of the counters, and how late the loop is.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "core/journal/counters.hpp"
#include "proxy/loop.hpp"
#include "sim/live/record_channel.hpp"

namespace probate::live {

// The latest copy of a loop's counters. Threads: any.
class CounterBoard {
 public:
  void put(const journal::LoopCounters& counters);
  journal::LoopCounters get() const;

 private:
  mutable std::mutex mutex_;
  journal::LoopCounters latest_;
};

// Every 10 ms: publishes a watermark and takes one sample of lag (how late it was itself woken);
// every 100 ms: copies the counters; every 10 s: writes GeneratorLag with the exact p99 and maximum
// of the window's samples.
// Threads: the loop's.
class Pulse final : private proxy::Timer {
 public:
  static constexpr Duration kInterval = 10ms;
  static constexpr int kBeatsPerCopy = 10;
  static constexpr Duration kWindow = 10s;
  // Of a window in which the loop stood still for longer, the latest beats say enough.
  static constexpr std::size_t kSamplesMax = 4 * static_cast<std::size_t>(kWindow / kInterval);

  Pulse(proxy::Loop& loop, RecordChannel& channel, CounterBoard& board);

  void start();
  // Writes the window under way and then, as the journal's last record, why the run ended;
  // publishes everything that was written.
  void finish(std::string reason);

 private:
  void expired(Instant now) override;
  void end_window(Instant now);

  proxy::Loop& loop_;
  RecordChannel& channel_;
  CounterBoard& board_;
  std::vector<Duration> samples_;
  Instant window_from_{};
  int beats_ = 0;            // of the window, missed ones included
  std::uint64_t turns_ = 0;  // that came
};

}  // namespace probate::live
