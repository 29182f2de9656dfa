// What must not be skipped in a scenario, whatever the schedule says.
#pragma once

#include <optional>
#include <vector>

#include "core/scenario/recognizer.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::virtual_time {

// How long before something happens a device is awake again, and how long a nap must be to be worth
// its while.
inline constexpr Duration kAwakeBefore = 1min;
inline constexpr Duration kNapMin = 5min;
// What the broker and the network take.
inline constexpr Duration kOnTheWay = 5s;
// That, and latency and jitter of the link, twice.
inline Duration on_the_way(const scenario::LinkSpec& link) {
  return 2 * (link.latency + link.jitter) + kOnTheWay;
}

// Policies with a heartbeat must hear a device often enough, and know to the instant when they
// heard it last. Delayed wills may still come some time after a device is back.
struct SkipRules {
  // The shortest silence that a policy takes for an end; nothing: none counts messages.
  std::optional<Duration> silence_max;
  // By kind of device: the longest wait from one of its messages that the back end hears to the
  // next; nothing: it hears none at intervals.
  std::vector<std::optional<Duration>> heard_every;
  // How long a device must have been played before it can be let alone.
  Duration settling{};

  // No policy takes a device of that group for gone while it is well.
  bool bears_rest(const scenario::GroupSpec& group) const {
    const auto& every = heard_every[group.device];
    return !silence_max || (every && *silence_max >= 2 * *every + on_the_way(group.link));
  }
};
SkipRules skip_rules(const scenario::Scenario& scenario, const scenario::Recognizer& recognizer);

}  // namespace probate::virtual_time
