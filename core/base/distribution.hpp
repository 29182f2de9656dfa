// How long something takes: a constant or a distribution, as a scenario writes it.
#pragma once

#include <string>
#include <variant>

#include "core/base/rng.hpp"
#include "core/base/time.hpp"

namespace probate {

struct Constant {
  Duration value{};
  bool operator==(const Constant&) const = default;
};
struct Uniform {
  Duration low{};
  Duration high{};
  bool operator==(const Uniform&) const = default;
};
struct Exponential {
  Duration mean{};
  bool operator==(const Exponential&) const = default;
};
struct Lognormal {
  Duration median{};
  Duration p99{};
  bool operator==(const Lognormal&) const = default;
};
using Distribution = std::variant<Constant, Uniform, Exponential, Lognormal>;

// One draw; never negative.
Duration draw(const Distribution& distribution, Rng& rng);
// The longest a draw can be (see Rng for the caps).
Duration longest(const Distribution& distribution);
// As the scenario writes it: "10s", "{uniform: [2s, 10s]}".
std::string to_text(const Distribution& distribution);

}  // namespace probate
