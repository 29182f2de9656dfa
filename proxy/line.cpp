#include "proxy/line.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace probate::proxy {
namespace {
// Deadlines are whole milliseconds, as timers are no finer; so bytes of one millisecond are one
// piece.
constexpr Duration kGrain = 1ms;
// What a drained queue may keep for its next use.
constexpr std::size_t kKeptBytes = 4096;
}  // namespace

void Line::set_delay(Duration delay, Duration jitter, Rng rng) {
  delay_ = delay;
  jitter_ = jitter;
  rng_ = rng;
}

void Line::set_loss(double loss, Duration rto, Rng rng) {
  loss_ = loss;
  rto_ = rto;
  loss_rng_ = rng;
}

// They come in one piece, so the one that is sent again most often decides.
void Line::begin_packets(std::uint32_t count) {
  if (loss_ <= 0) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    Duration late{};
    Duration timeout = rto_;
    for (int losses = 0; losses < kLossesMax && loss_rng_.unit() < loss_; ++losses) {
      late += timeout;
      timeout *= 2;
    }
    retransmission_ = std::max(retransmission_, late);
  }
}

Instant Line::due_behind(Instant now) {
  if (!delays()) return std::max(now, last_due_);
  const Duration off = jitter_ > Duration{} ? rng_.uniform(-jitter_, jitter_) : Duration{};
  const Duration late = std::max(delay_ + off, Duration{}) + std::exchange(retransmission_, {});
  const Instant due = now + late + kGrain - Duration{1};
  return std::max(due - due.time_since_epoch() % kGrain, last_due_);
}

void Line::push_late(Instant now, ByteView bytes, Duration late) {
  const Instant due = saturating_add(due_behind(now), late);
  // A piece that is ready already may become ready now again, but never later.
  const bool joins =
      first_ < pieces_.size() && (due == last_due_ || (due == now && last_due_ <= now));
  if (joins) {
    pieces_.back().due = due;
    pieces_.back().bytes += bytes.size();
  } else {
    pieces_.push_back({.due = due, .bytes = bytes.size()});
  }
  last_due_ = due;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void Line::push_again(Instant now, std::uint32_t packets) {
  if (empty()) return;
  const Bytes waiting{all().begin(), all().end()};
  clear();
  last_due_ = kRunStart;
  begin_packets(packets);
  push(now, waiting);
}

ByteView Line::ready(Instant now) const {
  std::size_t count = 0;
  for (std::size_t i = first_; i < pieces_.size() && pieces_[i].due <= now; ++i) {
    count += pieces_[i].bytes;
  }
  return ByteView{bytes_}.subspan(head_, count);
}

void Line::consume(std::size_t count) {
  CHECK(count <= size());
  head_ += count;
  while (count > 0) {
    Piece& piece = pieces_[first_];
    const std::size_t taken = std::min(count, piece.bytes);
    piece.bytes -= taken;
    count -= taken;
    if (piece.bytes == 0) ++first_;
  }
  if (empty()) {
    clear();
  } else if (head_ > bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void Line::release() {
  last_due_ = kRunStart;
  if (empty()) return;
  pieces_.assign(1, {.due = kRunStart, .bytes = size()});
  first_ = 0;
}

void Line::clear() {
  head_ = 0;
  first_ = 0;
  if (bytes_.capacity() > kKeptBytes) {
    bytes_ = Bytes{};
    pieces_ = {};
  }
  bytes_.clear();
  pieces_.clear();
}

std::optional<Instant> Line::next_due(Instant now) const {
  for (std::size_t i = first_; i < pieces_.size(); ++i) {
    if (pieces_[i].due > now) return pieces_[i].due;
  }
  return std::nullopt;
}

}  // namespace probate::proxy
