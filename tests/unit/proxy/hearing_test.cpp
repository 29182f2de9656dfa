#include "proxy/hearing.hpp"

#include <array>

#include <linux/filter.h>

#include "proxy/socket_io.hpp"
#include "tests/support/segments.hpp"
#include "tests/unit/proxy/filter_machine.hpp"
#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

constexpr std::uint8_t kFinFlag = 0x01;
constexpr std::uint8_t kSynFlag = 0x02;
constexpr std::uint8_t kRstFlag = 0x04;
constexpr std::uint8_t kAckFlag = 0x10;

struct Segment {
  std::uint8_t flags = kAckFlag;
  std::size_t options = 0;  // in bytes, of the header
  std::size_t payload = 0;
};

Bytes bytes_of(const Segment& segment) {
  Bytes bytes(20 + segment.options + segment.payload, 0xff);
  bytes[12] = static_cast<std::uint8_t>((20 + segment.options) / 4 << 4);
  bytes[13] = segment.flags;
  return bytes;
}

bool hears(Hearing hearing, const Segment& segment) {
  return passes(program_of(hearing), {.segment = bytes_of(segment)});
}

TEST(Hearing, of_nothing_drops_every_segment) {
  for (const std::uint8_t flags : {kAckFlag, kFinFlag, kSynFlag, kRstFlag}) {
    EXPECT_FALSE(hears(Hearing::nothing, {.flags = flags}));
    EXPECT_FALSE(hears(Hearing::nothing, {.flags = flags, .payload = 1}));
  }
}

TEST(Hearing, of_acknowledgements_tells_a_byte_from_a_long_header) {
  for (std::size_t options = 0; options <= 40; options += 4) {
    const Segment bare{.options = options};
    const Segment full{.options = options, .payload = 1};
    EXPECT_TRUE(hears(Hearing::acks, bare)) << options;
    EXPECT_FALSE(hears(Hearing::acks, full)) << options;
    EXPECT_TRUE(hears(Hearing::acks_and_ends, bare)) << options;
    EXPECT_FALSE(hears(Hearing::acks_and_ends, full)) << options;
  }
}

TEST(Hearing, of_acknowledgements_hears_no_end) {
  for (const std::uint8_t flag : {kFinFlag, kSynFlag, kRstFlag}) {
    const auto flags = static_cast<std::uint8_t>(flag | kAckFlag);
    EXPECT_FALSE(hears(Hearing::acks, {.flags = flags}));
    EXPECT_FALSE(hears(Hearing::acks, {.flags = flags, .payload = 1}));
  }
}

TEST(Hearing, of_ends_hears_them_with_what_is_in_them_and_nothing_else) {
  for (const Hearing hearing : {Hearing::ends, Hearing::acks_and_ends}) {
    for (const std::uint8_t flag : {kFinFlag, kRstFlag}) {
      const auto flags = static_cast<std::uint8_t>(flag | kAckFlag);
      EXPECT_TRUE(hears(hearing, {.flags = flags}));
      EXPECT_TRUE(hears(hearing, {.flags = flags, .payload = 1}));
    }
    EXPECT_FALSE(hears(hearing, {.payload = 1}));
  }
  EXPECT_FALSE(hears(Hearing::ends, {}));
}

TEST(Hearing, with_a_loss_drops_what_the_draw_says_and_no_end) {
  for (const double share : {0.001, 0.25, 0.9}) {
    const LossRate rate = loss_rate(share);
    EXPECT_NEAR(static_cast<double>(rate) / 4294967296.0, share, 1e-9);
    const auto program = program_of(Hearing::all, rate);
    const auto hears_draw = [&](std::uint32_t draw, std::uint8_t flags) {
      return passes(program, {.segment = bytes_of({.flags = flags, .payload = 1}), .random = draw});
    };
    EXPECT_FALSE(hears_draw(0, kAckFlag));
    EXPECT_FALSE(hears_draw(rate - 1, kAckFlag));
    EXPECT_TRUE(hears_draw(rate, kAckFlag));
    EXPECT_TRUE(hears_draw(~std::uint32_t{0}, kAckFlag));
    EXPECT_TRUE(hears_draw(0, kFinFlag | kAckFlag));
    EXPECT_TRUE(hears_draw(0, kRstFlag));
  }
}

// A connection of two sockets of ours.
class HeardConnection : public testing::Test {
 protected:
  void SetUp() override {
    shown_ = probate::test::can_silence_segments();
    if (!shown_) return;
    const tcp::endpoint loopback{boost::asio::ip::address_v4::loopback(), 0};
    tcp::acceptor acceptor{io_, loopback};
    tcp::socket socket{io_};
    socket.connect(acceptor.local_endpoint());
    peer_ = std::make_unique<Peer>(std::move(socket));
    Endpoint ignored;
    ours_ = accept(acceptor.native_handle(), ignored);
  }
  // Until it holds: a socket tells.
  void until(const std::function<bool()>& holds, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) FAIL() << "in vain waited until " << what;
    }
  }
  IoResult read() { return read_some(ours_, buffer_); }

  bool shown_ = false;
  boost::asio::io_context io_;
  std::unique_ptr<Peer> peer_;
  Socket ours_;
  std::array<std::uint8_t, 64> buffer_{};
};

TEST_F(HeardConnection, loses_nothing_that_was_not_heard_once_it_is_heard_again) {
  if (!shown_) return;
  ASSERT_TRUE(set_hearing(ours_, Hearing::nothing));
  peer_->send("late");
  until([&] { return peer_->info().tcpi_total_retrans >= 2; }, "it was sent again");
  EXPECT_GE(peer_->info().tcpi_unacked, 1u);
  EXPECT_EQ(read().status, IoStatus::blocked);
  ASSERT_TRUE(set_hearing(ours_, Hearing::all));
  until([&] { return read().status == IoStatus::moved; }, "it came");
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer_.data()), 4), "late");
}

TEST_F(HeardConnection, that_is_forgotten_is_silent_until_the_peer_speaks) {
  if (!shown_) return;
  forget(ours_);
  EXPECT_EQ(peer_->tcp_state(), TCP_ESTABLISHED);
  EXPECT_FALSE(peer_->ended());
  peer_->send("anybody?");
  until([&] { return peer_->got_rst(); }, "its segment was answered with RST");
}

}  // namespace
}  // namespace probate::proxy::test
