// What a fault may ask of a packet, without decoding it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/mqtt/framer.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::fault {

// Types of packets: one bit each.
class PacketSet {
 public:
  constexpr PacketSet() = default;
  constexpr explicit PacketSet(mqtt::PacketType type)
      : bits_{static_cast<std::uint16_t>(1u << static_cast<unsigned>(type))} {}

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool has(mqtt::PacketType type) const {
    return ((bits_ >> static_cast<unsigned>(type)) & 1u) != 0;
  }
  constexpr PacketSet operator|(PacketSet other) const {
    PacketSet both;
    both.bits_ = static_cast<std::uint16_t>(bits_ | other.bits_);
    return both;
  }
  bool operator==(const PacketSet&) const = default;

 private:
  std::uint16_t bits_ = 0;
};

// Lifetime: `topic` is the packet's own.
struct PacketFacts {
  mqtt::Direction direction{};
  mqtt::PacketType type{};
  mqtt::QoS qos{};         // of PUBLISH
  std::string_view topic;  // of PUBLISH; "" if a topic alias stands for it
  // Of CONNACK, PUBACK, PUBREC and DISCONNECT: what it says, in 3.x only CONNACK says anything. Of
  // SUBACK: of its first subscription.
  std::uint8_t reason = 0;
  std::optional<mqtt::Version> version{};  // of the link; absent: any that the fault goes with
};

PacketFacts facts_of(const mqtt::Packet& packet, mqtt::Direction direction);
// Of a whole frame, which need not be well formed: what is not there is as nothing.
PacketFacts facts_of(ByteView frame, mqtt::FrameHeader header, mqtt::Version version,
                     mqtt::Direction direction);

// Every reason that the packet carries becomes that one; a packet without is left as it is.
void set_reason(mqtt::Packet& packet, std::uint8_t reason);

}  // namespace probate::fault
