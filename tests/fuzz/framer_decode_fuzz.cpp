// A byte stream cut into pieces: the scanner's frames are the stream, and what decodes survives
// being encoded and decoded again.
//
// Input: one byte for version (bits 0–1) and direction (bit 2), one for the size of the pieces,
// then the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/base/check.hpp"
#include "core/mqtt/codec.hpp"
#include "core/mqtt/framer.hpp"

namespace {

using namespace probate;
using namespace probate::mqtt;

struct Side {
  Version version{};
  Direction direction{};
};

Side side_of(std::uint8_t byte) {
  constexpr Version kVersions[] = {Version::v3_1, Version::v3_1_1, Version::v5, Version::v5};
  return {.version = kVersions[byte & 3],
          .direction = (byte & 4) != 0 ? Direction::downlink : Direction::uplink};
}

void check_round_trip(ByteView frame, Side side) {
  const auto decoded = decode(frame, side.version, side.direction);
  if (!decoded) {
    // One past the end is where something is missing.
    CHECK(decoded.error().offset <= frame.size());
    CHECK(decoded.error().culprit == side.direction);
    CHECK(!to_text(decoded.error()).empty());
    return;
  }
  Bytes again;
  encode(*decoded, side.version, again);
  CHECK(again.size() == encoded_bytes(*decoded, side.version));
  // encode() leaves out whatever may be left out.
  CHECK(again.size() <= frame.size());
  const auto twice = decode(again, side.version, side.direction);
  CHECK(twice.has_value());
  CHECK(*twice == *decoded);
}

void check_stream(ByteView stream, std::size_t piece_bytes, Side side) {
  FrameScanner scanner;
  std::size_t frame_begin = 0;
  std::size_t at = 0;
  while (at < stream.size()) {
    const ByteView piece = stream.subspan(at, std::min(piece_bytes, stream.size() - at));
    const auto step = scanner.advance(piece);
    if (!step) return;
    CHECK(step->consumed >= 1 && step->consumed <= piece.size());
    at += step->consumed;
    CHECK(step->complete == scanner.idle());
    if (!step->complete) continue;
    CHECK(scanner.header().frame_bytes() == at - frame_begin);
    check_round_trip(stream.subspan(frame_begin, at - frame_begin), side);
    frame_begin = at;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Side side = side_of(data[0]);
  const std::size_t piece_bytes = data[1] == 0 ? size : data[1];
  const ByteView stream{data + 2, size - 2};
  check_stream(stream, piece_bytes, side);
  // The decoder alone, also with what no scanner would hand it.
  check_round_trip(stream, side);
  return 0;
}
