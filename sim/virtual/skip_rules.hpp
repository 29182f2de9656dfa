// What must not be skipped in a scenario, whatever the schedule says.
#pragma once

#include <optional>
#include <vector>

#include "core/scenario/recognizer.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::virtual_time {

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

  // No policy takes a device of that kind for gone while it is well. `on_the_way`: how long its
  // messages may take.
  bool bears_rest(std::size_t kind, Duration on_the_way) const {
    const auto& every = heard_every[kind];
    return !silence_max || (every && *silence_max >= 2 * *every + on_the_way);
  }
};
SkipRules skip_rules(const scenario::Scenario& scenario, const scenario::Recognizer& recognizer);

}  // namespace probate::virtual_time
