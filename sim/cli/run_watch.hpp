// Stops a virtual run that would not end, or would take more memory than there is.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/time.hpp"

namespace probate::cli {

// Threads: one. Its limits are the whole process's, so of several runs at a time any may be
// stopped.
class RunWatch {
 public:
  explicit RunWatch(std::uint64_t devices);
  // For tests: with that much memory.
  RunWatch(std::uint64_t devices, std::uint64_t memory_bytes_max);

  // Every virtual_time::kEventsPerTick events.
  void tick(Instant now);
  // A sentence with the figure and what to do, or "".
  std::string trouble() const;

  // More events than this, and so many per device, never are due at one instant.
  static constexpr std::uint64_t kEventsPerInstantMax = 10'000'000;
  static constexpr std::uint64_t kEventsPerInstantAndDevice = 100;
  // How often memory is looked at.
  static constexpr std::uint64_t kTicksPerLook = 16;
  // What a machine needs for itself, of what is available.
  static constexpr double kMemoryShareMax = 0.9;

 private:
  std::uint64_t ticks_at_instant_max_;
  std::uint64_t memory_bytes_max_;
  Instant now_{};
  std::uint64_t ticks_at_instant_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t held_bytes_ = 0;
};

}  // namespace probate::cli
