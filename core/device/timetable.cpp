#include "core/device/timetable.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace probate::device {

Instant next_multiple(Instant start, Duration every, Instant now) {
  CHECK(every > Duration::zero() && start <= now);
  return saturating_add(now - (now - start) % every, every);
}

void Timetable::begin(Instant now, const std::vector<PublishConfig>& entries) {
  if (entries.empty()) return slots_.reset();
  if (!slots_ || slots_->size() != entries.size()) {
    slots_ = std::make_unique<std::vector<Slot>>(entries.size());
  }
  for (std::size_t index = 0; index < entries.size(); ++index) {
    (*slots_)[index].due = next_multiple(now, entries[index].every, now);
  }
}

void Timetable::end() {
  if (!slots_) return;
  for (Slot& slot : *slots_) slot.due = kNever;
}

std::optional<Timetable::Due> Timetable::take_due(Instant now,
                                                  const std::vector<PublishConfig>& entries) {
  if (!slots_) return std::nullopt;
  for (std::size_t index = 0; index < slots_->size(); ++index) {
    Slot& slot = (*slots_)[index];
    if (slot.due > now) continue;
    slot.due = next_multiple(slot.due, entries[index].every, now);
    return Due{index, slot.sent++};
  }
  return std::nullopt;
}

Instant Timetable::next() const {
  Instant earliest = kNever;
  if (!slots_) return earliest;
  for (const Slot& slot : *slots_) earliest = std::min(earliest, slot.due);
  return earliest;
}

}  // namespace probate::device
