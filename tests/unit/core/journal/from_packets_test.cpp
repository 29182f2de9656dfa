#include "core/journal/from_packets.hpp"

#include <gtest/gtest.h>

#include "core/journal/sides.hpp"

namespace probate::journal {
namespace {

using mqtt::PropertyId;

TEST(FromPackets, keep_what_a_connect_says_of_its_will_and_session) {
  mqtt::Connect connect;
  connect.version = mqtt::Version::v5;
  connect.client_id = "c";
  connect.clean_start = false;
  connect.keep_alive = 30;
  connect.properties = {{PropertyId::session_expiry_interval, std::uint32_t{60}}};
  connect.will = mqtt::Will{.topic = "/w",
                            .payload = "gone",
                            .qos = mqtt::QoS::at_least_once,
                            .retain = true,
                            .properties = {{PropertyId::will_delay_interval, std::uint32_t{20}}}};
  const ConnectForwarded record = connect_record(connect);
  EXPECT_EQ(record.client_id, "c");
  EXPECT_EQ(record.version, mqtt::Version::v5);
  EXPECT_FALSE(record.clean);
  EXPECT_EQ(record.keep_alive, 30);
  EXPECT_EQ(record.session_expiry, 60s);
  ASSERT_TRUE(record.will);
  EXPECT_EQ(*record.will, (WillFacts{"/w", "gone", mqtt::QoS::at_least_once, true, 20s}));
}

TEST(FromPackets, keep_what_a_connack_imposes) {
  mqtt::Connack connack;
  connack.session_present = true;
  connack.properties = {{PropertyId::server_keep_alive, std::uint32_t{90}},
                        {PropertyId::session_expiry_interval, std::uint32_t{0xffffffff}},
                        {PropertyId::assigned_client_identifier, std::string{"given"}}};
  const ConnackReceived record = connack_record(connack);
  EXPECT_TRUE(record.session_present);
  EXPECT_EQ(record.server_keep_alive, 90);
  EXPECT_EQ(record.session_expiry, Duration::max());
  EXPECT_EQ(record.assigned_client_id, "given");
}

TEST(FromPackets, keep_reason_and_expiry_of_a_disconnect) {
  const mqtt::Disconnect disconnect{
      .reason = 4, .properties = {{PropertyId::session_expiry_interval, std::uint32_t{5}}}};
  const DisconnectForwarded record = disconnect_record(disconnect, ConnectionId{9});
  EXPECT_EQ(record.connection, ConnectionId{9});
  EXPECT_EQ(record.reason, 4);
  EXPECT_EQ(record.session_expiry, 5s);
  EXPECT_FALSE(disconnect_record(mqtt::Disconnect{}, ConnectionId{9}).session_expiry);
}

TEST(Sides, name_the_way_between_the_legs) {
  EXPECT_EQ(away_from(Leg::device), mqtt::Direction::uplink);
  EXPECT_EQ(towards(Leg::device), mqtt::Direction::downlink);
  EXPECT_EQ(sink_of(mqtt::Direction::uplink), Leg::broker);
  EXPECT_EQ(party_at(Leg::broker), Party::broker);
}

}  // namespace
}  // namespace probate::journal
