// An instant that may be absent, in eight bytes.
#pragma once

#include <optional>

#include "core/base/time.hpp"

namespace probate::analysis {

// As std::optional<Instant>, in half its size: kNever stands for "absent" and cannot be held.
class MaybeInstant {
 public:
  MaybeInstant() = default;
  MaybeInstant& operator=(Instant at) {
    at_ = at;
    return *this;
  }

  explicit operator bool() const { return at_ != kNever; }
  // Requires: there is one.
  Instant operator*() const { return at_; }
  Instant value_or(Instant otherwise) const { return *this ? at_ : otherwise; }
  std::optional<Instant> optional() const { return *this ? std::optional{at_} : std::nullopt; }

 private:
  Instant at_ = kNever;
};

}  // namespace probate::analysis
