#include "proxy/link.hpp"

#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using journal::CloseHow;
using journal::Leg;
using journal::Party;

Bytes noise(std::size_t count, std::uint64_t seed) {
  Rng rng{seed};
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.below(256));
  return bytes;
}

// A valid PUBLISH QoS 0 whose payload is noise.
Bytes publish(std::size_t payload_bytes, std::uint64_t seed) {
  mqtt::Publish packet;
  packet.topic = "t";
  packet.payload = as_text(noise(payload_bytes, seed));
  return wire(packet);
}

TEST(Link, does_not_dial_before_the_connect_is_complete) {
  World world;
  auto device = world.device();
  const Bytes connect = wire(connect_packet());
  for (std::size_t i = 0; i + 1 < connect.size(); ++i) {
    device->send(ByteView{connect}.subspan(i, 1));
    world.until([&] { return device->all_sent(); }, "the byte left");
    world.loop.io().poll();
    ASSERT_FALSE(world.dialled());
  }
  device->send(ByteView{connect}.last(1));
  auto broker = world.accept();
  world.until([&] { return broker->received() == connect; }, "the CONNECT arrived");
  EXPECT_EQ(world.counters().accepted, 1u);
  EXPECT_EQ(world.counters().open_links, 1u);
}

TEST(Link, records_what_connect_and_connack_say) {
  World world;
  Session session{world};
  const auto forwarded = world.journal.all<journal::ConnectForwarded>();
  ASSERT_EQ(forwarded.size(), 1u);
  EXPECT_EQ(forwarded[0].device, DeviceId{1});
  EXPECT_EQ(forwarded[0].epoch, 7u);
  EXPECT_FALSE(forwarded[0].twin);
  EXPECT_EQ(forwarded[0].client_id, "meter-1");
  EXPECT_EQ(forwarded[0].keep_alive, 10);
  ASSERT_TRUE(forwarded[0].will.has_value());
  EXPECT_EQ(forwarded[0].will->topic, "/willmsg");
  EXPECT_EQ(forwarded[0].will->payload, "meter-1 gone");
  const auto connack = world.journal.all<journal::ConnackReceived>();
  ASSERT_EQ(connack.size(), 1u);
  EXPECT_EQ(connack[0].reason, 0);
  ASSERT_EQ(world.journal.all<journal::SessionUp>().size(), 1u);
  world.until([&] { return world.owner.sessions == 1; }, "the owner was told");
  // An effect never precedes its cause.
  EXPECT_LT(world.journal.when<journal::ConnectForwarded>(),
            world.journal.when<journal::ConnackReceived>());
  EXPECT_LE(world.journal.when<journal::ConnackReceived>(),
            world.journal.when<journal::SessionUp>());
  const fault::DeviceView view = world.proxy().view(DeviceId{1});
  EXPECT_TRUE(view.has_link);
  EXPECT_TRUE(view.online);
  EXPECT_FALSE(view.silent);
}

TEST(Link, reads_properties_of_mqtt_5) {
  World world;
  mqtt::Connect connect = connect_packet(mqtt::Version::v5);
  connect.properties = {{mqtt::PropertyId::session_expiry_interval, std::uint32_t{0xffffffff}}};
  connect.will->properties = {{mqtt::PropertyId::will_delay_interval, std::uint32_t{20}}};
  auto device = world.device();
  device->send(wire(connect, mqtt::Version::v5));
  auto broker = world.accept();
  mqtt::Connack connack;
  connack.session_present = true;
  connack.properties = {{mqtt::PropertyId::server_keep_alive, std::uint32_t{5}},
                        {mqtt::PropertyId::assigned_client_identifier, std::string{"given"}}};
  const Bytes answer = wire(connack, mqtt::Version::v5);
  world.until([&] { return !broker->received().empty(); }, "the CONNECT arrived");
  broker->send(answer);
  world.until([&] { return device->received() == answer; }, "the CONNACK arrived");
  const auto forwarded = world.journal.all<journal::ConnectForwarded>();
  ASSERT_EQ(forwarded.size(), 1u);
  EXPECT_EQ(forwarded[0].session_expiry, Duration::max());
  EXPECT_EQ(forwarded[0].will->delay, 20s);
  const auto received = world.journal.all<journal::ConnackReceived>();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_TRUE(received[0].session_present);
  EXPECT_EQ(received[0].server_keep_alive, 5);
  EXPECT_EQ(received[0].assigned_client_id, "given");
}

