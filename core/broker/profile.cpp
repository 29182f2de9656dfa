#include "core/broker/profile.hpp"

#include <cmath>

namespace probate::broker {
namespace {

Duration times(Duration keep_alive, double factor, bool floored) {
  const double seconds = to_seconds(keep_alive) * factor;
  return from_seconds(floored ? std::floor(seconds) : seconds);
}

}  // namespace

Duration KeepAliveWindow::lowest(Duration keep_alive) const {
  return times(keep_alive, factor_low, floored);
}

Duration KeepAliveWindow::highest(Duration keep_alive) const {
  return times(keep_alive, factor_high, floored) + scan;
}

}  // namespace probate::broker
