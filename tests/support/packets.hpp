// Packets for tests, briefly: as values, connect("id"), and as bytes, wire("c0 00").
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/base/check.hpp"
#include "core/mqtt/codec.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::test {

inline constexpr auto kUp = mqtt::Direction::uplink;
inline constexpr auto kDown = mqtt::Direction::downlink;

// Values.

inline mqtt::Connect connect(std::string client_id, mqtt::Version version = mqtt::Version::v3_1_1) {
  mqtt::Connect packet;
  packet.version = version;
  packet.client_id = std::move(client_id);
  packet.keep_alive = 60;
  return packet;
}

inline mqtt::Will will(std::string topic, std::string payload,
                       mqtt::QoS qos = mqtt::QoS::at_most_once) {
  mqtt::Will will;
  will.topic = std::move(topic);
  will.payload = std::move(payload);
  will.qos = qos;
  return will;
}

inline mqtt::Connect connect(std::string client_id, mqtt::Will will,
                             mqtt::Version version = mqtt::Version::v3_1_1) {
  mqtt::Connect packet = connect(std::move(client_id), version);
  packet.will = std::move(will);
  return packet;
}

inline mqtt::Connack connack(std::uint8_t reason = 0) {
  mqtt::Connack packet;
  packet.reason = reason;
  return packet;
}

inline mqtt::Publish publish(std::string topic, std::string payload) {
  mqtt::Publish packet;
  packet.topic = std::move(topic);
  packet.payload = std::move(payload);
  return packet;
}

inline mqtt::Publish publish(std::string topic, std::string payload, mqtt::QoS qos,
                             std::uint16_t packet_id) {
  mqtt::Publish packet = publish(std::move(topic), std::move(payload));
  packet.qos = qos;
  packet.packet_id = packet_id;
  return packet;
}

// puback(7) and its three sisters: acknowledge<mqtt::Pubrel>(7, 0x92).
template <typename P>
P acknowledge(std::uint16_t packet_id, std::uint8_t reason = 0) {
  P packet;
  packet.packet_id = packet_id;
  packet.reason = reason;
  return packet;
}
inline mqtt::Puback puback(std::uint16_t packet_id) { return acknowledge<mqtt::Puback>(packet_id); }

inline mqtt::Subscribe subscribe(std::uint16_t packet_id,
                                 std::initializer_list<std::string> filters,
                                 mqtt::QoS qos = mqtt::QoS::at_most_once) {
  mqtt::Subscribe packet;
  packet.packet_id = packet_id;
  for (const std::string& filter : filters) {
    mqtt::Subscription subscription;
    subscription.filter = filter;
    subscription.qos = qos;
    packet.subscriptions.push_back(std::move(subscription));
  }
  return packet;
}

inline mqtt::Suback suback(std::uint16_t packet_id, std::initializer_list<std::uint8_t> reasons) {
  mqtt::Suback packet;
  packet.packet_id = packet_id;
  packet.reasons = reasons;
  return packet;
}

inline mqtt::Disconnect disconnect(std::uint8_t reason = 0) {
  mqtt::Disconnect packet;
  packet.reason = reason;
  return packet;
}

inline mqtt::Property property(mqtt::PropertyId id, std::uint32_t value) { return {id, value}; }
inline mqtt::Property property(mqtt::PropertyId id, std::string value) {
  return {id, std::move(value)};
}
inline mqtt::Property user_property(std::string name, std::string value) {
  return {mqtt::PropertyId::user_property, std::pair{std::move(name), std::move(value)}};
}

inline Bytes encoded(const mqtt::Packet& packet, mqtt::Version version = mqtt::Version::v3_1_1) {
  Bytes out;
  mqtt::encode(packet, version, out);
  return out;
}

// Bytes.

struct Wire {
  Bytes bytes;
  std::optional<std::size_t> mark;  // the byte that `^` stands before
};

namespace wire_detail {

inline std::uint8_t nibble(char c) {
  const std::size_t value = std::string_view{"0123456789abcdef"}.find(c);
  CHECK(value != std::string_view::npos);
  return static_cast<std::uint8_t>(value);
}

inline void append(Bytes& out, std::string_view text) {
  const ByteView bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Takes the text up to the closing character, which it takes too.
inline std::string_view take_until(std::string_view& text, char closing) {
  const std::size_t end = text.find(closing);
  CHECK(end != std::string_view::npos);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end + 1);
  return taken;
}

inline Wire parse(std::string_view& text, bool in_group);

// A group, behind its length as a Variable Byte Integer.
inline void append_group(Wire& out, std::string_view& text) {
  const Wire group = parse(text, true);
  std::size_t length = group.bytes.size();
  for (; length > 0x7f; length >>= 7) {
    out.bytes.push_back(static_cast<std::uint8_t>(0x80 | (length & 0x7f)));
  }
  out.bytes.push_back(static_cast<std::uint8_t>(length));
  if (group.mark) out.mark = out.bytes.size() + *group.mark;
  out.bytes.insert(out.bytes.end(), group.bytes.begin(), group.bytes.end());
}

inline Wire parse(std::string_view& text, bool in_group) {
  Wire out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == ' ') continue;
    if (c == ']') {
      CHECK(in_group);
      return out;
    }
    if (c == '^') {
      out.mark = out.bytes.size();
    } else if (c == '[') {
      append_group(out, text);
    } else if (c == '\'') {
      append(out.bytes, take_until(text, '\''));
    } else if (c == '<') {
      const std::string_view string = take_until(text, '>');
      out.bytes.push_back(static_cast<std::uint8_t>(string.size() >> 8));
      out.bytes.push_back(static_cast<std::uint8_t>(string.size() & 0xff));
      append(out.bytes, string);
    } else {
      CHECK(!text.empty());
      out.bytes.push_back(static_cast<std::uint8_t>(nibble(c) << 4 | nibble(text.front())));
      text.remove_prefix(1);
    }
  }
  CHECK(!in_group);
  return out;
}

}  // namespace wire_detail

// Bytes as one would write them on paper:
//
//   10 003c   bytes in lower-case hex            [ … ]   a part, behind its Variable Byte Integer
//   'MQTT'    the characters                     ^       here is the byte the test speaks of
//   <MQTT>    a string, behind its two-byte length
//
//   wire("10 [ <MQTT> 04 ^03 003c <id> ]").mark == 9
inline Wire wire(std::string_view text) { return wire_detail::parse(text, false); }

}  // namespace probate::test
