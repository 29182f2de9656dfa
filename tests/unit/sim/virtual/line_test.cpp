#include "sim/virtual/line.hpp"

#include <array>

#include <gtest/gtest.h>

namespace probate::virtual_time {
namespace {

constexpr std::size_t kBytes = 4;  // of each packet here

mqtt::Packet puback(std::uint16_t id) { return mqtt::Puback{id, 0, {}}; }

// The next packet, whole.
std::uint16_t take(Line& line) {
  std::size_t bytes = kBytes;
  const auto packet = line.take(bytes);
  return packet ? std::get<mqtt::Puback>(*packet).packet_id : std::uint16_t{0};
}

TEST(VirtualLine, without_a_delay_is_ready_at_once) {
  Line line;
  line.push(Instant{1s}, puback(1), kBytes);
  EXPECT_EQ(line.ready(Instant{1s}), kBytes);
  EXPECT_EQ(take(line), 1);
  EXPECT_TRUE(line.empty());
}

TEST(VirtualLine, delays_each_packet_and_what_follows_it) {
  Line line;
  line.set_delay(300ms, {}, Rng{1});
  line.push(Instant{1s}, puback(1), kBytes);
  EXPECT_EQ(line.ready(Instant{1299ms}), 0U);
  EXPECT_EQ(line.ready(Instant{1300ms}), kBytes);
  EXPECT_EQ(line.due_behind(Instant{1s}), Instant{1300ms});
}

TEST(VirtualLine, jitter_never_reorders) {
  Line line;
  line.set_delay(50ms, 50ms, Rng{7});
  Instant last{};
  for (std::uint16_t id = 1; id <= 200; ++id) {
    line.push(Instant{1ms * id}, puback(id), kBytes);
  }
  for (std::uint16_t id = 1; id <= 200; ++id) {
    EXPECT_GE(line.next_due(), last);
    EXPECT_LE(line.next_due(), Instant{1ms * id} + 100ms + 200ms);
    last = line.next_due();
    EXPECT_EQ(take(line), id);
  }
}

TEST(VirtualLine, released_lets_everything_go) {
  Line line;
  line.set_delay(10s, {}, Rng{1});
  line.push(Instant{1s}, puback(1), kBytes);
  line.release();
  EXPECT_EQ(line.ready(Instant{1s}), kBytes);
}

TEST(VirtualLine, a_packet_that_leaves_in_pieces_is_there_with_its_last_byte) {
  Line line;
  line.push(Instant{1s}, puback(1), kBytes);
  line.push(Instant{1s}, puback(2), kBytes);
  std::size_t bytes = kBytes - 1;
  EXPECT_FALSE(line.take(bytes));
  EXPECT_EQ(line.ready(Instant{1s}), kBytes + 1);
  bytes = kBytes;
  EXPECT_TRUE(line.take(bytes));
  EXPECT_EQ(bytes, kBytes - 1) << "which are the second packet's";
  EXPECT_FALSE(line.take(bytes));
  EXPECT_EQ(line.ready(Instant{1s}), 1U);
}

TEST(VirtualLine, n_losses_in_a_row_cost_the_timeout_doubled_each_time) {
  constexpr Duration kRto = 200ms;
  constexpr int kPackets = 4000;
  Line line;
  line.set_loss(0.5, kRto, Rng{3});
  std::array<int, Line::kLossesMax + 1> times{};
  for (int i = 0; i < kPackets; ++i) {
    const Instant now{1min * i};  // further apart than any wait
    line.push(now, puback(1), kBytes);
    const auto late = (line.next_due() - now) / kRto;
    int losses = 0;
    while ((1 << losses) - 1 < late) ++losses;
    ASSERT_EQ((1 << losses) - 1, late);
    ++times.at(static_cast<std::size_t>(losses));
    take(line);
  }
  EXPECT_NEAR(times[0], kPackets / 2, 150);
  EXPECT_NEAR(times[1], kPackets / 4, 130);
  EXPECT_GT(times[Line::kLossesMax], 0);
}

TEST(VirtualLine, what_is_behind_a_lost_packet_waits_and_a_fin_is_never_lost) {
  Line line;
  line.set_loss(1, 100ms, Rng{3});
  line.push(Instant{1s}, puback(1), kBytes);
  EXPECT_EQ(line.next_due(), Instant{1s} + 63 * 100ms);
  EXPECT_EQ(line.due_behind(Instant{2s}), line.next_due());
  EXPECT_EQ(line.due_behind(Instant{9s}), Instant{9s});
}

TEST(VirtualLine, draws_losses_by_the_instant_whatever_came_before) {
  const auto due_at_20s = [](int before) {
    Line line;
    line.set_loss(0.5, 100ms, Rng{5});
    for (int i = 0; i < before; ++i) {
      line.push(Instant{1ms * i}, puback(1), kBytes);
      take(line);
    }
    line.push(Instant{20s}, puback(2), kBytes);
    return line.next_due();
  };
  EXPECT_EQ(due_at_20s(0), due_at_20s(3));
}

}  // namespace
}  // namespace probate::virtual_time
