// encode(): counts the body, makes room once, writes.
#include <limits>

#include "core/mqtt/codec.hpp"
#include "core/mqtt/properties.hpp"
#include "core/mqtt/sinks.hpp"

namespace probate::mqtt {
namespace {

constexpr std::uint8_t flag(bool set, int bit) {
  return static_cast<std::uint8_t>(set ? 1U << bit : 0U);
}

// Two bits even of a QoS that does not exist: PUBLISH with QoS 3 is a packet a tester wants.
std::uint8_t bits(QoS qos) { return static_cast<std::uint8_t>(static_cast<unsigned>(qos) & 3U); }

// Properties.

template <typename Sink>
void write_integer(Sink& sink, PropertyKind kind, std::uint32_t value) {
  if (kind == PropertyKind::byte) {
    CHECK(value <= std::numeric_limits<std::uint8_t>::max());
    sink.byte(static_cast<std::uint8_t>(value));
  } else if (kind == PropertyKind::two_bytes) {
    CHECK(value <= std::numeric_limits<std::uint16_t>::max());
    sink.two_bytes(static_cast<std::uint16_t>(value));
  } else if (kind == PropertyKind::four_bytes) {
    sink.four_bytes(value);
  } else {
    CHECK(kind == PropertyKind::variable);
    sink.variable(value);
  }
}

template <typename Sink>
void write_property(Sink& sink, const Property& property) {
  const PropertySpec* spec = find_property(property.id);
  CHECK(spec != nullptr);
  sink.byte(static_cast<std::uint8_t>(property.id));
  if (const auto* integer = std::get_if<std::uint32_t>(&property.value)) {
    write_integer(sink, spec->kind, *integer);
  } else if (const auto* text = std::get_if<std::string>(&property.value)) {
    CHECK(spec->kind == PropertyKind::text || spec->kind == PropertyKind::binary);
    sink.text(*text);
  } else {
    CHECK(spec->kind == PropertyKind::text_pair);
    const auto& pair = std::get<std::pair<std::string, std::string>>(property.value);
    sink.text(pair.first);
    sink.text(pair.second);
  }
}

template <typename Sink>
void write_properties(Sink& sink, const Properties& properties) {
  CountingSink size;
  for (const Property& property : properties) write_property(size, property);
  sink.variable(size.bytes());
  for (const Property& property : properties) write_property(sink, property);
}

// Reason code and properties, each left out where 5.0 allows it.
template <typename Sink>
void write_reason(Sink& sink, std::uint8_t reason, const Properties& properties) {
  if (reason == 0 && properties.empty()) return;
  sink.byte(reason);
  if (!properties.empty()) write_properties(sink, properties);
}

// The first byte of each packet.

constexpr std::uint8_t first(PacketType type, std::uint8_t flags) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags);
}

std::uint8_t first_byte(const Publish& publish) {
  const auto qos = static_cast<std::uint8_t>(bits(publish.qos) << 1);
  return first(PacketType::publish,
               static_cast<std::uint8_t>(flag(publish.dup, 3) | qos | flag(publish.retain, 0)));
}
template <PacketType kType>
std::uint8_t first_byte(const Acknowledgement<kType>&) {
  return first(kType, kType == PacketType::pubrel ? 0x02 : 0x00);
}
std::uint8_t first_byte(const Connect&) { return first(PacketType::connect, 0); }
std::uint8_t first_byte(const Connack&) { return first(PacketType::connack, 0); }
std::uint8_t first_byte(const Subscribe&) { return first(PacketType::subscribe, 0x02); }
std::uint8_t first_byte(const Suback&) { return first(PacketType::suback, 0); }
std::uint8_t first_byte(const Unsubscribe&) { return first(PacketType::unsubscribe, 0x02); }
std::uint8_t first_byte(const Unsuback&) { return first(PacketType::unsuback, 0); }
std::uint8_t first_byte(const Pingreq&) { return first(PacketType::pingreq, 0); }
std::uint8_t first_byte(const Pingresp&) { return first(PacketType::pingresp, 0); }
std::uint8_t first_byte(const Disconnect&) { return first(PacketType::disconnect, 0); }
std::uint8_t first_byte(const Auth&) { return first(PacketType::auth, 0); }

// The bodies.

std::uint8_t flags_of(const Connect& connect) {
  unsigned flags = 0;
  flags |= flag(connect.clean_start, 1);
  if (connect.will) {
    flags |= flag(true, 2) | static_cast<unsigned>(bits(connect.will->qos)) << 3;
    flags |= flag(connect.will->retain, 5);
  }
  flags |= flag(connect.password.has_value(), 6);
  flags |= flag(connect.username.has_value(), 7);
  return static_cast<std::uint8_t>(flags);
}

