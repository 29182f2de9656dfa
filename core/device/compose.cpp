#include "core/device/compose.hpp"

#include <limits>
#include <utility>

#include "core/base/check.hpp"
#include "core/device/sparkplug.hpp"

namespace probate::device {
namespace {

// In place: g++ 12 takes a moved temporary Property for uninitialised.
void add(mqtt::Properties& properties, mqtt::PropertyId id, std::uint32_t value) {
  mqtt::Property& property = properties.emplace_back();
  property.id = id;
  property.value = value;
}

}  // namespace

std::uint32_t wire_seconds(Duration duration) {
  constexpr auto kLongest = std::numeric_limits<std::uint32_t>::max();
  if (duration == Duration::max()) return kLongest;
  CHECK(duration >= Duration::zero() && duration % 1s == Duration::zero());
  const auto seconds = static_cast<std::uint64_t>(duration / 1s);
  CHECK(seconds <= kLongest);
  return static_cast<std::uint32_t>(seconds);
}

std::string compose_payload(const MessageConfig& message, const TemplateValues& values) {
  const auto bdseq = static_cast<std::uint8_t>(values.epoch % 256);
  switch (message.encoding) {
    case Encoding::text:
      break;
    case Encoding::nbirth:
      return sparkplug::nbirth(bdseq, values.time);
    case Encoding::ndeath:
      return sparkplug::ndeath(bdseq);
  }
  return message.payload.expand(values);
}

mqtt::Connect compose_connect(const DeviceConfig& config, const TemplateValues& values) {
  mqtt::Connect connect;
  connect.version = config.protocol;
  connect.clean_start = config.clean;
  connect.keep_alive = static_cast<std::uint16_t>(wire_seconds(config.keep_alive));
  connect.client_id = std::string{values.client_id};
  const bool v5 = config.protocol == mqtt::Version::v5;
  if (!config.username.empty()) connect.username = config.username;
  // [MQTT-3.1.2-22] No password without a user name before 5.0.
  if (!config.password.empty() && (v5 || connect.username)) connect.password = config.password;
  if (v5 && config.session_expiry > Duration::zero()) {
    add(connect.properties, mqtt::PropertyId::session_expiry_interval,
        wire_seconds(config.session_expiry));
  }
  if (config.will) {
    const WillConfig& will = *config.will;
    connect.will = mqtt::Will{
        will.topic.expand(values), compose_payload(will, values), will.qos, will.retain, {}};
    if (v5 && will.delay > Duration::zero()) {
      add(connect.will->properties, mqtt::PropertyId::will_delay_interval,
          wire_seconds(will.delay));
    }
  }
  return connect;
}

mqtt::Publish compose_publish(const MessageConfig& message, const TemplateValues& values) {
  mqtt::Publish publish;
  publish.topic = message.topic.expand(values);
  publish.payload = compose_payload(message, values);
  publish.qos = message.qos;
  publish.retain = message.retain;
  return publish;
}

mqtt::Subscribe compose_subscribe(const DeviceConfig& config, const TemplateValues& values,
                                  std::uint16_t packet_id) {
  mqtt::Subscribe subscribe;
  subscribe.packet_id = packet_id;
  subscribe.subscriptions.reserve(config.subscribe.size());
  for (const Template& filter : config.subscribe) {
    mqtt::Subscription subscription;
    subscription.filter = filter.expand(values);
    subscription.qos = config.subscribe_qos;
    subscribe.subscriptions.push_back(std::move(subscription));
  }
  return subscribe;
}

}  // namespace probate::device
