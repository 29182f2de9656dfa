// What the faults' acts mean on the wire, seen from both ends.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::CutHow;
using fault::FlowDirection;
using fault::LegChoice;
using journal::CloseHow;
using journal::Leg;
using journal::Party;

// Something of another link went through the loop meanwhile, so what could have come has come.
void turn(World& world) {
  Session probe{world, 200};
  probe.device->send(kPingreq);
  const std::size_t connect_bytes = wire(connect_packet()).size();
  world.until([&] { return probe.broker->received().size() == connect_bytes + 2; },
              "the probe passed");
  probe.device->close();
  probe.broker->close();
  const std::size_t before = world.journal.closed(Leg::device).size();
  world.until([&] { return world.journal.closed(Leg::device).size() > before; }, "the probe ended");
}

// ---- drop

struct DropCase {
  LegChoice legs;
  CutHow how;
};

TEST(Cut, says_fin_or_rst_to_the_chosen_legs_and_nothing_to_the_other) {
  for (const DropCase& drop :
       {DropCase{LegChoice::both, CutHow::fin}, DropCase{LegChoice::both, CutHow::rst},
        DropCase{LegChoice::device, CutHow::fin}, DropCase{LegChoice::device, CutHow::rst},
        DropCase{LegChoice::broker, CutHow::fin}, DropCase{LegChoice::broker, CutHow::rst}}) {
    SCOPED_TRACE(static_cast<int>(drop.legs) * 10 + static_cast<int>(drop.how));
    World world;
    Session session{world};
    world.perform(fault::Cut{drop.legs, drop.how});
    const auto expect = [&](Peer& peer, Leg leg, bool chosen) {
      const auto records = world.journal.closed(leg);
      if (!chosen) {
        EXPECT_TRUE(records.empty());
        EXPECT_FALSE(peer.ended());
        EXPECT_EQ(peer.tcp_state(), TCP_ESTABLISHED);
        return;
      }
      world.until([&] { return peer.ended(); }, "the leg ended");
      EXPECT_TRUE(drop.how == CutHow::fin ? peer.got_fin() : peer.got_rst());
      ASSERT_EQ(records.size(), 1u);
      EXPECT_EQ(records[0].by, Party::proxy);
      EXPECT_EQ(records[0].how, drop.how == CutHow::fin ? CloseHow::fin : CloseHow::rst);
      EXPECT_EQ(records[0].fault, kFault);
    };
    expect(*session.device, Leg::device, drop.legs != LegChoice::broker);
    expect(*session.broker, Leg::broker, drop.legs != LegChoice::device);
    EXPECT_EQ(world.counters().ghost_links, drop.legs == LegChoice::device ? 1u : 0u);
  }
}

TEST(Cut, drains_before_a_fin_and_never_resets_by_accident) {
  World world;
  Session session{world};
  session.broker->lazy = true;
  // More than the kernel takes: some of it waits in the proxy when the FIN is ordered, and the
  // device goes on sending, unread bytes that would turn a careless close() into RST.
  mqtt::Publish packet;
  packet.topic = "t";
  packet.payload = std::string(8 * 1024 * 1024, 'x');
  const Bytes much = wire(packet);
  session.device->send(much);
  std::uint64_t last = 0;
  int still = 0;
  world.until(
      [&] {
        still = world.counters().bytes[0] == last && last > 0 ? still + 1 : 0;
        last = world.counters().bytes[0];
        session.device->all_sent();
        return still > 100;
      },
      "the broker's side is full");
  world.perform(fault::Cut{LegChoice::both, CutHow::fin});
  world.until([&] { return session.device->got_fin(); }, "the device has the FIN");
  session.broker->lazy = false;
  world.until(
      [&] {
        session.device->all_sent();
        return session.broker->ended();
      },
      "the broker's stream ended");
  EXPECT_TRUE(session.broker->got_fin());
  EXPECT_GE(session.broker->received().size(), last);
  session.device->close();
  session.broker->close();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  EXPECT_EQ(world.journal.closed(Leg::device).size(), 1u);
  EXPECT_EQ(world.journal.closed(Leg::broker).size(), 1u);
}

