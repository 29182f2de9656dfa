// The bodies of PUBLISH and of the packets that acknowledge it, and what they share with others.
#include "core/mqtt/decode_parts.hpp"
#include "core/mqtt/properties.hpp"
#include "core/mqtt/reasons.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::mqtt {
namespace {

Carrier carrier_of(PacketType type) {
  if (type == PacketType::puback) return Carrier::puback;
  if (type == PacketType::pubrec) return Carrier::pubrec;
  if (type == PacketType::pubrel) return Carrier::pubrel;
  return Carrier::pubcomp;
}

}  // namespace

std::uint16_t read_packet_id(Reader& reader) {
  const std::size_t offset = reader.at();
  const std::uint16_t id = reader.two_bytes();
  // [MQTT-2.3.1-1], [MQTT5-2.2.1-3], [MQTT5-2.2.1-4]; acknowledgements repeat such an id.
  if (id == 0) reader.fail(Rule::packet_id_zero, offset);
  return id;
}

std::uint8_t read_reason(Reader& reader, const Head& head) {
  const std::size_t offset = reader.at();
  const std::uint8_t code = reader.byte();
  if (!is_reason(head.type, head.version, code)) {
    reader.fail(Rule::reason_code, offset);
  } else if (!may_send_reason(head.type, head.version, head.direction, code)) {
    reader.fail(Rule::reason_sender, offset);
  }
  return code;
}

std::vector<std::uint8_t> read_reasons(Reader& reader, const Head& head) {
  std::vector<std::uint8_t> reasons;
  // [MQTT-3.8.4-5], [MQTT5-3.8.4-6] One for each filter, and there is at least one filter.
  if (reader.left() == 0) reader.fail(Rule::reasons_missing, reader.at());
  reasons.reserve(reader.left());
  while (reader.more()) reasons.push_back(read_reason(reader, head));
  return reasons;
}

std::string read_topic_name(Reader& reader, EmptyTopic empty) {
  const std::size_t begin = reader.at();
  const std::string_view topic = reader.text();
  // [MQTT-4.7.3-1], [MQTT5-4.7.3-1]
  if (topic.empty() && empty == EmptyTopic::forbidden) reader.fail(Rule::topic_empty, begin);
  // [MQTT-4.7.1-1], [MQTT5-4.7.0-1]
  if (const auto wildcard = find_wildcard(topic)) {
    reader.fail(Rule::topic_wildcard, begin + 2 + *wildcard);
  }
  return std::string{topic};
}

Publish read_publish(Reader& reader, const Head& head) {
  Publish publish;
  const auto qos = static_cast<std::uint8_t>(head.flags >> 1 & 3);
  publish.dup = (head.flags & 0x08) != 0;
  publish.retain = (head.flags & 0x01) != 0;
  publish.qos = static_cast<QoS>(qos);
  // [MQTT-3.3.1-4], [MQTT5-3.3.1-4]
  if (qos == 3) reader.fail(Rule::publish_qos, 0);
  // [MQTT-3.3.1-2], [MQTT5-3.3.1-2]
  if (publish.dup && qos == 0 && head.version != Version::v3_1) {
    reader.fail(Rule::dup_without_qos, 0);
  }
  const bool v5 = head.version == Version::v5;
  const std::size_t topic_at = reader.at();
  publish.topic = read_topic_name(reader, v5 ? EmptyTopic::allowed : EmptyTopic::forbidden);
  if (qos != 0) publish.packet_id = read_packet_id(reader);
  if (v5) {
    publish.properties = read_properties(reader, Carrier::publish, head.direction);
    // [MQTT5] §3.3.2.1
    if (publish.topic.empty() && !find_integer(publish.properties, PropertyId::topic_alias)) {
      reader.fail(Rule::topic_without_alias, topic_at);
    }
  }
  publish.payload = reader.rest();
  return publish;
}

Puback read_acknowledgement(Reader& reader, const Head& head) {
  Puback read;
  read.packet_id = read_packet_id(reader);
  if (head.version != Version::v5 || !reader.more()) return read;
  read.reason = read_reason(reader, head);
  // "If the Remaining Length is less than 4 there is no Property Length." [MQTT5] §3.4.2.2.1
  if (reader.more()) {
    read.properties = read_properties(reader, carrier_of(head.type), head.direction);
  }
  return read;
}

}  // namespace probate::mqtt