// [MQTT-3.1.0-2] The broker has to close: the judge must know why.
TEST(Link, records_a_second_connect) {
  World world;
  Session session{world};
  session.device->send(wire(connect_packet()));
  const Bytes both = joined({wire(connect_packet()), wire(connect_packet())});
  world.until([&] { return session.broker->received() == both; }, "it arrived");
  EXPECT_EQ(world.journal.all<journal::ConnectForwarded>().size(), 1u);
  EXPECT_EQ(world.journal.all<journal::ConnectRepeated>().size(), 1u);
}

TEST(Link, records_why_a_broker_of_mqtt_5_leaves) {
  World world;
  auto device = world.device();
  device->send(wire(connect_packet(mqtt::Version::v5), mqtt::Version::v5));
  auto broker = world.accept();
  world.until([&] { return !broker->received().empty(); }, "the CONNECT arrived");
  broker->send(wire(mqtt::Connack{}, mqtt::Version::v5));
  const Bytes taken_over =
      wire(mqtt::Disconnect{.reason = 0x8e, .properties = {}}, mqtt::Version::v5);
  broker->send(taken_over);
  const Bytes answers = joined({wire(mqtt::Connack{}, mqtt::Version::v5), taken_over});
  world.until([&] { return device->received() == answers; }, "the device was told");
  const auto received = world.journal.all<journal::DisconnectReceived>();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].reason, 0x8e);
}

