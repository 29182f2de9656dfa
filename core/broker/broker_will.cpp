// When the broker model publishes a will, and when it does not.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/broker/broker.hpp"
#include "core/broker/broker_parts.hpp"

namespace probate::broker {

std::uint32_t delay_in(const mqtt::Connect& connect) {
  if (!connect.will) return 0;
  return mqtt::find_integer(connect.will->properties, mqtt::PropertyId::will_delay_interval)
      .value_or(0);
}

void Broker::settle_will(Slot slot, End end, Instant now, Actions& out) {
  const Session& session = sessions_[slot];
  if (!session.has_will) return;
  // [MQTT-3.1.2-10] [MQTT5-3.1.2-10]
  if (end == End::graceful) return clear_will(slot, WillFate::deleted, out);
  if (end == End::second_connect && config_.profile.second_connect_deletes_will) {
    return clear_will(slot, WillFate::dropped, out);
  }
  if (end == End::malformed && config_.profile.malformed_deletes_will) {
    return clear_will(slot, WillFate::dropped, out);
  }
  // [MQTT-3.1.2-8] [MQTT5-3.1.2-8]
  if (delay_of(session) > Duration{}) return delay_will(slot, now, out);
  publish_will(slot, out);
}

Duration Broker::delay_of(const Session& session) const {
  if (session.version != mqtt::Version::v5) return {};
  // [MQTT5-3.1.3-9] The delay, or the session's end if that is first: the expiry timer sees to it,
  // but for a session that has ended already.
  const bool waits = session.expiry > 0 || config_.profile.delay_ignores_zero_expiry;
  return waits ? std::chrono::seconds{session.delay} : Duration{};
}

void Broker::delay_will(Slot slot, Instant now, Actions& out) {
  Session& session = sessions_[slot];
  const Instant from = config_.profile.delay_from_connect ? session.connected_at : now;
  Seldom& seldom = session.need_seldom();
  seldom.will_due = std::max(now, ticks_.delay(from, delay_of(session)));
  delayed_.add(session.delay, {seldom.will_due, order_of(session.connection), slot});
  ++wills_pending_;
  note(session.connection, WillFate::delayed, out);
}

DelayedWills::IsLive Broker::is_live() const {
  return [this](const Deadline& will) {
    const Session& session = sessions_[will.slot];
    return session.has_will && session.will_due() == will.due;
  };
}

// The delay is over, or the broker stops.
void Broker::serve_will(Slot slot, Actions& out) {
  publish_will(slot, out);
  const Session& session = sessions_[slot];
  if (!session.online() && session.ends_with_connection()) forget(slot);
}

// Whether a new connection brings out the will of the session that it takes over, be that online or
// waiting for its delay.
bool Broker::takeover_publishes(const Session& old, const mqtt::Connect& connect) const {
  const bool new_clean = connect.clean_start;
  const TakeoverRule& rule = config_.profile.takeover;
  const bool is_v5 = old.version == mqtt::Version::v5;
  if (is_v5 && old.delay > 0) {
    // [MQTT5-3.1.3-9] Never if the session goes on.
    return rule.reading == Reading::b && (new_clean || old.ends_with_connection());
  }
  if (rule.new_delay_holds_it && !new_clean && delay_in(connect) > 0) return false;
  if (is_v5 && old.ends_with_connection()) return rule.v5_expired_to_any;
  if (is_v5) return new_clean ? rule.kept_to_clean : rule.v5_kept_to_kept;
  if (old.clean) return new_clean ? rule.clean_to_clean : rule.clean_to_kept;
  return new_clean ? rule.kept_to_clean : rule.kept_to_kept;
}

void Broker::publish_will(Slot slot, Actions& out) {
  const Session& session = sessions_[slot];
  mqtt::Publish will;
  will.topic = session.will_topic(texts_);
  if (!may_publish(will.topic)) return clear_will(slot, WillFate::dropped, out);
  will.payload = session.will_payload(texts_);
  will.qos = session.will_qos;
  will.retain = session.will_retain;
  if (session.seldom != nullptr) {
    will.properties = session.seldom->will_properties;
    std::erase_if(will.properties, [](const mqtt::Property& property) {
      return property.id == mqtt::PropertyId::will_delay_interval;
    });
  }
  // [MQTT-3.1.2-10] Removed first: whatever comes of it, it is published once.
  clear_will(slot, WillFate::published, out);
  route(std::move(will), kNone, out);
}

void Broker::clear_will(Slot slot, WillFate fate, Actions& out) {
  Session& session = sessions_[slot];
  session.has_will = false;
  if (session.seldom != nullptr) {
    session.seldom->will_properties.clear();
    if (std::exchange(session.seldom->will_due, kNever) != kNever) --wills_pending_;
  }
  note(session.connection, fate, out);
}

}  // namespace probate::broker
