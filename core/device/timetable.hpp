// When each periodic publish of a device is due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/time.hpp"
#include "core/device/config.hpp"

namespace probate::device {

// The entries of `publish:`, each first due one `every` after the device came online, then without
// drift. An instant that was missed altogether is left out, never made up for.
// Lifetime: holds no memory before the first begin(), and none without entries.
class Timetable {
 public:
  struct Due {
    std::size_t index = 0;   // into `publish:`
    std::uint32_t sent = 0;  // of that entry before, since the run began
  };

  void begin(Instant now, const std::vector<PublishConfig>& entries);
  void end();
  // The first entry, in the file's order, that is due; it moves on to its next instant after `now`.
  std::optional<Due> take_due(Instant now, const std::vector<PublishConfig>& entries);
  // kNever between end() and begin().
  Instant next() const;

 private:
  struct Slot {
    Instant due = kNever;
    std::uint32_t sent = 0;
  };
  std::unique_ptr<std::vector<Slot>> slots_;
};

// The first of start + n·every, n ≥ 1, that lies after `now`. Requires: every > 0, start <= now.
Instant next_multiple(Instant start, Duration every, Instant now);

}  // namespace probate::device
