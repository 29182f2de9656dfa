#include "sim/live/record_channel.hpp"

#include <algorithm>
#include <tuple>

namespace probate::live {

RecordChannel::RecordChannel(std::uint16_t loop, std::size_t records_max)
    : queue_{records_max}, loop_{loop} {}

bool RecordChannel::push(Instant at, journal::Body&& body) {
  journal::Record record{at, loop_, sequence_, std::move(body)};
  if (!queue_.push(std::move(record))) return false;
  ++sequence_;
  return true;
}

void RecordChannel::write(Instant at, journal::Body body) {
  if (dropped_ > 0 && push(at, journal::EventsDropped{dropped_})) dropped_ = 0;
  if (dropped_ == 0 && push(at, std::move(body))) return;
  ++dropped_;
  ++dropped_total_;
}

void RecordChannel::publish(Instant now) {
  if (dropped_ > 0 && push(now, journal::EventsDropped{dropped_})) dropped_ = 0;
  watermark_.store(now.time_since_epoch().count(), std::memory_order_release);
}

Instant RecordChannel::watermark() const {
  return Instant{Duration{watermark_.load(std::memory_order_acquire)}};
}

void RecordChannel::take(Records& out) {
  while (auto record = queue_.pop()) out.push_back(std::move(*record));
}

// The same records, in no more memory than is worth keeping.
void RecordMerge::settle(Records& records) {
  if (records.capacity() > kRecordsKept && records.size() < kRecordsKept) records.shrink_to_fit();
}

const RecordMerge::Batch& RecordMerge::take() {
  batch_.records.clear();
  settle(batch_.records);
  // The watermarks first: what is below them is then surely in the queues.
  batch_.complete_until = kNever;
  for (const RecordChannel* channel : channels_) {
    batch_.complete_until = std::min(batch_.complete_until, channel->watermark());
  }
  for (RecordChannel* channel : channels_) channel->take(waiting_);
  const auto comes_first = [](const auto& a, const auto& b) {
    return std::tie(a.at, a.loop, a.sequence) < std::tie(b.at, b.loop, b.sequence);
  };
  // One loop writes them in order, or nearly.
  if (!std::is_sorted(waiting_.begin(), waiting_.end(), comes_first)) {
    std::sort(waiting_.begin(), waiting_.end(), comes_first);
  }
  const auto open = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& record) {
    return record.at >= batch_.complete_until;
  });
  batch_.records.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(open));
  waiting_.erase(waiting_.begin(), open);
  settle(waiting_);
  return batch_;
}

}  // namespace probate::live
