// Bytes on their way that may not or cannot leave yet: a queue with the instant at which each may.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/rng.hpp"
#include "core/base/time.hpp"

namespace probate::proxy {

// A byte-exact delay line: order is kept, deadlines are absolute, nothing is lost.
// Without a delay it is a plain queue whose bytes are ready at once.
// Threads: one owner. Memory: the bytes, and 16 bytes for each millisecond in which some arrived
// delayed; given back when it runs empty.
class Line {
 public:
  // Of bytes pushed from now on: delay ± jitter, uniform, never before what is ahead of them.
  void set_delay(Duration delay, Duration jitter, Rng rng);
  // Of packets that begin from now on: n losses in a row, each with that probability, add
  // rto · (2ⁿ − 1); n is at most kLossesMax.
  void set_loss(double loss, Duration rto, Rng rng);
  static constexpr int kLossesMax = 6;
  bool delays() const { return delay_ > Duration{} || jitter_ > Duration{} || loss_ > 0; }

  bool delays_by(Duration delay, Duration jitter) const {
    return delay_ == delay && jitter_ == jitter;
  }
  bool loses(double loss, Duration rto) const { return loss_ == loss && rto_ == rto; }
  // So many packets begin in what is pushed next.
  void begin_packets(std::uint32_t count);

  void push(Instant now, ByteView bytes) { push_late(now, bytes, {}); }
  // What waits is as if it had just come, so that the delay holds for it, too: `packets` begin in
  // it.
  void push_again(Instant now, std::uint32_t packets);
  // So much later than it would be.
  void push_late(Instant now, ByteView bytes, Duration late);
  // When something that follows the last byte pushed may leave: a FIN.
  Instant due_behind(Instant now);

  // Bytes at the front that may leave, in one piece. Valid until the next push or consume.
  ByteView ready(Instant now) const;
  // Everything that waits, in one piece. Valid as long.
  ByteView all() const { return ByteView{bytes_}.subspan(head_); }
  // Requires: count <= ready().size().
  void consume(std::size_t count);
  // Everything may leave now.
  void release();
  void clear();

  std::size_t size() const { return bytes_.size() - head_; }
  bool empty() const { return size() == 0; }
  // When the first bytes that are not ready will be.
  std::optional<Instant> next_due(Instant now) const;

 private:
  struct Piece {
    Instant due{};
    std::size_t bytes = 0;
  };

  Bytes bytes_;
  std::size_t head_ = 0;
  std::vector<Piece> pieces_;
  std::size_t first_ = 0;
  Instant last_due_{};
  Duration delay_{};
  Duration jitter_{};
  double loss_ = 0;
  Duration rto_{};
  Duration retransmission_{};  // of the packets that begin in the next push
  Rng rng_{0};
  Rng loss_rng_{0};
};

}  // namespace probate::proxy
