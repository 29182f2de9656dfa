#include "core/mqtt/packets.hpp"

#include <gtest/gtest.h>

#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

TEST(Packet, knows_its_type) {
  EXPECT_EQ(type_of(Connect{}), PacketType::connect);
  EXPECT_EQ(type_of(Pubrel{}), PacketType::pubrel);
  EXPECT_EQ(type_of(Unsuback{}), PacketType::unsuback);
  EXPECT_EQ(type_of(Pingreq{}), PacketType::pingreq);
  EXPECT_EQ(type_of(Auth{}), PacketType::auth);
}

TEST(Packet, type_has_the_specification_s_spelling) {
  const char* names[] = {"RESERVED", "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                         "PUBREL",   "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                         "PINGREQ",  "PINGRESP", "DISCONNECT", "AUTH",    "RESERVED"};
  for (std::uint8_t number = 0; number <= 16; ++number) {
    EXPECT_STREQ(to_text(static_cast<PacketType>(number)), names[number]);
  }
}

TEST(Packet, version_has_a_name) {
  EXPECT_STREQ(to_text(Version::v3_1), "3.1");
  EXPECT_STREQ(to_text(Version::v3_1_1), "3.1.1");
  EXPECT_STREQ(to_text(Version::v5), "5");
}

TEST(Properties, give_the_first_value_of_an_id) {
  const Properties properties{test::user_property("a", "b"),
                              test::property(PropertyId::subscription_identifier, 7),
                              test::property(PropertyId::subscription_identifier, 8),
                              test::property(PropertyId::content_type, "text/plain")};
  EXPECT_EQ(find_integer(properties, PropertyId::subscription_identifier), 7U);
  ASSERT_NE(find_string(properties, PropertyId::content_type), nullptr);
  EXPECT_EQ(*find_string(properties, PropertyId::content_type), "text/plain");
}

TEST(Properties, give_nothing_for_an_absent_id_or_another_kind) {
  const Properties properties{test::property(PropertyId::topic_alias, 7)};
  EXPECT_EQ(find_integer(properties, PropertyId::receive_maximum), std::nullopt);
  EXPECT_EQ(find_string(properties, PropertyId::topic_alias), nullptr);
}

}  // namespace
}  // namespace probate::mqtt
