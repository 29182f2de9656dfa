#include "core/device/books.hpp"

namespace probate::device {

static_assert(journal::GroupCounters{}.devices_by_state.size() ==
              static_cast<std::size_t>(kDeviceStates));
static_assert(journal::GroupCounters{}.connect_errors.size() ==
              static_cast<std::size_t>(CloseCause::server_disconnect) + 1);

void DeviceBooks::open(journal::LoopCounters& counters) const {
  ++book(counters).devices_by_state[static_cast<std::size_t>(state_)];
}

namespace {

std::uint8_t sessions_in(const DeviceMachine& machine) {
  return static_cast<std::uint8_t>(machine.counts().sessions);
}

}  // namespace

journal::AttemptBegan DeviceBooks::attempt_began(DeviceId device, Instant intended, Epoch epoch) {
  attempt_open_ = true;
  intended_ = intended;
  epoch_ = epoch;
  return {device, epoch};
}

std::optional<journal::AttemptFailed> DeviceBooks::attempt_ended(DeviceId device,
                                                                 const DeviceMachine& machine,
                                                                 journal::LoopCounters& counters) {
  const auto cause = machine.close_cause();
  if (session_open_ && cause == CloseCause::protocol_error) {
    ++book(counters).connect_errors[static_cast<std::size_t>(*cause)];
  }
  session_open_ = false;
  if (!attempt_open_ || sessions_in(machine) != sessions_) return std::nullopt;
  attempt_open_ = false;
  if (!cause) return std::nullopt;  // the user ended it
  ++book(counters).connect_errors[static_cast<std::size_t>(*cause)];
  return journal::AttemptFailed{device, epoch_, to_text(*cause)};
}

void DeviceBooks::refused(std::uint8_t reason, journal::LoopCounters& counters) const {
  ++book(counters).connack_refusals[reason];
}

void DeviceBooks::keep(Instant now, const DeviceMachine& machine, journal::LoopCounters& counters) {
  journal::GroupCounters& group = book(counters);
  const DeviceState state = machine.state();
  if (state != state_) {
    --group.devices_by_state[static_cast<std::size_t>(state_)];
    ++group.devices_by_state[static_cast<std::size_t>(state)];
    state_ = state;
  }
  const DeviceCounts& counts = machine.counts();
  group.publishes += counts.publishes - publishes_;
  publishes_ = counts.publishes;
  const auto dropped = static_cast<std::uint16_t>(counts.dropped);
  group.publishes_dropped += static_cast<std::uint16_t>(dropped - dropped_);
  dropped_ = dropped;
  const std::uint8_t sessions = sessions_in(machine);
  if (sessions == sessions_) return;
  ++group.connects;
  if (counts.sessions > 1) ++group.reconnects;
  sessions_ = sessions;
  attempt_open_ = false;
  session_open_ = true;
  counters.connack.add(now - intended_);
}

}  // namespace probate::device