TEST(Link, passes_a_megabyte_each_way_byte_for_byte) {
  World world;
  Session session{world};
  Bytes up;
  Bytes down;
  for (std::uint64_t i = 0; up.size() < 1'000'000; ++i) {
    const Bytes more = publish(i * 97 % 20'000, i);
    up.insert(up.end(), more.begin(), more.end());
    const Bytes back = publish(i * 89 % 20'000, i + 1000);
    down.insert(down.end(), back.begin(), back.end());
  }
  session.device->send(up);
  session.broker->send(down);
  const std::size_t connect_bytes = wire(connect_packet()).size();
  world.until(
      [&] {
        return session.device->all_sent() && session.broker->all_sent() &&
               session.broker->received().size() >= connect_bytes + up.size() &&
               session.device->received().size() >= kConnack.size() + down.size();
      },
      "everything arrived");
  EXPECT_EQ(session.broker->received(), joined({wire(connect_packet()), up}));
  EXPECT_EQ(session.device->received(), joined({kConnack, down}));
  EXPECT_EQ(world.counters().bytes[0], connect_bytes + up.size());
  EXPECT_EQ(world.counters().bytes[1], kConnack.size() + down.size());
  EXPECT_TRUE(world.journal.all<journal::Malformed>().empty());
}

TEST(Link, passes_what_is_no_mqtt_byte_for_byte_and_says_so_once) {
  World world;
  auto device = world.device();
  Bytes up = noise(1'000'000, 1);
  up[0] = 'G';
  const Bytes down = noise(1'000'000, 2);
  device->send(up);
  auto broker = world.accept();
  broker->send(down);
  world.until(
      [&] {
        return device->all_sent() && broker->all_sent() && broker->received().size() >= up.size() &&
               device->received().size() >= down.size();
      },
      "everything arrived");
  EXPECT_EQ(broker->received(), up);
  EXPECT_EQ(device->received(), down);
  EXPECT_EQ(world.journal.all<journal::Malformed>().size(), 1u);
  EXPECT_EQ(world.counters().malformed[0], 1u);
}

TEST(Link, passes_malformed_bytes_in_the_middle_of_a_session) {
  World world;
  Session session{world};
  // A fifth byte of Remaining Length. [MQTT5-1.5.5-1]
  const Bytes bad{0x30, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3};
  session.device->send(joined({kPingreq, bad, kPingreq}));
  const Bytes expected = joined({wire(connect_packet()), kPingreq, bad, kPingreq});
  world.until([&] { return session.broker->received() == expected; }, "all of it arrived");
  const auto malformed = world.journal.all<journal::Malformed>();
  ASSERT_EQ(malformed.size(), 1u);
  EXPECT_EQ(malformed[0].direction, mqtt::Direction::uplink);
}

TEST(Link, passes_a_connect_that_breaks_a_rule) {
  World world;
  auto device = world.device();
  Bytes connect = wire(connect_packet());
  connect[9] |= 1;  // the reserved flag [MQTT-3.1.2-3]
  device->send(connect);
  auto broker = world.accept();
  world.until([&] { return broker->received() == connect; }, "it arrived");
  EXPECT_EQ(world.journal.all<journal::Malformed>().size(), 1u);
  EXPECT_TRUE(world.journal.all<journal::ConnectForwarded>().empty());
}

TEST(Link, closes_on_a_connect_that_is_too_large) {
  World world;
  auto device = world.device();
  const Bytes header{0x10, 0xff, 0xff, 0x7f};
  device->send(header);
  world.until([&] { return device->got_rst(); }, "the device was reset");
  EXPECT_FALSE(world.dialled());
  EXPECT_EQ(world.counters().malformed[0], 1u);
  EXPECT_EQ(world.counters().open_links, 0u);
}

std::uint64_t refused(World& world, journal::Refused why) {
  return world.loop.counters().fronts[0].refused[static_cast<std::size_t>(why)];
}

TEST(Link, counts_by_reason_who_does_not_finish_what_it_begins_with) {
  ProxyConfig config;
  config.connect_wait = 150ms;
  World world{config};
  auto large = world.stranger();
  large->send(Bytes{0x10, 0xff, 0xff, 0x7f});
  auto half = world.stranger();
  half->send(Bytes{0x10, 0x20, 0x00});
  half->fin();
  auto reset = world.stranger();
  reset->send(Bytes{0x16, 0x03, 0x01});
  world.until([&] { return world.counters().accepted == 3 && large->got_rst(); }, "all came");
  world.until([&] { return half->ended(); }, "half a CONNECT was let go");
  reset->rst();
  auto slow = world.stranger();
  slow->send(Bytes{0x10, 0x20, 0x00});
  auto mute = world.stranger();
  auto looks = world.stranger();
  looks->fin();
  world.until([&] { return slow->ended() && mute->ended() && looks->ended(); }, "all are gone");
  EXPECT_EQ(refused(world, journal::Refused::connect_too_large), 1u);
  EXPECT_EQ(refused(world, journal::Refused::connect_half), 2u);
  EXPECT_EQ(refused(world, journal::Refused::connect_late), 1u);
  EXPECT_EQ(refused(world, journal::Refused::connect_none), 1u);
  EXPECT_EQ(world.owner.refusals.size(), 5u);
  EXPECT_EQ(world.counters().dial_errors, 0u);
}

TEST(Link, counts_packets_and_knows_when_the_last_one_left) {
  World world;
  Session session{world};
  const Instant before = world.loop.now();
  session.device->send(joined({kPingreq, publish(10, 1)}));
  session.broker->send(kPingresp);
  world.until(
      [&] { return world.counters().packets[1][13] == 1 && world.counters().packets[0][3] == 1; },
      "both were counted");
  EXPECT_EQ(world.counters().packets[0][1], 1u);
  EXPECT_EQ(world.counters().packets[0][12], 1u);
  EXPECT_EQ(world.counters().packets[1][2], 1u);
  const Instant after = world.loop.now();
  // Half a packet does not move the oracle's clock.
  const std::size_t had = session.broker->received().size();
  session.device->send(Bytes{0xc0});
  world.until([&] { return session.broker->received().size() > had; }, "half a packet arrived");
  session.device->rst();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "the close was read");
  const auto closed = world.journal.closed(Leg::device)[0];
  EXPECT_GE(closed.last_uplink_packet_at, before);
  EXPECT_LE(closed.last_uplink_packet_at, after);
  EXPECT_GT(closed.last_uplink_bytes_at, after) << "but its bytes are told";
}

TEST(Link, records_disconnect_with_its_reason) {
  World world;
  mqtt::Connect connect = connect_packet(mqtt::Version::v5);
  auto device = world.device();
  device->send(wire(connect, mqtt::Version::v5));
  auto broker = world.accept();
  mqtt::Disconnect disconnect;
  disconnect.reason = 4;
  disconnect.properties = {{mqtt::PropertyId::session_expiry_interval, std::uint32_t{9}}};
  const Bytes bytes = wire(disconnect, mqtt::Version::v5);
  // Byte by byte: the record waits for the last one.
  for (const std::uint8_t byte : bytes) {
    EXPECT_TRUE(world.journal.all<journal::DisconnectForwarded>().empty());
    device->send(Bytes{byte});
    const auto had = broker->received().size();
    world.until([&] { return broker->received().size() > had; }, "the byte arrived");
  }
  const auto records = world.journal.all<journal::DisconnectForwarded>();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].reason, 4);
  EXPECT_EQ(records[0].session_expiry, 9s);
}

