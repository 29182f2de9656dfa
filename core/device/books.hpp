// What a device does, counted for its group: the same books in every engine.
#pragma once

#include <cstdint>
#include <optional>

#include "core/device/machine.hpp"
#include "core/journal/counters.hpp"
#include "core/journal/records.hpp"

namespace probate::device {

// One per device, kept by the engine that drives its machine and says whose it is.
class DeviceBooks {
 public:
  explicit DeviceBooks(GroupId group) : group_{group} {}

  // Once, before the machine starts: it is off.
  void open(journal::LoopCounters& counters) const;
  // OpenLink. `intended`: when the attempt was due.
  journal::AttemptBegan attempt_began(DeviceId device, Instant intended, Epoch epoch);
  // A link or an attempt is over. The record if it never became a session and the user did not end
  // it; a session is counted if the device ended it for what the broker sent.
  std::optional<journal::AttemptFailed> attempt_ended(DeviceId device, const DeviceMachine& machine,
                                                      journal::LoopCounters& counters);
  void refused(std::uint8_t reason, journal::LoopCounters& counters) const;
  // After every call of the machine.
  void keep(Instant now, const DeviceMachine& machine, journal::LoopCounters& counters);

 private:
  journal::GroupCounters& book(journal::LoopCounters& counters) const {
    return counters.groups[group_.index()];
  }

  Instant intended_{};
  Epoch epoch_ = 0;
  std::uint32_t publishes_ = 0;  // of them, seen here
  // Likewise, but for multiples of 2^16 and 2^8: one call adds few.
  std::uint16_t dropped_ = 0;
  std::uint8_t sessions_ = 0;
  GroupId group_;
  DeviceState state_ : 4 = DeviceState::off;
  bool attempt_open_ : 1 = false;
  bool session_open_ : 1 = false;
};

}  // namespace probate::device
