// Slow links and the operator's portal: seen from both ends.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::FlowDirection;
using journal::CloseHow;
using journal::Leg;
using journal::Party;

Bytes publish_of(std::size_t bytes) {
  mqtt::Publish packet;
  packet.topic = "t";
  packet.payload = std::string(bytes, 'x');
  return wire(packet);
}

constexpr std::uint64_t kRate = 20'000;
constexpr std::size_t kMuch = 10'000;  // half a second's worth

TEST(Throttle, passes_everything_in_order_at_its_rate_and_not_faster) {
  World world;
  Session session{world};
  world.perform(fault::Throttle{FlowDirection::up, kRate});
  const Instant began = world.loop.now();
  const Bytes much = publish_of(kMuch);
  session.device->send(much);
  session.broker->send(kPingresp);
  world.until([&] { return session.device->received().size() == kConnack.size() + 2; },
              "the other way is not slow");
  const Bytes expected = joined({wire(connect_packet()), much});
  world.until([&] { return session.broker->received().size() == expected.size(); }, "all is there");
  EXPECT_EQ(session.broker->received(), expected);
  EXPECT_GE(world.loop.now() - began, 450ms) << "0.5 s less what it had saved";
  EXPECT_EQ(session.device->tcp_state(), TCP_ESTABLISHED);
}

TEST(Throttle, taken_away_lets_go_of_what_waits) {
  World world;
  Session session{world};
  world.perform(fault::Throttle{FlowDirection::both, 16});
  const Bytes much = publish_of(kMuch);
  session.device->send(much);
  world.until([&] { return session.broker->received().size() > wire(connect_packet()).size(); },
              "the first byte came");
  world.perform(fault::Throttle{FlowDirection::both, 0});
  const Bytes expected = joined({wire(connect_packet()), much});
  world.until([&] { return session.broker->received() == expected; }, "the rest came at once");
}

TEST(Throttle, shared_is_one_budget_for_both_ways_and_all_connections) {
  World world;
  world.perform(fault::Throttle{FlowDirection::both, kRate, true});
  Session session{world};
  const Instant began = world.loop.now();
  const Bytes much = publish_of(kMuch);
  session.device->send(much);
  session.broker->send(much);
  const std::size_t up = wire(connect_packet()).size() + much.size();
  const std::size_t down = kConnack.size() + much.size();
  world.until(
      [&] {
        return session.broker->received().size() == up && session.device->received().size() == down;
      },
      "all is there, neither way starved");
  EXPECT_GE(world.loop.now() - began, 950ms) << "twice half a second";
}

TEST(Throttle, is_bounded_by_a_sender_that_has_to_wait) {
  ProxyConfig config;
  config.pending_bytes_max = 4096;
  World world{config};
  Session session{world};
  world.perform(fault::Throttle{FlowDirection::up, kRate});
  const Bytes much = publish_of(16 * 1024 * 1024);
  session.device->send(much);
  const std::size_t connect_bytes = wire(connect_packet()).size();
  world.until([&] { return session.broker->received().size() > connect_bytes + 3000; },
              "a trickle");
  EXPECT_FALSE(session.device->all_sent()) << "the kernel's buffers are far smaller";
}

TEST(Throttle, a_fin_keeps_its_place_behind_what_waits) {
  World world;
  Session session{world};
  world.perform(fault::Throttle{FlowDirection::up, kRate});
  const Bytes much = publish_of(2'000);
  session.device->send(joined({much, kDisconnect}));
  session.device->fin();
  world.until([&] { return session.broker->ended(); }, "the broker's stream ended");
  EXPECT_TRUE(session.broker->got_fin());
  EXPECT_EQ(session.broker->received(), joined({wire(connect_packet()), much, kDisconnect}));
}

TEST(Throttle, a_cut_with_fin_delivers_at_once_what_was_on_its_way) {
  World world;
  Session session{world};
  world.perform(fault::Throttle{FlowDirection::up, 16});
  const Bytes much = publish_of(kMuch);
  session.device->send(much);
  world.until([&] { return session.broker->received().size() > wire(connect_packet()).size(); },
              "the first byte came");
  world.perform(fault::Cut{fault::LegChoice::both, fault::CutHow::fin});
  world.until([&] { return session.broker->ended(); }, "the broker's stream ended");
  EXPECT_TRUE(session.broker->got_fin());
  EXPECT_EQ(session.broker->received(), joined({wire(connect_packet()), much}));
}

TEST(WalledGarden, answers_a_connect_with_a_redirect_and_never_dials) {
  World world;
  world.owner.admission = fault::RedirectConnect{kFault};
  const auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return device->ended(); }, "the portal is through");
  EXPECT_TRUE(device->got_fin()) << "no reset";
  EXPECT_EQ(device->text(), fault::kRedirect);
  EXPECT_TRUE(device->text().starts_with("HTTP/1.1 302 "));
  EXPECT_FALSE(world.dialled());
  const auto swallowed = world.journal.all<journal::ConnectSwallowed>();
  ASSERT_EQ(swallowed.size(), 1u);
  EXPECT_EQ(swallowed[0].fault, kFault);
  const auto closed = world.journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(closed[0].how, CloseHow::fin);
  EXPECT_EQ(closed[0].fault, kFault);
  device->close();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  EXPECT_TRUE(world.journal.closed(Leg::broker).empty());
}

TEST(WalledGarden, lets_the_next_connection_through_once_it_is_paid) {
  World world;
  world.owner.admission = fault::RedirectConnect{kFault};
  const auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return device->ended(); }, "the portal is through");
  world.owner.admission = fault::Admit{};
  const Session session{world};
}

TEST(Silence, leaves_a_connection_alone_that_was_swallowed) {
  World world;
  world.owner.admission = fault::SwallowConnect{kFault};
  const auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return !world.journal.all<journal::ConnectSwallowed>().empty(); }, "swallowed");
  world.perform(fault::Silence{FlowDirection::both});
  EXPECT_TRUE(world.journal.all<journal::SilenceBegan>().empty());
}

}  // namespace
}  // namespace probate::proxy::test