TEST(Link, forwards_a_half_close_and_the_answer_behind_it) {
  World world;
  Session session{world};
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the broker has the FIN");
  session.broker->send(kPingresp);
  world.until(
      [&] {
        return session.device->received() == joined({kConnack, kPingresp});
      },
      "the answer arrived");
  EXPECT_FALSE(session.device->ended());
  session.broker->close();
  world.until([&] { return session.device->got_fin(); }, "the device has the FIN");
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  const auto device = world.journal.closed(Leg::device);
  const auto broker = world.journal.closed(Leg::broker);
  ASSERT_EQ(device.size(), 1u);
  ASSERT_EQ(broker.size(), 1u);
  EXPECT_EQ(device[0].by, Party::device);
  EXPECT_EQ(device[0].how, CloseHow::fin);
  EXPECT_EQ(broker[0].by, Party::device);
  EXPECT_EQ(broker[0].how, CloseHow::fin);
  EXPECT_EQ(world.owner.downs, 1);
}

LinkSight sight_of_only(World& world) {
  std::vector<LinkSight> all;
  world.proxy().for_each_link([&](const LinkSight& sight) {
    all.push_back(sight);
    return true;
  });
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? LinkSight{} : all[0];
}

// To the kernel a SYN and a FIN are bytes, too.
TEST(LinkSight, counts_what_was_said_and_no_end_of_it) {
  World world;
  Session session{world};
  const std::uint64_t said = wire(connect_packet()).size();
  const auto is_told = [&world](std::uint64_t up, std::uint64_t down) {
    const LinkSight sight = sight_of_only(world);
    return sight.bytes_up == up && sight.bytes_down == down;
  };
  world.until([&] { return is_told(said, kConnack.size()); }, "all bytes are told");
  session.broker->fin();
  world.until([&] { return session.device->got_fin(); }, "the broker ended it");
  world.until([&] { return session.device->tcp_state() == TCP_CLOSE_WAIT; }, "its FIN is heard");
  EXPECT_TRUE(is_told(said, kConnack.size())) << sight_of_only(world).bytes_down;
  Session ended{world, 2};
  session.device->fin();
  world.until([&] { return world.proxy().links() == 1; }, "the first is over");
  ended.device->fin();
  world.until([&] { return ended.broker->got_fin(); }, "the device ended it");
  EXPECT_TRUE(is_told(said, kConnack.size())) << sight_of_only(world).bytes_up;
}

TEST(LinkSight, counts_at_the_broker_once_the_device_has_gone) {
  World world;
  Session session{world};
  world.perform(fault::MakeGhost{});
  const std::uint64_t said = wire(connect_packet()).size();
  const LinkSight sight = sight_of_only(world);
  EXPECT_STREQ(sight.state, "ghost");
  EXPECT_EQ(sight.bytes_up, said);
  EXPECT_EQ(sight.bytes_down, kConnack.size());
}

TEST(Link, bounds_a_half_close) {
  ProxyConfig config;
  config.half_close_wait = 20ms;
  World world{config};
  Session session{world};
  session.device->fin();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  EXPECT_TRUE(session.broker->got_fin());
}

