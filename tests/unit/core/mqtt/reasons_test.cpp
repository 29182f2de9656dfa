// Every code in every packet, against the specification's tables.
#include "core/mqtt/reasons.hpp"

#include <set>

#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

using Codes = std::set<int>;

// A packet around its reason code.
struct CodeHost {
  Version version;
  Direction direction;
  const char* before;
  const char* after;
  Codes sound;
};

using test::kDown;
using test::kUp;

const CodeHost kCodeHosts[] = {
    // 3.1.1 Table 3.1, [MQTT-3.2.2-6]; [MQTT-3.9.3-2]
    {Version::v3_1, kDown, "20 [ 00 ^", " ]", {0, 1, 2, 3, 4, 5}},
    {Version::v3_1_1, kDown, "20 [ 00 ^", " ]", {0, 1, 2, 3, 4, 5}},
    {Version::v3_1, kDown, "90 [ 0001 ^", " ]", {0, 1, 2}},
    {Version::v3_1_1, kDown, "90 [ 0001 ^", " ]", {0, 1, 2, 0x80}},
    // [MQTT5-3.2.2-8], Table 3-1
    {Version::v5, kDown, "20 [ 00 ^", " [] ]", {0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86,
                                                0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
                                                0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f}},
    // [MQTT5-3.4.2-1], Table 3-4; [MQTT5-3.5.2-1], Table 3-5: 0x10 is the server's.
    {Version::v5,
     kDown,
     "40 [ 0001 ^",
     " ]",
     {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}},
    {Version::v5, kUp, "40 [ 0001 ^", " ]", {0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}},
    {Version::v5,
     kDown,
     "50 [ 0001 ^",
     " ]",
     {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}},
    {Version::v5, kUp, "50 [ 0001 ^", " ]", {0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}},
    // [MQTT5-3.6.2-1], Table 3-6; [MQTT5-3.7.2-1], Table 3-7
    {Version::v5, kUp, "62 [ 0001 ^", " ]", {0x00, 0x92}},
    {Version::v5, kDown, "70 [ 0001 ^", " ]", {0x00, 0x92}},
    // [MQTT5-3.9.3-2], Table 3-8; [MQTT5-3.11.3-2], Table 3-9
    {Version::v5,
     kDown,
     "90 [ 0001 [] ^",
     " ]",
     {0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2}},
    {Version::v5, kDown, "b0 [ 0001 [] ^", " ]", {0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91}},
    // [MQTT5-3.14.2-1], Table 3-10
    {Version::v5,
     kUp,
     "e0 [ ^",
     " ]",
     {0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99}},
    {Version::v5, kDown, "e0 [ ^", " ]", {0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e,
                                          0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
                                          0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2}},
    // [MQTT5-3.15.2-1], Table 3-11
    {Version::v5, kUp, "f0 [ ^", " [ 15 <m> ] ]", {0x18, 0x19}},
    {Version::v5, kDown, "f0 [ ^", " [ 15 <m> ] ]", {0x00, 0x18}},
};

std::string hex(int byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[static_cast<std::size_t>(byte) >> 4],
          kDigits[static_cast<std::size_t>(byte) & 0xf]};
}

TEST(Reasons, are_accepted_exactly_where_the_tables_list_them) {
  for (const CodeHost& host : kCodeHosts) {
    for (int code = 0; code <= 0xff; ++code) {
      const test::Wire wire = test::wire(host.before + hex(code) + host.after);
      SCOPED_TRACE(testing::Message() << "MQTT " << to_text(host.version) << ": " << host.before
                                      << hex(code) << host.after);
      const auto decoded = decode(wire.bytes, host.version, host.direction);
      ASSERT_EQ(decoded.has_value(), host.sound.contains(code));
      if (decoded) continue;
      EXPECT_EQ(decoded.error().offset, wire.mark);
    }
  }
}

TEST(Reasons, have_the_specification_s_names) {
  EXPECT_STREQ(reason_name(PacketType::connack, Version::v5, 0x87), "Not authorized");
  EXPECT_STREQ(reason_name(PacketType::disconnect, Version::v5, 0x00), "Normal disconnection");
  EXPECT_STREQ(reason_name(PacketType::suback, Version::v5, 0x00), "Granted QoS 0");
  EXPECT_STREQ(reason_name(PacketType::connack, Version::v3_1_1, 2),
               "Connection Refused, identifier rejected");
  EXPECT_STREQ(reason_name(PacketType::connack, Version::v3_1_1, 6), "undefined");
  EXPECT_STREQ(reason_name(PacketType::pingreq, Version::v5, 0), "undefined");
}

}  // namespace
}  // namespace probate::mqtt
