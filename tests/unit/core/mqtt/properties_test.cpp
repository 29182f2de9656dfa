// Every property in every packet, against the specification's table as it is printed.
#include "core/mqtt/properties.hpp"

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

// A packet around its properties. A will's name begins with a capital, as in Table 2-4.
struct PropertyHost {
  const char* name;
  Direction direction;
  const char* before;
  const char* after;
};
using test::kDown;
using test::kUp;
constexpr PropertyHost kPropertyHosts[] = {
    {"CONNECT", kUp, "10 [ <MQTT> 05 02 003c [ ", " ] <id> ]"},
    {"Will", kUp, "10 [ <MQTT> 05 06 003c [] <id> [ ", " ] <w> <bye> ]"},
    {"CONNACK", kDown, "20 [ 00 00 [ ", " ] ]"},
    {"PUBLISH", kUp, "30 [ <t> [ ", " ] ]"},
    {"PUBLISH", kDown, "30 [ <t> [ ", " ] ]"},
    {"PUBACK", kUp, "40 [ 0001 00 [ ", " ] ]"},
    {"PUBREC", kDown, "50 [ 0001 00 [ ", " ] ]"},
    {"PUBREL", kUp, "62 [ 0001 00 [ ", " ] ]"},
    {"PUBCOMP", kDown, "70 [ 0001 00 [ ", " ] ]"},
    {"SUBSCRIBE", kUp, "82 [ 0001 [ ", " ] <a> 00 ]"},
    {"SUBACK", kDown, "90 [ 0001 [ ", " ] 00 ]"},
    {"UNSUBSCRIBE", kUp, "a2 [ 0001 [ ", " ] <a> ]"},
    {"UNSUBACK", kDown, "b0 [ 0001 [ ", " ] 00 ]"},
    {"DISCONNECT", kUp, "e0 [ 00 [ ", " ] ]"},
    {"DISCONNECT", kDown, "e0 [ 8b [ ", " ] ]"},
    {"AUTH", kUp, "f0 [ 19 [ ", " ] ]"},
    {"AUTH", kDown, "f0 [ 18 [ ", " ] ]"},
};

// [MQTT5] §2.2.2.2, Table 2-4. "" in `carriers` means all.
struct Row {
  std::uint32_t id;
  const char* value;  // as bytes
  const char* carriers;
};
constexpr Row kTable[] = {
    {0x01, "01", "PUBLISH, Will"},
    {0x02, "0000000a", "PUBLISH, Will"},
    {0x03, "<text/plain>", "PUBLISH, Will"},
    {0x08, "<answers/1>", "PUBLISH, Will"},
    {0x09, "0002 00ff", "PUBLISH, Will"},
    {0x0b, "ff7f", "PUBLISH, SUBSCRIBE"},
    {0x11, "ffffffff", "CONNECT, CONNACK, DISCONNECT"},
    {0x12, "<auto-1>", "CONNACK"},
    {0x13, "003c", "CONNACK"},
    {0x15, "<SCRAM>", "CONNECT, CONNACK, AUTH"},
    {0x16, "0002 00ff", "CONNECT, CONNACK, AUTH"},
    {0x17, "00", "CONNECT"},
    {0x18, "00000005", "Will"},
    {0x19, "01", "CONNECT"},
    {0x1a, "<answers>", "CONNACK"},
    {0x1c, "<other:1883>", "CONNACK, DISCONNECT"},
    {0x1f, "<because>",
     "CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH"},
    {0x21, "0014", "CONNECT, CONNACK"},
    {0x22, "0000", "CONNECT, CONNACK"},
    {0x23, "0001", "PUBLISH"},
    {0x24, "01", "CONNACK"},
    {0x25, "00", "CONNACK"},
    {0x26, "<name> <value>",
     "CONNECT, CONNACK, PUBLISH, Will, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, "
     "UNSUBSCRIBE, UNSUBACK, DISCONNECT, AUTH"},
    {0x27, "00000400", "CONNECT, CONNACK"},
    {0x28, "01", "CONNACK"},
    {0x29, "01", "CONNACK"},
    {0x2a, "00", "CONNACK"},
};

bool lists(std::string_view carriers, std::string_view name) {
  for (std::size_t at = 0; (at = carriers.find(name, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || carriers[at - 1] == ' ';
    if (begins && (end == carriers.size() || carriers[end] == ',')) return true;
  }
  return false;
}

std::string hex(std::uint32_t byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 0xf]};
}

// A property that another one or the packet needs beside it. [MQTT5] §3.1.2.11.10, §3.15.2.2.2
std::string companion(const PropertyHost& host, std::uint32_t id) {
  const std::string_view name = host.name;
  const bool needs_method = (name == "AUTH" && id != 0x15) || (name == "CONNECT" && id == 0x16);
  return needs_method ? "15 <m> " : "";
}

// The direction rules that come on top of the table. [MQTT5-3.3.4-6], [MQTT5-3.14.2-2]
bool wrong_side(const PropertyHost& host, std::uint32_t id) {
  const std::string_view name = host.name;
  return (name == "PUBLISH" && host.direction == kUp && id == 0x0b) ||
         (name == "DISCONNECT" && host.direction == kDown && id == 0x11);
}

