#include "sim/live/stand_alone.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include <boost/asio/post.hpp>

#include "core/base/check.hpp"
#include "core/device/state.hpp"
#include "core/scenario/policies.hpp"
#include "sim/live/resolve.hpp"

namespace probate::live {

using boost::asio::ip::tcp;

namespace {

constexpr Duration kDrainPoll = 10ms;
// What an observer hears whose filters follow the devices' wills.
constexpr const char* kAllWills = "#";

proxy::ProxyConfig proxy_config(const StandAloneConfig& config,
                                const scenario::Scenario& scenario) {
  proxy::ProxyConfig proxy;
  proxy.fronts = config.fronts;
  proxy.seed = scenario.seed;
  proxy.fidelity = config.fidelity;
  // Only twins need the CONNECT of a link later, also those of a fault that is yet to come.
  const bool has_twins = std::any_of(
      scenario.faults.begin(), scenario.faults.end(), [](const fault::FaultSpec& fault) {
        return std::holds_alternative<fault::DuplicateLogin>(fault.what);
      });
  proxy.keep_connects = has_twins || config.is_controlled || config.is_read_again;
  return proxy;
}

// As to_string(), which prints by a format: each CONNECT is worth less than that.
std::string text_of(const boost::asio::ip::address& address) {
  if (!address.is_v4()) return address.to_string();
  std::string text;
  for (const unsigned char byte : address.to_v4().to_bytes()) {
    std::array<char, 3> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), byte).ptr;
    if (!text.empty()) text += '.';
    text.append(digits.data(), end);
  }
  return text;
}

bool follows_wills(const scenario::Scenario& scenario) {
  return scenario.backend.wills == std::vector<std::string>{kAllWills};
}

}  // namespace

StandAlone::StandAlone(proxy::Loop& loop, const scenario::Scenario& scenario,
                       const scenario::Schedule& schedule, const Feedback& feedback,
                       StandAloneConfig config)
    : loop_{loop},
      scenario_{scenario},
      feedback_{feedback},
      config_{std::move(config)},
      roster_{scenario},
      wills_{scenario.backend.births, scenario.backend.messages},
      proxy_{loop, *this, proxy_config(config_, scenario)},
      faults_{loop, proxy_, scenario.faults, *this},
      ids_{FaultId{static_cast<std::uint16_t>(scenario.faults.size())}},
      by_hand_{loop, faults_, roster_, ids_, *this},
      plan_{loop, faults_, scenario, ids_, *this},
      buffers_{std::make_unique<SharedBuffers>()},
      phases_{loop, scenario, schedule, *this},
      observers_poller_{loop, [this](Instant now) { await_observers(now); }},
      drain_poller_{loop, [this](Instant now) { drain_some(now); }},
      untracked_(scenario.fleet.size()) {
  loop_.counters().groups.resize(scenario.fleet.size());
}

StandAlone::~StandAlone() = default;

Result<proxy::Proxy::Endpoints, std::string> StandAlone::bind() {
  auto bound = proxy_.bind();
  if (!bound) return bound;
  std::map<tcp::endpoint, std::uint32_t> brokers;
  for (std::size_t i = 0; i < bound->size(); ++i) {
    const auto next = static_cast<std::uint32_t>(brokers.size());
    const std::uint32_t broker = brokers.emplace(config_.fronts[i].upstream, next).first->second;
    places_.push_back({to_text((*bound)[i]), broker});
  }
  return bound;
}

void StandAlone::start() {
  if (config_.observes) make_observers();
  boost::asio::post(loop_.executor(), [this] {
    started_ = loop_.now();
    if (!config_.observes) return let_in();
    backend_->start();
    control_->start();
    observers_poller_.arm(started_ + ObserverClient::kPoll);
  });
}

// ---- observers

void StandAlone::make_observers() {
  const scenario::BackendSpec& spec = scenario_.backend;
  ObserverConfig backend{.which = journal::Observer::backend,
                         .broker = config_.observers_at,
                         .tls = config_.observers_tls,
                         .username = config_.username,
                         .password = config_.password,
                         .run_id = config_.run_id,
                         .filters = spec.births,
                         .qos = spec.qos,
                         .allowance = scenario_.judge.allowance};
  backend.filters.insert(backend.filters.end(), spec.messages.begin(), spec.messages.end());
  ObserverConfig control = backend;
  control.which = journal::Observer::control;
  control.filters.clear();
  control.qos = mqtt::QoS::at_most_once;
  if (follows_wills(scenario_)) {
    backend.hears = kAllWills;
  } else {
    backend.filters.insert(backend.filters.end(), spec.wills.begin(), spec.wills.end());
  }
  const auto recognize = [this](std::string_view topic, std::string_view payload) {
    return wills_.recognize(topic, payload);
  };
  backend_ = std::make_unique<ObserverClient>(loop_, *buffers_, recognize, std::move(backend));
  control_ = std::make_unique<ObserverClient>(loop_, *buffers_, recognize, std::move(control));
}

