#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::FlowDirection;
using fault::PacketFacts;
using fault::PacketSet;
using fault::Treatment;
using fault::Watch;
using journal::Alteration;
using journal::Leg;
using mqtt::Direction;
using mqtt::PacketType;

Watch watch_up(PacketType type) { return {.up = PacketSet{type}, .down = {}}; }
Watch watch_down(PacketType type) { return {.up = {}, .down = PacketSet{type}}; }

Bytes report(std::string payload, mqtt::QoS qos = mqtt::QoS::at_most_once, bool dup = false) {
  return wire(mqtt::Publish{.topic = "t",
                            .payload = std::move(payload),
                            .qos = qos,
                            .dup = dup,
                            .packet_id = 1,
                            .properties = {}});
}

// What the broker got behind the CONNECT.
Bytes behind_connect(Session& session) {
  const std::size_t connect = wire(connect_packet()).size();
  const Bytes& all = session.broker->received();
  return {all.begin() + static_cast<long>(std::min(connect, all.size())), all.end()};
}
// What the device got behind the CONNACK.
Bytes behind_connack(Session& session) {
  const Bytes& all = session.device->received();
  return {all.begin() + static_cast<long>(std::min(kConnack.size(), all.size())), all.end()};
}

void expect_up(World& world, Session& session, const Bytes& expected) {
  world.until([&] { return behind_connect(session).size() >= expected.size(); }, "it arrived");
  EXPECT_EQ(behind_connect(session), expected);
}

auto always(Treatment treatment) {
  return [treatment](const PacketFacts&) { return treatment; };
}

TEST(SwallowPacket, keeps_the_connack_from_the_device_and_nothing_else) {
  World world;
  world.owner.treatment = always(fault::SwallowPacket{kFault});
  world.perform(watch_down(PacketType::connack));
  auto device = world.device();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  broker->send(joined({kConnack, kPingresp}));
  world.until([&] { return device->received() == kPingresp; }, "what came behind it passed");
  EXPECT_EQ(world.journal.all<journal::ConnackReceived>().size(), 1u);
  const auto swallowed = world.journal.all<journal::PacketSwallowed>();
  ASSERT_EQ(swallowed.size(), 1u);
  EXPECT_EQ(swallowed[0].fault, kFault);
  EXPECT_EQ(swallowed[0].packet, PacketType::connack);
  EXPECT_EQ(swallowed[0].direction, Direction::downlink);
  EXPECT_TRUE(world.journal.all<journal::SessionUp>().empty());
  world.owner.treatment = nullptr;
  world.perform(Watch{});
  Session next{world};
  EXPECT_EQ(world.journal.all<journal::SessionUp>().size(), 1u);
}

TEST(SwallowPacket, takes_a_goodbye_away_and_the_broker_sees_only_the_close) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::SwallowPacket{kFault});
  world.perform(watch_up(PacketType::disconnect));
  session.device->send(joined({kPingreq, kDisconnect}));
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the broker saw the close");
  EXPECT_EQ(behind_connect(session), kPingreq);
  EXPECT_TRUE(world.journal.all<journal::DisconnectForwarded>().empty());
  ASSERT_EQ(world.journal.all<journal::PacketSwallowed>().size(), 1u);
  EXPECT_EQ(world.journal.all<journal::PacketSwallowed>()[0].packet, PacketType::disconnect);
  EXPECT_EQ(world.journal.closed(Leg::broker)[0].fault, kFault);
}

// A packet's fate is decided when its last byte has come, by the faults of then.
TEST(SwallowPacket, of_which_half_had_come_when_the_fault_healed_passes_whole) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::SwallowPacket{kFault});
  world.perform(watch_down(PacketType::publish));
  const Bytes packet = report(std::string(1000, 'x'));
  session.broker->send(joined({kPingresp, Bytes{packet.begin(), packet.begin() + 500}}));
  world.until([&] { return behind_connack(session) == kPingresp; }, "what came before it passed");
  world.owner.treatment = nullptr;
  world.perform(Watch{});
  session.broker->send(ByteView{packet}.subspan(500));
  const Bytes expected = joined({kPingresp, packet});
  world.until([&] { return behind_connack(session).size() >= expected.size(); }, "the rest came");
  EXPECT_EQ(behind_connack(session), expected);
  EXPECT_TRUE(world.journal.all<journal::PacketSwallowed>().empty());
}

