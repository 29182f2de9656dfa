#include "core/mqtt/reasons.hpp"

#include <array>
#include <initializer_list>

namespace probate::mqtt {
namespace {

using enum PacketType;

constexpr std::uint16_t in(std::initializer_list<PacketType> types) {
  unsigned mask = 0;
  for (const PacketType type : types) mask |= 1U << static_cast<unsigned>(type);
  return static_cast<std::uint16_t>(mask);
}

struct Reason {
  std::uint8_t code = 0;
  std::uint16_t carriers = 0;  // bit n: the packet type of that value
  const char* name = "";
  std::uint16_t server_only = 0;
  std::uint16_t client_only = 0;
};

constexpr std::uint16_t kAcks = in({puback, pubrec});
constexpr std::uint16_t kSubs = in({suback, unsuback});

// [MQTT5] §2.4, Table 2-6; the senders from §3.4.2.1, §3.5.2.1, §3.14.2.1 and §3.15.2.1.
constexpr std::array kReasons{
    Reason{0x00, in({connack, puback, pubrec, pubrel, pubcomp, unsuback, auth}), "Success",
           in({auth})},
    Reason{0x00, in({disconnect}), "Normal disconnection", 0, in({disconnect})},
    Reason{0x00, in({suback}), "Granted QoS 0"},
    Reason{0x01, in({suback}), "Granted QoS 1"},
    Reason{0x02, in({suback}), "Granted QoS 2"},
    Reason{0x04, in({disconnect}), "Disconnect with Will Message", 0, in({disconnect})},
    Reason{0x10, kAcks, "No matching subscribers", kAcks},
    Reason{0x11, in({unsuback}), "No subscription existed"},
    Reason{0x18, in({auth}), "Continue authentication"},
    Reason{0x19, in({auth}), "Re-authenticate", 0, in({auth})},
    Reason{0x80, kAcks | kSubs | in({connack, disconnect}), "Unspecified error"},
    Reason{0x81, in({connack, disconnect}), "Malformed Packet"},
    Reason{0x82, in({connack, disconnect}), "Protocol Error"},
    Reason{0x83, kAcks | kSubs | in({connack, disconnect}), "Implementation specific error"},
    Reason{0x84, in({connack}), "Unsupported Protocol Version"},
    Reason{0x85, in({connack}), "Client Identifier not valid"},
    Reason{0x86, in({connack}), "Bad User Name or Password"},
    Reason{0x87, kAcks | kSubs | in({connack, disconnect}), "Not authorized", in({disconnect})},
    Reason{0x88, in({connack}), "Server unavailable"},
    Reason{0x89, in({connack, disconnect}), "Server busy", in({disconnect})},
    Reason{0x8a, in({connack}), "Banned"},
    Reason{0x8b, in({disconnect}), "Server shutting down", in({disconnect})},
    Reason{0x8c, in({connack}), "Bad authentication method"},
    Reason{0x8d, in({disconnect}), "Keep Alive timeout", in({disconnect})},
    Reason{0x8e, in({disconnect}), "Session taken over", in({disconnect})},
    Reason{0x8f, kSubs | in({disconnect}), "Topic Filter invalid", in({disconnect})},
    Reason{0x90, kAcks | in({connack, disconnect}), "Topic Name invalid"},
    Reason{0x91, kAcks | kSubs, "Packet Identifier in use"},
    Reason{0x92, in({pubrel, pubcomp}), "Packet Identifier not found"},
    Reason{0x93, in({disconnect}), "Receive Maximum exceeded"},
    Reason{0x94, in({disconnect}), "Topic Alias invalid"},
    Reason{0x95, in({connack, disconnect}), "Packet too large"},
    Reason{0x96, in({disconnect}), "Message rate too high"},
    Reason{0x97, kAcks | in({connack, suback, disconnect}), "Quota exceeded"},
    Reason{0x98, in({disconnect}), "Administrative action"},
    Reason{0x99, kAcks | in({connack, disconnect}), "Payload format invalid"},
    Reason{0x9a, in({connack, disconnect}), "Retain not supported", in({disconnect})},
    Reason{0x9b, in({connack, disconnect}), "QoS not supported", in({disconnect})},
    Reason{0x9c, in({connack, disconnect}), "Use another server", in({disconnect})},
    Reason{0x9d, in({connack, disconnect}), "Server moved", in({disconnect})},
    Reason{0x9e, in({suback, disconnect}), "Shared Subscriptions not supported", in({disconnect})},
    Reason{0x9f, in({connack, disconnect}), "Connection rate exceeded", in({disconnect})},
    Reason{0xa0, in({disconnect}), "Maximum connect time", in({disconnect})},
    Reason{0xa1, in({suback, disconnect}), "Subscription Identifiers not supported",
           in({disconnect})},
    Reason{0xa2, in({suback, disconnect}), "Wildcard Subscriptions not supported",
           in({disconnect})},
};

// 3.1.1 §3.2.2.3, Table 3.1; 3.1 has the same.
constexpr std::array kReturnCodes{
    Reason{0, in({connack}), "Connection Accepted"},
    Reason{1, in({connack}), "Connection Refused, unacceptable protocol version"},
    Reason{2, in({connack}), "Connection Refused, identifier rejected"},
    Reason{3, in({connack}), "Connection Refused, Server unavailable"},
    Reason{4, in({connack}), "Connection Refused, bad user name or password"},
    Reason{5, in({connack}), "Connection Refused, not authorized"},
    Reason{0x00, in({suback}), "Success - Maximum QoS 0"},
    Reason{0x01, in({suback}), "Success - Maximum QoS 1"},
    Reason{0x02, in({suback}), "Success - Maximum QoS 2"},
    Reason{0x80, in({suback}), "Failure"},
};

const Reason* find(PacketType type, Version version, std::uint8_t code) {
  const std::uint16_t wanted = in({type});
  if (version == Version::v5) {
    for (const Reason& reason : kReasons) {
      if (reason.code == code && (reason.carriers & wanted) != 0) return &reason;
    }
    return nullptr;
  }
  // A failed subscription is known from 3.1.1 on; a 3.1 server grants or closes.
  if (version == Version::v3_1 && type == suback && code == 0x80) return nullptr;
  for (const Reason& reason : kReturnCodes) {
    if (reason.code == code && (reason.carriers & wanted) != 0) return &reason;
  }
  return nullptr;
}

}  // namespace

bool is_reason(PacketType type, Version version, std::uint8_t code) {
  return find(type, version, code) != nullptr;
}

bool may_send_reason(PacketType type, Version version, Direction direction, std::uint8_t code) {
  const Reason* reason = find(type, version, code);
  if (reason == nullptr) return false;
  const bool uplink = direction == Direction::uplink;
  return ((uplink ? reason->server_only : reason->client_only) & in({type})) == 0;
}

const char* reason_name(PacketType type, Version version, std::uint8_t code) {
  const Reason* reason = find(type, version, code);
  return reason == nullptr ? "undefined" : reason->name;
}

}  // namespace probate::mqtt
