// The fields of one packet, read front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/mqtt/rules.hpp"

namespace probate::mqtt {

struct Fault {
  Rule rule{};
  std::size_t offset = 0;  // from the packet's first byte
};

// Remembers the first thing that is wrong; from then on every read gives 0 or nothing, so a decoder
// reads a whole packet without asking after each field and without looping on.
//
// Lifetime: what it returns points into the frame.
class Reader {
 public:
  // Requires: begin <= frame.size().
  Reader(ByteView frame, std::size_t begin) : frame_{frame}, at_{begin}, end_{frame.size()} {}

  std::uint8_t byte();
  std::uint16_t two_bytes();
  std::uint32_t four_bytes();
  // A Variable Byte Integer as 5.0 has it inside a packet: at most four bytes, no more than needed.
  std::uint32_t variable();
  // A length-prefixed string, checked to be what MQTT calls UTF-8.
  std::string_view text();
  // Length-prefixed bytes.
  std::string_view binary();
  std::string_view rest();

  // Lets the next `bytes` be all there is, until widen() with the result. Requires: bytes <=
  // left().
  std::size_t narrow(std::size_t bytes);
  void widen(std::size_t end) { end_ = end; }

  std::size_t at() const { return at_; }
  std::size_t left() const { return end_ - at_; }
  // True while there are bytes left and nothing was wrong: the condition of every loop.
  bool more() const { return at_ < end_ && !fault_; }

  // Only the first fault counts.
  void fail(Rule rule, std::size_t offset) {
    if (!fault_) fault_ = Fault{rule, offset};
  }
  const std::optional<Fault>& fault() const { return fault_; }

 private:
  bool has(std::size_t bytes);

  ByteView frame_;
  std::size_t at_;
  std::size_t end_;
  std::optional<Fault> fault_;
};

}  // namespace probate::mqtt
