#include "core/mqtt/codec.hpp"

#include <gtest/gtest.h>

#include "tests/support/packets.hpp"
#include "tests/unit/core/mqtt/random_packets.hpp"

namespace probate::mqtt {
namespace {

using test::encoded;
using test::wire;

using test::kDown;
using test::kUp;

bool may_send(PacketType type, Version version, Direction direction) {
  const bool up = direction == kUp;
  switch (type) {
    case PacketType::connect:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::pingreq:
      return up;
    case PacketType::connack:
    case PacketType::suback:
    case PacketType::unsuback:
    case PacketType::pingresp:
      return !up;
    case PacketType::disconnect:
      return up || version == Version::v5;
    case PacketType::auth:
      return version == Version::v5;
    case PacketType::publish:
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return true;
  }
  return false;
}

class RoundTrip : public testing::TestWithParam<std::tuple<Version, Direction>> {};

TEST_P(RoundTrip, of_random_packets_gives_them_back) {
  constexpr std::uint64_t kSeed = 8'123;
  constexpr int kPacketsOfEachType = 150;
  const auto [version, direction] = GetParam();
  RandomPackets packets{Rng{kSeed}.stream("codec"), version, direction};
  for (std::uint8_t number = 1; number <= 15; ++number) {
    const auto type = static_cast<PacketType>(number);
    if (!may_send(type, version, direction)) continue;
    for (int i = 0; i < kPacketsOfEachType; ++i) {
      SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", MQTT " << to_text(version) << ", "
                                      << to_text(type) << " " << i);
      const Packet packet = packets.make(type);
      const Bytes bytes = encoded(packet, version);
      ASSERT_EQ(bytes.size(), encoded_bytes(packet, version));
      const auto decoded = decode(bytes, version, direction);
      ASSERT_TRUE(decoded) << to_text(decoded.error());
      ASSERT_EQ(*decoded, packet);
      // No packet is a prefix of itself: every cut is an error, never a shorter packet.
      const std::size_t cut = bytes.size() / 2;
      ASSERT_FALSE(decode(ByteView{bytes}.first(cut), version, direction));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, RoundTrip,
                         testing::Combine(testing::Values(Version::v3_1, Version::v3_1_1,
                                                          Version::v5),
                                          testing::Values(kUp, kDown)));

struct Vector {
  Packet packet;
  Version version;
  Direction direction;
  const char* bytes;
};

Connect example_connect() {
  Connect connect = test::connect("", Version::v3_1_1);
  connect.keep_alive = 10;
  connect.will = Will{"w", "m", QoS::at_least_once, false, {}};
  connect.username = "u";
  connect.password = "p";
  return connect;
}

std::vector<Vector> vectors() {
  std::vector<Vector> vectors;
  // 3.1.1 §3.1.2.10, Figure 3.6: flags 1100 1110 and keep-alive 10.
  vectors.push_back({example_connect(), Version::v3_1_1, kUp,
                     "10 18 0004 4d515454 04 ce 000a 0000 0001 77 0001 6d 0001 75 0001 70"});
  // 5.0 §3.1.2.12, Figure 3-6: the same with a session expiry of 10.
  Connect five = example_connect();
  five.version = Version::v5;
  five.properties = {test::property(PropertyId::session_expiry_interval, 10)};
  vectors.push_back({five, Version::v5, kUp,
                     "10 1f 0004 4d515454 05 ce 000a 05 11 0000000a 0000"
                     " 00 0001 77 0001 6d 0001 75 0001 70"});
  // The article's device: MQIsdp, clean, 300 s, a will on /willmsg.
  Connect luat = test::connect("imei", test::will("/willmsg", "x"), Version::v3_1);
  luat.keep_alive = 300;
  vectors.push_back({luat, Version::v3_1, kUp,
                     "10 1f 0006 4d5149736470 03 06 012c 0004 696d6569 0008 2f77696c6c6d7367"
                     " 0001 78"});
  vectors.push_back({Connack{true, 0, {}}, Version::v3_1_1, kDown, "20 02 01 00"});
  vectors.push_back({Connack{false, 0x87, {}}, Version::v5, kDown, "20 03 00 87 00"});
  // 3.1.1 §3.3.2, Figure 3.11: topic a/b, packet identifier 10.
  vectors.push_back({test::publish("a/b", "", QoS::at_least_once, 10), Version::v3_1_1, kUp,
                     "32 07 0003 612f62 000a"});
  // 5.0 §3.3.2.4, Figure 3-9: the same without properties.
  vectors.push_back({test::publish("a/b", "", QoS::at_least_once, 10), Version::v5, kUp,
                     "32 08 0003 612f62 000a 00"});
  vectors.push_back({test::publish("a", "hi"), Version::v3_1_1, kDown, "30 05 0001 61 6869"});
  vectors.push_back({test::puback(10), Version::v3_1_1, kDown, "40 02 000a"});
  vectors.push_back({test::acknowledge<Pubrec>(10), Version::v5, kDown, "50 02 000a"});
  vectors.push_back({test::acknowledge<Pubrel>(10), Version::v3_1_1, kUp, "62 02 000a"});
  vectors.push_back({test::acknowledge<Pubcomp>(10, 0x92), Version::v5, kDown, "70 03 000a 92"});
  // 3.1.1 §3.8.3, Figure 3.23: a/b with QoS 1, c/d with QoS 2.
  Subscribe subscribe = test::subscribe(10, {"a/b", "c/d"}, QoS::at_least_once);
  subscribe.subscriptions[1].qos = QoS::exactly_once;
  vectors.push_back({subscribe, Version::v3_1_1, kUp, "82 0e 000a 0003 612f62 01 0003 632f64 02"});
  vectors.push_back({subscribe, Version::v5, kUp, "82 0f 000a 00 0003 612f62 01 0003 632f64 02"});
  // 3.1.1 §3.9.3, Figure 3.26: 0, 2, failure.
  vectors.push_back(
      {test::suback(10, {0, 2, 0x80}), Version::v3_1_1, kDown, "90 05 000a 00 02 80"});
  // 3.1.1 §3.10.3, Figure 3.30.
  vectors.push_back({Unsubscribe{10, {"a/b", "c/d"}, {}}, Version::v3_1_1, kUp,
                     "a2 0c 000a 0003 612f62 0003 632f64"});
  vectors.push_back({Unsuback{10, {}, {}}, Version::v3_1_1, kDown, "b0 02 000a"});
  vectors.push_back({Unsuback{10, {0, 0x11}, {}}, Version::v5, kDown, "b0 05 000a 00 00 11"});
  vectors.push_back({Pingreq{}, Version::v3_1_1, kUp, "c0 00"});
  vectors.push_back({Pingresp{}, Version::v3_1_1, kDown, "d0 00"});
  vectors.push_back({test::disconnect(), Version::v3_1_1, kUp, "e0 00"});
  vectors.push_back({test::disconnect(), Version::v5, kUp, "e0 00"});
  vectors.push_back({test::disconnect(0x04), Version::v5, kUp, "e0 01 04"});
  // 5.0 §3.14.2.2.5, Figure 3-24: a session expiry of 0 in DISCONNECT.
  Disconnect expiry;
  expiry.properties = {test::property(PropertyId::session_expiry_interval, 0)};
  vectors.push_back({expiry, Version::v5, kUp, "e0 07 00 05 11 00000000"});
  vectors.push_back({Auth{}, Version::v5, kDown, "f0 00"});
  Auth auth;
  auth.reason = 0x18;
  auth.properties = {test::property(PropertyId::authentication_method, "m")};
  vectors.push_back({auth, Version::v5, kUp, "f0 06 18 04 15 0001 6d"});
  return vectors;
}

TEST(Codec, writes_and_reads_the_specification_s_examples) {
  for (const Vector& one : vectors()) {
    SCOPED_TRACE(one.bytes);
    const Bytes bytes = wire(one.bytes).bytes;
    EXPECT_EQ(encoded(one.packet, one.version), bytes);
    const auto decoded = decode(bytes, one.version, one.direction);
    ASSERT_TRUE(decoded) << to_text(decoded.error());
    EXPECT_EQ(*decoded, one.packet);
  }
}

// Every proper prefix of a packet is an error, and no byte beyond the frame is touched (asan).
TEST(Codec, refuses_every_prefix_of_the_examples) {
  for (const Vector& one : vectors()) {
    const Bytes bytes = wire(one.bytes).bytes;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(decode(prefix, one.version, one.direction)) << one.bytes << " cut to " << size;
    }
  }
}

TEST(Codec, ignores_the_given_version_for_connect) {
  const Bytes bytes = encoded(test::connect("id", Version::v3_1), Version::v5);
  const auto decoded = decode(bytes, Version::v5, kUp);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Connect>(*decoded).version, Version::v3_1);
}

TEST(Encode, appends) {
  Bytes out = wire("c0 00").bytes;
  encode(test::puback(1), Version::v3_1_1, out);
  EXPECT_EQ(out, wire("c0 00 40 02 0001").bytes);
}

// A tester misbehaves on purpose: what is forbidden is written as it is.
TEST(Encode, writes_what_decode_would_refuse) {
  Publish publish = test::publish("a/+", "");
  publish.qos = static_cast<QoS>(3);
  publish.dup = true;
  EXPECT_EQ(encoded(publish), wire("3e 07 0003 612f2b 0000").bytes);
  Connect connect = test::connect("id");
  connect.password = "p";
  EXPECT_EQ(encoded(connect), wire("10 [ <MQTT> 04 42 003c <id> <p> ]").bytes);
  EXPECT_EQ(encoded(test::subscribe(0, {})), wire("82 02 0000").bytes);
  EXPECT_EQ(encoded(Connack{true, 5, {}}), wire("20 02 01 05").bytes);
  EXPECT_EQ(encoded(Auth{}, Version::v3_1_1), wire("f0 00").bytes);
  // [MQTT5-2.2.1-4] and [MQTT5-3.3.2-8] broken in one packet.
  Publish alias = test::publish("t", "", QoS::at_least_once, 0);
  alias.properties = {test::property(PropertyId::topic_alias, 0)};
  EXPECT_EQ(encoded(alias, Version::v5), wire("32 [ <t> 0000 [ 23 0000 ] ]").bytes);
}

TEST(Encode, leaves_out_what_the_version_has_no_place_for) {
  Publish publish = test::publish("t", "x");
  publish.properties = {test::property(PropertyId::topic_alias, 1)};
  EXPECT_EQ(encoded(publish, Version::v3_1_1), wire("30 04 0001 74 78").bytes);
  EXPECT_EQ(encoded(test::acknowledge<Puback>(1, 0x80), Version::v3_1), wire("40 02 0001").bytes);
  EXPECT_EQ(encoded(test::disconnect(4), Version::v3_1_1), wire("e0 00").bytes);
}

TEST(Encode, writes_each_size_of_the_remaining_length) {
  const struct {
    std::size_t payload;
    const char* header;
  } cases[] = {{124, "30 7f"},        {125, "30 8001"},         {16'380, "30 ff7f"},
               {16'381, "30 808001"}, {2'097'148, "30 ffff7f"}, {2'097'149, "30 80808001"}};
  for (const auto& one : cases) {
    const Bytes bytes = encoded(test::publish("t", std::string(one.payload, 'x')));
    const Bytes header = wire(one.header).bytes;
    EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header.size())),
              header);
    EXPECT_EQ(bytes.size(), header.size() + 3 + one.payload);
  }
}

TEST(EncodeDeathTest, stops_at_what_cannot_be_written) {
  EXPECT_DEATH(encoded(test::publish(std::string(65'536, 't'), "")), "CHECK");
  Publish publish = test::publish("t", "");
  publish.properties = {test::property(PropertyId::topic_alias, 65'536)};
  EXPECT_DEATH(encoded(publish, Version::v5), "CHECK");
  publish.properties = {test::property(PropertyId::topic_alias, "text")};
  EXPECT_DEATH(encoded(publish, Version::v5), "CHECK");
  publish.properties = {test::property(PropertyId{0x7e}, 1)};
  EXPECT_DEATH(encoded(publish, Version::v5), "CHECK");
}

}  // namespace
}  // namespace probate::mqtt
