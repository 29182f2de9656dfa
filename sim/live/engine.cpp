#include "sim/live/engine.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "core/scenario/filters.hpp"
#include "core/scenario/policies.hpp"

namespace probate::live {

using boost::asio::ip::tcp;

namespace {

constexpr Duration kBrokerPoll = 100ms;

proxy::ProxyConfig proxy_config(const EngineConfig& config, const scenario::Scenario& scenario) {
  proxy::ProxyConfig proxy;
  proxy.fronts.push_back({.listen = tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0},
                          .upstream = config.broker,
                          .tls_out = config.tls});
  proxy.seed = scenario.seed;
  proxy.fidelity = config.fidelity;
  // Only twins need the CONNECT of a link later.
  proxy.keep_connects = std::any_of(
      scenario.faults.begin(), scenario.faults.end(), [](const fault::FaultSpec& fault) {
        return std::holds_alternative<fault::DuplicateLogin>(fault.what);
      });
  return proxy;
}

}  // namespace

Engine::Engine(proxy::Loop& loop, const scenario::Scenario& scenario,
               const scenario::Schedule& schedule, const Feedback& feedback, EngineConfig config)
    : loop_{loop},
      scenario_{scenario},
      schedule_{schedule},
      feedback_{feedback},
      config_{std::move(config)},
      buffers_{std::make_unique<SharedBuffers>()},
      recognizer_{scenario},
      proxy_{loop, *this, proxy_config(config_, scenario)},
      faults_{loop, proxy_, scenario.faults, *this},
      host_{loop, *buffers_, {}, {}, 0},
      phases_{loop, scenario, schedule, *this},
      observers_poller_{loop, [this](Instant now) { await_observers(now); }},
      drain_poller_{loop, [this](Instant now) { drain_some(now); }} {
  loop_.counters().groups.resize(scenario.fleet.size());
}

Engine::~Engine() = default;

Result<tcp::endpoint, std::string> Engine::listen() {
  const auto bound = proxy_.listen();
  if (!bound) return Failure{bound.error()};
  host_.target = bound->front();
  return host_.target;
}

void Engine::start() {
  make_devices();
  make_observers();
  boost::asio::post(loop_.executor(), [this] {
    started_ = loop_.now();
    backend_->start();
    control_->start();
    observers_poller_.arm(started_ + ObserverClient::kPoll);
  });
}

void Engine::make_devices() {
  const Rng rng = Rng{scenario_.seed}.stream("device");
  devices_.reserve(scenario_.device_count());
  for (std::uint32_t i = 0; i < scenario_.device_count(); ++i) {
    const DeviceId id{i};
    const GroupId group = scenario_.group_of(id);
    const device::Identity identity{i, scenario_.fleet[group.index()].name};
    device::DeviceMachine machine{scenario_.kind_of(id), identity, rng.stream("machine", i)};
    devices_.push_back(std::make_unique<LiveDevice>(host_, id, group, std::move(machine)));
  }
}

void Engine::make_observers() {
  scenario::ObserverFilters filters = scenario::observer_filters(scenario_);
  ObserverConfig backend{.which = journal::Observer::backend,
                         .broker = config_.broker,
                         .tls = config_.tls,
                         .username = config_.username,
                         .password = config_.password,
                         .run_id = config_.run_id,
                         .filters = std::move(filters.backend),
                         .qos = scenario_.backend.qos,
                         .allowance = scenario_.judge.allowance};
  ObserverConfig control = backend;
  control.which = journal::Observer::control;
  control.filters = std::move(filters.control);
  control.qos = mqtt::QoS::at_most_once;
  const auto recognize = [this](std::string_view topic, std::string_view payload) {
    return recognizer_.recognize(topic, payload);
  };
  backend_ = std::make_unique<ObserverClient>(loop_, *buffers_, recognize, std::move(backend));
  control_ = std::make_unique<ObserverClient>(loop_, *buffers_, recognize, std::move(control));
}

void Engine::await_observers(Instant now) {
  if (running_) return watch_broker(now);
  if (draining_) return;
  if (backend_->up() && control_->up()) {
    running_ = true;
    start_downlinks();
    phases_.start();
    return observers_poller_.arm(now + kBrokerPoll);
  }
  if (now - started_ > kObserverWait) {
    const ObserverClient& culprit = backend_->up() ? *control_ : *backend_;
    start_failure_ = fmt::format(
        "an observer was not up within {}: {}; it subscribes to the back end's filters and sends "
        "itself markers below probate/: does the broker's ACL deny one of them?",
        to_text(kObserverWait),
        culprit.last_failure().empty() ? "no marker came back" : culprit.last_failure());
    return end(now);
  }
  observers_poller_.arm(now + ObserverClient::kPoll);
}

