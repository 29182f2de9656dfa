// The body of CONNECT, which says its own version, and of CONNACK.
#include "core/mqtt/decode_parts.hpp"
#include "core/mqtt/properties.hpp"

namespace probate::mqtt {
namespace {

struct ConnectFlags {
  bool reserved = false;
  bool clean_start = false;
  bool will = false;
  std::uint8_t will_qos = 0;
  bool will_retain = false;
  bool password = false;
  bool username = false;
};

ConnectFlags unpack(std::uint8_t byte) {
  const auto bit = [byte](int n) { return (byte >> n & 1) != 0; };
  return {.reserved = bit(0),
          .clean_start = bit(1),
          .will = bit(2),
          .will_qos = static_cast<std::uint8_t>(byte >> 3 & 3),
          .will_retain = bit(5),
          .password = bit(6),
          .username = bit(7)};
}

// MQIsdp/3, MQTT/4 or MQTT/5; leaves a fault otherwise.
Version read_version(Reader& reader) {
  const std::size_t name_at = reader.at();
  const std::string_view name = reader.text();
  // [MQTT-3.1.2-1], [MQTT5-3.1.2-1]
  if (name != "MQTT" && name != "MQIsdp") reader.fail(Rule::protocol_name, name_at);
  const std::size_t level_at = reader.at();
  const std::uint8_t level = reader.byte();
  if (name == "MQIsdp" && level == 3) return Version::v3_1;
  if (name == "MQTT" && level == 4) return Version::v3_1_1;
  if (name == "MQTT" && level == 5) return Version::v5;
  // [MQTT-3.1.2-2], [MQTT5-3.1.2-2]
  reader.fail(Rule::protocol_level, level_at);
  return Version::v3_1_1;
}

ConnectFlags read_flags(Reader& reader, Version version) {
  const std::size_t offset = reader.at();
  const ConnectFlags flags = unpack(reader.byte());
  const bool loose = version == Version::v3_1;
  // [MQTT-3.1.2-3], [MQTT5-3.1.2-3]
  if (flags.reserved && !loose) reader.fail(Rule::connect_reserved_flag, offset);
  // [MQTT-3.1.2-14], [MQTT5-3.1.2-12]
  if (flags.will && flags.will_qos == 3) reader.fail(Rule::will_qos, offset);
  // [MQTT-3.1.2-13], [MQTT5-3.1.2-11]
  if (!flags.will && flags.will_qos != 0 && !loose) {
    reader.fail(Rule::will_qos_without_will, offset);
  }
  // [MQTT-3.1.2-15], [MQTT5-3.1.2-13]
  if (!flags.will && flags.will_retain && !loose) {
    reader.fail(Rule::will_retain_without_will, offset);
  }
  // [MQTT-3.1.2-22] 5.0 dropped it: a token needs no name.
  if (flags.password && !flags.username && version != Version::v5) {
    reader.fail(Rule::password_without_username, offset);
  }
  return flags;
}

Properties read_connect_properties(Reader& reader) {
  const std::size_t offset = reader.at();
  Properties properties = read_properties(reader, Carrier::connect, Direction::uplink);
  // [MQTT5] §3.1.2.11.10
  if (find_string(properties, PropertyId::authentication_data) != nullptr &&
      find_string(properties, PropertyId::authentication_method) == nullptr) {
    reader.fail(Rule::authentication_data_alone, offset);
  }
  return properties;
}

Will read_will(Reader& reader, const ConnectFlags& flags, Version version) {
  Will will;
  will.qos = static_cast<QoS>(flags.will_qos);
  will.retain = flags.will_retain;
  if (version == Version::v5) {
    will.properties = read_properties(reader, Carrier::will, Direction::uplink);
  }
  will.topic = read_topic_name(reader, EmptyTopic::forbidden);
  will.payload = reader.binary();
  return will;
}

}  // namespace

Connect read_connect(Reader& reader, Head head) {
  Connect connect;
  head.version = connect.version = read_version(reader);
  if (reader.fault()) return connect;
  check_fixed_header(reader, head);
  const ConnectFlags flags = read_flags(reader, head.version);
  connect.clean_start = flags.clean_start;
  connect.keep_alive = reader.two_bytes();
  if (head.version == Version::v5) connect.properties = read_connect_properties(reader);
  connect.client_id = reader.text();
  if (flags.will) connect.will = read_will(reader, flags, head.version);
  // 3.1: "the Remaining Length takes precedence over the User Name flag"; a string that is
  // announced and not there is valid, for clients of the version before it.
  const bool may_end_early = head.version == Version::v3_1;
  const auto follows = [&](bool announced) {
    return announced && (!may_end_early || reader.left() > 0);
  };
  if (follows(flags.username)) connect.username = reader.text();
  if (follows(flags.password)) connect.password = reader.binary();
  return connect;
}

Connack read_connack(Reader& reader, const Head& head) {
  Connack connack;
  const std::size_t offset = reader.at();
  const std::uint8_t flags = reader.byte();
  if (head.version != Version::v3_1) {
    // [MQTT5-3.2.2-1], 3.1.1 §3.2.2.1
    if ((flags & 0xfe) != 0) reader.fail(Rule::connack_flags, offset);
    connack.session_present = (flags & 0x01) != 0;
  }
  connack.reason = read_reason(reader, head);
  // [MQTT-3.2.2-4], [MQTT5-3.2.2-6]
  if (connack.session_present && connack.reason != 0) {
    reader.fail(Rule::session_present_when_refused, offset);
  }
  if (head.version == Version::v5) {
    connack.properties = read_properties(reader, Carrier::connack, head.direction);
  }
  return connack;
}

}  // namespace probate::mqtt
