#include "core/base/rng.hpp"

#include <cmath>
#include <numbers>

#include "core/base/check.hpp"

namespace probate {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

// The finaliser of SplitMix64: a bijection with full avalanche.
constexpr std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// FNV-1a, mixed: stream names are short.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) {
    value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return mix(value);
}

}  // namespace

Rng::Rng(std::uint64_t seed) : key_{mix(seed + kGolden)} {}

Rng Rng::stream(std::string_view name) const { return Rng{mix(key_ ^ hash(name)), 0}; }

Rng Rng::stream(std::string_view name, std::uint64_t index) const {
  return Rng{mix(mix(key_ ^ hash(name)) + mix(index + kGolden)), 0};
}

std::uint64_t Rng::next() { return mix(key_ + kGolden * ++counter_); }

std::uint64_t Rng::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // Rejection keeps it exactly uniform; the loop repeats with probability < bound / 2^64.
  const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % bound + 1) % bound;
  std::uint64_t draw = next();
  while (draw > limit) draw = next();
  return draw % bound;
}

Duration Rng::uniform(Duration low, Duration high) {
  CHECK(low <= high);
  const auto width = static_cast<std::uint64_t>((high - low).count());
  return low + Duration{static_cast<Duration::rep>(below(width + 1))};
}

double Rng::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

Duration Rng::exponential(Duration mean) {
  CHECK(mean >= Duration{});
  const double factor = std::min(-std::log1p(-unit()), 20.0);
  return from_seconds(to_seconds(mean) * factor);
}

Duration Rng::lognormal(Duration median, Duration p99) {
  CHECK(median > Duration{} && median <= p99);
  constexpr double kZ99 = 2.3263478740408408;
  const double sigma = std::log(to_seconds(p99) / to_seconds(median)) / kZ99;
  // Box–Muller; 1 - unit() is in (0, 1].
  const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
  const double normal = radius * std::cos(2.0 * std::numbers::pi * unit());
  const double draw = to_seconds(median) * std::exp(sigma * normal);
  return from_seconds(std::min(draw, to_seconds(p99) * 20.0));
}

}  // namespace probate
