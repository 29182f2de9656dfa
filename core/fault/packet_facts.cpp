#include "core/fault/packet_facts.hpp"

#include <algorithm>
#include <variant>

namespace probate::fault {
namespace {

using mqtt::PacketType;

struct ReasonOf {
  std::uint8_t operator()(const mqtt::Connack& packet) const { return packet.reason; }
  std::uint8_t operator()(const mqtt::Puback& packet) const { return packet.reason; }
  std::uint8_t operator()(const mqtt::Pubrec& packet) const { return packet.reason; }
  std::uint8_t operator()(const mqtt::Disconnect& packet) const { return packet.reason; }
  std::uint8_t operator()(const mqtt::Suback& packet) const {
    return packet.reasons.empty() ? std::uint8_t{0} : packet.reasons.front();
  }
  std::uint8_t operator()(const auto&) const { return 0; }
};

struct SetReason {
  std::uint8_t reason;

  void operator()(mqtt::Connack& packet) const { packet.reason = reason; }
  void operator()(mqtt::Puback& packet) const { packet.reason = reason; }
  void operator()(mqtt::Pubrec& packet) const { packet.reason = reason; }
  void operator()(mqtt::Disconnect& packet) const { packet.reason = reason; }
  void operator()(mqtt::Suback& packet) const { fill(packet.reasons); }
  void operator()(mqtt::Unsuback& packet) const { fill(packet.reasons); }
  void operator()(auto&) const {}
  void fill(std::vector<std::uint8_t>& reasons) const {
    std::fill(reasons.begin(), reasons.end(), reason);
  }
};

std::uint8_t byte_at(ByteView body, std::size_t index) {
  return index < body.size() ? body[index] : std::uint8_t{0};
}

// The first code of an MQTT 5 SUBACK stands behind its properties.
std::size_t suback_code_at(ByteView body, mqtt::Version version) {
  std::size_t at = 2;
  if (version != mqtt::Version::v5) return at;
  std::size_t length = 0;
  for (unsigned shift = 0; shift <= 21; shift += 7) {
    const std::uint8_t digit = byte_at(body, at++);
    length |= std::size_t{digit & 0x7fu} << shift;
    if ((digit & 0x80) == 0) break;
  }
  return at + length;
}

// MQTT 5 may leave a reason of 0x00 out (sections 3.4.2.1, 3.14.2.1).
std::uint8_t reason_in(ByteView body, PacketType type, mqtt::Version version) {
  if (type == PacketType::connack) return byte_at(body, 1);
  if (type == PacketType::disconnect) return byte_at(body, 0);
  if (type == PacketType::puback || type == PacketType::pubrec) return byte_at(body, 2);
  if (type == PacketType::suback) return byte_at(body, suback_code_at(body, version));
  return 0;
}

}  // namespace

PacketFacts facts_of(const mqtt::Packet& packet, mqtt::Direction direction) {
  PacketFacts facts{.direction = direction, .type = mqtt::type_of(packet), .topic = {}};
  if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) {
    facts.qos = publish->qos;
    facts.topic = publish->topic;
  }
  facts.reason = std::visit(ReasonOf{}, packet);
  return facts;
}

PacketFacts facts_of(ByteView frame, mqtt::FrameHeader header, mqtt::Version version,
                     mqtt::Direction direction) {
  PacketFacts facts{.direction = direction, .type = header.type(), .topic = {}, .version = version};
  const ByteView body = frame.subspan(std::min<std::size_t>(header.header_bytes, frame.size()));
  if (facts.type == PacketType::publish) {
    facts.qos = static_cast<mqtt::QoS>((header.first_byte >> 1) & 3);
    const std::size_t length = std::size_t{byte_at(body, 0)} << 8 | byte_at(body, 1);
    if (body.size() >= 2 + length) facts.topic = as_text(body.subspan(2, length));
    return facts;
  }
  facts.reason = reason_in(body, facts.type, version);
  return facts;
}

void set_reason(mqtt::Packet& packet, std::uint8_t reason) {
  std::visit(SetReason{reason}, packet);
}

}  // namespace probate::fault
