// Packets to bytes and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/mqtt/packets.hpp"
#include "core/mqtt/rules.hpp"

namespace probate::mqtt {

struct DecodeError {
  Rule rule{};
  std::size_t offset = 0;                 // of the offending byte, from the packet's first byte
  Direction culprit = Direction::uplink;  // the side that sent it

  bool operator==(const DecodeError&) const = default;
};

// Where, who and what, with the statement of 3.1.1 and of 5.0: "byte 9 sent by the device: the
// reserved flag of CONNECT is set ([MQTT-3.1.2-3]; [MQTT5-3.1.2-3])".
std::string to_text(const DecodeError& error);

// Decodes one whole packet: fixed header and body, no more and no less.
// Strict: every MUST about the bytes of that packet in that version and direction is checked.
// CONNECT announces its own version, `version` is then ignored.
// Threads: pure.
Result<Packet, DecodeError> decode(ByteView frame, Version version, Direction direction);

// Appends the packet's bytes to `out`. Writes what the value says, allowed or not; only what cannot
// be written at all is our bug (CHECK): a string over 65,535 bytes, a body over 268,435,455, a
// property that 5.0 does not define or whose value is of another kind. What a version has no place
// for (properties in 3.x) is left out. CONNECT is written in its own version.
void encode(const Packet& packet, Version version, Bytes& out);

// How many bytes encode() appends.
std::size_t encoded_bytes(const Packet& packet, Version version);

}  // namespace probate::mqtt
