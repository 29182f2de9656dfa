// How many bytes may pass: so many a second, little of it saved.
#pragma once

#include <cstdint>

#include "core/base/time.hpp"

namespace probate::fault {

// A token bucket on absolute times: what idles is saved for kSaved at most, what a late timer
// missed is not lost.
// Determinism: same calls, same answers.
class Budget {
 public:
  static constexpr Duration kSaved = 50ms;

  // Requires: 0 < bytes_per_second <= 2^30.
  explicit Budget(std::uint64_t bytes_per_second);

  std::uint64_t allowed(Instant now) const;
  // When that many bytes are allowed, or as many as it ever saves.
  Instant allowed_at(Instant now, std::uint64_t wanted) const;
  // Requires: bytes <= allowed(now).
  void spend(Instant now, std::uint64_t bytes);

 private:
  Instant paid_until(Instant now) const;
  Duration time_of(std::uint64_t bytes) const;

  std::uint64_t bytes_per_second_;
  Duration saved_{};
  Instant paid_until_ = kRunStart;
};

}  // namespace probate::fault