template <typename Sink>
void write(Sink& sink, const Connect& connect, Version) {
  const bool v5 = connect.version == Version::v5;
  sink.text(connect.version == Version::v3_1 ? "MQIsdp" : "MQTT");
  sink.byte(static_cast<std::uint8_t>(connect.version));
  sink.byte(flags_of(connect));
  sink.two_bytes(connect.keep_alive);
  if (v5) write_properties(sink, connect.properties);
  sink.text(connect.client_id);
  if (connect.will) {
    if (v5) write_properties(sink, connect.will->properties);
    sink.text(connect.will->topic);
    sink.text(connect.will->payload);
  }
  if (connect.username) sink.text(*connect.username);
  if (connect.password) sink.text(*connect.password);
}

template <typename Sink>
void write(Sink& sink, const Connack& connack, Version version) {
  sink.byte(flag(connack.session_present, 0));
  sink.byte(connack.reason);
  if (version == Version::v5) write_properties(sink, connack.properties);
}

template <typename Sink>
void write(Sink& sink, const Publish& publish, Version version) {
  sink.text(publish.topic);
  if (bits(publish.qos) != 0) sink.two_bytes(publish.packet_id);
  if (version == Version::v5) write_properties(sink, publish.properties);
  sink.raw(publish.payload);
}

template <typename Sink, PacketType kType>
void write(Sink& sink, const Acknowledgement<kType>& acknowledgement, Version version) {
  sink.two_bytes(acknowledgement.packet_id);
  if (version != Version::v5) return;
  write_reason(sink, acknowledgement.reason, acknowledgement.properties);
}

template <typename Sink>
void write(Sink& sink, const Subscribe& subscribe, Version version) {
  sink.two_bytes(subscribe.packet_id);
  if (version == Version::v5) write_properties(sink, subscribe.properties);
  for (const Subscription& subscription : subscribe.subscriptions) {
    sink.text(subscription.filter);
    unsigned options = bits(subscription.qos);
    if (version == Version::v5) {
      options |= flag(subscription.no_local, 2);
      options |= flag(subscription.retain_as_published, 3);
      options |= (subscription.retain_handling & 3U) << 4;
    }
    sink.byte(static_cast<std::uint8_t>(options));
  }
}

template <typename Sink>
void write(Sink& sink, const Suback& suback, Version version) {
  sink.two_bytes(suback.packet_id);
  if (version == Version::v5) write_properties(sink, suback.properties);
  for (const std::uint8_t reason : suback.reasons) sink.byte(reason);
}

template <typename Sink>
void write(Sink& sink, const Unsubscribe& unsubscribe, Version version) {
  sink.two_bytes(unsubscribe.packet_id);
  if (version == Version::v5) write_properties(sink, unsubscribe.properties);
  for (const std::string& filter : unsubscribe.filters) sink.text(filter);
}

template <typename Sink>
void write(Sink& sink, const Unsuback& unsuback, Version version) {
  sink.two_bytes(unsuback.packet_id);
  if (version != Version::v5) return;
  write_properties(sink, unsuback.properties);
  for (const std::uint8_t reason : unsuback.reasons) sink.byte(reason);
}

template <typename Sink>
void write(Sink&, const Pingreq&, Version) {}
template <typename Sink>
void write(Sink&, const Pingresp&, Version) {}

template <typename Sink>
void write(Sink& sink, const Disconnect& disconnect, Version version) {
  if (version == Version::v5) write_reason(sink, disconnect.reason, disconnect.properties);
}

// In 3.x the packet itself is what is forbidden; it looks as in 5.0. Unlike the others it has
// nothing between no body and a full one. [MQTT5] §3.15.2.1
template <typename Sink>
void write(Sink& sink, const Auth& auth, Version) {
  if (auth.reason == 0 && auth.properties.empty()) return;
  sink.byte(auth.reason);
  write_properties(sink, auth.properties);
}

template <typename P>
std::size_t body_bytes(const P& packet, Version version) {
  CountingSink size;
  write(size, packet, version);
  return size.bytes();
}

template <typename P>
void append(const P& packet, Version version, Bytes& out) {
  const std::size_t body = body_bytes(packet, version);
  const std::size_t begin = out.size();
  // resize(), not reserve(): many packets into one buffer must grow it geometrically.
  out.resize(begin + 1 + variable_bytes(body) + body);
  WritingSink sink{out.data() + begin};
  sink.byte(first_byte(packet));
  sink.variable(body);
  write(sink, packet, version);
  CHECK(sink.at() == out.data() + out.size());
}

}  // namespace

void encode(const Packet& packet, Version version, Bytes& out) {
  std::visit([&](const auto& one) { append(one, version, out); }, packet);
}

std::size_t encoded_bytes(const Packet& packet, Version version) {
  return std::visit(
      [&](const auto& one) {
        const std::size_t body = body_bytes(one, version);
        return 1 + variable_bytes(body) + body;
      },
      packet);
}

}  // namespace probate::mqtt
