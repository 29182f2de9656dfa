#include "core/fault/budget.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace probate::fault {
namespace {
constexpr std::uint64_t kNanoseconds = 1'000'000'000;
// Nothing that waits is larger; so products with nanoseconds fit into 64 bits.
constexpr std::uint64_t kWantedMax = std::uint64_t{1} << 30;
}  // namespace

Budget::Budget(std::uint64_t bytes_per_second) : bytes_per_second_{bytes_per_second} {
  CHECK(bytes_per_second > 0 && bytes_per_second <= kWantedMax);
  // A slow one must be able to save a whole byte.
  saved_ = std::max(kSaved, time_of(1));
}

// Rounded up: who waits for it may have the bytes.
Duration Budget::time_of(std::uint64_t bytes) const {
  const std::uint64_t product = std::min(bytes, kWantedMax) * kNanoseconds;
  return Duration{
      static_cast<Duration::rep>((product + bytes_per_second_ - 1) / bytes_per_second_)};
}

Instant Budget::paid_until(Instant now) const { return std::max(paid_until_, now - saved_); }

std::uint64_t Budget::allowed(Instant now) const {
  const Instant from = paid_until(now);
  if (from >= now) return 0;
  return static_cast<std::uint64_t>((now - from).count()) * bytes_per_second_ / kNanoseconds;
}

Instant Budget::allowed_at(Instant now, std::uint64_t wanted) const {
  const Instant all = paid_until(now) + std::min(time_of(wanted), saved_);
  return std::max(all, now + Duration{1});
}

void Budget::spend(Instant now, std::uint64_t bytes) {
  paid_until_ = paid_until(now) + time_of(bytes);
}

}  // namespace probate::fault
