// Equally long waits of many devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/prefetch.hpp"
#include "core/base/time.hpp"

namespace probate::analysis {

// At most one wait per device. All are equally long, so they end in the order in which they began:
// a list through the devices, and every call takes constant time.
class Waits {
 public:
  struct Wait {
    DeviceId device;
    Instant began{};
    Instant over{};
  };
  Waits(std::size_t devices, Duration length) : nodes_(devices), length_{length} {}

  // Begins it anew if it runs. Requires: never told an earlier time.
  void begin(DeviceId device, Instant now) {
    end(device);
    const std::uint32_t own = device.value;
    nodes_[own] = {now, last_, kNone, true};
    (last_ == kNone ? first_ : nodes_[last_].next) = own;
    last_ = own;
  }
  void end(DeviceId device) {
    Node& node = nodes_[device.index()];
    if (!node.is_waiting) return;
    (node.previous == kNone ? first_ : nodes_[node.previous].next) = node.next;
    (node.next == kNone ? last_ : nodes_[node.next].previous) = node.previous;
    node.is_waiting = false;
  }
  void prefetch(DeviceId device) const { prefetch_one(nodes_[device.index()]); }
  bool has(DeviceId device) const { return nodes_[device.index()].is_waiting; }
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
    const Wait wait{DeviceId{first_}, nodes_[first_].began, *over};
    end(wait.device);
    return wait;
  }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Node {
    Instant began{};
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
    bool is_waiting = false;
  };
  std::vector<Node> nodes_;
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
  Duration length_;
};

}  // namespace probate::analysis