TEST(Properties, are_accepted_exactly_where_the_table_lists_them) {
  for (const PropertyHost& host : kPropertyHosts) {
    for (const Row& row : kTable) {
      const std::string text =
          host.before + companion(host, row.id) + "^" + hex(row.id) + " " + row.value + host.after;
      SCOPED_TRACE(text);
      const test::Wire wire = test::wire(text);
      const auto decoded = decode(wire.bytes, Version::v5, host.direction);
      const bool listed = lists(row.carriers, host.name);
      if (listed && !wrong_side(host, row.id)) {
        EXPECT_TRUE(decoded) << to_text(decoded.error());
        continue;
      }
      ASSERT_FALSE(decoded);
      EXPECT_EQ(decoded.error().offset, wire.mark);
      const Rule rule = decoded.error().rule;
      EXPECT_EQ(rule == Rule::property_not_allowed, !listed) << to_text(rule);
    }
  }
}

// [MQTT5] §2.2.2.2 lists 27; any other identifier is malformed.
TEST(Properties, of_an_unlisted_identifier_are_refused_everywhere) {
  std::set<std::uint32_t> listed;
  for (const Row& row : kTable) listed.insert(row.id);
  for (const PropertyHost& host : kPropertyHosts) {
    for (std::uint32_t id = 0; id < 0x80; ++id) {
      if (listed.contains(id)) continue;
      const test::Wire wire = test::wire(std::string{host.before} + "^" + hex(id) + host.after);
      const auto decoded = decode(wire.bytes, Version::v5, host.direction);
      ASSERT_FALSE(decoded) << host.name << " " << hex(id);
      EXPECT_EQ(decoded.error().rule, Rule::property_unknown) << host.name << " " << hex(id);
      EXPECT_EQ(decoded.error().offset, wire.mark);
      EXPECT_EQ(find_property(static_cast<PropertyId>(id)), nullptr);
    }
  }
}

TEST(Properties, appear_once_except_user_properties_and_a_delivery_s_subscriptions) {
  for (const PropertyHost& host : kPropertyHosts) {
    for (const Row& row : kTable) {
      if (!lists(row.carriers, host.name) || wrong_side(host, row.id)) continue;
      const std::string one = hex(row.id) + " " + row.value;
      const std::string text =
          host.before + companion(host, row.id) + one + " ^" + one + host.after;
      SCOPED_TRACE(text);
      const test::Wire wire = test::wire(text);
      const auto decoded = decode(wire.bytes, Version::v5, host.direction);
      const bool delivery = std::string_view{host.name} == "PUBLISH";
      if (row.id == 0x26 || (row.id == 0x0b && delivery)) {
        EXPECT_TRUE(decoded);
        continue;
      }
      ASSERT_FALSE(decoded);
      EXPECT_EQ(decoded.error().rule, Rule::property_repeated);
      EXPECT_EQ(decoded.error().offset, wire.mark);
    }
  }
}

// The ranges of the sections that describe them: the last value inside, the first outside.
TEST(Properties, have_values_inside_their_range) {
  const struct {
    const char* before;
    const char* sound;
    const char* broken;
    const char* after;
    Direction direction;
  } cases[] = {
      {"30 [ <t> [ 01 ^", "01", "02", " ] ]", kUp},
      {"10 [ <MQTT> 05 02 003c [ 17 ^", "01", "02", " ] <id> ]", kUp},
      {"10 [ <MQTT> 05 02 003c [ 19 ^", "00", "ff", " ] <id> ]", kUp},
      {"10 [ <MQTT> 05 02 003c [ 21 ^", "0001", "0000", " ] <id> ]", kUp},
      {"10 [ <MQTT> 05 02 003c [ 27 ^", "00000001", "00000000", " ] <id> ]", kUp},
      {"20 [ 00 00 [ 21 ^", "ffff", "0000", " ] ]", kDown},
      {"20 [ 00 00 [ 24 ^", "01", "02", " ] ]", kDown},
      {"20 [ 00 00 [ 25 ^", "01", "02", " ] ]", kDown},
      {"20 [ 00 00 [ 27 ^", "ffffffff", "00000000", " ] ]", kDown},
      {"20 [ 00 00 [ 28 ^", "01", "02", " ] ]", kDown},
      {"20 [ 00 00 [ 29 ^", "01", "02", " ] ]", kDown},
      {"20 [ 00 00 [ 2a ^", "01", "02", " ] ]", kDown},
      {"82 [ 0001 [ 0b ^", "ffffff7f", "00", " ] <a> 00 ]", kUp},
      {"30 [ <t> [ 0b ^", "01", "00", " ] ]", kDown},
  };
  for (const auto& one : cases) {
    const std::string before = one.before;
    SCOPED_TRACE(before);
    EXPECT_TRUE(
        decode(test::wire(before + one.sound + one.after).bytes, Version::v5, one.direction));
    const test::Wire wire = test::wire(before + one.broken + one.after);
    const auto decoded = decode(wire.bytes, Version::v5, one.direction);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().rule, Rule::property_value);
    EXPECT_EQ(decoded.error().offset, wire.mark);
  }
}

TEST(Properties, keep_their_values_and_their_order) {
  const auto decoded = decode(
      test::wire("30 [ <t> [ 26 <a> <b> 02 00010203 23 0102 09 0002 00ff 26 <a> <c> ] ]").bytes,
      Version::v5, kUp);
  ASSERT_TRUE(decoded);
  const Properties expected{test::user_property("a", "b"),
                            test::property(PropertyId::message_expiry_interval, 0x00010203),
                            test::property(PropertyId::topic_alias, 0x0102),
                            test::property(PropertyId::correlation_data, std::string("\0\xff", 2)),
                            test::user_property("a", "c")};
  EXPECT_EQ(std::get<Publish>(*decoded).properties, expected);
}

}  // namespace
}  // namespace probate::mqtt