TEST(Cut, leaves_the_next_connection_alone) {
  World world;
  Session session{world};
  world.perform(fault::Cut{LegChoice::both, CutHow::rst});
  world.until([&] { return session.device->got_rst(); }, "the device was reset");
  Session next{world};
  next.device->close();
  world.until([&] { return next.broker->got_fin(); }, "an ordinary FIN");
}

TEST(Cut, beats_a_silence_and_loses_what_it_held) {
  World world;
  Session session{world};
  world.perform(fault::Silence{FlowDirection::both});
  session.device->send(kPingreq);
  turn(world);
  world.perform(fault::Cut{LegChoice::both, CutHow::fin});
  world.until([&] { return session.broker->got_fin() && session.device->got_fin(); }, "both ended");
  EXPECT_EQ(session.broker->received(), wire(connect_packet()));
  EXPECT_TRUE(world.journal.all<journal::SilenceEnded>().empty());
}

// ---- stall

TEST(Silence, holds_both_ways_and_loses_nothing) {
  World world;
  Session session{world};
  world.perform(fault::Silence{FlowDirection::both});
  EXPECT_TRUE(world.proxy().view(DeviceId{1}).silent);
  EXPECT_EQ(world.counters().silent_links, 1u);
  session.device->send(joined({kPingreq, kPingreq}));
  session.broker->send(kPingresp);
  turn(world);
  EXPECT_EQ(session.broker->received(), wire(connect_packet()));
  EXPECT_EQ(session.device->received(), kConnack);
  const auto began = world.journal.all<journal::SilenceBegan>();
  ASSERT_EQ(began.size(), 1u);
  EXPECT_EQ(began[0].flow, journal::Flow::both);
  EXPECT_EQ(began[0].fault, kFault);
  EXPECT_GE(began[0].last_uplink_packet_at, world.journal.when<journal::ConnectForwarded>());
  EXPECT_TRUE(world.journal.all<journal::SilenceEnded>().empty());
  world.perform(fault::Resume{});
  world.until(
      [&] {
        return session.broker->received() == joined({wire(connect_packet()), kPingreq, kPingreq}) &&
               session.device->received() == joined({kConnack, kPingresp});
      },
      "everything arrived");
  EXPECT_EQ(world.journal.all<journal::SilenceEnded>().size(), 1u);
  EXPECT_EQ(world.counters().silent_links, 0u);
}

TEST(Silence, can_be_one_way) {
  World world;
  Session session{world};
  world.perform(fault::Silence{FlowDirection::up});
  session.device->send(kPingreq);
  session.broker->send(kPingresp);
  world.until(
      [&] {
        return session.device->received() == joined({kConnack, kPingresp});
      },
      "the downlink passes");
  EXPECT_EQ(session.broker->received(), wire(connect_packet()));
}

// The late DISCONNECT: the device gives up during the stall; the broker hears of it when it heals.
TEST(Silence, holds_a_disconnect_and_the_fin_behind_it) {
  World world;
  Session session{world};
  world.perform(fault::Silence{FlowDirection::both});
  session.broker->send(kPingresp);
  session.device->send(joined({kPingreq, kDisconnect}));
  session.device->close();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "the FIN was read");
  EXPECT_EQ(world.journal.closed(Leg::device)[0].by, Party::device);
  EXPECT_TRUE(world.journal.closed(Leg::broker).empty());
  EXPECT_TRUE(world.journal.all<journal::DisconnectForwarded>().empty());
  EXPECT_EQ(session.broker->tcp_state(), TCP_ESTABLISHED);
  world.perform(fault::Resume{});
  world.until([&] { return session.broker->ended(); }, "the broker's stream ended");
  EXPECT_TRUE(session.broker->got_fin()) << "the answer to a closed device became a reset";
  EXPECT_EQ(session.broker->received(), joined({wire(connect_packet()), kPingreq, kDisconnect}));
  EXPECT_EQ(world.journal.all<journal::DisconnectForwarded>().size(), 1u);
  const auto broker = world.journal.closed(Leg::broker);
  ASSERT_EQ(broker.size(), 1u);
  EXPECT_EQ(broker[0].by, Party::device);
  session.broker->close();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
}

