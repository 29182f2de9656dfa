// What faults asked for that also holds for a device's coming links.
#pragma once

#include <optional>
#include <vector>

#include "core/fault/acts.hpp"

namespace probate::fault {

struct Conditions {
  struct Delayed {
    FaultId fault;
    FlowDirection flow{};
    Duration delay{};
    Duration jitter{};
  };
  std::vector<Delayed> delays;
  std::optional<FaultId> watch;

  bool empty() const { return delays.empty() && !watch; }
  // The sum of all delays in that direction.
  Delayed total(mqtt::Direction direction) const;
  // One fault has one delay; nothing takes it away.
  void set_delay(FaultId fault, const Delay& delay);
};

}  // namespace probate::fault
