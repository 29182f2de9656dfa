#include "core/broker/profile.hpp"

#include <algorithm>
#include <cmath>

namespace probate::broker {
namespace {

Duration times(Duration keep_alive, double factor, bool floored) {
  const double seconds = to_seconds(keep_alive) * factor;
  return from_seconds(floored ? std::floor(seconds) : seconds);
}

// How often a broker looks under KeepAliveRule::interval: c.
Duration look_of(const KeepAliveWindow& window, Duration keep_alive) {
  return std::clamp(window.interval, Duration{1s}, std::max(Duration{1s}, keep_alive / 2));
}

Duration looks_until_closed(const KeepAliveWindow& window, Duration keep_alive) {
  const Duration look = look_of(window, keep_alive);
  const Duration patience = times(keep_alive, window.factor_low, false);
  return (patience + look - 1ns) / look * look;
}

std::int64_t ticks_until_closed(const KeepAliveWindow& window, Duration keep_alive) {
  return times(keep_alive, window.factor_low, false) / window.tick + 1;
}

}  // namespace

Duration KeepAliveWindow::lowest(Duration keep_alive) const {
  switch (rule) {
    case KeepAliveRule::timer:
      return times(keep_alive, factor_low, floored);
    case KeepAliveRule::strikes:
      return times(keep_alive, period * strikes, false);
    case KeepAliveRule::interval:
      return looks_until_closed(*this, keep_alive);
    case KeepAliveRule::ticks:
      return tick * ticks_until_closed(*this, keep_alive);
  }
  return {};
}

Duration KeepAliveWindow::highest(Duration keep_alive) const {
  switch (rule) {
    case KeepAliveRule::timer:
      return times(keep_alive, factor_high, floored) + scan;
    case KeepAliveRule::strikes:
      return times(keep_alive, period * (strikes + 1), false);
    case KeepAliveRule::interval:
      return looks_until_closed(*this, keep_alive) + look_of(*this, keep_alive);
    case KeepAliveRule::ticks:
      return tick * (ticks_until_closed(*this, keep_alive) + 1) + tick / 2;
  }
  return {};
}

const char* to_text(KeepAliveRule rule) {
  switch (rule) {
    case KeepAliveRule::timer:
      return "timer";
    case KeepAliveRule::strikes:
      return "strikes";
    case KeepAliveRule::interval:
      return "interval";
    case KeepAliveRule::ticks:
      return "ticks";
  }
  return "";
}

const char* to_text(Reading reading) {
  switch (reading) {
    case Reading::a:
      return "A";
    case Reading::b:
      return "B";
    case Reading::either:
      return "either";
  }
  return "";
}

const char* to_text(ShutdownRule rule) {
  switch (rule) {
    case ShutdownRule::publishes:
      return "publishes";
    case ShutdownRule::publishes_all_at_once:
      return "publishes_all_at_once";
    case ShutdownRule::defers:
      return "defers";
    case ShutdownRule::loses:
      return "loses";
  }
  return "";
}

const char* to_text(WillAcl acl) {
  switch (acl) {
    case WillAcl::at_connect:
      return "at_connect";
    case WillAcl::at_publication:
      return "at_publication";
  }
  return "";
}

const char* to_text(Evidence evidence) {
  switch (evidence) {
    case Evidence::measured:
      return "measured";
    case Evidence::code:
      return "code";
    case Evidence::docs:
      return "docs";
    case Evidence::issue:
      return "issue";
    case Evidence::specification:
      return "specification";
    case Evidence::unverified:
      return "unverified";
  }
  return "";
}

}  // namespace probate::broker