TEST(Silence, resumes_a_link_that_the_device_has_left_behind) {
  World world;
  Session old{world};
  world.perform(fault::Silence{FlowDirection::both});
  old.device->send(kDisconnect);
  old.device->close();
  Session next{world};
  world.perform(fault::Resume{});
  world.until([&] { return old.broker->got_fin(); }, "the old link healed");
  EXPECT_EQ(old.broker->received(), joined({wire(connect_packet()), kDisconnect}));
  EXPECT_FALSE(next.broker->ended());
}

TEST(Silence, keeps_the_brokers_close_from_the_device) {
  World world;
  Session session{world};
  world.perform(fault::Silence{FlowDirection::both});
  session.broker->close();
  world.until([&] { return !world.journal.closed(Leg::broker).empty(); }, "the FIN was read");
  EXPECT_EQ(world.journal.closed(Leg::broker)[0].by, Party::broker);
  turn(world);
  EXPECT_FALSE(session.device->ended());
  world.perform(fault::Resume{});
  world.until([&] { return session.device->ended(); }, "the device heard of it");
}

TEST(Silence, stops_reading_at_its_limit) {
  ProxyConfig config;
  config.pending_bytes_max = 64 * 1024;
  World world{config};
  Session session{world};
  world.perform(fault::Silence{FlowDirection::up});
  mqtt::Publish packet;
  packet.topic = "t";
  packet.payload = std::string(16 * 1024 * 1024, 'x');
  const Bytes much = wire(packet);
  session.device->send(much);
  turn(world);
  EXPECT_FALSE(session.device->all_sent());
  world.perform(fault::Resume{});
  world.until(
      [&] {
        session.device->all_sent();
        return session.broker->received().size() == wire(connect_packet()).size() + much.size();
      },
      "everything arrived");
}

TEST(HoldConnect, keeps_a_connect_until_the_radio_is_back) {
  World world;
  world.owner.admission = fault::HoldConnect{kFault};
  auto device = world.device();
  device->send(wire(connect_packet()));
  turn(world);
  world.owner.admission = fault::Admit{};
  world.perform(fault::Resume{});
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "the CONNECT arrived");
}

// ---- half_open and sim_arrears

TEST(Ghost, keeps_the_broker_leg_established_after_the_device_has_gone) {
  World world;
  Session session{world};
  world.perform(fault::MakeGhost{});
  EXPECT_EQ(world.counters().ghost_links, 1u);
  EXPECT_EQ(world.counters().open_links, 0u);
  EXPECT_FALSE(world.proxy().view(DeviceId{1}).has_link);
  session.device->send(joined({kPingreq, kDisconnect}));
  session.broker->send(kPingresp);
  session.device->rst();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "the device is gone");
  EXPECT_EQ(world.journal.closed(Leg::device)[0].by, Party::device);
  world.until([&] { return world.owner.downs == 1; }, "the owner was told");
  turn(world);
  EXPECT_EQ(session.broker->tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(session.broker->received(), wire(connect_packet()));
  EXPECT_TRUE(world.journal.closed(Leg::broker, ConnectionId{1}).empty());
  EXPECT_TRUE(world.journal.all<journal::DisconnectForwarded>().empty());
  EXPECT_EQ(world.journal.all<journal::SilenceBegan>().size(), 1u);
  // The broker ends it: keep-alive, or a takeover.
  session.broker->close();
  world.until([&] { return world.counters().ghost_links == 0; }, "the ghost ended");
  const auto broker = world.journal.closed(Leg::broker, ConnectionId{1});
  ASSERT_EQ(broker.size(), 1u);
  EXPECT_EQ(broker[0].by, Party::broker);
  EXPECT_EQ(broker[0].fault, kFault);
}

TEST(Ghost, is_not_the_current_link_any_more_once_the_device_is_back) {
  World world;
  Session old{world};
  world.perform(fault::MakeGhost{});
  old.device->rst();
  Session next{world};
  EXPECT_TRUE(world.proxy().view(DeviceId{1}).has_link);
  EXPECT_EQ(world.counters().ghost_links, 1u);
  EXPECT_EQ(world.counters().open_links, 1u);
  world.perform(fault::Cut{LegChoice::both, CutHow::rst});
  world.until([&] { return next.broker->got_rst(); }, "the cut met the new link");
  EXPECT_EQ(old.broker->tcp_state(), TCP_ESTABLISHED);
}

