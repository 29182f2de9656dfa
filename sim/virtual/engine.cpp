#include "sim/virtual/engine.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/scenario/filters.hpp"
#include "core/scenario/policies.hpp"

namespace probate::virtual_time {
namespace {

// Above every connection of a link or twin.
constexpr ConnectionId kBackendConnection{(std::uint64_t{1} << 62) + 1};
constexpr ConnectionId kControlConnection{(std::uint64_t{1} << 62) + 2};

// Only twins need the CONNECT of a link later.
NetworkConfig network_config(const scenario::Scenario& scenario,
                             const scenario::Schedule& schedule) {
  NetworkConfig config;
  config.seed = scenario.seed;
  config.fidelity = scenario.fidelity;
  config.has_deaf_faults =
      std::any_of(scenario.faults.begin(), scenario.faults.end(),
                  [](const fault::FaultSpec& each) { return needs_segments(each.what); });
  config.devices = scenario.device_count();
  config.keeps_times = std::any_of(scenario.faults.begin(), scenario.faults.end(),
                                   [](const fault::FaultSpec& fault) {
                                     return std::holds_alternative<fault::Limit>(fault.what) ||
                                            std::holds_alternative<fault::NatIdle>(fault.what);
                                   });
  const auto logs_in_twice = [&scenario](FaultId fault) {
    return std::holds_alternative<fault::DuplicateLogin>(scenario.faults[fault.index()].what);
  };
  bool anybody = false;
  std::set<DeviceId> of;
  for (std::size_t phase = 0; phase < scenario.phases.size(); ++phase) {
    const PhaseId id{static_cast<std::uint16_t>(phase)};
    for (const scenario::Firing& firing : schedule.firings(id)) {
      if (!logs_in_twice(firing.fault)) continue;
      config.keep_connects = true;
      anybody |= scenario.faults[firing.fault.index()].on.online_only;
      const scenario::Selection chosen = schedule.select(firing);
      of.insert(chosen.ranked.begin(), chosen.ranked.end());
    }
  }
  if (!anybody) config.keep_connects_of.assign(of.begin(), of.end());
  return config;
}

}  // namespace

// The back end's own messages of one kind: round the fleet, one device after another.
class Engine::Downlink {
 public:
  Downlink(Engine& engine, std::size_t spec)
      : engine_{engine}, spec_{spec}, timer_{engine.loop_, *this} {
    wait(engine.loop_.now());
  }

  // When the device's turn comes next.
  Instant next_to(DeviceId device) const {
    const std::size_t count = engine_.devices_.size();
    const std::size_t before = (device.index() + count - turns_ % count) % count;
    return timer_.due() + step() * static_cast<std::int64_t>(before);
  }

 private:
  const scenario::DownlinkSpec& spec() const { return engine_.scenario_.backend.publish[spec_]; }
  Duration step() const {
    return spec().every / static_cast<std::int64_t>(engine_.devices_.size());
  }
  void wait(Instant now) { timer_.arm(now + step()); }

  void due(Instant now) {
    if (engine_.draining_) return;
    const std::size_t turn = turns_++;
    const DeviceId device{static_cast<std::uint32_t>(turn % engine_.devices_.size())};
    const device::DeviceMachine& machine = engine_.devices_[device.index()].machine();
    const std::string client_id = machine.client_id();
    TemplateValues values = engine_.scenario_.values_of(device, client_id);
    values.time = now;
    values.seq = turn / engine_.devices_.size();
    values.epoch = machine.epoch();
    const device::MessageConfig& message = spec().message;
    mqtt::Publish publish;
    publish.topic = message.topic.expand(values);
    publish.payload = message.payload.expand(values);
    publish.qos = message.qos;
    publish.retain = message.retain;
    engine_.backend_->publish(std::move(publish));
    wait(now);
  }

