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

mqtt::Publish take_message(Deliver&& delivery) {
  MessageRef message = std::move(delivery.message);
  if (message.use_count() > 1) return *message;
  return std::move(*std::const_pointer_cast<mqtt::Publish>(message));
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
