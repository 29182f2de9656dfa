#include "core/mqtt/packets.hpp"

namespace probate::mqtt {

std::optional<std::uint32_t> find_integer(const Properties& properties, PropertyId id) {
  for (const Property& property : properties) {
    if (property.id != id) continue;
    if (const auto* value = std::get_if<std::uint32_t>(&property.value)) return *value;
  }
  return std::nullopt;
}

const std::string* find_string(const Properties& properties, PropertyId id) {
  for (const Property& property : properties) {
    if (property.id != id) continue;
    if (const auto* value = std::get_if<std::string>(&property.value)) return value;
  }
  return nullptr;
}

PacketType type_of(const Packet& packet) {
  // The variant lists the packets in the order of their type numbers, which begin at 1.
  static_assert(std::variant_size_v<Packet> == static_cast<std::size_t>(PacketType::auth));
  return static_cast<PacketType>(packet.index() + 1);
}

const char* to_text(PacketType type) {
  switch (type) {
    case PacketType::connect:
      return "CONNECT";
    case PacketType::connack:
      return "CONNACK";
    case PacketType::publish:
      return "PUBLISH";
    case PacketType::puback:
      return "PUBACK";
    case PacketType::pubrec:
      return "PUBREC";
    case PacketType::pubrel:
      return "PUBREL";
    case PacketType::pubcomp:
      return "PUBCOMP";
    case PacketType::subscribe:
      return "SUBSCRIBE";
    case PacketType::suback:
      return "SUBACK";
    case PacketType::unsubscribe:
      return "UNSUBSCRIBE";
    case PacketType::unsuback:
      return "UNSUBACK";
    case PacketType::pingreq:
      return "PINGREQ";
    case PacketType::pingresp:
      return "PINGRESP";
    case PacketType::disconnect:
      return "DISCONNECT";
    case PacketType::auth:
      return "AUTH";
  }
  return "RESERVED";
}

const char* to_text(Version version) {
  switch (version) {
    case Version::v3_1:
      return "3.1";
    case Version::v3_1_1:
      return "3.1.1";
    case Version::v5:
      return "5";
  }
  return "unknown";
}

}  // namespace probate::mqtt
