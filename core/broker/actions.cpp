#include "core/broker/actions.hpp"

#include <utility>

namespace probate::broker {

mqtt::Publish to_publish(const Deliver& delivery) {
  mqtt::Publish publish = *delivery.message;
  publish.qos = delivery.qos;
  publish.retain = delivery.retain;
  publish.dup = delivery.dup;
  publish.packet_id = delivery.packet_id;
  if (delivery.subscription_id != 0) {
    mqtt::Property& property = publish.properties.emplace_back();
    property.id = mqtt::PropertyId::subscription_identifier;
    property.value = delivery.subscription_id;
  }
  return publish;
}

void take_texts(Deliver&& delivery, std::string& topic, std::string& payload) {
  const MessageRef message = std::move(delivery.message);
  if (message.use_count() > 1) {
    topic = message->topic;
    payload = message->payload;
    return;
  }
  // It was made as one that may change.
  auto& own = const_cast<mqtt::Publish&>(*message);  // NOLINT(*-const-cast)
  topic = std::move(own.topic);
  payload = std::move(own.payload);
}

const char* to_text(WillFate fate) {
  switch (fate) {
    case WillFate::delayed:
      return "delayed";
    case WillFate::published:
      return "published";
    case WillFate::deleted:
      return "deleted";
    case WillFate::cancelled:
      return "cancelled";
    case WillFate::dropped:
      return "dropped";
    case WillFate::lost:
      return "lost";
  }
  return "";
}

}  // namespace probate::broker
