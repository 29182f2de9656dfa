// Messages into the broker model, and out to whom they concern.
#include <algorithm>
#include <utility>

#include "core/broker/broker.hpp"
#include "core/broker/broker_parts.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {
namespace {

using mqtt::QoS;
using mqtt::Version;

Traffic& traffic_of(Session& session) { return session.need_seldom().traffic; }

// Of two filters that match one topic: words before `+` before `#`, level by level.
bool is_more_specific(std::string_view a, std::string_view b) {
  const auto rank = [](std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    return text[at] == '#' ? 3 : text[at] == '+' ? 2 : 1;
  };
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  return rank(a, at) < rank(b, at);
}

// 0x87 for a client that can be told so.
std::uint8_t answer_to(const Session& session, bool allowed) {
  return allowed || session.version != Version::v5 ? std::uint8_t{0} : kNotAuthorized;
}

}  // namespace

// ---- in

bool Broker::may_publish(std::string_view topic) const {
  if (config_.profile.mechanics.keeps_sys && topic.starts_with("$SYS")) return false;
  return std::none_of(config_.denied.begin(), config_.denied.end(),
                      [topic](const std::string& filter) { return mqtt::matches(filter, topic); });
}

void Broker::on_publish(Slot slot, mqtt::Publish&& publish, Instant now, Actions& out) {
  Session& session = sessions_[slot];
  // CONNACK offered no topic alias.
  if (mqtt::find_integer(publish.properties, mqtt::PropertyId::topic_alias)) {
    return reject(slot, End::protocol_error, kTopicAliasInvalid, now, out);
  }
  // [MQTT-3.3.2-2] [MQTT5-3.3.2-2]
  if (publish.topic.empty() || mqtt::find_wildcard(publish.topic)) {
    return reject(slot, End::protocol_error, kProtocolError, now, out);
  }
  const bool allowed = may_publish(publish.topic);
  const ConnectionId connection = session.connection;
  const std::uint16_t packet_id = publish.packet_id;
  if (publish.qos == QoS::at_most_once) {
    if (allowed) route(std::move(publish), slot, out);
    return;
  }
  if (publish.qos == QoS::at_least_once) {
    if (allowed) route(std::move(publish), slot, out);
    return send(connection, mqtt::Puback{packet_id, answer_to(session, allowed), {}}, out);
  }
  if (allowed) {
    // [MQTT-4.3.3-2] [MQTT5-4.3.3-10] Once for one packet id; it goes on its way at PUBREL.
    std::vector<mqtt::Publish>& received = traffic_of(session).received;
    const bool known =
        std::any_of(received.begin(), received.end(),
                    [packet_id](const mqtt::Publish& held) { return held.packet_id == packet_id; });
    if (!known) received.push_back(std::move(publish));
  }
  send(connection, mqtt::Pubrec{packet_id, answer_to(session, allowed), {}}, out);
}

void Broker::on_pubrel(Slot slot, const mqtt::Pubrel& pubrel, Actions& out) {
  Session& session = sessions_[slot];
  if (Traffic* traffic = session.traffic()) {
    std::vector<mqtt::Publish>& received = traffic->received;
    const auto held = std::find_if(
        received.begin(), received.end(),
        [&pubrel](const mqtt::Publish& publish) { return publish.packet_id == pubrel.packet_id; });
    if (held != received.end()) {
      mqtt::Publish publish = std::move(*held);
      received.erase(held);
      route(std::move(publish), slot, out);
    }
  }
  send(session.connection, mqtt::Pubcomp{pubrel.packet_id, 0, {}}, out);
}

void Broker::on_puback(Slot slot, std::uint16_t packet_id, Actions& out) {
  Session& session = sessions_[slot];
  if (session.traffic() == nullptr) return;
  std::vector<Inflight>& inflight = session.traffic()->inflight;
  const auto found =
      std::find_if(inflight.begin(), inflight.end(),
                   [packet_id](const Inflight& sent) { return sent.packet_id == packet_id; });
  if (found == inflight.end()) return;
  inflight.erase(found);
  send_queued(slot, out);
}

void Broker::on_pubrec(Slot slot, const mqtt::Pubrec& pubrec, Actions& out) {
  Session& session = sessions_[slot];
  // [MQTT5-4.3.3-4] A refused message is at its end.
  if (pubrec.reason >= kFirstError) return on_puback(slot, pubrec.packet_id, out);
  if (session.traffic() == nullptr) return;
  for (Inflight& sent : session.traffic()->inflight) {
    if (sent.packet_id != pubrec.packet_id) continue;
    sent.released = true;
    return send(session.connection, mqtt::Pubrel{pubrec.packet_id, 0, {}}, out);
  }
}

// ---- out

std::size_t Broker::sessions_for(std::string_view topic) const {
  std::vector<Slot> sessions;
  subscriptions_.candidates(topic, sessions);
  return sessions.size();
}

void Broker::route(mqtt::Publish&& message, Slot from, Actions& out) {
  subscriptions_.candidates(message.topic, candidates_);
  if (candidates_.empty() && !message.retain) return;
  const MessageRef shared = std::make_shared<mqtt::Publish>(std::move(message));
  if (shared->retain) retained_.put(shared);
  for (const Slot slot : candidates_) route_to(slot, shared, from, out);
}

