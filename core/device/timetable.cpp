#include "core/device/timetable.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace probate::device {

Instant next_multiple(Instant start, Duration every, Instant now) {
  CHECK(every > Duration::zero() && start <= now);
  return saturating_add(now - (now - start) % every, every);
}

void Timetable::begin(Instant now, const std::vector<PublishConfig>& entries) {
  if (slots_.size() != entries.size()) {
    slots_ = std::vector<Slot>(entries.size());  // exactly that many, no spare capacity
  }
  for (std::size_t index = 0; index < entries.size(); ++index) {
    slots_[index].due = next_multiple(now, entries[index].every, now);
  }
}

void Timetable::end() {
  for (Slot& slot : slots_) slot.due = kNever;
}

std::optional<Timetable::Due> Timetable::take_due(Instant now,
                                                  const std::vector<PublishConfig>& entries) {
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    Slot& slot = slots_[index];
    if (slot.due > now) continue;
    slot.due = next_multiple(slot.due, entries[index].every, now);
    return Due{index, slot.sent++};
  }
  return std::nullopt;
}

Instant Timetable::next() const {
  Instant earliest = kNever;
  for (const Slot& slot : slots_) earliest = std::min(earliest, slot.due);
  return earliest;
}

}  // namespace probate::device
