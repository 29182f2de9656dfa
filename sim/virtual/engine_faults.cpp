// What the pipeline decides and who performs it.
#include "core/base/check.hpp"
#include "sim/virtual/engine.hpp"

namespace probate::virtual_time {

fault::Admission Engine::admit(Instant now, DeviceId device) {
  return pipeline_.admit(now, device);
}

void Engine::connect_kept(Instant now, FaultId fault, DeviceId device) {
  pipeline_.handle_connect_kept(now, fault, device);
  arm_pipeline();
}

fault::Treatment Engine::treat(Instant now, DeviceId device, const fault::PacketFacts& packet) {
  const fault::Treatment treatment = pipeline_.treat(now, device, packet);
  if (!std::holds_alternative<fault::PassPacket>(treatment)) arm_pipeline();
  return treatment;
}

void Engine::session_up(Instant now, DeviceId device) {
  fault::Acts acts;
  pipeline_.handle_session_up(now, device, acts);
  obey(acts);
}

void Engine::link_down(Instant now, DeviceId device) {
  fault::Acts acts;
  pipeline_.handle_link_down(now, device, acts);
  obey(acts);
}

void Engine::link_idle(Instant now, FaultId fault, DeviceId device) {
  fault::Acts acts;
  pipeline_.handle_link_idle(now, fault, device, acts);
  obey(acts);
}

void Engine::apply_link_latency(DeviceId device) {
  const scenario::LinkSpec& link = scenario_.fleet[scenario_.group_of(device).index()].link;
  if (link.latency == Duration{} && link.jitter == Duration{}) return;
  obey(fault::Acts{{kNoFault, device, fault::Delay{.delay = link.latency, .jitter = link.jitter}}});
}

void Engine::strike_broker(Instant now, const scenario::Firing& firing) {
  fault::DeviceView view;
  view.broker_up = broker_.model().running();
  fault::Draws draws;
  draws.lasts = schedule_.lasts(firing, kNoDevice);
  fault::Acts acts;
  pipeline_.fire(now, {firing.fault, kNoDevice, view, draws}, acts);
  obey(acts);
}

void Engine::fire(Instant now, const scenario::Firing& firing) {
  if (fault::hits_broker(scenario_.faults[firing.fault.index()].what)) {
    return strike_broker(now, firing);
  }
  if (firing.is_own) {
    prefetch_behind(firing);
    return strike(now, firing, firing.device(), {});
  }
  const scenario::Selection selection = schedule_.select(firing);
  const fault::FaultSpec& spec = scenario_.faults[firing.fault.index()];
  const Duration ramp = spec.ramp.value_or(Duration{});
  std::uint32_t taken = 0;
  for (const DeviceId device : selection.ranked) {
    if (taken == selection.take) break;
    if (spec.on.online_only && !devices_[device.index()].online()) continue;
    strike(now, firing, device, ramp * taken / selection.take);
    ++taken;
  }
}

void Engine::prefetch_behind(const scenario::Firing& firing) const {
  const std::vector<scenario::Firing>& all = schedule_.firings(phases_.phase());
  const auto place = static_cast<std::size_t>(&firing - all.data());
  const auto ahead = [&](std::size_t count) -> const VirtualDevice* {
    if (place + count >= all.size() || !all[place + count].is_own) return nullptr;
    return &devices_[all[place + count].device().index()];
  };
  if (const VirtualDevice* device = ahead(4)) prefetch_one(*device);
  if (const VirtualDevice* device = ahead(3)) device->prefetch(Fetch::places);
  if (const VirtualDevice* device = ahead(2)) device->prefetch(Fetch::parts);
  if (const VirtualDevice* device = ahead(1)) device->prefetch(Fetch::rest);
}

void Engine::strike(Instant now, const scenario::Firing& firing, DeviceId device, Duration later) {
  const VirtualDevice& struck = devices_[device.index()];
  fault::DeviceView view = network_.view(device);
  view.powered = struck.powered();
  view.online = struck.online();
  fault::Draws draws;
  const fault::FaultSpec& spec = scenario_.faults[firing.fault.index()];
  if (spec.lasts) draws.lasts = schedule_.lasts(firing, device) + later;
  const fault::Notices* notices = fault::notices_of(spec.what);
  if (notices != nullptr && notices->how == fault::NoticesHow::after) {
    draws.notices = schedule_.notices(firing, device);
  }
  draws.reboot = schedule_.reboot(firing, device);
  draws.phase_began = phases_.began();
  fault::Acts acts;
  pipeline_.fire(now, {firing.fault, device, view, draws}, acts);
  obey(acts);
}

void Engine::obey(const fault::Acts& acts) {
  if (perform(acts)) arm_pipeline();
}

bool Engine::perform(const fault::Acts& acts) {
  queue_.insert(queue_.end(), acts.begin(), acts.end());
  if (obeying_) return false;
  obeying_ = true;
  while (queue_done_ < queue_.size()) {
    const fault::Act act = queue_[queue_done_++];
    obey(act);
  }
  queue_.clear();
  queue_done_ = 0;
  obeying_ = false;
  return true;
}

void Engine::arm_pipeline() {
  if (const auto due = pipeline_.next_timeout()) {
    pipeline_timer_.arm(*due);
  } else {
    pipeline_timer_.cancel();
  }
}

struct Engine::Performer {
  Engine& self;
  const fault::Act& act;

