// Equally long waits of many devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/prefetch.hpp"
#include "core/base/time.hpp"

namespace probate::analysis {

// At most one wait per device. All are equally long, so they end in the order in which they began:
// a list through those that wait, and every call takes constant time.
class Waits {
 public:
  struct Wait {
    DeviceId device;
    Instant began{};
    Instant over{};
  };
  Waits(std::size_t devices, Duration length) : places_(devices, kNone), length_{length} {}

  // Begins it anew if it runs. Requires: never told an earlier time.
  void begin(DeviceId device, Instant now) {
    if (is_suspended(device)) {
      places_[device.index()] = kStandsStill;
      return;
    }
    end(device);
    std::uint32_t own = first_free_;
    if (own == kNone) {
      own = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      first_free_ = nodes_[own].next;
    }
    nodes_[own] = {now, device, last_, kNone};
    (last_ == kNone ? first_ : nodes_[last_].next) = own;
    last_ = own;
    places_[device.index()] = own;
  }
  void end(DeviceId device) {
    if (is_suspended(device)) {
      places_[device.index()] = kNoneStill;
      return;
    }
    const std::uint32_t own = std::exchange(places_[device.index()], kNone);
    if (own == kNone) return;
    Node& node = nodes_[own];
    (node.previous == kNone ? first_ : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? last_ : nodes_[node.next].previous) = node.previous;
    node.next = std::exchange(first_free_, own);
  }
  // What runs stands still, and what begins does so at once, until it goes on, then anew from
  // `now`.
  void suspend(DeviceId device) {
    if (is_suspended(device)) return;
    const bool runs = has(device);
    end(device);
    places_[device.index()] = runs ? kStandsStill : kNoneStill;
  }
  void go_on(DeviceId device, Instant now) {
    if (!is_suspended(device)) return;
    if (std::exchange(places_[device.index()], kNone) == kStandsStill) begin(device, now);
  }
  void prefetch(DeviceId device) const { prefetch_one(places_[device.index()]); }
  bool has(DeviceId device) const { return places_[device.index()] != kNone; }
  bool is_suspended(DeviceId device) const {
    const std::uint32_t place = places_[device.index()];
    return place == kStandsStill || place == kNoneStill;
  }
  Duration length() const { return length_; }

  // When the first of them is over.
  std::optional<Instant> next() const {
    if (first_ == kNone) return std::nullopt;
    return saturating_add(nodes_[first_].began, length_);
  }
  // Ends and tells the first that is over by `now`.
  std::optional<Wait> take_over(Instant now) {
    const std::optional<Instant> over = next();
    if (!over || *over > now) return std::nullopt;
    const Wait wait{nodes_[first_].device, nodes_[first_].began, *over};
    end(wait.device);
    return wait;
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t kStandsStill = kNone - 1;  // suspended while it ran
  static constexpr std::uint32_t kNoneStill = kNone - 2;    // suspended, and none runs
  struct Node {
    Instant began{};
    DeviceId device;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;  // of a free one: the next free one
  };
  std::vector<std::uint32_t> places_;  // by device: its node while it waits
  std::vector<Node> nodes_;
  std::uint32_t first_free_ = kNone;
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
  Duration length_;
};

}  // namespace probate::analysis