TEST(SwallowPacket, that_comes_byte_by_byte_is_missing_whole) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::SwallowPacket{kFault});
  world.perform(watch_up(PacketType::publish));
  for (const std::uint8_t byte : joined({report("abc"), kPingreq})) {
    session.device->send(ByteView{&byte, 1});
    world.until([&] { return session.device->all_sent(); }, "it was sent");
    world.loop.io().restart();
    world.loop.io().poll();
  }
  expect_up(world, session, kPingreq);
  EXPECT_EQ(world.journal.all<journal::PacketSwallowed>().size(), 1u);
}

TEST(Treatment, asks_only_about_the_packets_that_are_watched) {
  World world;
  Session session{world};
  world.perform(watch_up(PacketType::publish));
  const Bytes sent = joined({kPingreq, report("1"), kPingreq, report("2")});
  session.device->send(sent);
  expect_up(world, session, sent);
  EXPECT_EQ(world.owner.asked, (std::vector{PacketType::publish, PacketType::publish}));
}

TEST(Treatment, leaves_a_packet_alone_that_is_too_large_to_wait_for) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::SwallowPacket{kFault});
  world.perform(watch_up(PacketType::publish));
  const Bytes sent = joined({report(std::string(300'000, 'x')), kPingreq});
  session.device->send(sent);
  world.until(
      [&] {
        session.device->all_sent();
        return behind_connect(session).size() >= sent.size();
      },
      "it arrived");
  EXPECT_EQ(behind_connect(session), sent);
  EXPECT_TRUE(world.owner.asked.empty());
}

TEST(Treatment, of_a_packet_that_never_becomes_whole_is_that_of_bytes) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::SwallowPacket{kFault});
  world.perform(watch_up(PacketType::publish));
  const Bytes half{0x30, 0x20, 0x00, 0x01};
  session.device->send(half);
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the end arrived");
  EXPECT_EQ(behind_connect(session), half);
}

TEST(Treatment, lets_bytes_pass_that_are_no_packets_in_their_order) {
  World world;
  Session session{world};
  world.owner.treatment = [](const PacketFacts& packet) -> Treatment {
    if (packet.topic == "t") return fault::SwallowPacket{kFault};
    return fault::PassPacket{};
  };
  world.perform(watch_up(PacketType::publish));
  const Bytes nonsense{0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  session.device->send(joined({report("gone"), kPingreq, nonsense}));
  expect_up(world, session, joined({kPingreq, nonsense}));
}

TEST(HoldPacket, holds_the_packet_and_what_is_behind_it) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::HoldPacket{kFault, 50ms});
  world.perform(watch_up(PacketType::publish));
  const Instant sent = world.loop.now();
  session.device->send(joined({kPingreq, report("late"), kPingreq}));
  session.device->fin();
  world.until([&] { return behind_connect(session) == kPingreq; }, "what was ahead of it came");
  EXPECT_LT(world.loop.now() - sent, 50ms);
  world.until([&] { return session.broker->got_fin(); }, "the end arrived");
  EXPECT_GE(world.loop.now() - sent, 50ms);
  EXPECT_EQ(behind_connect(session), joined({kPingreq, report("late"), kPingreq}));
  const auto altered = world.journal.all<journal::PacketAltered>();
  ASSERT_EQ(altered.size(), 1u);
  EXPECT_EQ(altered[0].how, Alteration::held);
}

