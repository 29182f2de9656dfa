#include "core/base/distribution.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace probate {
namespace {

// Rng caps exponential at this many means and log-normal at this many p99.
constexpr double kCapFactor = 20;

struct Draw {
  Rng& rng;

  Duration operator()(const Constant& constant) const { return constant.value; }
  Duration operator()(const Uniform& uniform) const {
    return rng.uniform(uniform.low, uniform.high);
  }
  Duration operator()(const Exponential& exponential) const {
    return rng.exponential(exponential.mean);
  }
  Duration operator()(const Lognormal& lognormal) const {
    return rng.lognormal(lognormal.median, lognormal.p99);
  }
};

struct Longest {
  Duration operator()(const Constant& constant) const { return constant.value; }
  Duration operator()(const Uniform& uniform) const { return uniform.high; }
  Duration operator()(const Exponential& exponential) const {
    return from_seconds(to_seconds(exponential.mean) * kCapFactor);
  }
  Duration operator()(const Lognormal& lognormal) const {
    return from_seconds(to_seconds(lognormal.p99) * kCapFactor);
  }
};

struct Text {
  std::string operator()(const Constant& constant) const { return to_text(constant.value); }
  std::string operator()(const Uniform& uniform) const {
    return fmt::format("{{uniform: [{}, {}]}}", to_text(uniform.low), to_text(uniform.high));
  }
  std::string operator()(const Exponential& exponential) const {
    return fmt::format("{{exponential: {}}}", to_text(exponential.mean));
  }
  std::string operator()(const Lognormal& lognormal) const {
    return fmt::format("{{lognormal: {{median: {}, p99: {}}}}}", to_text(lognormal.median),
                       to_text(lognormal.p99));
  }
};

}  // namespace

Duration draw(const Distribution& distribution, Rng& rng) {
  return std::max(std::visit(Draw{rng}, distribution), Duration{});
}

Duration longest(const Distribution& distribution) { return std::visit(Longest{}, distribution); }

std::string to_text(const Distribution& distribution) { return std::visit(Text{}, distribution); }

}  // namespace probate
