// How a connection begins and how it ends.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/broker/broker.hpp"
#include "core/broker/broker_parts.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {
namespace {

using mqtt::PropertyId;
using mqtt::Version;

// CONNACK's return codes in 3.x.
constexpr std::uint8_t kIdRejected = 0x02;
constexpr std::uint8_t kNotAuthorizedV3 = 0x05;
// DISCONNECT's "with Will Message".
constexpr std::uint8_t kWithWill = 0x04;

void add(mqtt::Properties& properties, PropertyId id, mqtt::Property::Value value) {
  mqtt::Property& property = properties.emplace_back();
  property.id = id;
  property.value = std::move(value);
}

// 0 is no limit, apart from that of 16 bits of packet ids.
std::uint16_t inflight_of(const mqtt::Connect& connect, std::uint32_t limit) {
  constexpr std::uint32_t kIds = 0xffff;
  limit = limit == 0 ? kIds : std::min(limit, kIds);
  // [MQTT5-3.3.4-9]
  const auto wanted = mqtt::find_integer(connect.properties, PropertyId::receive_maximum);
  return static_cast<std::uint16_t>(std::min(limit, wanted.value_or(limit)));
}

}  // namespace

std::uint8_t Broker::refusal(const mqtt::Connect& connect) const {
  // [MQTT-3.1.3-8] 3.1 wants an id, 3.1.1 wants one for a session that is kept.
  const bool needs_id = connect.version == Version::v3_1 ||
                        (connect.version == Version::v3_1_1 && !connect.clean_start);
  if (connect.client_id.empty() && needs_id) return kIdRejected;
  const bool is_v5 = connect.version == Version::v5;
  if (!may_connect(connect)) return is_v5 ? kNotAuthorized : kNotAuthorizedV3;
  const bool needs_keep_alive = !is_v5 && config_.profile.mechanics.v3_needs_keep_alive;
  return needs_keep_alive && connect.keep_alive == 0 ? kIdRejected : 0;
}

bool Broker::may_connect(const mqtt::Connect& connect) const {
  const Profile& profile = config_.profile;
  if (connect.will && profile.will_acl == WillAcl::at_connect &&
      !may_publish(connect.will->topic)) {
    return false;
  }
  if (config_.users.empty()) return true;
  const auto user = config_.users.find(connect.username.value_or(""));
  return user != config_.users.end() && user->second == connect.password.value_or("");
}

std::uint16_t Broker::keep_alive_of(const mqtt::Connect& connect) const {
  // [MQTT5-3.1.2-21] Only 5.0 has a word for it.
  const auto imposed = static_cast<std::uint16_t>(config_.profile.mechanics.server_keep_alive / 1s);
  const bool is_too_much = connect.keep_alive == 0 || connect.keep_alive > imposed;
  const bool imposes = connect.version == Version::v5 && imposed > 0 && is_too_much;
  return imposes ? imposed : connect.keep_alive;
}

void Broker::on_connect(Instant now, ConnectionId connection, const mqtt::Connect& connect,
                        Actions& out) {
  // [MQTT-4.7.3-1] [MQTT-4.7.1-1] A will on no topic, or on a filter.
  if (connect.will && !mqtt::is_topic_name(connect.will->topic)) return close(connection, out);
  mqtt::Connack connack;
  // [MQTT-3.1.4-5] [MQTT5-3.1.4-6] Nothing of a refused CONNECT counts: it takes no session over.
  connack.reason = refusal(connect);
  if (connack.reason != 0) {
    send(connection, std::move(connack), out);
    return close(connection, out);
  }
  std::string assigned;
  std::string_view client_id = connect.client_id;
  if (client_id.empty()) {
    // [MQTT-3.1.3-6] [MQTT5-3.1.3-6] [MQTT5-3.2.2-16] A new id, which 5.0 tells the client.
    assigned = fmt::format("auto-{}", ++assigned_ids_);
    client_id = assigned;
    if (connect.version == Version::v5) {
      add(connack.properties, PropertyId::assigned_client_identifier, assigned);
    }
  }
  const std::uint16_t keep_alive = keep_alive_of(connect);
  if (keep_alive != connect.keep_alive) {
    add(connack.properties, PropertyId::server_keep_alive, std::uint32_t{keep_alive});
  }
  Slot slot = slot_of(client_id);
  Actions taken;
  if (slot == kNone) {
    slot = sessions_.take();
    by_client_id_.insert(hash_of(client_id), slot);
  } else {
    // [MQTT-3.2.2-2] [MQTT5-3.2.2-3] 3.1 has no such flag.
    connack.session_present =
        take_over(slot, connect, now, taken) && connect.version != Version::v3_1;
  }
  register_connection(slot, now, connection, connect, client_id);
  if (config_.profile.will_before_connack) append(taken, out);
  send(connection, std::move(connack), out);
  append(taken, out);
  resend(slot, out);
}

// True if its session goes on with the new connection.
bool Broker::take_over(Slot slot, const mqtt::Connect& connect, Instant now, Actions& out) {
  Session& old = sessions_[slot];
  const ConnectionId connection = old.online() ? old.connection : kNoConnection;
  const bool goes_on = !connect.clean_start && !old.ends_with_connection();
  const bool was_pending = old.will_due() != kNever;
  const bool publishes = takeover_publishes(old, connect);
  const bool behind_will = old.has_will && publishes;
  if (old.online()) detach(slot);
  if (old.has_will) {
    if (publishes) {
      publish_will(slot, out);
    } else {
      clear_will(slot, WillFate::cancelled, out);
    }
    if (was_pending) delayed_.note_void(ticks_.next_look(now), is_live());
  }
  if (connection != kNoConnection) {
    // [MQTT-3.1.4-2] [MQTT5-3.1.4-3]
    if (old.version == Version::v5 && config_.profile.takeover.tells_old_client) {
      send(connection, mqtt::Disconnect{kSessionTakenOver, {}}, out);
    }
    out.emplace_back(std::in_place_type<Close>, Close{connection, behind_will});
  }
  // [MQTT-3.1.2-6] [MQTT5-3.1.2-4]
  if (!goes_on) drop_state(slot);
  return goes_on;
}

