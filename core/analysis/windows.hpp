// Small questions about a ruling's window.
#pragma once

#include <algorithm>

#include "core/analysis/oracle.hpp"

namespace probate::analysis {

inline bool is_overdue(const Ruling& ruling, Instant at, Duration allowance) {
  return !ruling.never_due && saturating_add(ruling.ends, allowance) < at;
}
inline bool has_begun(const Ruling& ruling, Instant at) { return ruling.begins <= at; }

// Something that owes no will, or perhaps one, came while the keep-alive may already have run out.
inline Ruling either(const Ruling& silence, const Ruling& other, Instant at) {
  Ruling ruling = other;
  ruling.duty = Duty::permitted;
  ruling.begins = silence.begins;
  ruling.ends = std::max(silence.begins, std::min(silence.ends, at));
  return ruling;
}

}  // namespace probate::analysis
