#include "sim/virtual/network.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/check.hpp"
#include "core/journal/from_packets.hpp"
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
    : loop_{loop}, broker_{broker}, owner_{owner}, config_{std::move(config)}, rng_{config_.seed} {}

Network::~Network() = default;

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
  if (device.index() >= newest_.size()) newest_.resize(device.index() + 1);
  made->older_place() = std::move(newest_[device.index()]);
  newest_[device.index()] = std::move(made);
  link.start();
  return &link;
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

Link* Network::newest_link(DeviceId device) const {
  return device.index() < newest_.size() ? newest_[device.index()].get() : nullptr;
}

std::vector<Link*> Network::links_of(DeviceId device) const {
  std::vector<Link*> all;
  for (Link* link = newest_link(device); link != nullptr; link = link->older()) {
    all.push_back(link);
  }
  return all;
}

fault::DeviceView Network::view(DeviceId device) const {
  const Link* link = newest_link(device);
  return link == nullptr ? fault::DeviceView{} : link->view();
}

void Network::keep_connect(DeviceId device, const mqtt::Connect& connect, Epoch epoch) {
  if (!config_.keep_connects) return;
  const auto& of = config_.keep_connects_of;
  if (!of.empty() && !std::binary_search(of.begin(), of.end(), device)) return;
  kept_[device] = {connect, epoch};
}

fault::Conditions* Network::conditions(DeviceId device) {
  return device.index() < conditions_.size() ? conditions_[device.index()].get() : nullptr;
}

void Network::perform(const fault::Act& act) {
  const DeviceId device = act.device;
  Link* newest = newest_link(device);
  // An act on the device, or a note.
  const auto not_ours = [] { CHECK(false); };
  const auto change = [&](FaultId cause, auto call) { change_conditions(device, cause, call); };
  std::visit(Overloaded{
                 [&](const fault::Cut& cut) {
                   if (newest != nullptr) newest->cut(cut, act.fault);
                 },
                 [&](const fault::Silence& silence) {
                   if (newest != nullptr) newest->silence(silence.flow, act.fault);
                 },
                 [&](const fault::Resume&) {
                   for (Link* link : links_of(device)) link->resume(act.fault);
                 },
                 [&](const fault::MakeGhost& how) {
                   if (newest != nullptr) newest->make_ghost(how, act.fault);
                 },
                 [&](const fault::Delay& delay) {
                   if (act.fault == kNoFault && conditions(device) == nullptr) {
                     return give_common(device, delay);
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
                   change(kNoFault, [&](auto& of) { of.set_watch(act.fault, watch); });
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

std::shared_ptr<fault::Conditions>& Network::conditions_place(DeviceId device) {
  if (device.index() >= conditions_.size()) conditions_.resize(device.index() + 1);
  auto& place = conditions_[device.index()];
  if (!place) {
    place = std::make_shared<fault::Conditions>();
  } else if (place.use_count() > 1) {
    place = std::make_shared<fault::Conditions>(*place);
  }
  return place;
}

void Network::give_common(DeviceId device, const fault::Delay& delay) {
  fault::Conditions wanted;
  wanted.set_delay(kNoFault, delay);
  if (wanted.empty()) return;
  const fault::Conditions::Delayed& one = wanted.delays.front();
  const auto is_it = [&one](const auto& common) {
    const fault::Conditions::Delayed& other = common->delays.front();
    return other.flow == one.flow && other.delay == one.delay && other.jitter == one.jitter &&
           other.loss == one.loss && other.rto == one.rto;
  };
  auto found = std::find_if(common_.begin(), common_.end(), is_it);
  if (found == common_.end()) {
    common_.push_back(std::make_shared<fault::Conditions>(wanted));
    found = common_.end() - 1;
  }
  if (device.index() >= conditions_.size()) conditions_.resize(device.index() + 1);
  conditions_[device.index()] = *found;
  for (Link* link : links_of(device)) link->follow_conditions(kNoFault);
}

template <typename Change>
void Network::change_conditions(DeviceId device, FaultId fault, Change change) {
  auto& place = conditions_place(device);
  change(*place);
  if (place->empty()) place.reset();
  for (Link* link : links_of(device)) link->follow_conditions(fault);
}

// Nothing changes for links whose end is not on its way, but a delay that is over lets go of it.
void Network::delay_fin(const fault::Act& act, const fault::DelayFin& late) {
  auto& place = conditions_place(act.device);
  place->set_late_fin(act.fault, late);
  if (place->empty()) place.reset();
  if (late.delay > Duration{}) return;
  for (Link* link : links_of(act.device)) link->release_ends();
}

// Without an order, an end that waited for a CONNECT waits no longer.
void Network::set_order(const fault::Act& act, const fault::OrderTakeover& order) {
  auto& place = conditions_place(act.device);
  place->set_order(act.fault, order);
  if (place->empty()) place.reset();
  if (order.gap) return;
  for (Link* link : links_of(act.device)) link->release_ends();
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

void Network::close_all() {
  std::vector<Link*> links;
  for (const auto& newest : newest_) {
    for (Link* link = newest.get(); link != nullptr; link = link->older()) links.push_back(link);
  }
  std::sort(links.begin(), links.end(),
            [](const Link* a, const Link* b) { return a->connection() < b->connection(); });
  for (Link* link : links) link->close_for_good();
  std::vector<Twin*> twins;
  for (const auto& [id, twin] : twins_) twins.push_back(twin.get());
  for (Twin* twin : twins) twin->leave();
}

void Network::tell(NewsKind kind, DeviceId device, FaultId fault) {
  news_.push_back({kind, device, fault});
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
}

}  // namespace probate::virtual_time
