#include "sim/virtual/broker_host.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace probate::virtual_time {
namespace {

// When Linux sends an unanswered SYN again, after the first one; it gives up after 127 s.
constexpr std::array<Duration, 6> kSynAgainAfter{1s, 2s, 4s, 8s, 16s, 32s};
constexpr Duration kLastSynWaits = 64s;

}  // namespace

struct BrokerConnection::Dialing {
  Dialing(BrokerConnection& connection, Instant patience_ends)
      : timer{connection.host_.loop(), connection}, gives_up_at{patience_ends} {}

  MemberTimer<BrokerConnection, &BrokerConnection::dial> timer;
  Instant gives_up_at;
  std::uint32_t syns = 0;     // sent in vain
  std::uint64_t born_in = 0;  // which life of the broker accepted it
};

BrokerConnection::~BrokerConnection() = default;

BrokerConnection::BrokerConnection(BrokerHost& host, BrokerUser& user, ConnectionId id,
                                   DeviceId device, std::uint32_t place)
    : host_{host}, user_{&user}, id_{id}, device_{device}, place_{place} {}

void BrokerConnection::begin_dial(Duration patience) {
  const Instant now = host_.loop().now();
  dialing_ = std::make_unique<Dialing>(*this, saturating_add(now, patience));
  dialing_->timer.arm(now + host_.config_.hop);
}

// Observers' own ids are far above all others and stay so.
ConnectionId BrokerConnection::model_id(std::uint32_t place, ConnectionId id) {
  constexpr std::uint32_t kObservers = 0xc0000000;
  const auto low = static_cast<std::uint32_t>(id.value);
  const std::uint32_t order = id.value > low ? kObservers + low : low;
  return ConnectionId{((std::uint64_t{place} + 1) << 32) | order};
}

// A SYN arrives; from the second call on also the end of the patience.
void BrokerConnection::dial(Instant now) {
  Dialing& dialing = *dialing_;
  const bool was_accepted_by_the_dead =
      accepted_at_ != Instant{} && host_.deaths_ != dialing.born_in;
  if (was_accepted_by_the_dead || !host_.broker_.running()) {
    // RST: nobody listens.
    BrokerUser* user = std::exchange(user_, nullptr);
    host_.over(*this, "");
    return user->broker_unreachable(now);
  }
  if (accepted_at_ != Instant{}) {  // its answer is back
    state_ = State::open;
    dialing_.reset();
    return user_->broker_opened(now);
  }
  if (now >= dialing.gives_up_at) {
    BrokerUser* user = std::exchange(user_, nullptr);
    host_.over(*this, "");
    return user->broker_unreachable(now);
  }
  const Instant accepted_at = host_.admit(now);
  if (accepted_at != kNever) {
    accepted_at_ = accepted_at;
    dialing.born_in = host_.deaths_;
    return dialing.timer.arm(now + host_.config_.hop);
  }
  const std::uint32_t syns = dialing.syns++;
  const Duration wait = syns < kSynAgainAfter.size() ? kSynAgainAfter[syns] : kLastSynWaits;
  if (syns == kSynAgainAfter.size()) {
    dialing.gives_up_at = std::min(dialing.gives_up_at, now + wait);
  }
  dialing.timer.arm(std::min(now + wait, dialing.gives_up_at));
}

template <typename Sent>
void BrokerConnection::push_sent(Sent&& sent) {
  if (state_ != State::open) return;
  const Instant arrives = host_.loop().now() + host_.config_.hop;
  to_broker_.push(host_.flows(), *this, std::max(arrives, accepted_at_), std::forward<Sent>(sent));
}

void BrokerConnection::push(mqtt::Packet&& packet) { push_sent(std::move(packet)); }
void BrokerConnection::push(journal::CloseHow how) { push_sent(how); }

void BrokerConnection::reset() {
  user_ = nullptr;
  // Of one that it has not accepted yet a broker gets no more than the end.
  if (host_.loop().now() + host_.config_.hop < accepted_at_) to_broker_.clear();
  push(journal::CloseHow::rst);
}

void BrokerConnection::release() {
  user_ = nullptr;
  push(journal::CloseHow::fin);
}

void BrokerConnection::skip_traffic() { host_.broker_.skip_traffic(model_id()); }

void BrokerConnection::note_traffic(Instant sent) {
  const Instant now = host_.loop().now();
  host_.broker_.note_traffic(now, model_id(), std::min(now, sent + host_.config_.hop));
  host_.arm();
}

void BrokerConnection::forget() {
  user_ = nullptr;
  if (dialing_) dialing_->timer.cancel();
  // The broker has accepted somebody who is gone already: it reads an end and never a CONNECT.
  host_.over(*this, "");
}

bool BrokerConnection::is_idle() const {
  return state_ == State::open && user_ != nullptr && to_broker_.is_idle() &&
         accepted_at_ <= host_.loop().now() && device_ != kNoDevice;
}

void BrokerConnection::prefetch(Fetch what) const { host_.broker_.prefetch(model_id(), what); }

