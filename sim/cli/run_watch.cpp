#include "sim/cli/run_watch.hpp"

#include <fmt/format.h>

#include "sim/cli/estimate_text.hpp"
#include "sim/cli/memory.hpp"
#include "sim/virtual/virtual_run.hpp"

namespace probate::cli {
namespace {

std::uint64_t memory_for_us() {
  const double available = static_cast<double>(available_memory()) * RunWatch::kMemoryShareMax;
  return resident_memory() + static_cast<std::uint64_t>(available);
}

}  // namespace

RunWatch::RunWatch(std::uint64_t devices) : RunWatch{devices, memory_for_us()} {}

RunWatch::RunWatch(std::uint64_t devices, std::uint64_t memory_bytes_max)
    : ticks_at_instant_max_{(kEventsPerInstantMax + kEventsPerInstantAndDevice * devices) /
                            virtual_time::kEventsPerTick},
      memory_bytes_max_{memory_bytes_max} {}

void RunWatch::tick(Instant now) {
  ++ticks_;
  ticks_at_instant_ = now == now_ ? ticks_at_instant_ + 1 : 0;
  now_ = now;
  if (ticks_ % kTicksPerLook == 0) held_bytes_ = resident_memory();
}

std::string RunWatch::trouble() const {
  if (ticks_at_instant_ > ticks_at_instant_max_) {
    return fmt::format(
        "virtual time stands still at {}: more than {} events there, and no end; something "
        "answers itself without any delay: give it one, and please report the scenario",
        to_text(now_), ticks_at_instant_ * virtual_time::kEventsPerTick);
  }
  if (held_bytes_ <= memory_bytes_max_) return {};
  return fmt::format(
      "stopped at {}: probate holds {} of memory, and this machine has not much more: run fewer "
      "devices, a shorter scenario or fewer policies (`probate explain` gives the estimate)",
      to_text(now_), bytes_text(held_bytes_));
}

}  // namespace probate::cli
