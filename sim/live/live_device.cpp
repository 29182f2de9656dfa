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
    : host_{host}, id_{id}, books_{group}, machine_{std::move(machine)} {
  books_.open(host_.loop.counters());
}

LiveDevice::~LiveDevice() {
  if (socket_) socket_->abandon();
}

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
      self.host_.loop.write(now, self.books_.attempt_began(self.id_, intended, open.epoch));
      self.socket_ = MqttSocket::dial(
          self.host_.loop, self.host_.buffers, self, self.machine_.config().protocol,
          {.target = self.host_.target, .source = {address_of(self.id_), 0}});
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
  auto failed = books_.attempt_ended(id_, machine_, host_.loop.counters());
  if (failed) host_.loop.write(now, std::move(*failed));
}

void LiveDevice::keep_books(Instant now) {
  if (machine_.state() != DeviceState::off) powered_ = !finished_;
  books_.keep(now, machine_, host_.loop.counters());
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
  if (connack != nullptr && connack->reason != 0) {
    books_.refused(connack->reason, host_.loop.counters());
  }
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
