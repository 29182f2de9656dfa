#include "sim/virtual/network.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "core/base/check.hpp"
#include "core/journal/from_packets.hpp"
#include "core/mqtt/codec.hpp"
#include "sim/virtual/line.hpp"
#include "sim/virtual/link.hpp"
#include "sim/virtual/twin.hpp"

namespace probate::virtual_time {
namespace {

template <typename... Lambdas>
struct Overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <typename... Lambdas>
Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

}  // namespace

Network::Network(Loop& loop, BrokerHost& broker, NetworkOwner& owner, NetworkConfig config)
    : loop_{loop}, broker_{broker}, owner_{owner}, config_{std::move(config)}, rng_{config_.seed} {
  newest_.reserve(config_.devices);
  parked_.reserve(config_.devices);
  conditions_of_.reserve(config_.devices);
  broker_.set_waker([this](DeviceId device) { newest_link(device); });
}

Network::~Network() { broker_.set_waker({}); }

LineTimer::LineTimer(Network& network) : Timer{network.loop()}, network_{network} {}

Rng Network::jitter_stream(ConnectionId connection, mqtt::Direction direction) const {
  const bool up = direction == mqtt::Direction::uplink;
  return rng_.stream(up ? "proxy/jitter/up" : "proxy/jitter/down", connection.value);
}

Rng Network::loss_stream(ConnectionId connection, mqtt::Direction direction) const {
  const bool up = direction == mqtt::Direction::uplink;
  return rng_.stream(up ? "proxy/loss/up" : "proxy/loss/down", connection.value);
}

Link* Network::accept(DeviceId device, Epoch epoch, DeviceEnd& end) {
  if (!accepting_) return nullptr;
  ++counters().accepted;
  const ConnectionId connection = next_connection();
  auto made = std::make_unique<Link>(*this, end, connection, device, epoch);
  Link& link = *made;
  if (is_parked(device)) unpark(device);
  if (device.index() >= newest_.size()) newest_.resize(device.index() + 1);
  forget_left_behind(device);
  made->older_place() = std::move(newest_[device.index()]);
  newest_[device.index()] = std::move(made);
  link.start();
  return &link;
}

// A device that has come anew has left its deaf legs behind.
void Network::forget_left_behind(DeviceId device) {
  if (config_.fidelity == fault::Fidelity::stream) return;
  for (Link* link : links_of(device)) link->forget_device();
}

// A parked link is cut off from nobody.
void Network::fault_over(FaultId fault, DeviceId device) {
  if (config_.fidelity == fault::Fidelity::stream || is_parked(device)) return;
  for (Link* link : links_of(device)) {
    if (link->deafened_by() == fault) link->forget_device();
  }
}

void Network::remove(Link& link) {
  std::unique_ptr<Link>* place = &newest_[link.device().index()];
  while (place->get() != &link) place = &(*place)->older_place();
  std::unique_ptr<Link> gone = std::move(*place);
  *place = std::move(gone->older_place());
  if (link.lingers()) {
    lingering_.emplace(link.connection(), std::move(gone));
  } else {
    ended_links_.push_back(std::move(gone));
  }
}

void Network::bury(Link& link) {
  auto node = lingering_.extract(link.connection());
  ended_links_.push_back(std::move(node.mapped()));
}

void Network::remove(Twin& twin) {
  --counters().twin_links;
  auto node = twins_.extract(twin.connection());
  ended_twins_.push_back(std::move(node.mapped()));
}

Link* Network::newest_link(DeviceId device) {
  if (is_parked(device)) unpark(device);
  return device.index() < newest_.size() ? newest_[device.index()].get() : nullptr;
}

void Network::unpark(DeviceId device) {
  const ParkedLink parked = std::exchange(parked_[device.index()], {});
  --parked_count_;
  DeviceEnd& end = owner_.end_of(device);
  const LinkTimes times = config_.keeps_times ? parked_times_[device.index()] : LinkTimes{};
  newest_[device.index()] = std::make_unique<Link>(*this, end, device, parked, times);
  Link& link = *newest_[device.index()];
  if (parked.carried != 0) {
    link.take_over(std::move(carried_[parked.carried - 1]));
    free_carried_.push_back(parked.carried);
  }
  end.link_back(link);
  touch(device);
}

// What Link::device_sent() comes to where nothing is silent, watched or waited for, and at most a
// delay shapes it.
bool Network::pass_parked(DeviceId device, mqtt::Packet& packet) {
  if (!is_parked(device) || !std::holds_alternative<mqtt::Publish>(packet)) return false;
  const ParkedLink& parked = parked_[device.index()];
  if (parked.carried != 0) return false;
  const std::size_t bytes = mqtt::encoded_bytes(packet, parked.version);
  if (parked.delays_up) {
    const auto total = conditions(device)->total(mqtt::Direction::uplink);
    const Rng rng = jitter_stream(ConnectionId{parked.connection}, mqtt::Direction::uplink);
    const Instant due = Line::undisturbed(loop_.now(), total.delay, total.jitter, rng);
    if (due > loop_.now()) {
      carry(device, std::move(packet), bytes, due);
      return true;
    }
  }
  pass_now(device, std::move(packet), bytes);
  return true;
}

void Network::carry(DeviceId device, mqtt::Packet&& packet, std::size_t bytes, Instant due) {
  if (free_carried_.empty()) {
    carried_.emplace_back();
    free_carried_.push_back(static_cast<std::uint32_t>(carried_.size()));
  }
  const std::uint32_t number = free_carried_.back();
  free_carried_.pop_back();
  parked_[device.index()].carried = number;
  Carried& carried = carried_[number - 1];
  if (!carried.timer) carried.timer = std::make_unique<LineTimer>(*this);
  carried.timer->serve(device);
  carried.packet = std::move(packet);
  carried.bytes = bytes;
  carried.due = due;
  carried.timer->arm(due);
}

// What Link::handle_line_due() comes to.
void Network::carried_due(DeviceId device) {
  ParkedLink& parked = parked_[device.index()];
  parked.downlink_first = !parked.downlink_first;
  const std::uint32_t number = std::exchange(parked.carried, 0U);
  free_carried_.push_back(number);
  Carried& carried = carried_[number - 1];
  pass_now(device, std::move(carried.packet), carried.bytes);
}

// Requires: it is a PUBLISH on a parked link.
void Network::pass_now(DeviceId device, mqtt::Packet&& packet, std::size_t bytes) {
  constexpr auto kUp = static_cast<std::size_t>(mqtt::Direction::uplink);
  constexpr auto kType = static_cast<std::size_t>(mqtt::PacketType::publish);
  counters().bytes[kUp] += bytes;
  ++counters().packets[kUp][kType];
  ParkedLink& parked = parked_[device.index()];
  parked.last_uplink_packet_at = loop_.now();
  if (config_.keeps_times) parked_times_[device.index()].last_passed_at = loop_.now();
  broker_.send_parked(parked.place, ConnectionId{parked.connection}, std::move(packet));
}

// What an event has used, at its end.
void Network::park_idle_links() {
  for (const DeviceId device : touched_) {
    std::unique_ptr<Link>& newest = newest_[device.index()];
    if (!newest || !newest->is_idle() || !newest->end().let_go(*newest)) continue;
    if (device.index() >= parked_.size()) parked_.resize(newest_.size());
    if (config_.keeps_times) {
      parked_times_.resize(parked_.size());
      parked_times_[device.index()] = newest->times();
    }
    parked_[device.index()] = newest->park();
    ++parked_count_;
    newest.reset();
  }
  touched_.clear();
}

std::vector<Link*> Network::links_of(DeviceId device) {
  std::vector<Link*> all;
  for (Link* link = newest_link(device); link != nullptr; link = link->older()) {
    all.push_back(link);
  }
  return all;
}

fault::DeviceView Network::view(DeviceId device) const {
  if (is_parked(device)) return {.online = true, .has_link = true, .silent = false};
  if (device.index() >= newest_.size() || !newest_[device.index()]) return {};
  return newest_[device.index()]->view();
}

void Network::keep_connect(DeviceId device, const mqtt::Connect& connect, Epoch epoch) {
  if (!config_.keep_connects) return;
  const auto& of = config_.keep_connects_of;
  if (!of.empty() && !std::binary_search(of.begin(), of.end(), device)) return;
  kept_[device] = {connect, epoch};
}

fault::Conditions* Network::conditions(DeviceId device) {
  if (device.index() >= conditions_of_.size()) return nullptr;
  const std::uint32_t place = conditions_of_[device.index()];
  return place == kNone ? nullptr : &conditions_[place].conditions;
}

bool Network::answers_syn(DeviceId device) const {
  if (config_.fidelity == fault::Fidelity::stream) return true;
  const fault::Admission admission = owner_.admit(loop_.now(), device);
  const auto* kept = std::get_if<fault::SwallowConnect>(&admission);
  return kept == nullptr || kept->hears_attempts;
}

void Network::perform(const fault::Act& act) {
  const DeviceId device = act.device;
  // Of those whom it strikes at once nearly all are parked, and stay it.
  const auto* asked = std::get_if<fault::Watch>(&act.what);
  if (asked != nullptr && is_parked(device) && !needs_link({asked->up, asked->down})) {
    return set_watch(act, *asked);
  }
  Link* newest = newest_link(device);
  // An act on the device, or a note.
  const auto not_ours = [] { CHECK(false); };
  const auto change = [&](FaultId cause, auto call) { change_conditions(device, cause, call); };
  // An act that heals may leave it idle, and nothing that passes might tell of that for hours.
  if (newest != nullptr) touch(device);
  std::visit(Overloaded{
                 [&](const fault::Cut& cut) {
                   if (newest != nullptr) newest->cut(cut, act.fault);
                 },
                 [&](const fault::Silence& silence) {
                   if (newest != nullptr) newest->silence(silence, act.fault);
                 },
                 [&](const fault::Resume&) {
                   for (Link* link : links_of(device)) link->resume(act.fault);
                 },
                 [&](const fault::MakeGhost& how) {
                   if (newest != nullptr) newest->make_ghost(how, act.fault);
                 },
                 [&](const fault::Delay& delay) {
                   if (act.fault == kNoFault && conditions(device) == nullptr) {
                     return delay_anyway(device, delay);
                   }
                   change(act.fault, [&](auto& of) { of.set_delay(act.fault, delay); });
                 },
                 [&](const fault::Throttle& throttle) {
                   change(act.fault, [&](auto& of) { of.set_throttle(act.fault, throttle); });
                 },
                 [&](const fault::SliceBytes& slice) {
                   change(act.fault, [&](auto& of) { of.set_slice(act.fault, slice); });
                 },
                 [&](const fault::LimitLinks& limits) {
                   change(kNoFault, [&](auto& of) { of.set_limits(act.fault, limits); });
                 },
                 [&](const fault::DelayFin& late) { delay_fin(act, late); },
                 [&](const fault::WatchIdle& watched) {
                   change(kNoFault, [&](auto& of) { of.set_idle(act.fault, watched); });
                 },
                 [&](const fault::Watch& watch) {
                   set_watch(act, watch);
                   for (Link* link : links_of(device)) link->follow_conditions(kNoFault);
                 },
                 [&](const fault::InjectDisconnect& what) {
                   if (newest != nullptr) newest->inject(what, act.fault);
                 },
                 [&](const fault::OrderTakeover& order) { set_order(act, order); },
                 [&](const fault::OpenTwin& twin) { open_twin(act, twin.will); },
                 [&](const fault::CloseTwins&) { close_twins(device); },
                 [&](const auto&) { not_ours(); },
             },
             act.what);
}

template <typename Change>
void Network::change_conditions(DeviceId device, FaultId fault, Change change) {
  change(own_conditions(device));
  leave_empty_conditions(device);
  for (Link* link : links_of(device)) link->follow_conditions(fault);
}

void Network::open_twin(const fault::Act& act, fault::TwinWill will) {
  const auto kept = kept_.find(act.device);
  if (kept == kept_.end()) return;
  if (Link* victim = newest_link(act.device)) victim->touch(act.fault);
  mqtt::Connect connect = kept->second.connect;
  if (will == fault::TwinWill::strip) connect.will.reset();
  journal::ConnectForwarded record = journal::connect_record(connect);
  record.connection = next_connection();
  record.device = act.device;
  record.epoch = kept->second.epoch;
  record.twin = true;
  const ConnectionId connection = record.connection;
  auto made = std::make_unique<Twin>(*this, std::move(connect), std::move(record), act.fault);
  ++counters().twin_links;
  Twin& twin = *made;
  twins_.emplace_hint(twins_.end(), connection, std::move(made));
  twin.start();
}

void Network::close_twins(DeviceId device) {
  std::vector<Twin*> all;
  for (const auto& [id, twin] : twins_) {
    if (twin->device() == device) all.push_back(twin.get());
  }
  for (Twin* twin : all) twin->leave();
}

void Network::close_parked(DeviceId device) {
  const std::uint32_t place = parked_[device.index()].place;
  newest_link(device)->close_for_good();
  if (!broker_.flows().are_closed()) return;
  // The run is over and nobody will answer: not a million links are to wait for that side by side.
  ended_links_.push_back(std::move(newest_[device.index()]));
  ended_links_.clear();
  broker_.drop(place);
}

void Network::close_all() {
  struct Standing {
    std::uint32_t connection = 0;
    DeviceId device;
  };
  is_closing_ = true;
  std::vector<DeviceId> parked;
  parked.reserve(parked_count_);
  std::vector<Standing> standing;
  for (std::uint32_t i = 0; i < newest_.size(); ++i) {
    const DeviceId device{i};
    if (is_parked(device)) parked.push_back(device);
    for (Link* link = newest_[i].get(); link != nullptr; link = link->older()) {
      standing.push_back({static_cast<std::uint32_t>(link->connection().value), device});
    }
  }
  std::sort(standing.begin(), standing.end(),
            [](const Standing& a, const Standing& b) { return a.connection < b.connection; });
  const auto connection_of = [this](DeviceId device) { return parked_[device.index()].connection; };
  std::sort(parked.begin(), parked.end(),
            [&](DeviceId a, DeviceId b) { return connection_of(a) < connection_of(b); });
  auto next_parked = parked.begin();
  const auto close_parked_before = [&](std::uint32_t connection) {
    for (; next_parked != parked.end(); ++next_parked) {
      if (!is_parked(*next_parked)) {  // woken by the end of another's
        for (Link* link : links_of(*next_parked)) link->close_for_good();
        continue;
      }
      if (connection_of(*next_parked) >= connection) return;
      close_parked(*next_parked);
    }
  };
  for (const Standing& each : standing) {
    close_parked_before(each.connection);
    for (Link* link : links_of(each.device)) {
      if (link->connection().value == each.connection) link->close_for_good();
    }
  }
  close_parked_before(std::numeric_limits<std::uint32_t>::max());
  std::vector<Twin*> twins;
  for (const auto& [id, twin] : twins_) twins.push_back(twin.get());
  for (Twin* twin : twins) twin->leave();
}

void Network::tell(NewsKind kind, DeviceId device, FaultId fault) {
  // Nearly every device leaves its link in the last event, and a million is many.
  if (is_closing_ && !owner_.is_struck(device)) return;
  news_.push_back({kind, fault, device});
}

void Network::end_turn() {
  // The owner's answer may add more.
  for (std::size_t i = 0; i < news_.size(); ++i) {
    const News news = news_[i];
    switch (news.kind) {
      case NewsKind::session_up:
        owner_.session_up(loop_.now(), news.device);
        break;
      case NewsKind::link_down:
        owner_.link_down(loop_.now(), news.device);
        break;
      case NewsKind::link_idle:
        owner_.link_idle(loop_.now(), news.fault, news.device);
        break;
    }
  }
  news_.clear();
  ended_links_.clear();
  ended_twins_.clear();
  park_idle_links();
}

}  // namespace probate::virtual_time