void Engine::watch_broker(Instant now) {
  if (draining_) return;
  if (!broker_down_ && !backend_->up() && backend_->failures() >= kBrokerGoneFailures) {
    return lose_broker(
        fmt::format("the broker does not take observers any more: {}", backend_->last_failure()));
  }
  observers_poller_.arm(now + kBrokerPoll);
}

// ---- the back end's own messages

void Engine::start_downlinks() {
  const auto& specs = scenario_.backend.publish;
  if (devices_.empty()) return;
  downlink_next_.assign(specs.size(), 0);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    downlinks_.push_back(std::make_unique<Poller>(loop_, [this, i](Instant) { poll_devices(i); }));
    downlinks_[i]->arm(loop_.now() + specs[i].every / static_cast<std::int64_t>(devices_.size()));
  }
}

void Engine::poll_devices(std::size_t spec) {
  if (draining_) return;
  const scenario::DownlinkSpec& downlink = scenario_.backend.publish[spec];
  const std::size_t turn = downlink_next_[spec]++;
  const DeviceId device{static_cast<std::uint32_t>(turn % devices_.size())};
  const Instant now = loop_.now();
  const std::string client_id = devices_[device.index()]->machine().client_id();
  TemplateValues values = scenario_.values_of(device, client_id);
  values.time = now;
  values.seq = turn / devices_.size();
  values.epoch = epoch_of(device);
  const device::MessageConfig& message = downlink.message;
  backend_->publish(message.topic.expand(values), message.payload.expand(values), message.qos,
                    message.retain);
  downlinks_[spec]->arm(now + downlink.every / static_cast<std::int64_t>(devices_.size()));
}

// ---- what the proxy asks

DeviceId Engine::device_at(const tcp::endpoint& peer) const {
  if (!peer.address().is_v4()) return kNoDevice;
  return device_of(peer.address().to_v4(), scenario_.device_count());
}

Epoch Engine::epoch_of(DeviceId device) const {
  return devices_[device.index()]->machine().epoch();
}

fault::Admission Engine::admit(Instant now, DeviceId device) { return faults_.admit(now, device); }

void Engine::connect_kept(Instant now, FaultId fault, DeviceId device) {
  faults_.connect_kept(now, fault, device);
}

fault::Treatment Engine::treat(Instant now, DeviceId device, const fault::PacketFacts& packet) {
  return faults_.treat(now, device, packet);
}

// Each has one of its own.
proxy::SourceOf Engine::source_of(DeviceId device) const { return {address_of(device), false}; }

void Engine::session_up(Instant now, DeviceId device) { faults_.session_up(now, device); }

void Engine::link_down(Instant now, DeviceId device) { faults_.link_down(now, device); }

void Engine::link_idle(Instant now, FaultId fault, DeviceId device) {
  faults_.link_idle(now, fault, device);
}

void Engine::twin_closed(Instant, DeviceId) {}

void Engine::apply_link_latency(Instant now, DeviceId device) {
  const scenario::LinkSpec& link = scenario_.fleet[scenario_.group_of(device).index()].link;
  if (link.latency == Duration{} && link.jitter == Duration{}) return;
  faults_.perform(now,
                  {kNoFault, device, fault::Delay{.delay = link.latency, .jitter = link.jitter}});
}

// ---- what the faults ask of devices

void Engine::obey_broker(Instant now, const fault::Act& act) {
  const auto* end = std::get_if<fault::EndBroker>(&act.what);
  if (end == nullptr) return config_.orders->give({std::nullopt, act.fault});
  const bool killed = end->how == fault::RestartHow::kill;
  broker_down_ = true;
  loop_.write(now, journal::BrokerStopped{act.fault, killed ? journal::BrokerEnd::crash
                                                            : journal::BrokerEnd::shutdown});
  config_.orders->give({end->how, act.fault});
}

void Engine::obey_device(Instant, const fault::Act& act) {
  LiveDevice& device = *devices_[act.device.index()];
  if (const auto* died = std::get_if<fault::LinkDied>(&act.what)) device.obey(*died);
  if (const auto* leave = std::get_if<fault::TellLeave>(&act.what)) device.obey(*leave);
  if (const auto* cut = std::get_if<fault::TellPowerCut>(&act.what)) device.obey(*cut);
}

void Engine::latency_ended(Instant now, DeviceId device) { apply_link_latency(now, device); }

// ---- what the phases say

void Engine::phase_began(Instant now, PhaseId phase) {
  loop_.write(now, journal::PhaseBegan{phase, scenario_.phases[phase.index()].name});
}

void Engine::phase_ended(Instant now, PhaseId phase, bool timed_out) {
  loop_.write(now, journal::PhaseEnded{phase, timed_out});
}