void Broker::route_to(Slot slot, const MessageRef& shared, Slot from, Actions& out) {
  const mqtt::Publish& message = *shared;
  const Session& session = sessions_[slot];
  const Mechanics& mechanics = config_.profile.mechanics;
  const bool copies = session.version == Version::v5 && mechanics.v5_copy_per_subscription;
  matched_.clear();
  const ShortText::View client_id = session.client_id.view();
  session.filters.for_each_match(texts_, client_id, message.topic, [&](const Filter& filter) {
    // [MQTT5-3.8.3-3]
    if (!filter.no_local || slot != from) matched_.push_back(filter);
  });
  if (matched_.empty()) return;
  if (matched_.size() > 1) sort_matched(session, message.topic, from == slot);
  if (session.version != Version::v5 && mechanics.v3_first_match_counts) matched_.resize(1);
  Waiting what;
  for (const Filter& filter : matched_) {
    what.message = shared;
    // [MQTT-3.8.4-6] [MQTT5-3.8.4-8] The lower of both; of overlapping subscriptions the highest.
    what.qos = std::max(what.qos, std::min(message.qos, filter.qos));
    // [MQTT-3.3.1-9] [MQTT5-3.3.1-12] [MQTT5-3.3.1-13]
    what.retain = what.retain || (message.retain && filter.retain_as_published);
    what.subscription_id = filter.subscription_id;
    if (copies) deliver(slot, std::exchange(what, Waiting{}), out);
  }
  if (!copies) deliver(slot, std::move(what), out);
}

void Broker::sort_matched(const Session& session, std::string_view topic, bool is_own) {
  struct Named {
    Filter filter;
    std::string text;
  };
  std::vector<Named> all;
  session.filters.for_each_match(texts_, session.client_id.view(), topic,
                                 [&all, is_own](const Filter& filter) {
                                   if (!filter.no_local || !is_own)
                                     all.push_back({filter, std::string{filter.text}});
                                 });
  std::sort(all.begin(), all.end(),
            [](const Named& a, const Named& b) { return is_more_specific(a.text, b.text); });
  matched_.clear();
  for (const Named& each : all) matched_.push_back(each.filter);
}

void Broker::deliver(Slot slot, Waiting what, Actions& out) {
  Session& session = sessions_[slot];
  if (what.qos == QoS::at_most_once) {
    if (!session.online()) return;
    out.emplace_back(std::in_place_type<Deliver>, Deliver{.connection = session.connection,
                                                          .message = std::move(what.message),
                                                          .retain = what.retain,
                                                          .subscription_id = what.subscription_id});
    return;
  }
  if (!session.online() && session.ends_with_connection()) return;
  Traffic& traffic = traffic_of(session);
  const std::size_t inflight = traffic.inflight.size();
  if (session.online() && traffic.queue.empty() && inflight < session.inflight_max) {
    return send_inflight(slot, std::move(what), out);
  }
  const std::size_t waiting = traffic.queue.size() + (session.online() ? 0 : inflight);
  const std::size_t limit = queued_max_;
  if (limit > 0 && waiting >= limit) {
    out.emplace_back(std::in_place_type<DropNote>,
                     DropNote{session.online() ? session.connection : kNoConnection});
    return;
  }
  traffic.queue.push(std::move(what));
}

void Broker::send_inflight(Slot slot, Waiting what, Actions& out) {
  Session& session = sessions_[slot];
  Traffic& traffic = *session.traffic();
  // [MQTT-2.3.1-4] [MQTT5-2.2.1-4] An id that is not under way; at most inflight_max are.
  const auto taken = [&traffic](std::uint16_t id) {
    return std::any_of(traffic.inflight.begin(), traffic.inflight.end(),
                       [id](const Inflight& sent) { return sent.packet_id == id; });
  };
  do {
    ++traffic.last_packet_id;
  } while (traffic.last_packet_id == 0 || taken(traffic.last_packet_id));
  out.emplace_back(std::in_place_type<Deliver>, Deliver{.connection = session.connection,
                                                        .message = what.message,
                                                        .qos = what.qos,
                                                        .retain = what.retain,
                                                        .packet_id = traffic.last_packet_id,
                                                        .subscription_id = what.subscription_id});
  traffic.inflight.push_back({std::move(what), traffic.last_packet_id, false});
}

// [MQTT-4.4.0-1] [MQTT5-4.4.0-1] What was under way when the connection ended, in the old order.
void Broker::resend(Slot slot, Actions& out) {
  Session& session = sessions_[slot];
  if (session.traffic() == nullptr) return;
  for (const Inflight& sent : session.traffic()->inflight) {
    if (sent.released) {
      send(session.connection, mqtt::Pubrel{sent.packet_id, 0, {}}, out);
      continue;
    }
    // [MQTT-3.3.1-1] [MQTT5-3.3.1-1]
    out.emplace_back(std::in_place_type<Deliver>,
                     Deliver{.connection = session.connection,
                             .message = sent.what.message,
                             .qos = sent.what.qos,
                             .retain = sent.what.retain,
                             .dup = true,
                             .packet_id = sent.packet_id,
                             .subscription_id = sent.what.subscription_id});
  }
  send_queued(slot, out);
}

void Broker::send_queued(Slot slot, Actions& out) {
  Session& session = sessions_[slot];
  Traffic& traffic = *session.traffic();
  while (!traffic.queue.empty() && traffic.inflight.size() < session.inflight_max) {
    send_inflight(slot, traffic.queue.pop(), out);
  }
}

}  // namespace probate::broker
