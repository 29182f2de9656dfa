#include "sim/virtual/loop.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace probate::virtual_time {
namespace {

struct NoJournal final : journal::Sink {
  void write(Instant, journal::Body) override {}
};

struct World {
  NoJournal journal;
  Loop loop{journal};
  std::string told;

  void runs() {
    while (loop.step()) {
    }
  }
};

class Bell final : public Timer {
 public:
  Bell(World& world, char name) : Timer{world.loop}, world_{world}, name_{name} {}

 private:
  void expired(Instant now) override {
    world_.told += name_;
    world_.told += std::to_string(now.time_since_epoch() / 1s);
  }

  World& world_;
  char name_;
};

TEST(Loop, fires_in_the_order_of_time_and_jumps_there) {
  World world;
  Bell a{world, 'a'};
  Bell b{world, 'b'};
  a.arm(Instant{300s});
  b.arm(Instant{2s});
  world.runs();
  EXPECT_EQ(world.told, "b2a300");
  EXPECT_EQ(world.loop.now(), Instant{300s});
}

TEST(Loop, fires_what_is_due_at_one_instant_in_the_order_of_arming) {
  World world;
  Bell a{world, 'a'};
  Bell b{world, 'b'};
  Bell c{world, 'c'};
  b.arm(Instant{1s});
  c.arm(Instant{1s});
  a.arm(Instant{1s});
  world.runs();
  EXPECT_EQ(world.told, "b1c1a1");
}

// What is a hop away waits in a line of its own.
TEST(Loop, fires_what_is_a_hop_away_among_all_others_in_the_order_of_time_and_arming) {
  World world;
  std::vector<std::unique_ptr<Bell>> bells;
  const auto ring = [&](char name, Instant at) {
    bells.push_back(std::make_unique<Bell>(world, name));
    bells.back()->arm(at);
  };
  ring('a', Instant{5s});
  ring('b', Instant{5s + 60us});
  ring('f', Instant{5s + 100us});
  ASSERT_TRUE(world.loop.step());
  ring('c', Instant{5s + 60us});   // in the line
  ring('g', Instant{5s + 100us});  // in the line
  ring('d', Instant{5s + 60us});   // too early for the line
  ring('h', Instant{5s + 100us});  // in the line
  ring('e', Instant{5s + 60us});
  ring('i', Instant{5s + 200us});  // too far ahead for it
  ring('j', Instant{6s});
  world.runs();
  EXPECT_EQ(world.told, "a5b5c5d5e5f5g5h5i5j6");
  EXPECT_EQ(world.loop.pending(), 0U);
}

TEST(Loop, a_timer_in_the_line_can_be_moved_and_cancelled) {
  World world;
  Bell a{world, 'a'};
  Bell b{world, 'b'};
  Bell c{world, 'c'};
  a.arm(Instant{80us});
  b.arm(Instant{90us});
  c.arm(Instant{100us});
  c.arm(Instant{85us});
  a.arm(Instant{2s});
  b.cancel();
  world.runs();
  EXPECT_EQ(world.told, "c0a2");
}

TEST(Loop, a_timer_that_is_moved_fires_once_at_its_last_time) {
  World world;
  Bell a{world, 'a'};
  a.arm(Instant{1s});
  a.arm(Instant{5s});
  a.arm(Instant{3s});
  EXPECT_EQ(world.loop.pending(), 1U) << "moved later: its place in the queue is kept";
  world.runs();
  EXPECT_EQ(world.told, "a3");
  EXPECT_EQ(world.loop.fired(), 1U);
}

TEST(Loop, a_timer_can_be_moved_earlier) {
  World world;
  Bell a{world, 'a'};
  a.arm(Instant{9s});
  a.arm(Instant{2s});
  world.runs();
  EXPECT_EQ(world.told, "a2");
}

TEST(Loop, a_cancelled_timer_does_not_fire_and_can_be_armed_again) {
  World world;
  Bell a{world, 'a'};
  Bell b{world, 'b'};
  a.arm(Instant{1s});
  b.arm(Instant{2s});
  a.cancel();
  world.runs();
  EXPECT_EQ(world.told, "b2");
  a.arm(Instant{4s});
  world.runs();
  EXPECT_EQ(world.told, "b2a4");
}

TEST(Loop, forgets_a_timer_that_is_gone_also_when_its_slot_is_taken_again) {
  World world;
  auto gone = std::make_unique<Bell>(world, 'x');
  gone->arm(Instant{1s});
  gone.reset();
  Bell a{world, 'a'};
  a.arm(Instant{2s});
  world.runs();
  EXPECT_EQ(world.told, "a2");
}

TEST(Loop, what_is_armed_for_the_past_fires_now) {
  World world;
  Bell a{world, 'a'};
  Bell b{world, 'b'};
  a.arm(Instant{5s});
  ASSERT_TRUE(world.loop.step());
  b.arm(Instant{1s});
  world.runs();
  EXPECT_EQ(world.told, "a5b5");
}

TEST(Loop, stops_before_the_next_event) {
  World world;
  Bell a{world, 'a'};
  a.arm(Instant{1s});
  world.loop.stop();
  EXPECT_FALSE(world.loop.step());
  EXPECT_EQ(world.told, "");
}

TEST(Loop, calls_after_every_event_and_not_within_it) {
  World world;
  Bell a{world, 'a'};
  Bell b{world, 'b'};
  world.loop.set_after_event([&] { world.told += '|'; });
  a.arm(Instant{1s});
  b.arm(Instant{1s});
  world.runs();
  EXPECT_EQ(world.told, "a1|b1|");
}

}  // namespace
}  // namespace probate::virtual_time
