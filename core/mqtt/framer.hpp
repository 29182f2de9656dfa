// Where one MQTT packet ends and the next begins, byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::mqtt {

// A frame that begins inside a span of received bytes.
struct FrameHeader {
  std::uint8_t first_byte = 0;
  std::uint32_t body_bytes = 0;   // the Remaining Length
  std::uint8_t header_bytes = 0;  // 2 to 5

  PacketType type() const { return static_cast<PacketType>(first_byte >> 4); }
  std::size_t frame_bytes() const { return std::size_t{header_bytes} + body_bytes; }
};

enum class FrameError : std::uint8_t {
  length_too_long,  // a fifth byte of Remaining Length, [MQTT5-1.5.5-1]; 3.x: §2.2.3
};

// Follows packet boundaries through a byte stream without copying or storing any of it: 12 bytes of
// state, so an idle connection costs no buffer. It looks at fixed headers only; the decoder judges
// the rest.
//
//   for (ByteView rest = received; !rest.empty();) {
//     auto step = scanner.advance(rest);        // step.consumed bytes belong to the current packet
//     rest = rest.subspan(step->consumed);      // step->complete: its last byte was among them
//   }
//
// Limits: none on the body; the caller knows frame_bytes() as soon as the header is complete.
class FrameScanner {
 public:
  struct Step {
    std::size_t consumed = 0;  // bytes of the span that belong to the current packet, at least 1
    bool header_complete = false;  // the fixed header is known, header() is valid
    bool complete = false;         // the packet's last byte was consumed; the next call starts anew
  };

  // Consumes bytes of at most one packet from the front. Requires: !bytes.empty(). After an error
  // the scanner must be reset: the stream has no boundaries any more.
  Result<Step, FrameError> advance(ByteView bytes);

  // The current (or just completed) packet's. Requires: the last step said header_complete.
  FrameHeader header() const;
  // True between packets.
  bool idle() const { return header_seen_ == 0; }
  void reset();

 private:
  std::uint32_t length_ = 0;  // Remaining Length so far
  std::uint32_t body_left_ = 0;
  std::uint8_t first_byte_ = 0;
  std::uint8_t header_seen_ = 0;  // header bytes consumed of the current packet
  bool header_done_ = false;
  std::uint8_t header_bytes_ = 0;
};

}  // namespace probate::mqtt
