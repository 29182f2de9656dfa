// The properties of 5.0: what each holds and which packets may carry it.
#pragma once

#include <cstdint>

#include "core/mqtt/packets.hpp"
#include "core/mqtt/reader.hpp"

namespace probate::mqtt {

// How a property's value stands on the wire. [MQTT5] §2.2.2.2
enum class PropertyKind : std::uint8_t {
  byte,
  two_bytes,
  four_bytes,
  variable,
  text,
  binary,
  text_pair,
};

// What carries properties: a packet, or the will inside of CONNECT.
enum class Carrier : std::uint8_t {
  will,
  connect,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  disconnect,
  auth,
};

struct PropertySpec {
  PropertyId id{};
  PropertyKind kind{};
  std::uint16_t carriers = 0;  // bit n: the Carrier of that value
  std::uint32_t least = 0;     // the range of an integer
  std::uint32_t most = 0;
};

// Nullptr if 5.0 defines no such property.
const PropertySpec* find_property(PropertyId id);
bool may_carry(const PropertySpec& spec, Carrier carrier);

// Reads a property length and the properties. Judges each by itself: identifier, carrier, number of
// times, value, and sender; what depends on the rest of the packet is the caller's.
Properties read_properties(Reader& reader, Carrier carrier, Direction direction);

}  // namespace probate::mqtt