void BrokerConnection::arrived(Instant now, Parcel& parcel) { host_.deliver(now, *this, parcel); }

BrokerHost::BrokerHost(Loop& loop, BrokerHostConfig config)
    : loop_{loop},
      config_{std::move(config)},
      accept_cost_{from_seconds(1 / config_.capacity.connects_per_second)},
      broker_{config_.broker},
      flows_{loop},
      later_timer_{loop, *this},
      timer_{loop, *this} {}

BrokerHost::~BrokerHost() = default;

BrokerConnection& BrokerHost::dial(BrokerUser& user, ConnectionId id, DeviceId device,
                                   Duration patience) {
  auto place = static_cast<std::uint32_t>(places_.size());
  if (free_places_.empty()) {
    places_.emplace_back();
    parked_.emplace_back(kNoDevice);
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  places_[place] = std::make_unique<BrokerConnection>(*this, user, id, device, place);
  places_[place]->begin_dial(patience);
  return *places_[place];
}

void BrokerHost::park(BrokerConnection& connection) {
  const std::uint32_t place = connection.place_;
  parked_[place] = connection.device_;
  places_[place].reset();
}

BrokerConnection& BrokerHost::unpark(std::uint32_t place, BrokerUser& user, ConnectionId id,
                                     DeviceId device) {
  CHECK(parked_[place] == device);
  parked_[place] = kNoDevice;
  if (places_[place]) {  // something is under way on it
    places_[place]->user_ = &user;
    return *places_[place];
  }
  places_[place] = std::make_unique<BrokerConnection>(*this, user, id, device, place);
  places_[place]->stand();
  return *places_[place];
}

void BrokerHost::send_parked(std::uint32_t place, ConnectionId id, mqtt::Packet&& packet) {
  auto& connection = places_[place];
  if (!connection && !spare_.empty()) {
    connection = std::move(spare_.back());
    spare_.pop_back();
    connection->become(nobody_, id, parked_[place], place);
  } else if (!connection) {
    connection = std::make_unique<BrokerConnection>(*this, nobody_, id, parked_[place], place);
    connection->stand();
  }
  connection->send(std::move(packet));
}

BrokerConnection* BrokerHost::find(ConnectionId model_id) {
  const std::size_t place = (model_id.value >> 32) - 1;
  if (place >= places_.size()) return nullptr;
  if (parked_[place] != kNoDevice) wake_(parked_[place]);
  if (!places_[place]) return nullptr;
  return places_[place]->model_id() == model_id ? places_[place].get() : nullptr;
}

Instant BrokerHost::admit(Instant now) {
  while (!waiting_.empty() && waiting_.front() <= now) waiting_.pop_front();
  if (waiting_.size() >= config_.capacity.backlog) {
    ++syns_dropped_;
    return kNever;
  }
  const Instant free_at = waiting_.empty() ? now : waiting_.back();
  waiting_.push_back(free_at + accept_cost_);
  return waiting_.back();
}

void BrokerHost::deliver(Instant now, BrokerConnection& connection, Parcel& parcel) {
  if (connection.state_ != BrokerConnection::State::open) return;
  if (auto* packet = std::get_if<mqtt::Packet>(&parcel)) {
    const auto* connect = std::get_if<mqtt::Connect>(packet);
    if (config_.tells_events && connect != nullptr) {
      told_[connection.place_].client_id = connect->client_id;
    }
    broker_.handle_packet(now, connection.model_id(), std::move(*packet), actions_);
    perform(now);
    if (connection.user_ == &nobody_) {
      read_parked_.push_back(connection.place_);
    } else if (connection.user_ != nullptr) {
      connection.user_->broker_read();
    }
    return;
  }
  BrokerUser* user = std::exchange(connection.user_, nullptr);
  over(connection, "the client closed");
  broker_.handle_closed(now, connection.model_id(), actions_);
  perform(now);
  if (user != nullptr) user->broker_closed(now, journal::CloseHow::fin);
}

// Order and time as the broker sees them: nothing is late and nothing overtakes.
void BrokerHost::tell(BrokerConnection& connection, journal::BrokerEventKind kind,
                      const char* why) {
  if (!config_.tells_events || killed_ || connection.device_ == kNoDevice) return;
  const bool connected = kind == journal::BrokerEventKind::connected;
  const auto found = told_.find(connection.place_);
  if (found == told_.end()) return;
  Told& told = found->second;
  if (connected) told.as = ++events_told_;
  if (told.as == 0) return;
  loop_.write(journal::BrokerEvent{.kind = kind,
                                   .device = connection.device_,
                                   .client_id = told.client_id,
                                   .version = told.as,
                                   .sent_at = loop_.now(),
                                   .session = std::to_string(connection.id_.value),
                                   .reason = why});
}

void BrokerHost::over(BrokerConnection& connection, const char* why) {
  if (connection.state_ == BrokerConnection::State::over) return;
  tell(connection, journal::BrokerEventKind::disconnected, why);
  connection.state_ = BrokerConnection::State::over;
  connection.to_broker_.clear();
  over_.push_back(connection.place_);
}

struct BrokerHost::Performer {
  BrokerHost& self;
  Instant now;

  BrokerConnection* open(ConnectionId id) const {
    using State = BrokerConnection::State;
    BrokerConnection* found = self.find(id);
    const bool there =
        found != nullptr && (found->state_ == State::open || found->state_ == State::closing);
    return there && found->user_ != nullptr ? found : nullptr;
  }
  void operator()(broker::SendPacket& send) const {
    const auto* connack = std::get_if<mqtt::Connack>(&send.packet);
    BrokerConnection* told = connack != nullptr ? self.find(send.connection) : nullptr;
    if (told != nullptr && connack->reason == 0) {
      self.tell(*told, journal::BrokerEventKind::connected, "");
    }
    if (auto* to = open(send.connection)) to->user_->broker_sent(now, std::move(send.packet));
  }
  void operator()(broker::Deliver& delivery) const {
    auto* to = open(delivery.connection);
    if (to != nullptr) to->user_->broker_delivered(now, std::move(delivery));
  }
  void operator()(const broker::Close& close) const {
    BrokerConnection* closed = self.find(close.connection);
    if (closed == nullptr || closed->state_ == BrokerConnection::State::over) return;
    BrokerUser* user = std::exchange(closed->user_, nullptr);
    self.over(*closed, "the broker closed");
    if (user != nullptr) user->broker_closed(now, journal::CloseHow::fin);
  }
  // The judge has its own oracle and must not hear what the model thinks.
  void operator()(const broker::WillNote&) const {}
  void operator()(const broker::DropNote&) const {}
};

// What users do meanwhile reaches the model later, by its pipes.
void BrokerHost::perform(Instant now) {
  for (broker::Action& action : actions_) {
    const auto* close = std::get_if<broker::Close>(&action);
    if (close != nullptr && close->behind_will) {
      busy_until_ = std::max(busy_until_, now) + config_.close_behind_will;
    }
    if (busy_until_ <= now && later_.empty()) {
      std::visit(Performer{*this, now}, action);
      continue;
    }
    BrokerConnection* closing = close == nullptr ? nullptr : find(close->connection);
    if (closing != nullptr && closing->state_ == BrokerConnection::State::open) {
      closing->state_ = BrokerConnection::State::closing;
    }
    later_.push_back({busy_until_, std::move(action)});
    if (!later_timer_.armed()) later_timer_.arm(busy_until_);
  }
  actions_.clear();
  arm();
}

void BrokerHost::later_due(Instant now) {
  while (!later_.empty() && later_.front().at <= now) {
    broker::Action action = std::move(later_.front().action);
    later_.pop_front();
    std::visit(Performer{*this, now}, action);
  }
  if (!later_.empty()) later_timer_.arm(later_.front().at);
}

void BrokerHost::stop(journal::BrokerEnd how) {
  const Instant now = loop_.now();
  ++deaths_;
  waiting_.clear();
  // What it was about to do, it has done.
  while (!later_.empty()) later_due(later_.front().at);
  later_timer_.cancel();
  busy_until_ = now;
  killed_ = how != journal::BrokerEnd::shutdown;
  if (killed_) {
    broker_.crash(now, actions_);
  } else {
    broker_.shutdown(now, actions_);
  }
  perform(now);
  // Those that the broker itself did not know yet; in the order in which they were opened.
  std::vector<BrokerConnection*> strangers;
  for (std::size_t place = 0; place < places_.size(); ++place) {
    auto& connection = places_[place];
    if (!connection) continue;
    const auto state = connection->state_;
    const bool stands =
        state == BrokerConnection::State::open || state == BrokerConnection::State::closing;
    if (stands) strangers.push_back(connection.get());
  }
  std::sort(strangers.begin(), strangers.end(),
            [](const auto* a, const auto* b) { return a->id_ < b->id_; });
  for (BrokerConnection* stranger : strangers) {
    BrokerConnection& closed = *stranger;
    BrokerUser* user = std::exchange(closed.user_, nullptr);
    over(closed, "the broker is gone");
    if (user != nullptr) user->broker_closed(now, journal::CloseHow::rst);
  }
}

void BrokerHost::restart() {
  const Instant now = loop_.now();
  killed_ = false;
  broker_.restart(now, actions_);
  perform(now);
}

void BrokerHost::model_due(Instant now) {
  broker_.handle_timeout(now, actions_);
  perform(now);
}

void BrokerHost::arm() {
  if (const auto due = broker_.next_timeout()) {
    timer_.arm(*due);
  } else {
    timer_.cancel();
  }
}

void BrokerHost::end_turn() {
  for (const std::uint32_t place : over_) {
    places_[place].reset();
    told_.erase(place);
    free_places_.push_back(place);
  }
  over_.clear();
  for (const std::uint32_t place : read_parked_) {
    auto& connection = places_[place];
    if (connection && connection->user_ == &nobody_ && connection->to_broker_.is_idle()) {
      if (spare_.size() < kSpareMax) spare_.push_back(std::move(connection));
      connection.reset();
    }
  }
  read_parked_.clear();
}

}  // namespace probate::virtual_time
