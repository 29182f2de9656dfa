#include "core/broker/broker.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "core/broker/broker_parts.hpp"

namespace probate::broker {

Broker::Broker(BrokerConfig config)
    : config_{std::move(config)},
      inflight_max_{config_.limits.inflight_max.value_or(config_.profile.observer_inflight_max)},
      queued_max_{config_.limits.queued_max.value_or(config_.profile.observer_queue_max)},
      ticks_{config_},
      delayed_{config_.profile.delay_head_of_line} {}

Broker::Slot Broker::slot_of(ConnectionId connection) const {
  return by_connection_.find(connection, [this, connection](Slot slot) {
    return sessions_[slot].connection == connection;
  });
}

Broker::Slot Broker::slot_of(std::string_view client_id) const {
  return by_client_id_.find(hash_of(client_id), [this, client_id](Slot slot) {
    return sessions_[slot].client_id.view() == client_id;
  });
}

void Broker::prefetch(ConnectionId connection, Fetch what) const {
  if (what == Fetch::places) return by_connection_.prefetch(connection);
  if (what == Fetch::rest) return;
  // Whether it is the right one would be read from what is to be fetched.
  const Slot slot = by_connection_.find(connection, [](Slot) { return true; });
  if (slot != kNone) prefetch_one(sessions_[slot]);
}

bool Broker::knows(ConnectionId connection) const { return slot_of(connection) != kNone; }

void Broker::handle_packet(Instant now, ConnectionId connection, mqtt::Packet&& packet,
                           Actions& out) {
  CHECK(running_);
  const Slot slot = slot_of(connection);
  if (slot == kNone) {
    if (const auto* connect = std::get_if<mqtt::Connect>(&packet)) {
      return on_connect(now, connection, *connect, out);
    }
    return close(connection, out);
  }
  sessions_[slot].last_packet_at = now;
  switch (mqtt::type_of(packet)) {
    case mqtt::PacketType::publish:
      return on_publish(slot, std::get<mqtt::Publish>(std::move(packet)), now, out);
    case mqtt::PacketType::pingreq:
      send(connection, mqtt::Pingresp{}, out);
      return;
    case mqtt::PacketType::puback:
      return on_puback(slot, std::get<mqtt::Puback>(packet).packet_id, out);
    case mqtt::PacketType::pubrec:
      return on_pubrec(slot, std::get<mqtt::Pubrec>(packet), out);
    case mqtt::PacketType::pubrel:
      return on_pubrel(slot, std::get<mqtt::Pubrel>(packet), out);
    case mqtt::PacketType::pubcomp:
      return on_puback(slot, std::get<mqtt::Pubcomp>(packet).packet_id, out);
    case mqtt::PacketType::subscribe:
      return on_subscribe(slot, std::get<mqtt::Subscribe>(packet), out);
    case mqtt::PacketType::unsubscribe:
      return on_unsubscribe(slot, std::get<mqtt::Unsubscribe>(packet), out);
    case mqtt::PacketType::disconnect:
      return on_disconnect(slot, std::get<mqtt::Disconnect>(packet), now, out);
    case mqtt::PacketType::connect:
      // [MQTT-3.1.0-2] [MQTT5-3.1.0-2] A second CONNECT.
      return reject(slot, End::second_connect, kProtocolError, now, out);
    case mqtt::PacketType::connack:
    case mqtt::PacketType::suback:
    case mqtt::PacketType::unsuback:
    case mqtt::PacketType::pingresp:
    case mqtt::PacketType::auth:  // No authentication method was agreed on.
      return reject(slot, End::protocol_error, kProtocolError, now, out);
  }
}

void Broker::handle_malformed(Instant now, ConnectionId connection, Actions& out) {
  CHECK(running_);
  const Slot slot = slot_of(connection);
  if (slot != kNone) return reject(slot, End::malformed, kMalformedPacket, now, out);
  close(connection, out);
}

void Broker::handle_bytes(Instant now, ConnectionId connection) {
  if (!config_.profile.keep_alive.counts_bytes) return;
  const Slot slot = slot_of(connection);
  if (slot != kNone) sessions_[slot].last_packet_at = now;
}

void Broker::handle_closed(Instant now, ConnectionId connection, Actions& out) {
  const Slot slot = slot_of(connection);
  if (slot != kNone) end_connection(slot, End::network, now, out);
}

// ---- time

std::optional<Instant> Broker::next_timeout() const {
  if (!running_) return std::nullopt;
  std::optional<Instant> earliest;
  for (const auto& next : {keep_alives_.next(), delayed_.next(), expiries_.next()}) {
    if (next && (!earliest || *next < *earliest)) earliest = next;
  }
  return earliest;
}

void Broker::handle_timeout(Instant now, Actions& out) {
  if (!running_) return;
  while (const auto due = next_timeout()) {
    if (*due > now) return;
    // One instant after the other, so that a late call does as many punctual ones.
    while (const auto silent = keep_alives_.pop(*due)) {
      look_at_keep_alive(silent->slot, silent->due, now, out);
    }
    while (const auto will = delayed_.pop(*due, is_live())) serve_will(will->slot, out);
    while (const auto expired = expiries_.pop(*due))
      look_at_expiry(expired->slot, expired->due, out);
  }
}

Instant Broker::keep_alive_deadline(const Session& session) const {
  return ticks_.keep_alive(session.connected_at, session.last_packet_at,
                           std::chrono::seconds{session.keep_alive});
}

void Broker::set_alarm(Slot slot) {
  Session& session = sessions_[slot];
  if (session.skipping) return;
  const Instant deadline = keep_alive_deadline(session);
  // Never more than one alarm that counts: an early one looks again.
  if (deadline == kNever || session.alarm <= deadline) return;
  session.alarm = deadline;
  keep_alives_.push({deadline, order_of(session.connection), slot});
}

void Broker::look_at_keep_alive(Slot slot, Instant due, Instant now, Actions& out) {
  // Most of those who come next have not been looked at for long.
  constexpr std::size_t kAhead = 3;
  if (const Deadline* next = keep_alives_.ahead(kAhead)) prefetch_one(sessions_[next->slot]);
  Session& session = sessions_[slot];
  if (session.alarm != due) return;
  session.alarm = kNever;
  if (!session.online() || session.skipping) return;
  // [MQTT-3.1.2-24] [MQTT5-3.1.2-22] One and a half intervals since the last packet, as the profile
  // counts them.
  if (keep_alive_deadline(session) > now) return set_alarm(slot);
  if (put_off(slot, now)) return;
  const ConnectionId connection = session.connection;
  end_connection(slot, End::keep_alive, now, out);
  close(connection, out);
}

bool Broker::put_off(Slot slot, Instant now) {
  const KeepAliveWindow& window = config_.profile.keep_alive;
  if (window.batch_max == 0) return false;
  if (now >= batch_ends_) {
    batch_ends_ = now + window.batch_interval;
    batch_left_ = window.batch_max;
  }
  if (batch_left_ > 0) {
    --batch_left_;
    return false;
  }
  Session& session = sessions_[slot];
  session.alarm = batch_ends_;
  keep_alives_.push({batch_ends_, order_of(session.connection), slot});
  return true;
}

void Broker::look_at_expiry(Slot slot, Instant due, Actions& out) {
  Session& session = sessions_[slot];
  if (!session.used || session.online() || session.expires_at() != due) return;
  // [MQTT5-3.1.3-9] The delay ends with the session.
  if (session.has_will) publish_will(slot, out);
  forget(slot);
}

void Broker::skip_traffic(ConnectionId connection) {
  const Slot slot = slot_of(connection);
  if (slot != kNone) sessions_[slot].skipping = true;
}

void Broker::note_traffic(Instant now, ConnectionId connection, Instant last_packet_at) {
  CHECK(last_packet_at <= now);
  const Slot slot = slot_of(connection);
  if (slot == kNone) return;
  Session& session = sessions_[slot];
  session.skipping = false;
  session.last_packet_at = std::max(session.last_packet_at, last_packet_at);
  set_alarm(slot);
}

// ---- the broker's own end

std::vector<Broker::Slot> Broker::connected_slots() const {
  std::vector<Slot> slots;
  for (Slot slot = 0; slot < sessions_.end(); ++slot) {
    if (sessions_[slot].online()) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(), [this](Slot a, Slot b) {
    return order_of(sessions_[a].connection) < order_of(sessions_[b].connection);
  });
  return slots;
}

void Broker::shutdown(Instant now, Actions& out) {
  CHECK(running_);
  std::vector<ConnectionId> open;
  const std::vector<Slot> slots = connected_slots();
  // All connections stand until everything is out, so that observers get it.
  for (const Slot slot : slots) {
    open.push_back(sessions_[slot].connection);
    if (sessions_[slot].has_will) leave_will(slot, now, out);
  }
  if (config_.profile.shutdown == ShutdownRule::publishes_all_at_once) {
    while (const auto will = delayed_.pop(kNever, is_live())) serve_will(will->slot, out);
  }
  for (const Slot slot : slots) {
    detach(slot);
    after_connection(slot, now);
  }
  for (const ConnectionId connection : open) close(connection, out);
  if (config_.profile.shutdown == ShutdownRule::loses) lose_wills(out);
  go_down(config_.persistence);
}

// The will of a connection that ends because the broker stops.
void Broker::leave_will(Slot slot, Instant now, Actions& out) {
  switch (config_.profile.shutdown) {
    case ShutdownRule::publishes:
    case ShutdownRule::publishes_all_at_once:
      return settle_will(slot, End::network, now, out);
    case ShutdownRule::defers:
      return delay_will(slot, now, out);
    case ShutdownRule::loses:
      return clear_will(slot, WillFate::lost, out);
  }
}

// Those that wait for their delay.
void Broker::lose_wills(Actions& out) {
  for (Slot slot = 0; slot < sessions_.end(); ++slot) {
    if (!sessions_[slot].has_will) continue;
    clear_will(slot, WillFate::lost, out);
    if (sessions_[slot].ends_with_connection()) forget(slot);
  }
}

void Broker::crash(Instant now, Actions& out) {
  CHECK(running_);
  const bool loses = config_.profile.crash_loses_wills;
  for (const Slot slot : connected_slots()) {
    const ConnectionId connection = sessions_[slot].connection;
    detach(slot);
    if (sessions_[slot].has_will) {
      if (loses) {
        clear_will(slot, WillFate::lost, out);
      } else {
        delay_will(slot, now, out);
      }
    }
    after_connection(slot, now);
    close(connection, out);
  }
  if (loses && !config_.profile.crash_keeps_delayed_wills) lose_wills(out);
  // Who loses wills does not store as it goes, and loses the rest as well.
  go_down(config_.persistence && !loses);
}

// Ensures: !running_. What is left is everything, if it was stored, else the wills still owed.
void Broker::go_down(bool stored) {
  running_ = false;
  if (stored) return;
  retained_.clear();
  for (Slot slot = 0; slot < sessions_.end(); ++slot) {
    if (!sessions_[slot].used) continue;
    if (sessions_[slot].has_will) {
      drop_state(slot);
      sessions_[slot].clean = true;
      sessions_[slot].expiry = 0;
      if (sessions_[slot].seldom) sessions_[slot].seldom->expires_at = kNever;
    } else {
      forget(slot);
    }
  }
}

void Broker::restart(Instant now, Actions& out) {
  CHECK(!running_);
  running_ = true;
  handle_timeout(now, out);
}

}  // namespace probate::broker
