#include "sim/live/live_device.hpp"

namespace probate::live {

using boost::asio::ip::address_v4;
using boost::asio::ip::tcp;
using device::CloseCause;
using device::DeviceState;

namespace {
constexpr std::uint32_t kFirstAddress = 0x7f400001;  // 127.64.0.1
}

address_v4 address_of(DeviceId device) { return address_v4{kFirstAddress + device.value}; }

DeviceId device_of(const address_v4& address, std::uint32_t count) {
  const std::uint32_t index = address.to_uint() - kFirstAddress;
  return index < count ? DeviceId{index} : kNoDevice;
}

LiveDevice::LiveDevice(DeviceHost& host, DeviceId id, GroupId group, device::DeviceMachine machine)
    : host_{host}, id_{id}, group_{group}, machine_{std::move(machine)} {
  ++books().devices_by_state[static_cast<std::size_t>(booked_state_)];
}

LiveDevice::~LiveDevice() {
  if (socket_) socket_->abandon();
}

journal::GroupCounters& LiveDevice::books() { return host_.loop.counters().groups[group_.index()]; }

template <typename Call>
void LiveDevice::drive(Instant intended, Call call) {
  const Instant now = host_.loop.now();
  // The scratch vector is taken for the call, so that a nested one could not spoil it.
  device::Actions actions = std::move(host_.actions);
  actions.clear();
  call(now, actions);
  for (const device::Action& action : actions) perform(now, intended, action);
  host_.actions = std::move(actions);
  keep_books(now);
  if (const auto due = machine_.next_timeout()) {
    host_.loop.arm(*this, *due);
  } else {
    cancel();
  }
}

void LiveDevice::perform(Instant now, Instant intended, const device::Action& action) {
  struct Performer {
    LiveDevice& self;
    Instant now;
    Instant intended;

    void operator()(const device::OpenLink& open) const {
      self.attempt_open_ = true;
      self.attempt_intended_ = intended;
      self.attempt_epoch_ = open.epoch;
      self.host_.loop.write(now, journal::AttemptBegan{self.id_, open.epoch});
      self.socket_ = MqttSocket::dial(self.host_.loop, self.host_.buffers, self,
                                      self.machine_.config().protocol,
                                      tcp::endpoint{address_of(self.id_), 0}, self.host_.target);
    }
    void operator()(const device::SendPacket& send) const {
      if (self.socket_) self.socket_->send(send.packet);
    }
    void operator()(const device::CloseLink& close) const {
      self.end_attempt(now);
      self.close(close.mode);
    }
    void operator()(const device::StateChanged& changed) const {
      if (changed.online == self.online_) return;
      self.online_ = changed.online;
      self.host_.online += changed.online ? 1 : std::uint64_t{0} - 1;
    }
  };
  std::visit(Performer{*this, now, intended}, action);
}

void LiveDevice::close(device::CloseMode mode) {
  if (!socket_) return;
  switch (mode) {
    case device::CloseMode::fin:
      socket_->close_with_fin();
      break;
    case device::CloseMode::rst:
      socket_->close_with_rst();
      break;
    case device::CloseMode::abandon:
      socket_->abandon();
      break;
  }
  socket_.reset();
}

void LiveDevice::end_attempt(Instant now) {
  if (!attempt_open_ || machine_.counts().sessions != sessions_) return;
  attempt_open_ = false;
  const auto close_cause = machine_.close_cause();
  if (!close_cause) return;  // the user ended it
  const CloseCause cause = *close_cause;
  ++books().connect_errors[static_cast<std::size_t>(cause)];
  host_.loop.write(now, journal::AttemptFailed{id_, attempt_epoch_, to_text(cause)});
}

void LiveDevice::keep_books(Instant now) {
  journal::GroupCounters& book = books();
  const DeviceState state = machine_.state();
  if (state != booked_state_) {
    --book.devices_by_state[static_cast<std::size_t>(booked_state_)];
    ++book.devices_by_state[static_cast<std::size_t>(state)];
    booked_state_ = state;
  }
  if (state != DeviceState::off) powered_ = !finished_;
  const device::DeviceCounts& counts = machine_.counts();
  book.publishes += counts.publishes - publishes_;
  publishes_ = counts.publishes;
  book.publishes_dropped += counts.dropped - dropped_;
  dropped_ = counts.dropped;
  if (counts.sessions == sessions_) return;
  ++book.connects;
  if (sessions_ > 0) ++book.reconnects;
  sessions_ = counts.sessions;
  attempt_open_ = false;
  host_.loop.counters().connack.add(now - attempt_intended_);
}

void LiveDevice::start(Instant intended) {
  drive(intended, [&](Instant at, device::Actions& out) { machine_.start(at, out); });
}

void LiveDevice::finish() {
  finished_ = true;
  powered_ = false;
  drive(host_.loop.now(), [&](Instant at, device::Actions& out) { machine_.finish(at, out); });
}

void LiveDevice::obey(const fault::LinkDied&) {
  if (!socket_) return;
  socket_->abandon();
  socket_.reset();
  socket_closed(host_.loop.now(), CloseCause::local_failure);
}

void LiveDevice::obey(const fault::TellLeave& order) {
  if (finished_) return;
  powered_ = false;
  drive(host_.loop.now(),
        [&](Instant at, device::Actions& out) { machine_.leave(at, order.returns_after, out); });
}

void LiveDevice::obey(const fault::TellPowerCut& order) {
  if (finished_) return;
  powered_ = false;
  drive(host_.loop.now(), [&](Instant at, device::Actions& out) {
    machine_.cut_power(at, order.boots_after, order.epoch == fault::EpochAfterBoot::reset, out);
  });
}

void LiveDevice::expired(Instant) {
  const Instant intended = machine_.next_timeout().value_or(host_.loop.now());
  drive(intended, [&](Instant at, device::Actions& out) { machine_.handle_timeout(at, out); });
}

void LiveDevice::socket_opened(Instant now) {
  drive(now, [&](Instant at, device::Actions& out) { machine_.handle_opened(at, out); });
}

void LiveDevice::socket_received(Instant now, const mqtt::Packet& packet) {
  const auto* connack = std::get_if<mqtt::Connack>(&packet);
  if (connack != nullptr && connack->reason != 0) ++books().connack_refusals[connack->reason];
  drive(now, [&](Instant at, device::Actions& out) { machine_.handle_packet(at, packet, out); });
}

void LiveDevice::socket_closed(Instant now, CloseCause cause) {
  socket_.reset();
  drive(now, [&](Instant at, device::Actions& out) {
    machine_.handle_closed(at, cause, out);
    end_attempt(at);
  });
}

}  // namespace probate::live