// [MQTT-3.3.1-1] [MQTT5-3.3.1-1]
TEST(DuplicatePacket, sends_a_publish_again_with_dup) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::DuplicatePacket{kFault});
  world.perform(watch_up(PacketType::publish));
  const auto qos = mqtt::QoS::at_least_once;
  session.device->send(joined({report("0"), report("1", qos), kPingreq}));
  expect_up(world, session,
            joined({report("0"), report("0"), report("1", qos), report("1", qos, true), kPingreq}));
}

TEST(ReorderPacket, lets_the_next_packet_go_first) {
  World world;
  Session session{world};
  world.owner.treatment = [first = true](const PacketFacts&) mutable -> Treatment {
    if (!std::exchange(first, false)) return fault::PassPacket{};
    return fault::ReorderPacket{kFault};
  };
  world.perform(watch_up(PacketType::publish));
  session.device->send(report("1"));
  world.until([&] { return !world.journal.all<journal::PacketAltered>().empty(); }, "it was read");
  EXPECT_TRUE(behind_connect(session).empty());
  const Bytes next = report("2");
  session.device->send(ByteView{next}.first(3));
  session.device->send(joined({Bytes{next.begin() + 3, next.end()}, kPingreq}));
  expect_up(world, session, joined({report("2"), report("1"), kPingreq}));
}

TEST(ReorderPacket, goes_ahead_of_the_end_if_nothing_follows) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::ReorderPacket{kFault});
  world.perform(watch_up(PacketType::disconnect));
  session.device->send(kDisconnect);
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the end arrived");
  EXPECT_EQ(behind_connect(session), kDisconnect);
}

// Downwards, and what the broker's TCP makes of it: it was acknowledged, and that is all.
TEST(HoldPacket, on_the_way_down_is_late_for_the_device_alone) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::HoldPacket{kFault, 300ms});
  world.perform(watch_down(PacketType::publish));
  const Instant sent = world.loop.now();
  session.broker->send(joined({kPingresp, report("late"), kPingresp}));
  session.device->send(kPingreq);
  expect_up(world, session, kPingreq);
  world.until([&] { return session.broker->info().tcpi_unacked == 0; }, "it was acknowledged");
  world.until([&] { return behind_connack(session) == kPingresp; }, "what was ahead of it came");
  const Bytes all = joined({kPingresp, report("late"), kPingresp});
  world.until([&] { return behind_connack(session) == all; }, "the rest came");
  EXPECT_GE(world.loop.now() - sent, 300ms);
  const auto altered = world.journal.all<journal::PacketAltered>();
  ASSERT_EQ(altered.size(), 1u);
  EXPECT_EQ(altered[0].direction, Direction::downlink);
}

TEST(DuplicatePacket, on_the_way_down_is_more_for_the_device_and_nothing_for_the_broker) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::DuplicatePacket{kFault});
  world.perform(watch_down(PacketType::publish));
  const auto qos = mqtt::QoS::at_least_once;
  session.broker->send(joined({report("1", qos), kPingresp}));
  const Bytes all = joined({report("1", qos), report("1", qos, true), kPingresp});
  world.until([&] { return behind_connack(session).size() >= all.size(); }, "all of it came");
  EXPECT_EQ(behind_connack(session), all);
  EXPECT_TRUE(behind_connect(session).empty());
  EXPECT_EQ(session.broker->info().tcpi_unacked, 0u);
  EXPECT_EQ(session.broker->tcp_state(), TCP_ESTABLISHED);
}

TEST(ReorderPacket, on_the_way_down_waits_for_the_brokers_next_packet_and_for_no_other) {
  World world;
  Session session{world};
  world.owner.treatment = [first = true](const PacketFacts&) mutable -> Treatment {
    if (!std::exchange(first, false)) return fault::PassPacket{};
    return fault::ReorderPacket{kFault};
  };
  world.perform(watch_down(PacketType::publish));
  session.broker->send(report("1"));
  world.until([&] { return !world.journal.all<journal::PacketAltered>().empty(); }, "it was read");
  world.until([&] { return session.broker->info().tcpi_unacked == 0; }, "and acknowledged");
  session.device->send(kPingreq);
  expect_up(world, session, kPingreq);
  EXPECT_TRUE(behind_connack(session).empty());
  session.broker->send(kPingresp);
  const Bytes all = joined({kPingresp, report("1")});
  world.until([&] { return behind_connack(session) == all; }, "both came, the other way round");
}

