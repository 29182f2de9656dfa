#include "core/mqtt/framer.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "core/base/rng.hpp"
#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

using test::publish;
using test::wire;

// What the scanner made of a stream that came in pieces.
struct Scan {
  std::vector<Bytes> frames;
  std::vector<FrameHeader> headers;
  bool idle_at_end = true;
};

template <typename SizeOfNext>
Scan scan(ByteView stream, SizeOfNext size_of_next) {
  Scan scan;
  FrameScanner scanner;
  Bytes frame;
  while (!stream.empty()) {
    ByteView piece = stream.first(std::min<std::size_t>(size_of_next(), stream.size()));
    stream = stream.subspan(piece.size());
    while (!piece.empty()) {
      const auto step = scanner.advance(piece);
      if (!step) return scan;
      frame.insert(frame.end(), piece.begin(),
                   piece.begin() + static_cast<std::ptrdiff_t>(step->consumed));
      piece = piece.subspan(step->consumed);
      if (!step->complete) continue;
      scan.headers.push_back(scanner.header());
      scan.frames.push_back(std::move(frame));
      frame.clear();
    }
  }
  scan.idle_at_end = scanner.idle();
  return scan;
}

Bytes some_stream(Rng& rng) {
  Bytes stream;
  for (int i = 0; i < 20; ++i) {
    // Sizes around the borders of one, two and three length bytes.
    const std::size_t sizes[] = {0, 1, 120, 121, 122, 123, 124, 16'370, 16'376, 16'377, 16'380};
    encode(publish("abc", std::string(sizes[rng.below(std::size(sizes))], 'x')), Version::v3_1_1,
           stream);
    if (rng.below(2) == 0) encode(Pingreq{}, Version::v3_1_1, stream);
  }
  return stream;
}

TEST(FrameScanner, gives_the_same_frames_byte_by_byte_in_pieces_and_at_once) {
  constexpr std::uint64_t kSeed = 20'260;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Rng rng{kSeed};
  const Bytes stream = some_stream(rng);
  const Scan at_once = scan(stream, [&] { return stream.size(); });
  const Scan byte_by_byte = scan(stream, [] { return std::size_t{1}; });
  const Scan in_pieces = scan(stream, [&] { return 1 + rng.below(200); });
  EXPECT_EQ(at_once.frames, byte_by_byte.frames);
  EXPECT_EQ(at_once.frames, in_pieces.frames);
  EXPECT_TRUE(at_once.idle_at_end);

  Bytes joined;
  for (const Bytes& frame : at_once.frames) joined.insert(joined.end(), frame.begin(), frame.end());
  EXPECT_EQ(joined, stream);
}

TEST(FrameScanner, knows_type_flags_and_sizes_of_each_frame) {
  const Bytes stream = wire("c0 00 3d [ <t> 0001 'payload' ]").bytes;
  const Scan seen = scan(stream, [] { return std::size_t{1}; });
  ASSERT_EQ(seen.headers.size(), 2U);
  EXPECT_EQ(seen.headers[0].type(), PacketType::pingreq);
  EXPECT_EQ(seen.headers[0].frame_bytes(), 2U);
  EXPECT_EQ(seen.headers[1].type(), PacketType::publish);
  EXPECT_EQ(seen.headers[1].first_byte, 0x3d);
  EXPECT_EQ(seen.headers[1].header_bytes, 2);
  EXPECT_EQ(seen.headers[1].body_bytes, 12U);
}

TEST(FrameScanner, consumes_bytes_of_one_packet_at_most) {
  FrameScanner scanner;
  const auto step = scanner.advance(wire("c0 00 c0 00").bytes);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->consumed, 2U);
  EXPECT_TRUE(step->complete);
  EXPECT_TRUE(scanner.idle());
}

TEST(FrameScanner, knows_the_size_before_the_body_arrives) {
  FrameScanner scanner;
  // The largest Remaining Length that exists: 268,435,455 (3.1.1 §2.2.3, Table 2.4).
  const auto step = scanner.advance(wire("30 ff ff ff 7f").bytes);
  ASSERT_TRUE(step);
  EXPECT_TRUE(step->header_complete);
  EXPECT_FALSE(step->complete);
  EXPECT_EQ(scanner.header().body_bytes, 268'435'455U);
  EXPECT_EQ(scanner.header().frame_bytes(), 268'435'460U);
  EXPECT_FALSE(scanner.idle());
}

TEST(FrameScanner, says_header_complete_in_every_step_from_then_on) {
  FrameScanner scanner;
  EXPECT_FALSE(scanner.advance(wire("30").bytes)->header_complete);
  EXPECT_FALSE(scanner.advance(wire("81").bytes)->header_complete);
  EXPECT_TRUE(scanner.advance(wire("00").bytes)->header_complete);
  EXPECT_TRUE(scanner.advance(wire("00").bytes)->header_complete);
}

// 3.1.1 §2.2.3, Table 2.4: the borders between one and four bytes.
TEST(FrameScanner, reads_the_specification_s_table_of_lengths) {
  const struct {
    const char* bytes;
    std::uint32_t length;
  } cases[] = {{"30 00", 0},
               {"30 7f", 127},
               {"30 80 01", 128},
               {"30 ff 7f", 16'383},
               {"30 80 80 01", 16'384},
               {"30 ff ff 7f", 2'097'151},
               {"30 80 80 80 01", 2'097'152}};
  for (const auto& one : cases) {
    FrameScanner scanner;
    ASSERT_TRUE(scanner.advance(wire(one.bytes).bytes)) << one.bytes;
    EXPECT_EQ(scanner.header().body_bytes, one.length) << one.bytes;
  }
}

// [MQTT5-1.5.5-1] is the decoder's to judge: a stream with it still has boundaries.
TEST(FrameScanner, accepts_a_length_that_is_longer_than_needed) {
  FrameScanner scanner;
  const auto step = scanner.advance(wire("c0 80 80 00").bytes);
  ASSERT_TRUE(step);
  EXPECT_TRUE(step->complete);
  EXPECT_EQ(scanner.header().header_bytes, 4);
}

TEST(FrameScanner, refuses_a_fifth_length_byte) {
  FrameScanner scanner;
  const auto step = scanner.advance(wire("30 ff ff ff ff 01").bytes);
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error(), FrameError::length_too_long);
}

TEST(FrameScanner, refuses_a_fifth_length_byte_when_fed_byte_by_byte) {
  FrameScanner scanner;
  for (const char* byte : {"30", "80", "80", "80"}) {
    EXPECT_TRUE(scanner.advance(wire(byte).bytes));
  }
  EXPECT_FALSE(scanner.advance(wire("80").bytes));
}

TEST(FrameScanner, starts_anew_after_a_reset) {
  FrameScanner scanner;
  EXPECT_TRUE(scanner.advance(wire("30 05 00").bytes));
  scanner.reset();
  EXPECT_TRUE(scanner.idle());
  EXPECT_TRUE(scanner.advance(wire("c0 00").bytes)->complete);
}

TEST(FrameScanner, is_small_enough_for_an_idle_connection) { EXPECT_LE(sizeof(FrameScanner), 16U); }

}  // namespace
}  // namespace probate::mqtt
