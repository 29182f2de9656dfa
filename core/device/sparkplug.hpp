// The two payloads of Sparkplug B that decide who is online: a node's birth and its death. Just
// that much of its protobuf, no library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.hpp"

namespace probate::device::sparkplug {

// A Payload of org.eclipse.tahu.protobuf with the metric bdSeq (UInt64). NBIRTH has
// "Node Control/Rebirth" = false and seq 0 as well, as the specification asks of it. Its timestamps
// are milliseconds since the start of the run: a simulated node has no calendar. NDEATH has no seq,
// and no timestamp either: it is handed over in CONNECT and cannot know when the node dies.
std::string nbirth(std::uint8_t bdseq, Instant now);
std::string ndeath(std::uint8_t bdseq);

// The value of the metric bdSeq, whatever its integer type and whoever encoded it; nothing if the
// bytes are no such payload or have no bdSeq of 0 to 255.
// Limits: one pass over the bytes; groups, which Sparkplug has none of, are refused.
std::optional<std::uint8_t> read_bdseq(std::string_view payload);

}  // namespace probate::device::sparkplug
