// Packets to bytes and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::mqtt {

// What the bytes broke. One enumerator per rule of the specification, see rules.cpp's table.
enum class Rule : std::uint8_t;

struct DecodeError {
  Rule rule{};
  std::size_t offset = 0;                  // of the offending byte, from the packet's first byte
  Direction culprit = Direction::uplink;   // the side that sent it

  bool operator==(const DecodeError&) const = default;
};

// The statement number ("[MQTT-3.1.2-3]", "[MQTT5-…]" or a section) and a sentence.
std::string to_text(const DecodeError& error);

// Decodes one whole packet: fixed header and body, no more and no less.
// Strict: every MUST about the bytes of that packet in that version and direction is checked.
// CONNECT announces its own version, `version` is then ignored.
// Threads: pure.
Result<Packet, DecodeError> decode(ByteView frame, Version version, Direction direction);

// Appends the packet's bytes to `out`. Writes what the value says, allowed or not; only what cannot
// be written at all is our bug (CHECK): a string over 65,535 bytes, a body over 268,435,455.
void encode(const Packet& packet, Version version, Bytes& out);

}  // namespace probate::mqtt