TEST(CutInsidePacket, ends_both_legs_behind_the_first_bytes) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::CutInsidePacket{kFault, 4, fault::CutHow::fin});
  world.perform(watch_up(PacketType::publish));
  const Bytes packet = report("cut");
  session.device->send(joined({kPingreq, packet, kPingreq}));
  world.until([&] { return session.broker->got_fin() && session.device->got_fin(); }, "both ended");
  EXPECT_EQ(behind_connect(session), joined({kPingreq, Bytes{packet.begin(), packet.begin() + 4}}));
  const auto closed = world.journal.closed(Leg::broker);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, journal::Party::proxy);
  EXPECT_EQ(closed[0].fault, kFault);
}

TEST(CutInsidePacket, resets_if_told_to) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::CutInsidePacket{kFault, 1, fault::CutHow::rst});
  world.perform(watch_down(PacketType::pingresp));
  session.broker->send(kPingresp);
  world.until([&] { return session.broker->got_rst() && session.device->got_rst(); }, "both ended");
}

// [MQTT-3.9.3-2] 0x80 is the one failure that 3.1.1 knows.
TEST(RewritePacket, makes_every_code_of_a_suback_a_failure) {
  World world;
  Session session{world};
  world.owner.treatment = always(fault::RewritePacket{kFault, 0x80});
  world.perform(watch_down(PacketType::suback));
  session.broker->send(wire(mqtt::Suback{.packet_id = 9, .reasons = {0, 1}, .properties = {}}));
  const Bytes failed =
      wire(mqtt::Suback{.packet_id = 9, .reasons = {0x80, 0x80}, .properties = {}});
  world.until([&] { return behind_connack(session) == failed; }, "it says failure");
  const auto altered = world.journal.all<journal::PacketAltered>();
  ASSERT_EQ(altered.size(), 1u);
  EXPECT_EQ(altered[0].how, Alteration::rewritten);
  EXPECT_EQ(altered[0].reason, std::uint8_t{0x80});
}

TEST(RewritePacket, of_a_connack_leaves_the_session_to_the_broker_alone) {
  World world;
  world.owner.treatment = always(fault::RewritePacket{kFault, 3});
  world.perform(watch_down(PacketType::connack));
  auto device = world.device();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  broker->send(kConnack);
  const Bytes refused{0x20, 0x02, 0x00, 0x03};
  world.until([&] { return device->received() == refused; }, "it reads a refusal");
  EXPECT_EQ(world.journal.all<journal::ConnackReceived>()[0].reason, 0);
  EXPECT_TRUE(world.journal.all<journal::SessionUp>().empty());
}

TEST(AnswerConnect, refuses_in_the_brokers_place) {
  World world;
  world.owner.admission = fault::AnswerConnect{kFault, 5};
  auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_fin(); }, "it was answered");
  EXPECT_EQ(device->received(), (Bytes{0x20, 0x02, 0x00, 0x05}));
  EXPECT_FALSE(world.dialled());
  EXPECT_EQ(world.journal.all<journal::ConnectSwallowed>().size(), 1u);
  EXPECT_EQ(world.journal.all<journal::PacketAltered>()[0].how, Alteration::injected);
}

// A device of MQTT 5 with a session.
struct NewSession {
  std::unique_ptr<Peer> device;
  std::unique_ptr<Peer> broker;
  Bytes connack = wire(mqtt::Connack{}, mqtt::Version::v5);

  explicit NewSession(World& world) {
    device = world.device();
    device->send(wire(connect_packet(mqtt::Version::v5)));
    broker = world.accept();
    broker->send(connack);
    world.until([&] { return device->received() == connack; }, "the device has the CONNACK");
  }
};

