// Subscriptions of the broker model's clients, and what is retained for them.
#include <algorithm>

#include "core/broker/broker.hpp"
#include "core/broker/broker_parts.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::broker {
namespace {

using mqtt::Version;

constexpr std::uint8_t kNoSubscriptionExisted = 0x11;
// 5.0's Retain Handling.
constexpr std::uint8_t kRetainedIfNew = 1;
constexpr std::uint8_t kRetainedNever = 2;

std::uint8_t refusal_of(const mqtt::Subscription& wanted, Version version) {
  if (!mqtt::is_topic_filter(wanted.filter)) {
    return version == Version::v5 ? kTopicFilterInvalid : kFirstError;
  }
  if (!mqtt::is_shared(wanted.filter)) return 0;
  return version == Version::v5 ? kSharedNotSupported : kFirstError;
}

}  // namespace

void Broker::on_subscribe(Slot slot, const mqtt::Subscribe& subscribe, Actions& out) {
  Session& session = sessions_[slot];
  const std::uint32_t id =
      mqtt::find_integer(subscribe.properties, mqtt::PropertyId::subscription_identifier)
          .value_or(0);
  mqtt::Suback suback;
  suback.packet_id = subscribe.packet_id;
  std::vector<const mqtt::Subscription*> retained_for;
  for (const mqtt::Subscription& wanted : subscribe.subscriptions) {
    const std::uint8_t refused = refusal_of(wanted, session.version);
    // [MQTT-3.8.4-5] One answer for each filter.
    suback.reasons.push_back(refused != 0 ? refused : static_cast<std::uint8_t>(wanted.qos));
    if (refused != 0) continue;
    const Filter filter{.text = wanted.filter,
                        .qos = wanted.qos,
                        .no_local = wanted.no_local,
                        .retain_as_published = wanted.retain_as_published,
                        .subscription_id = id};
    const bool is_new = session.filters.put(texts_, session.client_id.view(), filter);
    if (is_new) subscriptions_.add(wanted.filter, slot);
    // [MQTT5-3.3.1-9] [MQTT5-3.3.1-10] [MQTT5-3.3.1-11] Retain Handling; 3.x: always.
    const bool wants = wanted.retain_handling != kRetainedNever &&
                       (wanted.retain_handling != kRetainedIfNew || is_new);
    if (wants) retained_for.push_back(&wanted);
  }
  send(session.connection, std::move(suback), out);
  for (const mqtt::Subscription* wanted : retained_for) send_retained(slot, *wanted, id, out);
}

void Broker::send_retained(Slot slot, const mqtt::Subscription& subscription, std::uint32_t id,
                           Actions& out) {
  // [MQTT-3.3.1-6] [MQTT-3.3.1-8] With RETAIN set, as state and not as an event.
  retained_.for_each(subscription.filter, [&](const MessageRef& message) {
    deliver(slot,
            {.message = message,
             .qos = std::min(message->qos, subscription.qos),
             .retain = true,
             .subscription_id = id},
            out);
  });
}

void Broker::on_unsubscribe(Slot slot, const mqtt::Unsubscribe& unsubscribe, Actions& out) {
  Session& session = sessions_[slot];
  mqtt::Unsuback unsuback;
  unsuback.packet_id = unsubscribe.packet_id;
  for (const std::string& filter : unsubscribe.filters) {
    const bool was_there = session.filters.remove(texts_, session.client_id.view(), filter);
    if (was_there) subscriptions_.remove(filter, slot);
    if (session.version != Version::v5) continue;
    unsuback.reasons.push_back(was_there ? std::uint8_t{0} : kNoSubscriptionExisted);
  }
  send(session.connection, std::move(unsuback), out);
}

}  // namespace probate::broker
