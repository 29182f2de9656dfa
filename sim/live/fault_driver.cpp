#include "sim/live/fault_driver.hpp"

#include <utility>
#include <variant>

namespace probate::live {

FaultDriver::FaultDriver(proxy::Loop& loop, proxy::Proxy& proxy,
                         const std::vector<fault::FaultSpec>& faults, Host& host)
    : loop_{loop},
      proxy_{proxy},
      host_{host},
      pipeline_{faults},
      poller_{loop, [this](Instant now) { pipeline_due(now); }} {}

std::string FaultDriver::fire(Instant now, const fault::Strike& strike) {
  fault::Acts acts;
  pipeline_.fire(now, strike, acts);
  const auto* skipped = std::get_if<fault::Skipped>(&acts.front().what);
  std::string reason = skipped == nullptr ? "" : skipped->reason;
  obey(now, acts);
  return reason;
}

void FaultDriver::heal_all(Instant now) {
  fault::Acts acts;
  pipeline_.heal_all(now, acts);
  obey(now, acts);
}

void FaultDriver::remove(Instant now, FaultId fault) {
  fault::Acts acts;
  pipeline_.remove(now, fault, acts);
  obey(now, acts);
}

void FaultDriver::release(Instant now, DeviceId device, FaultId fault) {
  fault::Acts acts;
  pipeline_.release(now, device, fault, acts);
  obey(now, acts);
}

void FaultDriver::version_known(Instant now, DeviceId device, mqtt::Version version) {
  fault::Acts acts;
  pipeline_.handle_version(now, device, version, acts);
  obey(now, acts);
}

void FaultDriver::perform(Instant now, fault::Act act) { obey(now, fault::Acts{std::move(act)}); }

void FaultDriver::connect_kept(Instant now, FaultId fault, DeviceId device) {
  pipeline_.handle_connect_kept(now, fault, device);
  arm();
}

fault::Treatment FaultDriver::treat(Instant now, DeviceId device,
                                    const fault::PacketFacts& packet) {
  const fault::Treatment treatment = pipeline_.treat(now, device, packet);
  if (!std::holds_alternative<fault::PassPacket>(treatment)) arm();
  return treatment;
}

void FaultDriver::session_up(Instant now, DeviceId device) {
  fault::Acts acts;
  pipeline_.handle_session_up(now, device, acts);
  obey(now, acts);
}

void FaultDriver::link_down(Instant now, DeviceId device) {
  fault::Acts acts;
  pipeline_.handle_link_down(now, device, acts);
  obey(now, acts);
}

void FaultDriver::link_idle(Instant now, FaultId fault, DeviceId device) {
  fault::Acts acts;
  pipeline_.handle_link_idle(now, fault, device, acts);
  obey(now, acts);
}

void FaultDriver::obey(Instant now, const fault::Acts& acts) {
  queue_.insert(queue_.end(), acts.begin(), acts.end());
  if (obeying_) return;
  obeying_ = true;
  while (queue_done_ < queue_.size()) {
    const fault::Act act = queue_[queue_done_++];
    obey_one(now, act);
  }
  queue_.clear();
  queue_done_ = 0;
  obeying_ = false;
  arm();
}

void FaultDriver::obey_one(Instant now, const fault::Act& act) {
  struct Performer {
    FaultDriver& self;
    Instant now;
    const fault::Act& act;

    void operator()(const fault::Applied&) const {
      self.loop_.write(now, journal::FaultApplied{act.fault, act.device, kNoConnection});
      self.proxy_.expect(act.device, self.pipeline_.admit(now, act.device));
    }
    void operator()(const fault::Skipped& skipped) const {
      self.loop_.write(now, journal::FaultSkipped{act.fault, act.device, skipped.reason});
    }
    void operator()(const fault::Healed&) const {
      self.loop_.write(now, journal::FaultHealed{act.fault, act.device});
      self.proxy_.fault_over(act.fault, act.device);
      self.proxy_.expect(act.device, self.pipeline_.admit(now, act.device));
    }
    void operator()(const fault::LinkDied&) const { self.host_.obey_device(now, act); }
    void operator()(const fault::TellLeave&) const { self.host_.obey_device(now, act); }
    void operator()(const fault::TellPowerCut&) const { self.host_.obey_device(now, act); }
    void operator()(const fault::EndBroker&) const { self.host_.obey_broker(now, act); }
    void operator()(const fault::StartBroker&) const { self.host_.obey_broker(now, act); }
    void operator()(const fault::Delay& delay) const {
      self.proxy_.perform(now, act);
      const bool gone = delay.delay == Duration{} && delay.jitter == Duration{} && delay.loss <= 0;
      if (gone) self.host_.latency_ended(now, act.device);
    }
    void operator()(const fault::Cut&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::Silence&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::Resume&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::MakeGhost&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::SliceBytes&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::LimitLinks&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::DelayFin&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::Throttle&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::WatchIdle&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::Watch&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::InjectDisconnect&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::OrderTakeover&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::OpenTwin&) const { self.proxy_.perform(now, act); }
    void operator()(const fault::CloseTwins&) const { self.proxy_.perform(now, act); }
  };
  std::visit(Performer{*this, now, act}, act.what);
}

void FaultDriver::arm() {
  if (const auto due = pipeline_.next_timeout()) {
    poller_.arm(*due);
  } else {
    poller_.disarm();
  }
}

void FaultDriver::pipeline_due(Instant now) {
  fault::Acts acts;
  pipeline_.handle_timeout(now, acts);
  obey(now, acts);
}

}  // namespace probate::live