void Broker::register_connection(Slot slot, Instant now, ConnectionId connection,
                                 const mqtt::Connect& connect, std::string_view client_id) {
  Session& session = sessions_[slot];
  CHECK(!session.online());
  session.connection = connection;
  session.is_online = true;
  session.connected_at = now;
  session.last_packet_at = now;
  if (session.seldom) {
    session.seldom->will_due = kNever;
    session.seldom->expires_at = kNever;
    session.seldom->will_properties.clear();
  }
  session.version = connect.version;
  session.clean = connect.clean_start;
  session.keep_alive = keep_alive_of(connect);
  session.inflight_max = inflight_of(connect, inflight_max_);
  session.expiry =
      mqtt::find_integer(connect.properties, PropertyId::session_expiry_interval).value_or(0);
  session.has_will = connect.will.has_value();
  session.delay = 0;
  session.set_texts(texts_, client_id, connect.will ? std::string_view{connect.will->topic} : "",
                    connect.will ? std::string_view{connect.will->payload} : "");
  if (connect.will) {
    const mqtt::Properties& properties = connect.will->properties;
    session.delay = delay_in(connect);
    session.will_qos = connect.will->qos;
    session.will_retain = connect.will->retain;
    if (!properties.empty()) session.need_seldom().will_properties = properties;
  }
  by_connection_.insert(connection, slot);
  ++connections_;
  set_alarm(slot);
}

void Broker::on_disconnect(Slot slot, const mqtt::Disconnect& disconnect, Instant now,
                           Actions& out) {
  Session& session = sessions_[slot];
  const auto expiry =
      mqtt::find_integer(disconnect.properties, PropertyId::session_expiry_interval);
  if (expiry && session.version == Version::v5) {
    // [MQTT5] §3.14.2.2.2 What ended with the connection cannot be prolonged.
    if (session.expiry == 0 && *expiry > 0) {
      return reject(slot, End::protocol_error, kProtocolError, now, out);
    }
    session.expiry = *expiry;
  }
  // [MQTT-3.14.4-3] [MQTT5-3.14.4-3] Of 5.0's reasons only 0x00 deletes the will.
  const Profile& profile = config_.profile;
  const bool deletes = session.version != Version::v5 || disconnect.reason == 0 ||
                       (disconnect.reason == kWithWill && profile.will_reason_deletes_will) ||
                       (disconnect.reason >= kFirstError && profile.error_reason_deletes_will);
  const ConnectionId connection = session.connection;
  end_connection(slot, deletes ? End::graceful : End::network, now, out);
  close(connection, out);
}

void Broker::reject(Slot slot, End end, std::uint8_t reason, Instant now, Actions& out) {
  const Session& session = sessions_[slot];
  const ConnectionId connection = session.connection;
  // [MQTT5-4.13.1-1] [MQTT-4.8.0-1]
  if (session.version == Version::v5 && config_.profile.mechanics.error_says_why) {
    send(connection, mqtt::Disconnect{reason, {}}, out);
  }
  end_connection(slot, end, now, out);
  close(connection, out);
}

void Broker::end_connection(Slot slot, End end, Instant now, Actions& out) {
  detach(slot);
  settle_will(slot, end, now, out);
  after_connection(slot, now);
}

void Broker::detach(Slot slot) {
  Session& session = sessions_[slot];
  CHECK(session.online());
  by_connection_.erase(session.connection, slot);
  session.is_online = false;
  session.skipping = false;
  --connections_;
}

// What remains of the session of a connection that has ended.
void Broker::after_connection(Slot slot, Instant now) {
  Session& session = sessions_[slot];
  if (session.ends_with_connection()) return forget_unless_owing(slot);
  if (session.seldom && session.seldom->traffic.idle()) session.seldom->traffic = Traffic{};
  if (session.version != Version::v5 || session.expiry == kExpiryNever) return;
  Seldom& seldom = session.need_seldom();
  seldom.expires_at = ticks_.expiry(now, std::chrono::seconds{session.expiry});
  expiries_.push({seldom.expires_at, order_of(session.connection), slot});
}

// A session that is over, but whose will still waits, is kept for that alone.
void Broker::forget_unless_owing(Slot slot) {
  if (!sessions_[slot].has_will) return forget(slot);
  drop_state(slot);
}

void Broker::forget(Slot slot) {
  drop_state(slot);
  Session& session = sessions_[slot];
  by_client_id_.erase(hash_of(session.client_id.view()), slot);
  session.clear_texts(texts_);
  sessions_.give_back(slot);
}

void Broker::drop_state(Slot slot) {
  Session& session = sessions_[slot];
  session.filters.for_each(texts_, session.client_id.view(), [this, slot](const Filter& filter) {
    subscriptions_.remove(filter.text, slot);
  });
  session.filters.clear(texts_);
  if (session.seldom) session.seldom->traffic = Traffic{};
}

}  // namespace probate::broker
