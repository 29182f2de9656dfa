// The parts of decode(): one reader of a body per packet type. Internal to core/mqtt.
//
// Every one of them reads the whole body or leaves a fault in the Reader; the value it returns then
// is to be thrown away.
#pragma once

#include "core/mqtt/packets.hpp"
#include "core/mqtt/reader.hpp"

namespace probate::mqtt {

// What is known before the body is read.
struct Head {
  Version version{};
  Direction direction{};
  PacketType type{};
  std::uint8_t flags = 0;         // the low nibble of the first byte
  std::uint8_t header_bytes = 0;  // 2 to 5
  bool length_minimal = true;     // Remaining Length uses no byte too many
};

// The rules about the fixed header that depend on the version.
void check_fixed_header(Reader& reader, const Head& head);

Connect read_connect(Reader& reader, Head head);
Connack read_connack(Reader& reader, const Head& head);
Publish read_publish(Reader& reader, const Head& head);
Subscribe read_subscribe(Reader& reader, const Head& head);
Suback read_suback(Reader& reader, const Head& head);
Unsubscribe read_unsubscribe(Reader& reader, const Head& head);
Unsuback read_unsuback(Reader& reader, const Head& head);
Disconnect read_disconnect(Reader& reader, const Head& head);
Auth read_auth(Reader& reader, const Head& head);

// Packet identifier, reason code and properties of the four acknowledgements, whose shape is one.
Puback read_acknowledgement(Reader& reader, const Head& head);

// [MQTT-2.3.1-1] A packet identifier that is not 0.
std::uint16_t read_packet_id(Reader& reader);
// A reason code that this packet type has and this side may send.
std::uint8_t read_reason(Reader& reader, const Head& head);
// All that is left of the body: one reason code or more.
std::vector<std::uint8_t> read_reasons(Reader& reader, const Head& head);
// [MQTT-4.7.1-1] A topic name without wildcards; empty only if that is allowed.
enum class EmptyTopic : bool { forbidden, allowed };
std::string read_topic_name(Reader& reader, EmptyTopic empty);

}  // namespace probate::mqtt
