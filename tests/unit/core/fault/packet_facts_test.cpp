#include "core/fault/packet_facts.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"

namespace probate::fault {
namespace {

using mqtt::Direction;
using mqtt::PacketType;
using mqtt::Version;

PacketFacts facts_on_the_wire(const mqtt::Packet& packet, Version version, Bytes& frame) {
  frame.clear();
  mqtt::encode(packet, version, frame);
  mqtt::FrameScanner scanner;
  EXPECT_TRUE(scanner.advance(frame)->complete);
  return facts_of(frame, scanner.header(), version, Direction::downlink);
}

std::vector<mqtt::Packet> some_packets() {
  const mqtt::Properties told{{mqtt::PropertyId::reason_string, std::string(200, 'x')}};
  return {mqtt::Connack{.reason = 0x87, .properties = told},
          mqtt::Publish{.topic = "a/b", .payload = "p", .properties = {}},
          mqtt::Publish{.topic = "a/b",
                        .payload = "p",
                        .qos = mqtt::QoS::exactly_once,
                        .packet_id = 7,
                        .properties = {}},
          mqtt::Puback{.packet_id = 7, .reason = 0x10, .properties = {}},
          mqtt::Puback{.packet_id = 7, .properties = {}},
          mqtt::Pubrec{.packet_id = 7, .reason = 0x97, .properties = {}},
          mqtt::Suback{.packet_id = 7, .reasons = {0x80, 1}, .properties = told},
          mqtt::Pingresp{},
          mqtt::Disconnect{.reason = 0x8e, .properties = {}},
          mqtt::Disconnect{}};
}

TEST(PacketFacts, are_the_same_of_a_packet_and_of_its_bytes) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    for (const mqtt::Packet& packet : some_packets()) {
      Bytes frame;
      const PacketFacts wire = facts_on_the_wire(packet, version, frame);
      const PacketFacts typed = facts_of(packet, Direction::downlink);
      EXPECT_EQ(wire.type, typed.type);
      EXPECT_EQ(wire.qos, typed.qos);
      EXPECT_EQ(wire.topic, typed.topic);
      const bool says_more = version == Version::v5 || wire.type == PacketType::connack ||
                             wire.type == PacketType::suback;
      EXPECT_EQ(wire.reason, says_more ? typed.reason : 0) << mqtt::to_text(wire.type);
    }
  }
}

TEST(PacketFacts, of_what_is_cut_short_are_as_nothing) {
  for (const mqtt::Packet& packet : some_packets()) {
    Bytes frame;
    mqtt::encode(packet, Version::v5, frame);
    mqtt::FrameScanner scanner;
    ASSERT_TRUE(scanner.advance(frame)->complete);
    for (std::size_t bytes = 0; bytes < frame.size(); ++bytes) {
      const auto facts =
          facts_of(ByteView{frame}.first(bytes), scanner.header(), Version::v5, Direction::uplink);
      EXPECT_EQ(facts.type, mqtt::type_of(packet));
      EXPECT_LE(facts.topic.size(), bytes);
    }
  }
}

TEST(PacketFacts, a_reason_is_written_wherever_the_packet_has_one) {
  mqtt::Packet suback = mqtt::Suback{.packet_id = 1, .reasons = {0, 1, 2}, .properties = {}};
  set_reason(suback, 0x80);
  EXPECT_EQ(std::get<mqtt::Suback>(suback).reasons, (std::vector<std::uint8_t>{0x80, 0x80, 0x80}));
  for (const mqtt::Packet& packet : some_packets()) {
    mqtt::Packet changed = packet;
    set_reason(changed, 0x83);
    const auto type = mqtt::type_of(packet);
    const bool has_one = type != PacketType::publish && type != PacketType::pingresp;
    EXPECT_EQ(facts_of(changed, Direction::uplink).reason, has_one ? 0x83 : 0);
  }
}

TEST(PacketSet, has_what_was_put_in) {
  const PacketSet both = PacketSet{PacketType::connect} | PacketSet{PacketType::auth};
  EXPECT_TRUE(both.has(PacketType::connect));
  EXPECT_TRUE(both.has(PacketType::auth));
  EXPECT_FALSE(both.has(PacketType::publish));
  EXPECT_TRUE(PacketSet{}.empty());
}

}  // namespace
}  // namespace probate::fault