TEST(Ghost, lets_the_device_find_out_by_itself) {
  World world;
  Session session{world};
  world.perform(fault::MakeGhost{});
  session.broker->close();
  world.until([&] { return !world.journal.closed(Leg::broker).empty(); }, "the broker closed");
  turn(world);
  EXPECT_FALSE(session.device->ended());
  session.device->close();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
}

// Whether it was let in, and why it is thrown out, is the judge's to know.
TEST(Ghost, has_its_connack_and_its_disconnect_read) {
  World world;
  auto device = world.device();
  device->send(wire(connect_packet(mqtt::Version::v5), mqtt::Version::v5));
  auto broker = world.accept();
  world.until([&] { return !broker->received().empty(); }, "the broker has the CONNECT");
  world.perform(fault::MakeGhost{});
  mqtt::Disconnect why;
  why.reason = 0x8e;
  broker->send(
      joined({wire(mqtt::Connack{}, mqtt::Version::v5), kPingresp, wire(why, mqtt::Version::v5)}));
  world.until([&] { return !world.journal.all<journal::DisconnectReceived>().empty(); },
              "the DISCONNECT was read");
  ASSERT_EQ(world.journal.all<journal::ConnackReceived>().size(), 1u);
  EXPECT_EQ(world.journal.all<journal::ConnackReceived>()[0].reason, 0);
  EXPECT_EQ(world.journal.all<journal::DisconnectReceived>()[0].reason, 0x8e);
  EXPECT_TRUE(world.journal.all<journal::SessionUp>().empty());
  EXPECT_TRUE(device->received().empty());
}

TEST(Vanish, of_fidelity_stream_resets_whoever_speaks_next) {
  World world;
  Session session{world};
  constexpr auto kResets = fault::DeadLeg::resets;
  world.perform(fault::MakeGhost{.device_leg = kResets, .broker_leg = kResets});
  const auto began = world.journal.all<journal::SilenceBegan>();
  ASSERT_EQ(began.size(), 1u);
  EXPECT_TRUE(began[0].vanished);
  EXPECT_TRUE(world.journal.closed(Leg::broker).empty());
  session.broker->send(kPingresp);
  world.until([&] { return session.broker->got_rst(); }, "the broker was told");
  EXPECT_EQ(session.device->tcp_state(), TCP_ESTABLISHED);
  session.device->send(kPingreq);
  world.until([&] { return session.device->got_rst(); }, "the device was told");
  const auto closed = world.journal.closed(Leg::broker);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(closed[0].how, CloseHow::rst);
  EXPECT_EQ(closed[0].fault, kFault);
  EXPECT_EQ(world.proxy().links(), 0u);
}

TEST(Vanish, of_fidelity_stream_hears_the_brokers_own_end) {
  World world;
  Session session{world};
  world.perform(fault::MakeGhost{.broker_leg = fault::DeadLeg::resets});
  session.broker->fin();
  world.until([&] { return world.journal.closed(Leg::broker).size() == 1; }, "it was heard");
  EXPECT_EQ(world.journal.closed(Leg::broker)[0].by, Party::broker);
  session.device->send(kPingreq);
  world.until([&] { return session.device->info().tcpi_unacked == 0; }, "acknowledged");
  EXPECT_FALSE(session.device->ended()) << "its own leg did not vanish";
}

// [MQTT5-3.14.4-1] Its sender closes behind it.
TEST(Vanish, of_fidelity_stream_hears_why_the_broker_ends_it) {
  World world;
  auto connect = connect_packet(mqtt::Version::v5);
  const auto device = world.device();
  device->send(wire(connect, mqtt::Version::v5));
  const auto broker = world.accept();
  broker->send(wire(mqtt::Connack{.properties = {}}, mqtt::Version::v5));
  world.until([&] { return world.owner.sessions == 1; }, "a session");
  world.perform(fault::MakeGhost{.broker_leg = fault::DeadLeg::resets});
  broker->send(wire(mqtt::Disconnect{.reason = 0x8e, .properties = {}}, mqtt::Version::v5));
  broker->fin();
  world.until([&] { return world.journal.closed(Leg::broker).size() == 1; }, "it was heard");
  EXPECT_EQ(world.journal.closed(Leg::broker)[0].by, Party::broker);
  ASSERT_EQ(world.journal.all<journal::DisconnectReceived>().size(), 1u);
}

