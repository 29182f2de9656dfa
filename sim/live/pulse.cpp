#include "sim/live/pulse.hpp"

#include <algorithm>

namespace probate::live {

void CounterBoard::put(const journal::LoopCounters& counters) {
  const std::lock_guard lock{mutex_};
  latest_ = counters;
}

journal::LoopCounters CounterBoard::get() const {
  const std::lock_guard lock{mutex_};
  return latest_;
}

Pulse::Pulse(proxy::Loop& loop, RecordChannel& channel, CounterBoard& board)
    : loop_{loop}, channel_{channel}, board_{board} {
  samples_.reserve(static_cast<std::size_t>(kWindow / kInterval) + 1);
}

void Pulse::start() {
  window_from_ = loop_.now();
  loop_.arm(*this, window_from_ + kInterval);
}

void Pulse::expired(Instant now) {
  // Beats stand on a fixed grid, so that lateness does not add up. Those that were missed count as
  // well, each with how late it came: a single long stop is as bad as many short ones.
  Duration late = std::max(now - (window_from_ + kInterval * (beats_ + 1)), Duration{});
  for (; samples_.size() < kSamplesMax; late -= kInterval, ++beats_) {
    samples_.push_back(late);
    if (late < kInterval) break;
  }
  ++beats_;
  loop_.counters().events_written = channel_.written();
  loop_.counters().events_dropped = channel_.dropped();
  if (++turns_ % kBeatsPerCopy == 0) board_.put(loop_.counters());
  if (now - window_from_ >= kWindow) end_window(now);
  const Instant next = window_from_ + kInterval * (beats_ + 1);
  if (next <= now) beats_ = static_cast<int>((now - window_from_) / kInterval);
  channel_.publish(now);
  loop_.arm(*this, window_from_ + kInterval * (beats_ + 1));
}

void Pulse::end_window(Instant now) {
  if (!samples_.empty()) {
    std::sort(samples_.begin(), samples_.end());
    const std::size_t rank = (samples_.size() * 99 + 99) / 100 - 1;
    loop_.write(now, journal::GeneratorLag{
                         .p99 = samples_[rank], .max = samples_.back(), .from = window_from_});
  }
  samples_.clear();
  window_from_ = now;
  beats_ = 0;
}

void Pulse::finish(std::string reason) {
  cancel();
  const Instant now = loop_.now();
  end_window(now);
  loop_.write(now, journal::RunEnded{std::move(reason)});
  loop_.counters().events_written = channel_.written();
  loop_.counters().events_dropped = channel_.dropped();
  board_.put(loop_.counters());
  // Nothing comes after: everything written is complete, the last record included.
  channel_.publish(kNever);
}

}  // namespace probate::live
