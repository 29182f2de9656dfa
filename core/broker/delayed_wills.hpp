// Wills that wait for their delay: each for itself, or in a list whose head blocks it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/base/time.hpp"
#include "core/broker/deadlines.hpp"

namespace probate::broker {

// Head-of-line order is mosquitto's: by interval, the newest first, and nothing is served behind a
// head that is not due. What is in it cannot be removed: `is_live` tells what has become void.
class DelayedWills {
 public:
  using IsLive = std::function<bool(const Deadline&)>;

  explicit DelayedWills(bool head_of_line) : head_of_line_{head_of_line} {}

  void add(std::uint32_t delay_seconds, const Deadline& will);
  std::optional<Instant> next() const;
  // Takes what is to be served first, if it is due.
  std::optional<Deadline> pop(Instant now, const IsLive& is_live);
  // A will became void: what it blocked is looked at from `next_look` on, not before.
  void note_void(Instant next_look, const IsLive& is_live);

 private:
  void pop_head();
  void drop_void_heads(const IsLive& is_live);

  bool head_of_line_;
  Deadlines each_;
  std::map<std::uint32_t, std::vector<Deadline>> list_;  // by interval; none is empty, newest last
  Instant not_before_ = kRunStart;
};

}  // namespace probate::broker
