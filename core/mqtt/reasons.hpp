// Return codes of 3.x and reason codes of 5.0: which packet may carry which, and who may send it.
#pragma once

#include <cstdint>

#include "core/mqtt/packets.hpp"

namespace probate::mqtt {

// True if the version defines that code for that packet type.
bool is_reason(PacketType type, Version version, std::uint8_t code);

// False for the codes that 5.0 leaves to the other side. Requires: is_reason(…).
bool may_send_reason(PacketType type, Version version, Direction direction, std::uint8_t code);

// The specification's words, "Not authorized"; "undefined" for a code that is not in its table.
const char* reason_name(PacketType type, Version version, std::uint8_t code);

}  // namespace probate::mqtt
