// The bodies of SUBSCRIBE and UNSUBSCRIBE and of their answers.
#include "core/mqtt/decode_parts.hpp"
#include "core/mqtt/properties.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::mqtt {
namespace {

// Packet identifier and properties: how all four begin.
template <typename P>
P read_head(Reader& reader, const Head& head, Carrier carrier) {
  P packet;
  packet.packet_id = read_packet_id(reader);
  if (head.version == Version::v5) {
    packet.properties = read_properties(reader, carrier, head.direction);
  }
  return packet;
}

std::string read_filter(Reader& reader, Version version) {
  const std::size_t begin = reader.at();
  const std::string_view filter = reader.text();
  // [MQTT-4.7.3-1], [MQTT5-4.7.3-1]
  if (filter.empty()) reader.fail(Rule::topic_empty, begin);
  // [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]
  if (version == Version::v5 && is_shared(filter) && !split_shared(filter)) {
    reader.fail(Rule::share_name, begin + 2);
  }
  // [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT5-4.7.1-1], [MQTT5-4.7.1-2]
  if (const auto wildcard = find_misplaced_wildcard(filter)) {
    reader.fail(Rule::filter_wildcard, begin + 2 + *wildcard);
  }
  return std::string{filter};
}

void read_options(Reader& reader, Version version, Subscription& subscription) {
  const std::size_t offset = reader.at();
  const std::uint8_t options = reader.byte();
  const auto qos = static_cast<std::uint8_t>(options & 0x03);
  subscription.qos = static_cast<QoS>(qos);
  // [MQTT-3-8.3-4] (the number is printed so), [MQTT5-3.8.3-5]; "not used" in 3.1.
  const std::uint8_t reserved = version == Version::v5 ? 0xc0 : 0xfc;
  if ((options & reserved) != 0 && version != Version::v3_1) {
    reader.fail(Rule::subscription_options, offset);
  }
  // [MQTT-3-8.3-4], [MQTT5] §3.8.3.1
  if (qos == 3) reader.fail(Rule::subscription_qos, offset);
  if (version != Version::v5) return;
  subscription.no_local = (options & 0x04) != 0;
  subscription.retain_as_published = (options & 0x08) != 0;
  subscription.retain_handling = static_cast<std::uint8_t>(options >> 4 & 0x03);
  // [MQTT5] §3.8.3.1
  if (subscription.retain_handling == 3) reader.fail(Rule::retain_handling, offset);
  // [MQTT5-3.8.3-4]
  if (subscription.no_local && is_shared(subscription.filter)) {
    reader.fail(Rule::no_local_on_shared, offset);
  }
}

}  // namespace

Subscribe read_subscribe(Reader& reader, const Head& head) {
  auto subscribe = read_head<Subscribe>(reader, head, Carrier::subscribe);
  // [MQTT-3.8.3-3], [MQTT5-3.8.3-2]
  if (reader.left() == 0) reader.fail(Rule::filters_missing, reader.at());
  while (reader.more()) {
    Subscription subscription;
    subscription.filter = read_filter(reader, head.version);
    read_options(reader, head.version, subscription);
    subscribe.subscriptions.push_back(std::move(subscription));
  }
  return subscribe;
}

Unsubscribe read_unsubscribe(Reader& reader, const Head& head) {
  auto unsubscribe = read_head<Unsubscribe>(reader, head, Carrier::unsubscribe);
  // [MQTT-3.10.3-2], [MQTT5-3.10.3-2]
  if (reader.left() == 0) reader.fail(Rule::filters_missing, reader.at());
  while (reader.more()) unsubscribe.filters.push_back(read_filter(reader, head.version));
  return unsubscribe;
}

Suback read_suback(Reader& reader, const Head& head) {
  auto suback = read_head<Suback>(reader, head, Carrier::suback);
  suback.reasons = read_reasons(reader, head);
  return suback;
}

Unsuback read_unsuback(Reader& reader, const Head& head) {
  auto unsuback = read_head<Unsuback>(reader, head, Carrier::unsuback);
  if (head.version == Version::v5) unsuback.reasons = read_reasons(reader, head);
  return unsuback;
}

}  // namespace probate::mqtt