TEST(Link, answers_a_reset_with_a_reset_on_the_other_leg_only) {
  World world;
  Session session{world};
  session.device->rst();
  world.until([&] { return session.broker->got_rst(); }, "the broker was reset");
  const auto broker = world.journal.closed(Leg::broker);
  ASSERT_EQ(broker.size(), 1u);
  EXPECT_EQ(broker[0].by, Party::device);
  EXPECT_EQ(broker[0].how, CloseHow::rst);
  // The next connection ends as its own peers end it.
  Session next{world};
  next.device->close();
  world.until([&] { return next.broker->got_fin(); }, "the broker has a FIN");
}

TEST(Link, tells_the_device_how_the_broker_closed) {
  World world;
  Session first{world};
  Session second{world, 2};
  first.broker->rst();
  second.broker->close();
  world.until([&] { return first.device->got_rst() && second.device->got_fin(); }, "both ended");
  const auto broker = world.journal.closed(Leg::broker);
  ASSERT_EQ(broker.size(), 2u);
  EXPECT_EQ(broker[0].by, Party::broker);
  EXPECT_EQ(broker[1].by, Party::broker);
}

TEST(Link, resets_the_device_when_the_broker_refuses) {
  World world;
  world.close_broker();
  auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_rst(); }, "the device was reset");
  EXPECT_EQ(world.counters().dial_errors, 1u);
  EXPECT_EQ(world.counters().shortages, 0u) << "it is the broker's doing";
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  EXPECT_TRUE(world.journal.closed(Leg::broker).empty());
  EXPECT_EQ(world.journal.closed(Leg::device).size(), 1u);
}

TEST(Link, resets_the_device_when_the_dial_takes_too_long) {
  // A listener whose backlog is full does not answer a SYN.
  boost::asio::io_context sockets;
  tcp::acceptor deaf{sockets};
  deaf.open(tcp::v4());
  deaf.bind({boost::asio::ip::address_v4::loopback(), 0});
  deaf.listen(0);
  std::vector<tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(sockets).open(tcp::v4());
    fillers.back().non_blocking(true);
    // Not Asio's connect(), which waits for the answer.
    const auto to = deaf.local_endpoint();
    ::connect(fillers.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
  }
  ProxyConfig config;
  config.fronts = {{.listen = {}, .upstream = deaf.local_endpoint()}};
  config.dial_timeout = 30ms;
  World world{config};
  auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_rst(); }, "the device was reset");
  EXPECT_EQ(world.counters().dial_errors, 1u);
}

TEST(Link, gives_up_on_a_connect_that_never_comes) {
  ProxyConfig config;
  config.connect_wait = 20ms;
  World world{config};
  auto device = world.device();
  device->send(Bytes{0x10});
  world.until([&] { return device->ended(); }, "the device was let go");
  const auto closed = world.journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(closed[0].how, CloseHow::timeout);
}

TEST(Link, stops_reading_from_a_sender_whose_reader_does_not_read) {
  World world;
  Session session{world};
  session.broker->lazy = true;
  const Bytes much = publish(16 * 1024 * 1024, 1);
  session.device->send(much);
  // Kernel buffers fill up, then the sender is blocked.
  std::uint64_t last = 0;
  int still = 0;
  world.until(
      [&] {
        const std::uint64_t passed = world.counters().bytes[0];
        still = passed == last && passed > 0 ? still + 1 : 0;
        last = passed;
        session.device->all_sent();
        return still > 200;
      },
      "the flow stopped");
  EXPECT_FALSE(session.device->all_sent());
  session.broker->lazy = false;
  const Bytes expected = joined({wire(connect_packet()), much});
  world.until(
      [&] {
        session.device->all_sent();
        return session.broker->received().size() == expected.size();
      },
      "everything arrived");
  EXPECT_EQ(session.broker->received(), expected);
}

TEST(Link, survives_its_proxy) {
  World world;
  Session session{world};
  world.destroy_proxy();
  world.until([&] { return session.device->ended() && session.broker->ended(); }, "both ended");
  EXPECT_EQ(world.counters().open_links, 0u);
}

}  // namespace
}  // namespace probate::proxy::test