void StandAlone::await_observers(Instant now) {
  if (accepting_ || draining_) return;
  if (backend_->up() && control_->up()) return let_in();
  const bool in_vain = backend_->failures() > 0 || control_->failures() > 0;
  if (!in_vain && now - started_ < kObserverWait) {
    return observers_poller_.arm(now + ObserverClient::kPoll);
  }
  // Devices need not wait for our instruments.
  doubt_observers(now);
  let_in();
}

// What an observer misses that is not up yet is void.
void StandAlone::doubt_observers(Instant now) {
  if (backend_->up()) return;
  loop_.write(now, journal::ObserverLost{journal::Observer::backend, "not up yet"});
}

void StandAlone::let_in() {
  accepting_ = true;
  phases_.start();
  proxy_.start_accepting();
}

void StandAlone::follow_will(DeviceId device, const mqtt::Connect& connect) {
  if (!config_.observes || !connect.will) return;
  const std::string& topic = connect.will->topic;
  const WillBook::Change change = wills_.announce(device, topic, connect.will->payload);
  for (ObserverClient* observer : {backend_.get(), control_.get()}) {
    if (observer == backend_.get() && !follows_wills(scenario_)) continue;
    if (change.is_new) observer->add_filter(topic);
    if (!change.gone.empty()) observer->remove_filter(change.gone);
  }
}

// ---- what the proxy asks

proxy::Identity StandAlone::identify(Instant now, const mqtt::Connect& connect,
                                     const proxy::Origin& from) {
  // Its name is the broker's choice, of which nothing is known before the CONNACK.
  if (connect.client_id.empty()) return {kNoDevice, 0, false};
  const Place& place = places_[from.front];
  const DeviceId device = roster_.enroll(connect.client_id, place.broker);
  if (device == kNoDevice) {
    const GroupId group = scenario::real_group_of(scenario_, connect.client_id);
    untracked_[group.index()].fetch_add(1, std::memory_order_relaxed);
    return {kNoDevice, 0, false};
  }
  roster_.note(device, {.username = connect.username.value_or(""),
                        .source = text_of(from.source),
                        .listener = place.listen,
                        .sni = std::string{from.name},
                        .is_told = config_.fronts[from.front].expects_header,
                        .version = connect.version});
  const Epoch epoch = roster_.next_epoch(device);
  if (epoch == 1) {
    wills_.know(device, connect.client_id);
    count_states(roster_.group_of(device));
  }
  follow_will(device, connect);
  faults_.version_known(now, device, connect.version);
  by_hand_.greet(now, device);
  return {device, epoch, true};
}

// Named by where it comes from, and by nothing that another connection could share.
proxy::Identity StandAlone::identify_stream(Instant now, const proxy::Origin& from) {
  const DeviceId device = roster_.enroll_stream();
  if (device == kNoDevice) {
    untracked_[0].fetch_add(1, std::memory_order_relaxed);
    return {kNoDevice, 0, false};
  }
  roster_.note(device, {.username = "",
                        .source = text_of(from.source),
                        .listener = places_[from.front].listen,
                        .sni = std::string{from.name},
                        .is_told = config_.fronts[from.front].expects_header});
  by_hand_.greet(now, device);
  return {device, 0, false};
}

void StandAlone::stream_over(Instant now, DeviceId device) {
  faults_.release(now, device, kNoFault);
  by_hand_.forget(device);
  roster_.release(device);
}

void StandAlone::refused(std::uint16_t front, journal::Refused why, std::string_view detail) {
  const std::lock_guard lock{refusals_mutex_};
  refusals_.try_emplace({front, why}, detail);
}

std::string StandAlone::first_refusal(std::uint16_t front, journal::Refused why) const {
  const std::lock_guard lock{refusals_mutex_};
  const auto found = refusals_.find({front, why});
  return found == refusals_.end() ? std::string{} : found->second;
}

fault::Admission StandAlone::admit(Instant now, DeviceId device) {
  return faults_.admit(now, device);
}

void StandAlone::connect_kept(Instant now, FaultId fault, DeviceId device) {
  faults_.connect_kept(now, fault, device);
}

fault::Treatment StandAlone::treat(Instant now, DeviceId device, const fault::PacketFacts& packet) {
  return faults_.treat(now, device, packet);
}

// An address that a header tells is not the one that its SYNs come from.
proxy::SourceOf StandAlone::source_of(DeviceId device) const {
  const Roster::Arrival& came = roster_.arrival_of(device);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(came.source, error);
  if (error || came.is_told) return {std::nullopt, true};
  return {address, !roster_.is_alone(device)};
}

void StandAlone::session_up(Instant now, DeviceId device) {
  if (!roster_.is_stream(device)) {
    journal::GroupCounters& group = loop_.counters().groups[roster_.group_of(device).index()];
    ++group.connects;
    if (roster_.was_online(device)) ++group.reconnects;
  }
  roster_.set_online(device, true);
  count_states(roster_.group_of(device));
  faults_.session_up(now, device);
  by_hand_.session_up(now, device);
}

