#include <gtest/gtest.h>

#include "proxy/link.hpp"
#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

// A client that is known by its CONNECT only, with a session.
struct Named {
  std::unique_ptr<Peer> device;
  std::unique_ptr<Peer> broker;

  explicit Named(World& world) {
    device = world.stranger();
    device->send(wire(connect_packet()));
    broker = world.accept();
    world.until([&] { return broker->received() == wire(connect_packet()); }, "CONNECT arrived");
    broker->send(kConnack);
    world.until([&] { return device->received() == kConnack; }, "CONNACK arrived");
  }
};

TEST(LinkIdentity, is_what_the_owner_makes_of_the_connect) {
  World world;
  world.owner.identity = {DeviceId{5}, 3, true};
  Named session{world};
  EXPECT_EQ(world.owner.named, std::vector<std::string>{"meter-1"});
  const auto forwarded = world.journal.all<journal::ConnectForwarded>();
  ASSERT_EQ(forwarded.size(), 1u);
  EXPECT_EQ(forwarded[0].device, DeviceId{5});
  EXPECT_EQ(forwarded[0].epoch, 3u);
  EXPECT_EQ(world.owner.sessions, 1);
}

TEST(LinkIdentity, is_told_where_a_client_came_from_that_has_gone_by_then) {
  World world;
  auto device = world.stranger();
  device->send(wire(connect_packet()));
  device->rst();
  world.until([&] { return !world.owner.origins.empty(); }, "its CONNECT was read");
  EXPECT_EQ(world.owner.origins[0].source, boost::asio::ip::address_v4::loopback());
}

TEST(LinkIdentity, is_not_asked_for_where_the_address_tells_it) {
  World world;
  Session session{world};
  EXPECT_TRUE(world.owner.named.empty());
}

TEST(LinkIdentity, lets_acts_on_the_device_hit_its_newest_link) {
  World world;
  world.owner.identity = {DeviceId{5}, 1, true};
  Named first{world};
  Named second{world};
  world.perform(fault::Cut{fault::LegChoice::both, fault::CutHow::rst}, 5);
  world.until([&] { return second.device->got_rst(); }, "the newest was cut");
  EXPECT_FALSE(first.device->ended());
}

TEST(LinkIdentity, brings_the_admission_of_its_device) {
  World world;
  world.owner.identity = {DeviceId{1}, 1, true};
  world.owner.admission = fault::RefuseConnect{kFault};
  auto device = world.stranger();
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_rst(); }, "the CONNECT was refused");
  EXPECT_FALSE(world.dialled());
}

TEST(LinkIdentity, brings_what_holds_for_coming_links_of_its_device) {
  World world;
  world.owner.identity = {DeviceId{5}, 1, true};
  world.perform(fault::LimitLinks{.bytes = 1}, 5);
  auto device = world.stranger();
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_rst(); }, "the limit held for it");
  EXPECT_EQ(world.journal.closed(journal::Leg::device)[0].fault, kFault);
}

TEST(LinkIdentity, of_an_untracked_client_tells_nobody_and_passes_every_byte) {
  World world;
  world.owner.identity = {kNoDevice, 0, false};
  Named session{world};
  session.device->send(kPingreq);
  const Bytes all = joined({wire(connect_packet()), kPingreq});
  world.until([&] { return session.broker->received() == all; }, "the ping arrived");
  EXPECT_TRUE(world.journal.all<journal::ConnectForwarded>().empty());
  EXPECT_TRUE(world.journal.all<journal::ConnectRepeated>().empty());
}

TEST(LinkIdentity, makes_a_latency_of_its_device_hold_for_the_connect_itself) {
  constexpr Duration kDelay = 60ms;
  World world;
  world.owner.identity = {DeviceId{5}, 1, true};
  world.perform(fault::Delay{fault::FlowDirection::up, kDelay}, 5);
  auto device = world.stranger();
  const Instant said = world.loop.now();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "CONNECT arrived");
  EXPECT_GE(world.journal.when<journal::ConnectForwarded>() - said, kDelay);
}

TEST(LinkIdentity, loses_the_connect_where_its_device_loses_packets) {
  constexpr Duration kTimeout = 20ms;
  World world;
  world.owner.identity = {DeviceId{5}, 1, true};
  world.perform(fault::Delay{fault::FlowDirection::up, {}, {}, 1.0, kTimeout}, 5);
  auto device = world.stranger();
  const Instant said = world.loop.now();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "CONNECT arrived");
  // Six losses in a row: 1 + 2 + 4 + 8 + 16 + 32 timeouts.
  EXPECT_GE(world.journal.when<journal::ConnectForwarded>() - said, 63 * kTimeout);
}

TEST(LinkIdentity, keeps_the_connack_from_a_device_whose_coming_links_are_silent) {
  World world;
  world.owner.identity = {DeviceId{5}, 1, true};
  world.perform(fault::Silence{.flow = fault::FlowDirection::down, .ack = {}, .coming_links = true},
                5);
  auto device = world.stranger();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "CONNECT arrived");
  broker->send(kConnack);
  device->send(kPingreq);
  const Bytes both = joined({wire(connect_packet()), kPingreq});
  world.until([&] { return broker->received() == both; }, "the ping arrived");
  EXPECT_TRUE(device->received().empty());
  world.perform(fault::Resume{}, 5);
  world.until([&] { return device->received() == kConnack; }, "CONNACK arrived");
  EXPECT_EQ(world.journal.all<journal::SilenceBegan>().size(), 1u);
  // Who comes from now on is let alone.
  Named later{world};
}

}  // namespace
}  // namespace probate::proxy::test
