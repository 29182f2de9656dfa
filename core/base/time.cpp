#include "core/base/time.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

namespace probate {

Duration from_seconds(double seconds) {
  const double nanoseconds = seconds * 1e9;
  if (nanoseconds >= 9.2e18) return Duration::max();
  if (nanoseconds <= -9.2e18) return Duration::min();
  return Duration{std::llround(nanoseconds)};
}

std::string to_text(Duration duration) {
  struct Unit {
    std::int64_t nanoseconds;
    std::string_view name;
  };
  static constexpr std::array<Unit, 6> kUnits{{{3'600'000'000'000, "h"},
                                               {60'000'000'000, "m"},
                                               {1'000'000'000, "s"},
                                               {1'000'000, "ms"},
                                               {1'000, "us"},
                                               {1, "ns"}}};
  if (duration == Duration{}) return "0s";
  const bool negative = duration.count() < 0;
  auto rest = negative ? 0 - static_cast<std::uint64_t>(duration.count())
                       : static_cast<std::uint64_t>(duration.count());
  std::string text = negative ? "-" : "";
  for (const Unit& unit : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.nanoseconds);
    if (rest < size) continue;
    text += fmt::format("{}{}", rest / size, unit.name);
    rest %= size;
  }
  return text;
}

std::string to_text(Instant at) { return fmt::format("{:+.3f} s", to_seconds(at)); }

Instant saturating_add(Instant start, Duration delay) {
  if (start > kRunStart && delay > kNever - start) return kNever;
  return start + delay;
}

}  // namespace probate