void Engine::connect_device(DeviceId device, Instant intended) {
  const LiveDevice& live = *devices_[device.index()];
  const auto& will = live.machine().config().will;
  if (will && will->topic.uses(Placeholder::epoch)) {
    // The exact topics of later epochs are not known yet: one filter per device stands for them.
    control_->add_filter(will->topic.to_filter());
  }
  apply_link_latency(loop_.now(), device);
  devices_[device.index()]->start(intended);
}

void Engine::strike_broker(Instant now, const scenario::Firing& firing) {
  fault::DeviceView view;
  view.broker_up = !broker_down_;
  fault::Draws draws;
  draws.lasts = schedule_.lasts(firing, kNoDevice);
  faults_.fire(now, {firing.fault, kNoDevice, view, draws});
}

void Engine::fire(Instant now, const scenario::Firing& firing) {
  if (fault::hits_broker(scenario_.faults[firing.fault.index()].what)) {
    return strike_broker(now, firing);
  }
  if (firing.is_own) return strike(now, firing, firing.device(), {});
  const scenario::Selection selection = schedule_.select(firing);
  const fault::FaultSpec& spec = scenario_.faults[firing.fault.index()];
  const bool online_only = spec.on.online_only;
  const Duration ramp = spec.ramp.value_or(Duration{});
  std::uint32_t taken = 0;
  for (const DeviceId device : selection.ranked) {
    if (taken == selection.take) break;
    if (online_only && !devices_[device.index()]->online()) continue;
    strike(now, firing, device, ramp * taken / selection.take);
    ++taken;
  }
}

void Engine::strike(Instant now, const scenario::Firing& firing, DeviceId device, Duration later) {
  const LiveDevice& live = *devices_[device.index()];
  fault::DeviceView view = proxy_.view(device);
  view.powered = live.powered();
  view.online = live.online();
  fault::Draws draws;
  const fault::FaultSpec& spec = scenario_.faults[firing.fault.index()];
  if (spec.lasts) draws.lasts = schedule_.lasts(firing, device) + later;
  const fault::Notices* notices = fault::notices_of(spec.what);
  if (notices != nullptr && notices->how == fault::NoticesHow::after) {
    draws.notices = schedule_.notices(firing, device);
  }
  draws.reboot = schedule_.reboot(firing, device);
  draws.phase_began = phases_.began();
  faults_.fire(now, {firing.fault, device, view, draws});
}

double Engine::online_share() const {
  if (devices_.empty()) return 1;
  return static_cast<double>(host_.online) / static_cast<double>(devices_.size());
}

void Engine::heal(Instant now) { faults_.heal_all(now); }

bool Engine::settled(Instant since) {
  return faults_.is_quiet() && !broker_down_ &&
         feedback_.quiet_for(scenario_.judge.allowance + scenario::longest_wait(scenario_), since);
}

// ---- the end

void Engine::phases_over(Instant now) { begin_drain(now); }

void Engine::begin_drain(Instant now) {
  if (draining_) return;
  draining_ = true;
  phases_.stop();
  loop_.write(now, journal::DrainBegan{});
  heal(now);
  proxy_.stop_accepting();
  drain_began_ = now;
  drain_some(now);
}

void Engine::drain_some(Instant now) {
  const std::size_t end_of_turn = std::min(finished_ + kFinishedPerTurn, devices_.size());
  while (finished_ < end_of_turn) devices_[finished_++]->finish();
  const bool in_time = now - drain_began_ < kDrainMax;
  const bool gone = finished_ == devices_.size() && loop_.counters().links.open_links == 0;
  if (!gone && in_time) return drain_poller_.arm(now + kDrainTurn);
  end(now);
}

void Engine::end(Instant now) {
  draining_ = true;
  proxy_.stop_accepting();
  proxy_.close_all(now);
  backend_->finish();
  control_->finish();
  loop_.stop();
}

void Engine::abort(std::string reason) {
  boost::asio::post(loop_.executor(), [this, reason = std::move(reason)]() mutable {
    if (draining_) return;
    reason_ = std::move(reason);
    begin_drain(loop_.now());
  });
}

void Engine::lose_broker(std::string cause, journal::BrokerEnd how) {
  boost::asio::post(loop_.executor(), [this, how, cause = std::move(cause)]() mutable {
    if (draining_) return;
    const Instant now = loop_.now();
    loop_.write(now, journal::BrokerLost{std::move(cause), how});
    reason_ = "broker lost";
    begin_drain(now);
  });
}

void Engine::broker_started(FaultId fault) {
  boost::asio::post(loop_.executor(), [this, fault] {
    broker_down_ = false;
    backend_->forget_failures();
    control_->forget_failures();
    loop_.write(loop_.now(), journal::BrokerStarted{fault});
  });
}

void Engine::stop_now() {
  boost::asio::post(loop_.executor(), [this] { end(loop_.now()); });
}

}  // namespace probate::live
