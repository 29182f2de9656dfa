// Packets that may not leave yet: held by a silence, on a slow way, or for want of a budget.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/rng.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::virtual_time {

// Keeps order, loses nothing. A packet's jitter and losses are drawn from the instant at which it
// comes, so that packets which are skipped move nobody else's. Without a delay it is a plain queue
// whose packets are ready at once. A packet may leave in pieces; it is there with its last byte.
class Line {
 public:
  // Of packets pushed from now on: delay ± jitter, uniform, never before what is ahead of them.
  void set_delay(Duration delay, Duration jitter, Rng rng);
  // Of packets pushed from now on: n losses in a row, each with that probability, add
  // rto · (2ⁿ − 1); n is at most kLossesMax.
  void set_loss(double loss, Duration rto, Rng rng);
  static constexpr int kLossesMax = 6;
  bool delays() const { return delay_ > Duration{} || jitter_ > Duration{} || losses_ != nullptr; }
  bool delays_by(Duration delay, Duration jitter) const {
    return delay_ == delay && jitter_ == jitter;
  }
  bool loses_any() const { return losses_ != nullptr; }
  // Nothing is held, and what is pushed from now on goes by its own delay alone.
  bool forgets(Instant now) const { return held_.empty() && last_due_ <= now; }
  bool loses(double loss, Duration rto) const {
    return losses_ == nullptr ? loss <= 0 : losses_->share == loss && losses_->rto == rto;
  }

  void push(Instant now, mqtt::Packet packet, std::size_t bytes) {
    push_late(now, std::move(packet), bytes, {});
  }
  // One that is due then already. Requires: empty().
  void hold(Instant due, mqtt::Packet&& packet, std::size_t bytes);
  // So much later than it would be.
  void push_late(Instant now, mqtt::Packet packet, std::size_t bytes, Duration late);
  // When something that follows the last packet may leave and is never lost: a FIN.
  Instant due_behind(Instant now) const;

  // When a packet of that instant would be there if none were ahead of it and none were lost.
  static Instant undisturbed(Instant now, Duration delay, Duration jitter, const Rng& rng);

  // How many bytes at the front may leave.
  std::size_t ready(Instant now) const;
  // So many of them leave: the packet whose last byte is among them, the rest of `bytes` is left to
  // the next call; nothing, if they are all of one that has more. Requires: 0 < bytes <= ready().
  std::optional<mqtt::Packet> take(std::size_t& bytes);
  // Everything may leave now.
  void release();
  void clear() { std::vector<Held>{}.swap(held_); }
  bool empty() const { return held_.empty(); }
  // Requires: !empty().
  Instant next_due() const { return held_.front().due; }

 private:
  struct Held {
    Instant due{};
    std::size_t bytes = 0;  // that have not left
    mqtt::Packet packet;
  };

  Instant undisturbed(Instant now) const { return undisturbed(now, delay_, jitter_, rng_); }

  // What few lines have.
  struct Losses {
    double share = 0;
    Duration rto{};
    Rng rng{0};
    Instant last_push{};
    std::uint64_t pushed_then = 0;

    Duration draw(Instant now);
  };

  std::vector<Held> held_;  // seldom more than one; no memory while there is none
  Instant last_due_{};
  Duration delay_{};
  Duration jitter_{};
  Rng rng_{0};
  std::unique_ptr<Losses> losses_;
};

}  // namespace probate::virtual_time
