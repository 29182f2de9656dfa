// Links on which nothing passes, and the middlebox that forgets them: seen from both ends.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::CutHow;
using fault::DeadLeg;
using fault::LegChoice;
using journal::CloseHow;
using journal::Leg;
using journal::Party;

// A session on whose link the fault waits for an idle spell.
struct IdleWorld {
  explicit IdleWorld(Duration after = 50ms) {
    world.perform(fault::WatchIdle{after});
    session.emplace(world);
  }
  void becomes_idle() {
    world.until([&] { return !world.owner.idle_faults.empty(); }, "the idle spell was told");
  }
  World world;
  std::optional<Session> session;
};

TEST(IdleWatch, tells_once_that_nothing_passed_for_that_long) {
  World world;
  world.perform(fault::WatchIdle{50ms});
  const Instant began = world.loop.now();
  const Session session{world};
  world.until([&] { return !world.owner.idle_faults.empty(); }, "the idle spell was told");
  EXPECT_GE(world.loop.now() - began, 50ms);
  // A second spell of another link, later, and still nothing more of the first.
  world.perform(fault::WatchIdle{50ms}, 2);
  const Session other{world, 2};
  world.until([&] { return world.owner.idle_faults.size() > 1; }, "the other one idled");
  EXPECT_EQ(world.owner.idle_faults, (std::vector<FaultId>{kFault, kFault}));
}

TEST(IdleWatch, starts_anew_with_every_byte_either_way) {
  constexpr Duration kAfter = 200ms;
  IdleWorld idle{kAfter};
  World& world = idle.world;
  std::size_t up = wire(connect_packet()).size();
  Instant passed = world.loop.now();
  Instant told = kNever;
  Instant passed_before_told{};
  world.owner.when_idle = [&] {
    told = world.loop.now();
    passed_before_told = passed;
  };
  // Twelve exchanges, at least 20 ms apart: longer than the spell in all.
  for (int i = 0; i < 12; ++i) {
    const Instant before = world.loop.now();
    world.until([&] { return world.loop.now() - before > 20ms; }, "a moment passed");
    passed = world.loop.now();
    idle.session->device->send(kPingreq);
    up += 2;
    world.until([&] { return idle.session->broker->received().size() == up; }, "up");
  }
  world.until([&] { return told != kNever; }, "the idle spell was told");
  EXPECT_GE(told - passed_before_told, kAfter);
}

TEST(IdleWatch, holds_for_coming_links_until_it_is_taken_back) {
  World world;
  world.perform(fault::WatchIdle{30ms});
  const Session first{world};
  world.until([&] { return world.owner.idle_faults.size() == 1; }, "the first link idled");
  const Session second{world};
  world.until([&] { return world.owner.idle_faults.size() == 2; }, "the second one, too");
  world.perform(fault::WatchIdle{});
  const Session third{world};
  const Session other{world, 2};
  world.perform(fault::WatchIdle{30ms}, 2);
  world.until([&] { return world.owner.idle_faults.size() == 3; }, "another device's link idled");
}

TEST(NatIdle, silent_leaves_both_ends_believing_and_passes_nothing_any_more) {
  IdleWorld idle;
  World& world = idle.world;
  world.owner.when_idle = [&] { world.perform(fault::MakeGhost{}); };
  idle.becomes_idle();
  world.until([&] { return world.counters().ghost_links == 1; }, "a ghost");
  idle.session->device->send(kPingreq);
  idle.session->broker->send(kPingresp);
  Session next{world};
  next.device->send(kPingreq);
  const std::size_t bytes = wire(connect_packet()).size() + 2;
  world.until([&] { return next.broker->received().size() == bytes; }, "a new link works");
  EXPECT_EQ(idle.session->broker->received(), wire(connect_packet()));
  EXPECT_EQ(idle.session->device->received(), kConnack);
  EXPECT_EQ(idle.session->device->tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(idle.session->broker->tcp_state(), TCP_ESTABLISHED);
  ASSERT_EQ(world.journal.all<journal::SilenceBegan>().size(), 1u);
  EXPECT_EQ(world.journal.all<journal::SilenceBegan>()[0].fault, kFault);
}

TEST(NatIdle, rst_sender_resets_the_device_at_its_next_byte_and_tells_the_broker_nothing) {
  IdleWorld idle;
  World& world = idle.world;
  world.owner.when_idle = [&] { world.perform(fault::MakeGhost{DeadLeg::resets}); };
  idle.becomes_idle();
  world.until([&] { return world.counters().ghost_links == 1; }, "a ghost");
  EXPECT_FALSE(idle.session->device->ended()) << "not before it sends";
  idle.session->device->send(kPingreq);
  world.until([&] { return idle.session->device->ended(); }, "the device was told");
  EXPECT_TRUE(idle.session->device->got_rst());
  EXPECT_EQ(idle.session->broker->received(), wire(connect_packet()));
  EXPECT_EQ(idle.session->broker->tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(world.counters().ghost_links, 1u);
  const auto closed = world.journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(closed[0].how, CloseHow::rst);
  EXPECT_EQ(closed[0].fault, kFault);
  EXPECT_EQ(world.owner.downs, 1);
}

TEST(NatIdle, rst_sender_answers_a_fin_with_a_reset_as_well) {
  IdleWorld idle;
  World& world = idle.world;
  world.owner.when_idle = [&] { world.perform(fault::MakeGhost{DeadLeg::resets}); };
  idle.becomes_idle();
  world.until([&] { return world.counters().ghost_links == 1; }, "a ghost");
  idle.session->device->fin();
  world.until([&] { return idle.session->device->ended(); }, "the device was told");
  EXPECT_TRUE(idle.session->device->got_rst());
  EXPECT_EQ(idle.session->broker->tcp_state(), TCP_ESTABLISHED);
}

TEST(NatIdle, rst_resets_both_ends) {
  IdleWorld idle;
  World& world = idle.world;
  world.owner.when_idle = [&] { world.perform(fault::Cut{LegChoice::both, CutHow::rst}); };
  idle.becomes_idle();
  world.until([&] { return idle.session->device->ended() && idle.session->broker->ended(); },
              "both ended");
  EXPECT_TRUE(idle.session->device->got_rst());
  EXPECT_TRUE(idle.session->broker->got_rst());
  EXPECT_EQ(world.proxy().links(), 0u);
}

}  // namespace
}  // namespace probate::proxy::test