TEST(InjectDisconnect, reaches_the_device_between_two_packets) {
  World world;
  NewSession session{world};
  const Bytes busy = wire(mqtt::Disconnect{.reason = 0x89, .properties = {}}, mqtt::Version::v5);
  const Bytes packet =
      wire(mqtt::Publish{.topic = "t", .payload = "xyz", .properties = {}}, mqtt::Version::v5);
  session.broker->send(ByteView{packet}.first(4));
  const std::size_t so_far = session.connack.size() + 4;
  world.until([&] { return session.device->received().size() == so_far; }, "half of it came");
  world.perform(fault::InjectDisconnect{0x89});
  session.broker->send(ByteView{packet}.subspan(4));
  const Bytes all = joined({session.connack, packet, busy});
  world.until([&] { return session.device->received() == all; }, "the rest came, then the other");
  world.perform(fault::InjectDisconnect{0x89});
  world.until([&] { return session.device->received() == joined({all, busy}); }, "at once");
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the broker sees the device's close");
  EXPECT_EQ(world.journal.all<journal::PacketAltered>().size(), 2u);
  EXPECT_TRUE(world.journal.all<journal::DisconnectForwarded>().empty());
}

TEST(InjectDisconnect, means_nothing_to_a_device_of_mqtt_3) {
  World world;
  Session session{world};
  world.perform(fault::InjectDisconnect{0x89});
  session.broker->send(kPingresp);
  world.until([&] { return behind_connack(session) == kPingresp; }, "the next packet came");
  EXPECT_TRUE(world.journal.all<journal::PacketAltered>().empty());
}

// ---- the order of a takeover

TEST(OrderTakeover, brings_the_connect_before_the_end_of_the_old_connection) {
  World world;
  world.perform(fault::OrderTakeover{fault::ConnectOrder::before, 30ms});
  Session old{world};
  old.device->close();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "its end was read");
  EXPECT_FALSE(old.broker->ended());
  Session next{world};
  world.until([&] { return old.broker->ended(); }, "the old end came");
  const auto forwarded = world.journal.all<journal::ConnectForwarded>();
  ASSERT_EQ(forwarded.size(), 2u);
  const auto closed = world.journal.closed(Leg::broker, ConnectionId{1});
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, journal::Party::device);
  EXPECT_EQ(closed[0].fault, kFault);
  EXPECT_GE(world.journal.when_broker_closed(ConnectionId{1}) -
                world.journal.when_forwarded(ConnectionId{2}),
            30ms);
}

TEST(OrderTakeover, or_so_much_behind_it) {
  World world;
  world.perform(fault::OrderTakeover{fault::ConnectOrder::after, 30ms});
  Session old{world};
  old.device->rst();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "its end was read");
  EXPECT_FALSE(old.broker->ended());
  Session next{world};
  EXPECT_TRUE(old.broker->got_rst());
  EXPECT_GE(world.journal.when_forwarded(ConnectionId{2}) -
                world.journal.when_broker_closed(ConnectionId{1}),
            30ms);
}

TEST(OrderTakeover, lets_an_end_go_when_it_is_over) {
  World world;
  world.perform(fault::OrderTakeover{fault::ConnectOrder::before, 30ms});
  Session old{world};
  old.device->close();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "its end was read");
  EXPECT_FALSE(old.broker->ended());
  world.perform(fault::OrderTakeover{});
  world.until([&] { return old.broker->got_fin(); }, "the end came");
  old.broker->close();
  world.until([&] { return world.proxy().links() == 0; }, "nothing is left");
}

TEST(OrderTakeover, means_only_the_devices_own_end) {
  World world;
  world.perform(fault::OrderTakeover{fault::ConnectOrder::before, 1h});
  Session session{world};
  session.broker->close();
  world.until([&] { return session.device->ended(); }, "the broker's end came");
}

}  // namespace
}  // namespace probate::proxy::test