void StandAlone::link_down(Instant now, DeviceId device) {
  roster_.set_online(device, false);
  count_states(roster_.group_of(device));
  faults_.link_down(now, device);
}

void StandAlone::link_idle(Instant now, FaultId fault, DeviceId device) {
  faults_.link_idle(now, fault, device);
}

std::uint64_t StandAlone::untracked() const {
  std::uint64_t sum = 0;
  for (const auto& count : untracked_) sum += count.load(std::memory_order_relaxed);
  return sum;
}

void StandAlone::count_states(GroupId group) {
  using device::DeviceState;
  auto& states = loop_.counters().groups[group.index()].devices_by_state;
  const Roster::Count count = roster_.count_of(group);
  states[static_cast<std::size_t>(DeviceState::online)] = count.online;
  states[static_cast<std::size_t>(DeviceState::off)] = count.known - count.online;
}

// ---- what the phases and the faults say

void StandAlone::phase_began(Instant now, PhaseId phase) {
  loop_.write(now, journal::PhaseBegan{phase, scenario_.phases[phase.index()].name});
  plan_.phase_began(now, phase);
}

void StandAlone::phase_ended(Instant now, PhaseId phase, bool timed_out) {
  loop_.write(now, journal::PhaseEnded{phase, timed_out});
}

void StandAlone::fire(Instant now, const scenario::Firing& firing) {
  if (!plan_.stands(firing.fault)) return;
  fire_fault(now, firing.fault, scenario_.faults[firing.fault.index()], firing.ordinal());
}

void StandAlone::fire_fault(Instant now, FaultId id, const fault::FaultSpec& fault,
                            std::uint32_t ordinal) {
  const std::vector<DeviceId> chosen = roster_.select(fault, ordinal);
  const auto count = static_cast<std::int64_t>(chosen.size());
  std::int64_t taken = 0;
  for (const DeviceId device : chosen) {
    fault::Draws draws = roster_.draw(fault, ordinal, device);
    // Members of a ramp end one after another.
    if (draws.lasts) *draws.lasts += fault.ramp.value_or(Duration{}) * taken++ / count;
    draws.phase_began = phases_.began();
    strike(now, id, device, HandFaults::Met::as_it_is, draws);
  }
}

std::string StandAlone::strike(Instant now, FaultId id, DeviceId device, HandFaults::Met how,
                               const fault::Draws& draws) {
  fault::DeviceView view = proxy_.view(device);
  view.online = roster_.is_online(device);
  view.speaks_mqtt = !roster_.is_stream(device);
  view.version = roster_.arrival_of(device).version;
  if (how == HandFaults::Met::connecting) view.has_link = true;
  return faults_.fire(now, {id, device, view, draws});
}

void StandAlone::heal(Instant now) {
  by_hand_.heal_all(now);
  faults_.heal_all(now);
}

void StandAlone::obey_broker(Instant, const fault::Act&) {
  check_failed("the broker behind a proxy is somebody else's: no fault ends it", __FILE__,
               __LINE__);
}

void StandAlone::obey_device(Instant now, const fault::Act& act) {
  const bool has_noticed = std::holds_alternative<fault::LinkDied>(act.what);
  CHECK(has_noticed);  // validate() takes no fault that needs a device to leave or to boot
  proxy_.perform(now,
                 {act.fault, act.device, fault::Cut{fault::LegChoice::device, fault::CutHow::rst}});
}

bool StandAlone::settled(Instant since) {
  return faults_.is_quiet() &&
         feedback_.quiet_for(scenario_.judge.allowance + scenario::longest_wait(scenario_), since);
}

// ---- the end

void StandAlone::phases_over(Instant now) { begin_drain(now); }

void StandAlone::begin_drain(Instant now) {
  if (draining_) return;
  draining_ = true;
  phases_.stop();
  plan_.stop();
  if (config_.observes && !accepting_) doubt_observers(now);
  loop_.write(now, journal::DrainBegan{});
  heal(now);
  proxy_.stop_accepting();
  drain_began_ = now;
  drain_some(now);
}

void StandAlone::drain_some(Instant now) {
  const bool in_time = now - drain_began_ < config_.drain;
  if (in_time && loop_.counters().links.open_links > 0) {
    return drain_poller_.arm(now + kDrainPoll);
  }
  end(now);
}

void StandAlone::end(Instant now) {
  if (std::exchange(over_, true)) return;
  draining_ = true;
  proxy_.stop_accepting();
  proxy_.close_all(now);
  if (config_.observes) {
    backend_->finish();
    control_->finish();
  }
  loop_.stop();
}

void StandAlone::abort(std::string reason) {
  boost::asio::post(loop_.executor(), [this, reason = std::move(reason)]() mutable {
    if (draining_) return;
    is_planned_ = !config_.has_phases && reason.starts_with("SIG");
    ended_by_ = std::move(reason);
    begin_drain(loop_.now());
  });
}

void StandAlone::stop_now() {
  boost::asio::post(loop_.executor(), [this] { end(loop_.now()); });
}

}  // namespace probate::live
