#include "sim/virtual/virtual_device.hpp"

#include <utility>

namespace probate::virtual_time {

using device::CloseCause;
using device::DeviceState;

VirtualDevice::VirtualDevice(DeviceHost& host, DeviceId id, GroupId group,
                             device::DeviceMachine machine)
    : LooseTimer{host.loop}, id_{id}, host_{host}, machine_{std::move(machine)}, books_{group} {
  books_.open(host_.loop.counters());
}

VirtualDevice::~VirtualDevice() { leave(host_.loop); }

void VirtualDevice::prefetch(Fetch what) const {
  if (link_ != nullptr) link_->prefetch(what);
  if (link_is_parked_) host_.network.prefetch_parked(id_, what);
  if (online_ && host_.outlook != nullptr) host_.outlook->prefetch(id_, what);
}

template <typename Call>
void VirtualDevice::drive(Instant intended, Call call) {
  wake();
  // The scratch vector is taken for the call, so that a nested one could not spoil it.
  device::Actions actions = std::move(host_.actions);
  actions.clear();
  call(host_.loop.now(), actions);
  for (device::Action& action : actions) perform(intended, action);
  host_.actions = std::move(actions);
  if (machine_.state() != DeviceState::off) powered_ = !finished_;
  books_.keep(host_.loop.now(), machine_, host_.loop.counters());
  if (const auto due = machine_.next_timeout()) {
    arm(*due);
  } else {
    cancel();
  }
}

void VirtualDevice::perform(Instant intended, device::Action& action) {
  struct Performer {
    VirtualDevice& self;
    Instant intended;

    void operator()(const device::OpenLink& open) const {
      Loop& loop = self.host_.loop;
      loop.write(self.books_.attempt_began(self.id_, intended, open.epoch));
      self.dial();
    }
    void operator()(device::SendPacket& send) const {
      if (self.link_is_parked_ && self.host_.network.pass_parked(self.id_, send.packet)) return;
      if (Link* link = self.link()) link->device_sent(std::move(send.packet));
    }
    void operator()(const device::CloseLink& close) const {
      self.end_attempt();
      self.close(close.mode);
    }
    void operator()(const device::StateChanged& changed) const {
      self.has_played_ = false;
      self.awake_since_ = self.host_.loop.now();
      if (changed.online == self.online_) return;
      self.online_ = changed.online;
      self.host_.online += changed.online ? 1 : std::uint64_t{0} - 1;
    }
  };
  std::visit(Performer{*this, intended}, action);
}

// What the device forgets, its kernel closes.
void VirtualDevice::close(device::CloseMode mode) {
  stop_dialing();
  Link* link = this->link();
  link_ = nullptr;
  if (link == nullptr) return;
  switch (mode) {
    case device::CloseMode::fin:
    case device::CloseMode::abandon:
      link->device_closed(journal::CloseHow::fin);
      break;
    case device::CloseMode::rst:
      link->device_closed(journal::CloseHow::rst);
      break;
  }
}

void VirtualDevice::end_attempt() {
  auto failed = books_.attempt_ended(id_, machine_, host_.loop.counters());
  if (failed) host_.loop.write(std::move(*failed));
}

void VirtualDevice::start(Instant intended) {
  drive(intended, [&](Instant at, device::Actions& out) { machine_.start(at, out); });
}

void VirtualDevice::finish() {
  finished_ = true;
  powered_ = false;
  drive(host_.loop.now(), [&](Instant at, device::Actions& out) { machine_.finish(at, out); });
}

void VirtualDevice::obey(const fault::LinkDied&) {
  if (!has_link() && !dials_) return;
  close(device::CloseMode::abandon);
  closed(CloseCause::local_failure);
}

void VirtualDevice::obey(const fault::TellLeave& order) {
  if (finished_) return;
  powered_ = false;
  drive(host_.loop.now(),
        [&](Instant at, device::Actions& out) { machine_.leave(at, order.returns_after, out); });
}

void VirtualDevice::obey(const fault::TellPowerCut& order) {
  if (finished_) return;
  powered_ = false;
  drive(host_.loop.now(), [&](Instant at, device::Actions& out) {
    machine_.cut_power(at, order.boots_after, order.epoch == fault::EpochAfterBoot::reset, out);
  });
}

bool VirtualDevice::take_a_nap(Instant now) {
  if (host_.outlook == nullptr || !online_ || !has_link() || !machine_.steady()) return false;
  const bool is_first = !has_played_;
  has_played_ = true;
  if (is_first || now - machine_.sent_at() < 2 * kPacketSettles) return false;
  // A parked link is calm, unless something is on its way there.
  if (link_ != nullptr ? !link_->calm() : host_.network.carries(id_)) return false;
  const auto until = host_.outlook->quiet_until(id_, awake_since_);
  if (!until) return false;
  napping_ = true;
  ++host_.naps;
  if (host_.outlook->tells_of_rests()) host_.loop.write(journal::RestBegan{id_});
  link()->skip_traffic();
  // A fault may have been the last to use it: it was not idle then.
  host_.network.touch(id_);
  arm(*until);
  return true;
}

void VirtualDevice::wake() {
  if (!napping_) return;
  napping_ = false;
  if (host_.outlook->tells_of_rests()) host_.loop.write(journal::RestEnded{id_});
  awake_since_ = host_.loop.now();
  const Instant sent = machine_.skip_to(host_.loop.now());
  books_.keep(host_.loop.now(), machine_, host_.loop.counters());
  if (Link* link = this->link()) link->note_traffic(sent);
}

void VirtualDevice::expired(Instant now) {
  if (napping_) {
    // What it sent just now must have arrived before anything can happen.
    const Instant settles = machine_.skip_to(now) + kPacketSettles;
    if (settles > now) return arm(settles);
  } else if (take_a_nap(now)) {
    return;
  }
  drive(now, [&](Instant at, device::Actions& out) { machine_.handle_timeout(at, out); });
}

void VirtualDevice::dial() {
  auto timer =
      std::make_unique<MemberTimer<VirtualDevice, &VirtualDevice::dialed>>(host_.loop, *this);
  timer->arm(host_.loop.now() + host_.network.config().hop);
  host_.dials[id_] = {std::move(timer), host_.loop.now()};
  dials_ = true;
}

// Its SYN is sent again as Linux before 6.5 does it: after 1, 3, 7, … 63 s, and at 127 s it is
// given up. Newer ones begin with four that are a second apart (tcp_syn_linear_timeouts).
bool VirtualDevice::is_answered(Instant now) {
  constexpr std::uint32_t kRetries = 6;
  DeviceHost::Dial& dial = host_.dials[id_];
  const bool is_sent = dial.repeated <= kRetries;
  if (is_sent && host_.network.answers_syn(id_)) return true;
  if (!is_sent) {
    stop_dialing();
    closed(CloseCause::tcp_timeout);
    return false;
  }
  const Instant next = dial.began + 1s * ((2 << dial.repeated++) - 1);
  dial.timer->arm(std::max(now, next + host_.network.config().hop));
  return false;
}

void VirtualDevice::stop_dialing() {
  if (dials_) host_.dials.erase(id_);
  dials_ = false;
}

void VirtualDevice::dialed(Instant now) {
  const bool is_segment = host_.network.config().fidelity == fault::Fidelity::segment;
  if (is_segment && !is_answered(now)) return;
  stop_dialing();
  link_ = host_.network.accept(id_, machine_.epoch(), *this);
  if (link_ == nullptr) return closed(CloseCause::refused);
  drive(now, [&](Instant at, device::Actions& out) { machine_.handle_opened(at, out); });
}

void VirtualDevice::link_received(Link& link, Instant now, const mqtt::Packet& packet) {
  if (&link != link_) return;
  const auto* connack = std::get_if<mqtt::Connack>(&packet);
  if (connack != nullptr && connack->reason != 0) {
    books_.refused(connack->reason, host_.loop.counters());
  }
  drive(now, [&](Instant at, device::Actions& out) { machine_.handle_packet(at, packet, out); });
}

void VirtualDevice::link_closed(Link& link, Instant, CloseCause cause) {
  if (&link != link_) return;
  link_ = nullptr;
  closed(cause);
}

Link* VirtualDevice::link() {
  if (link_is_parked_) host_.network.newest_link(id_);
  return link_;
}

bool VirtualDevice::let_go(Link& link) {
  if (&link != link_) return false;
  link_ = nullptr;
  link_is_parked_ = true;
  return true;
}

void VirtualDevice::link_back(Link& link) {
  link_ = &link;
  link_is_parked_ = false;
}

void VirtualDevice::closed(CloseCause cause) {
  drive(host_.loop.now(), [&](Instant at, device::Actions& out) {
    machine_.handle_closed(at, cause, out);
    end_attempt();
  });
}

}  // namespace probate::virtual_time
