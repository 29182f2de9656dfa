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
};
SkipRules skip_rules(const scenario::Scenario& scenario, const scenario::Recognizer& recognizer);

}  // namespace probate::virtual_time