TEST(SwallowConnect, never_dials_and_waits_for_the_device_to_give_up) {
  World world;
  world.owner.admission = fault::SwallowConnect{kFault};
  auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return !world.journal.all<journal::ConnectSwallowed>().empty(); }, "swallowed");
  device->send(joined({kPingreq, kDisconnect}));
  EXPECT_FALSE(world.dialled());
  EXPECT_FALSE(device->ended());
  const auto swallowed = world.journal.all<journal::ConnectSwallowed>()[0];
  EXPECT_EQ(swallowed.device, DeviceId{1});
  EXPECT_EQ(swallowed.epoch, 7u);
  EXPECT_EQ(swallowed.fault, kFault);
  EXPECT_EQ(world.owner.kept_by, std::vector{kFault});
  device->close();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  EXPECT_FALSE(world.dialled());
  EXPECT_EQ(world.journal.closed(Leg::device).size(), 1u);
  EXPECT_TRUE(world.journal.closed(Leg::broker).empty());
}

// ---- latency

TEST(Delay, holds_bytes_and_fin_back_and_keeps_their_order) {
  World world;
  Session session{world};
  world.perform(fault::Delay{FlowDirection::up, 30ms, 10ms});
  const Instant sent = world.loop.now();
  for (int i = 0; i < 20; ++i) session.device->send(kPingreq);
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the end arrived");
  EXPECT_GE(world.loop.now() - sent, 20ms);
  Bytes expected = wire(connect_packet());
  for (int i = 0; i < 20; ++i) expected = joined({expected, kPingreq});
  EXPECT_EQ(session.broker->received(), expected);
}

TEST(Delay, also_meets_the_devices_coming_links_until_it_is_taken_away) {
  World world;
  world.perform(fault::Delay{FlowDirection::both, 15ms, 0ms});
  const Instant began = world.loop.now();
  Session slow{world};
  EXPECT_GE(world.loop.now() - began, 30ms) << "CONNECT and CONNACK, 15 ms each";
  world.perform(fault::Delay{});
  slow.device->send(kPingreq);
  world.until([&] { return slow.broker->received().size() > wire(connect_packet()).size(); },
              "it passed");
}

// ---- the end

TEST(CloseAll, says_fin_to_the_living_and_closes_ghosts) {
  World world;
  Session living{world};
  Session ghost{world, 2};
  world.perform(fault::MakeGhost{}, 2);
  world.proxy().close_all(world.loop.now());
  world.until(
      [&] {
        return living.device->got_fin() && living.broker->got_fin() && ghost.broker->ended() &&
               ghost.device->ended();
      },
      "all ended");
  living.device->close();
  living.broker->close();
  world.until([&] { return world.proxy().links() == 0; }, "nothing stands");
  EXPECT_EQ(world.journal.closed(Leg::device).size(), 2u);
  EXPECT_EQ(world.journal.closed(Leg::broker).size(), 2u);
}

TEST(CloseAll, tells_of_an_end_that_a_slow_broker_keeps_from_coming) {
  World world;
  Session session{world};
  session.broker->lazy = true;
  session.device->send(wire(mqtt::Publish{
      .topic = "t", .payload = std::string(32 * 1024 * 1024, 'x'), .properties = {}}));
  std::uint64_t last = 0;
  int still = 0;
  world.until(
      [&] {
        still = world.counters().bytes[0] == last && last > 0 ? still + 1 : 0;
        last = world.counters().bytes[0];
        session.device->all_sent();
        return still > 100;
      },
      "the broker's side is full");
  world.proxy().close_all(world.loop.now());
  for (const Leg leg : {Leg::device, Leg::broker}) {
    const auto closed = world.journal.closed(leg);
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].by, Party::proxy);
  }
}

TEST(LinkDown, may_be_answered_with_an_act) {
  World world;
  Session session{world};
  world.owner.when_down = [&] { world.perform(fault::Cut{LegChoice::both, CutHow::rst}); };
  world.perform(fault::MakeGhost{});
  session.device->close();
  world.until([&] { return session.broker->got_rst(); }, "the answer was obeyed");
  EXPECT_EQ(world.owner.downs, 1);
}

}  // namespace
}  // namespace probate::proxy::test