  Engine& engine_;
  std::size_t spec_;
  std::size_t turns_ = 0;
  MemberTimer<Downlink, &Downlink::due> timer_;
};

Engine::Engine(Loop& loop, const scenario::Scenario& scenario, const scenario::Schedule& schedule,
               BrokerHostConfig broker, Judge judge)
    : loop_{loop},
      scenario_{scenario},
      schedule_{schedule},
      judge_{std::move(judge)},
      recognizer_{scenario},
      pipeline_{scenario.faults},
      broker_{loop, std::move(broker)},
      network_{loop, broker_, *this, network_config(scenario, schedule)},
      host_{loop, network_, {}, 0, nullptr, 0},
      phases_{scenario, schedule, *this},
      observers_timer_{loop, *this},
      phase_timer_{loop, *this},
      pipeline_timer_{loop, *this},
      drain_timer_{loop, *this},
      quiet_{scenario.judge.allowance + scenario::longest_wait(scenario)} {
  loop_.counters().groups.resize(scenario.fleet.size());
  loop_.set_after_event([this] {
    if (network_.has_unfinished()) network_.end_turn();
    if (broker_.has_unfinished()) broker_.end_turn();
  });
}

Engine::~Engine() { loop_.set_after_event({}); }

void Engine::start() {
  make_devices();
  make_observers();
  backend_->start();
  control_->start();
  observers_timer_.arm(loop_.now() + kObserverPoll);
}

void Engine::make_devices() {
  const Rng rng = Rng{scenario_.seed}.stream("device");
  for (std::uint32_t i = 0; i < scenario_.device_count(); ++i) {
    const DeviceId id{i};
    const GroupId group = scenario_.group_of(id);
    const device::Identity identity{i, scenario_.fleet[group.index()].name};
    device::DeviceMachine machine{scenario_.kind_of(id), identity, rng.stream("machine", i)};
    devices_.emplace_back(host_, id, group, std::move(machine));
  }
}

void Engine::make_observers() {
  const scenario::ObserverFilters filters = scenario::observer_filters(scenario_);
  ObserverConfig backend{.which = journal::Observer::backend,
                         .connection = kBackendConnection,
                         .username = scenario_.broker.username,
                         .password = scenario_.broker.password,
                         .filters = filters.backend,
                         .qos = scenario_.backend.qos,
                         .allowance = scenario_.judge.allowance,
                         .skips_markers = skips_};
  ObserverConfig control = backend;
  control.which = journal::Observer::control;
  control.connection = kControlConnection;
  control.filters = filters.control;
  control.qos = mqtt::QoS::at_most_once;
  backend_ = std::make_unique<Observer>(loop_, broker_, recognizer_, std::move(backend));
  control_ = std::make_unique<Observer>(loop_, broker_, recognizer_, std::move(control));
}

void Engine::await_observers(Instant now) {
  if (draining_) return;
  if (backend_->up() && control_->up()) {
    start_downlinks();
    phases_.start(now);
    return phase_timer_.arm(phases_.next_timeout());
  }
  if (now - kRunStart > kObserverWait) {
    const Observer& culprit = backend_->up() ? *control_ : *backend_;
    const std::string& why = culprit.last_failure();
    start_failure_ = fmt::format("an observer was not up within {}: {}", to_text(kObserverWait),
                                 why.empty() ? "no marker came back" : why);
    return end();
  }
  observers_timer_.arm(now + kObserverPoll);
}

void Engine::start_downlinks() {
  if (devices_.empty()) return;
  for (std::size_t i = 0; i < scenario_.backend.publish.size(); ++i) {
    downlinks_.push_back(std::make_unique<Downlink>(*this, i));
  }
}

Instant Engine::next_downlink(DeviceId device) const {
  Instant next = kNever;
  for (const auto& downlink : downlinks_) next = std::min(next, downlink->next_to(device));
  return next;
}

// ---- what the phases say

void Engine::phase_due(Instant now) {
  phases_.handle_timeout(now);
  if (phases_.next_timeout() != kNever) phase_timer_.arm(phases_.next_timeout());
}

void Engine::phase_began(Instant now, PhaseId phase) {
  if (skips_) plan_phase(now, phase);
  loop_.write(journal::PhaseBegan{phase, scenario_.phases[phase.index()].name});
}

void Engine::phase_ended(Instant, PhaseId phase, bool timed_out) {
  loop_.write(journal::PhaseEnded{phase, timed_out});
}

void Engine::connect_device(DeviceId device, Instant intended) {
  VirtualDevice& connecting = devices_[device.index()];
  const auto& will = connecting.machine().config().will;
  if (will && will->topic.uses(Placeholder::epoch)) {
    // The exact topics of later epochs are not known yet: one filter per device stands for them.
    control_->add_filter(will->topic.to_filter());
  }
  apply_link_latency(device);
  connecting.start(intended);
}

double Engine::online_share() const {
  if (devices_.empty()) return 1;
  return static_cast<double>(host_.online) / static_cast<double>(devices_.size());
}

void Engine::heal(Instant now) {
  fault::Acts acts;
  pipeline_.heal_all(now, acts);
  obey(acts);
}

bool Engine::settled(Instant since) {
  const Instant now = loop_.now();
  const std::uint64_t open = judge_(now);
  if (open > 0) last_open_ = now;
  const bool healed = !pipeline_.next_timeout();
  return healed && open == 0 && now > std::max(since, last_open_) + quiet_;
}

// ---- the end

void Engine::phases_over(Instant now) { begin_drain(now); }

void Engine::abort(std::string reason) {
  if (draining_) return;
  reason_ = std::move(reason);
  begin_drain(loop_.now());
}

void Engine::begin_drain(Instant now) {
  if (draining_) return;
  draining_ = true;
  phases_.stop();
  phase_timer_.cancel();
  loop_.write(journal::DrainBegan{});
  heal(now);
  network_.stop_accepting();
  drain_began_ = now;
  drain_some(now);
}

void Engine::drain_some(Instant now) {
  const std::size_t end_of_turn = std::min(finished_ + kFinishedPerTurn, devices_.size());
  while (finished_ < end_of_turn) devices_[finished_++].finish();
  const bool in_time = now - drain_began_ < kDrainMax;
  const bool gone = finished_ == devices_.size() && loop_.counters().links.open_links == 0;
  if (!gone && in_time) return drain_timer_.arm(now + kDrainTurn);
  end();
}

void Engine::end() {
  draining_ = true;
  network_.stop_accepting();
  broker_.flows().close();
  network_.close_all();
  backend_->finish();
  control_->finish();
  loop_.write(journal::RunEnded{reason_});
  loop_.stop();
}

}  // namespace probate::virtual_time
