// decode(): the fixed header, then one function per packet type.
//
// 3.1 is looser than 3.1.1 where its text says "not used", "reserved" or "disregarded" instead of
// forbidding: flags of packets other than PUBLISH, DUP with QoS 0, bit 0 of the CONNECT flags, will
// QoS and retain without a will, a user name or password that is announced and missing at the end,
// the first byte of CONNACK, the upper bits of a requested QoS. Its will message and password are
// taken as bytes, as in 3.1.1. Malformed lengths, UTF-8, topics and identifiers are errors in all.
//
// A packet that the specification answers instead of closing on is a packet: an empty client id
// with a kept session is refused by CONNACK [MQTT-3.1.3-8], a payload that is not the UTF-8 it says
// it is by PUBACK ([MQTT5] §3.3.2.3.2).
#include <utility>

#include "core/mqtt/codec.hpp"
#include "core/mqtt/decode_parts.hpp"
#include "core/mqtt/framer.hpp"
#include "core/mqtt/sinks.hpp"

namespace probate::mqtt {
namespace {

// Where a packet type may come from. 3.1.1 §2.2.1, [MQTT5] §2.1.2, Table 2-1.
bool may_send(PacketType type, Version version, Direction direction) {
  const bool uplink = direction == Direction::uplink;
  switch (type) {
    case PacketType::connect:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::pingreq:
      return uplink;
    case PacketType::connack:
    case PacketType::suback:
    case PacketType::unsuback:
    case PacketType::pingresp:
      return !uplink;
    case PacketType::disconnect:
      return uplink || version == Version::v5;
    case PacketType::publish:
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::auth:
      return true;
  }
  return false;
}

// The value that the flags of every packet but PUBLISH must have. [MQTT-2.2.2-1], Table 2.2
std::uint8_t reserved_flags(PacketType type) {
  const bool one = type == PacketType::pubrel || type == PacketType::subscribe ||
                   type == PacketType::unsubscribe;
  return one ? 0x02 : 0x00;
}

Failure<DecodeError> failure(Direction direction, Rule rule, std::size_t offset) {
  return Failure{DecodeError{.rule = rule, .offset = offset, .culprit = direction}};
}

// The last judgement on a body that was read: nothing may follow it.
template <typename P>
Result<Packet, DecodeError> finish(Reader& reader, const Head& head, P packet) {
  if (reader.left() > 0) reader.fail(Rule::trailing_bytes, reader.at());
  if (const auto& fault = reader.fault()) {
    return failure(head.direction, fault->rule, fault->offset);
  }
  return Packet{std::move(packet)};
}

// One shape, four types.
template <typename P>
Result<Packet, DecodeError> finish_acknowledgement(Reader& reader, const Head& head) {
  Puback read = read_acknowledgement(reader, head);
  return finish(reader, head, P{read.packet_id, read.reason, std::move(read.properties)});
}

Result<Packet, DecodeError> read_body(Reader& reader, const Head& head) {
  switch (head.type) {
    case PacketType::connect:
      return finish(reader, head, read_connect(reader, head));
    case PacketType::connack:
      return finish(reader, head, read_connack(reader, head));
    case PacketType::publish:
      return finish(reader, head, read_publish(reader, head));
    case PacketType::puback:
      return finish_acknowledgement<Puback>(reader, head);
    case PacketType::pubrec:
      return finish_acknowledgement<Pubrec>(reader, head);
    case PacketType::pubrel:
      return finish_acknowledgement<Pubrel>(reader, head);
    case PacketType::pubcomp:
      return finish_acknowledgement<Pubcomp>(reader, head);
    case PacketType::subscribe:
      return finish(reader, head, read_subscribe(reader, head));
    case PacketType::suback:
      return finish(reader, head, read_suback(reader, head));
    case PacketType::unsubscribe:
      return finish(reader, head, read_unsubscribe(reader, head));
    case PacketType::unsuback:
      return finish(reader, head, read_unsuback(reader, head));
    case PacketType::pingreq:
      return finish(reader, head, Pingreq{});
    case PacketType::pingresp:
      return finish(reader, head, Pingresp{});
    case PacketType::disconnect:
      return finish(reader, head, read_disconnect(reader, head));
    case PacketType::auth:
      return finish(reader, head, read_auth(reader, head));
  }
  return failure(head.direction, Rule::packet_type, 0);
}

}  // namespace

void check_fixed_header(Reader& reader, const Head& head) {
  if (head.version == Version::v3_1) return;
  if (head.type != PacketType::publish && head.flags != reserved_flags(head.type)) {
    reader.fail(Rule::fixed_header_flags, 0);
  }
  // [MQTT5-1.5.5-1] 3.1.1 does not ask for the shortest form.
  if (head.version == Version::v5 && !head.length_minimal) {
    reader.fail(Rule::variable_integer_not_minimal, head.header_bytes - std::size_t{1});
  }
}

Result<Packet, DecodeError> decode(ByteView frame, Version version, Direction direction) {
  if (frame.empty()) return failure(direction, Rule::frame_length, 0);
  const auto type = static_cast<PacketType>(frame[0] >> 4);
  const bool known = type >= PacketType::connect && type <= PacketType::auth;
  if (!known || (type == PacketType::auth && version != Version::v5)) {
    return failure(direction, Rule::packet_type, 0);
  }
  if (!may_send(type, version, direction)) return failure(direction, Rule::packet_direction, 0);

  FrameScanner scanner;
  const auto step = scanner.advance(frame);
  // The fourth length byte announces a fifth.
  if (!step) return failure(direction, Rule::variable_integer_too_long, 4);
  // Too short: the first byte that is missing. Too long: the first that does not belong to it.
  if (!step->complete || step->consumed != frame.size()) {
    return failure(direction, Rule::frame_length, step->consumed);
  }
  const FrameHeader header = scanner.header();
  const Head head{.version = version,
                  .direction = direction,
                  .type = type,
                  .flags = static_cast<std::uint8_t>(frame[0] & 0x0f),
                  .header_bytes = header.header_bytes,
                  .length_minimal = header.header_bytes == 1 + variable_bytes(header.body_bytes)};
  Reader reader{frame, head.header_bytes};
  // CONNECT says itself which version's rules hold for its fixed header.
  if (type != PacketType::connect) check_fixed_header(reader, head);
  return read_body(reader, head);
}

}  // namespace probate::mqtt
