#include "sim/virtual/line.hpp"

#include <gtest/gtest.h>

namespace probate::virtual_time {
namespace {

mqtt::Packet puback(std::uint16_t id) { return mqtt::Puback{id, 0, {}}; }
std::uint16_t id_of(const mqtt::Packet& packet) { return std::get<mqtt::Puback>(packet).packet_id; }

TEST(VirtualLine, without_a_delay_is_ready_at_once) {
  Line line;
  line.push(Instant{1s}, puback(1));
  EXPECT_TRUE(line.ready(Instant{1s}));
  EXPECT_EQ(id_of(line.take()), 1);
  EXPECT_TRUE(line.empty());
}

TEST(VirtualLine, delays_each_packet_and_what_follows_it) {
  Line line;
  line.set_delay(300ms, {}, Rng{1});
  line.push(Instant{1s}, puback(1));
  EXPECT_FALSE(line.ready(Instant{1299ms}));
  EXPECT_TRUE(line.ready(Instant{1300ms}));
  EXPECT_EQ(line.due_behind(Instant{1s}), Instant{1300ms});
}

TEST(VirtualLine, jitter_never_reorders) {
  Line line;
  line.set_delay(50ms, 50ms, Rng{7});
  Instant last{};
  for (std::uint16_t id = 1; id <= 200; ++id) {
    line.push(Instant{1ms * id}, puback(id));
  }
  for (std::uint16_t id = 1; id <= 200; ++id) {
    EXPECT_GE(line.next_due(), last);
    EXPECT_LE(line.next_due(), Instant{1ms * id} + 100ms + 200ms);
    last = line.next_due();
    EXPECT_EQ(id_of(line.take()), id);
  }
}

TEST(VirtualLine, released_lets_everything_go) {
  Line line;
  line.set_delay(10s, {}, Rng{1});
  line.push(Instant{1s}, puback(1));
  line.release();
  EXPECT_TRUE(line.ready(Instant{1s}));
}

}  // namespace
}  // namespace probate::virtual_time
