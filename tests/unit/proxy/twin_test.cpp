#include "proxy/twin.hpp"

#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using journal::Leg;
using journal::Party;

TEST(Twin, logs_in_with_the_victims_own_connect) {
  World world;
  Session session{world};
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  auto twin = world.accept();
  world.until([&] { return twin->received() == wire(connect_packet()); }, "the same bytes");
  twin->send(kConnack);
  world.until([&] { return world.journal.all<journal::ConnackReceived>().size() == 2; },
              "the CONNACK was read");
  const auto forwarded = world.journal.all<journal::ConnectForwarded>();
  ASSERT_EQ(forwarded.size(), 2u);
  EXPECT_TRUE(forwarded[1].twin);
  EXPECT_EQ(forwarded[1].device, DeviceId{1});
  EXPECT_EQ(forwarded[1].epoch, 7u);
  EXPECT_NE(forwarded[1].connection, forwarded[0].connection);
  EXPECT_EQ(world.counters().twin_links, 1u);
  EXPECT_EQ(world.counters().twin_logins, 1u);
  // The broker kicks the victim out; that is nothing to the twin.
  session.broker->close();
  world.until([&] { return session.device->got_fin(); }, "the victim is out");
  EXPECT_EQ(world.journal.closed(Leg::broker)[0].fault, kFault);
  EXPECT_FALSE(twin->ended());
}

TEST(Twin, can_leave_the_will_behind_and_keeps_the_rest) {
  World world;
  Session session{world};
  world.perform(fault::OpenTwin{fault::TwinWill::strip});
  auto twin = world.accept();
  mqtt::Connect expected = connect_packet();
  expected.will.reset();
  world.until([&] { return twin->received() == wire(expected); }, "the CONNECT without will");
  EXPECT_FALSE(world.journal.all<journal::ConnectForwarded>()[1].will.has_value());
}

TEST(Twin, can_log_in_while_the_victim_is_away) {
  World world;
  {
    Session session{world};
    session.device->close();
    session.broker->close();
    world.until([&] { return world.proxy().links() == 0; }, "the victim is gone");
  }
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  auto twin = world.accept();
  world.until([&] { return twin->received() == wire(connect_packet()); }, "the same bytes");
}

TEST(Twin, says_goodbye_when_told) {
  World world;
  Session session{world};
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  auto twin = world.accept();
  world.until([&] { return !twin->received().empty(); }, "the CONNECT arrived");
  world.perform(fault::CloseTwins{});
  world.until([&] { return twin->got_fin(); }, "the end arrived");
  EXPECT_EQ(twin->received(), joined({wire(connect_packet()), kDisconnect}));
  EXPECT_EQ(world.journal.all<journal::DisconnectForwarded>().size(), 1u);
  twin->close();
  world.until([&] { return world.counters().twin_links == 0; }, "the twin is gone");
  const auto closed = world.journal.closed(Leg::broker);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(world.owner.twins_closed, 0);
}

TEST(Twin, tells_the_owner_when_the_broker_kicks_it_out) {
  World world;
  Session session{world};
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  auto twin = world.accept();
  world.until([&] { return !twin->received().empty(); }, "the CONNECT arrived");
  twin->rst();
  world.until([&] { return world.owner.twins_closed == 1; }, "the owner was told");
  const auto closed = world.journal.closed(Leg::broker);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::broker);
  EXPECT_EQ(closed[0].fault, kFault);
}

TEST(Twin, keeps_itself_alive) {
  World world;
  auto device = world.device();
  mqtt::Connect connect = connect_packet();
  connect.keep_alive = 1;
  device->send(wire(connect));
  auto broker = world.accept();
  world.until([&] { return !broker->received().empty(); }, "the CONNECT arrived");
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  auto twin = world.accept();
  const Instant began = world.loop.now();
  world.until([&] { return twin->received() == joined({wire(connect), kPingreq}); }, "it pings");
  // [MQTT-3.1.2-23]: within the keep-alive.
  EXPECT_GE(world.loop.now() - began, 500ms);
}

}  // namespace
}  // namespace probate::proxy::test