  void operator()(const fault::Applied&) const {
    self.loop_.write(journal::FaultApplied{act.fault, act.device, kNoConnection});
  }
  void operator()(const fault::Skipped& skipped) const {
    self.loop_.write(journal::FaultSkipped{act.fault, act.device, skipped.reason});
  }
  void operator()(const fault::Healed&) const {
    self.loop_.write(journal::FaultHealed{act.fault, act.device});
    self.network_.fault_over(act.fault, act.device);
  }
  void operator()(const fault::LinkDied& order) const { device().obey(order); }
  void operator()(const fault::TellLeave& order) const { device().obey(order); }
  void operator()(const fault::TellPowerCut& order) const { device().obey(order); }
  void operator()(const fault::Delay& delay) const {
    self.network_.perform(act);
    const bool gone = delay.delay == Duration{} && delay.jitter == Duration{} && delay.loss <= 0;
    // A latency fault that ends uncovers the latency that the group's link has anyway.
    if (gone) self.apply_link_latency(act.device);
  }
  void operator()(const fault::EndBroker& order) const {
    const bool killed = order.how == fault::RestartHow::kill;
    const auto how = killed ? journal::BrokerEnd::crash : journal::BrokerEnd::shutdown;
    self.loop_.write(journal::BrokerStopped{act.fault, how});
    self.broker_.stop(how);
  }
  void operator()(const fault::StartBroker&) const {
    self.broker_.restart();
    self.loop_.write(journal::BrokerStarted{act.fault});
  }
  void operator()(const fault::Cut&) const { self.network_.perform(act); }
  void operator()(const fault::Silence&) const { self.network_.perform(act); }
  void operator()(const fault::Resume&) const { self.network_.perform(act); }
  void operator()(const fault::MakeGhost&) const { self.network_.perform(act); }
  void operator()(const fault::SliceBytes&) const { self.network_.perform(act); }
  void operator()(const fault::LimitLinks&) const { self.network_.perform(act); }
  void operator()(const fault::DelayFin&) const { self.network_.perform(act); }
  void operator()(const fault::Throttle&) const { self.network_.perform(act); }
  void operator()(const fault::WatchIdle&) const { self.network_.perform(act); }
  void operator()(const fault::Watch&) const { self.network_.perform(act); }
  void operator()(const fault::InjectDisconnect&) const { self.network_.perform(act); }
  void operator()(const fault::OrderTakeover&) const { self.network_.perform(act); }
  void operator()(const fault::OpenTwin&) const { self.network_.perform(act); }
  void operator()(const fault::CloseTwins&) const { self.network_.perform(act); }

  VirtualDevice& device() const { return self.devices_[act.device.index()]; }
};

void Engine::obey(const fault::Act& act) { std::visit(Performer{*this, act}, act.what); }

void Engine::pipeline_due(Instant now) {
  fault::Acts acts;
  while (pipeline_.handle_next_timeout(now, acts)) {
    perform(acts);
    acts.clear();
  }
  arm_pipeline();
}

}  // namespace probate::virtual_time
