// What a device makes of a broker's decisions and of its mistakes.
#include <vector>

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

using enum mqtt::PropertyId;

DeviceConfig device_of(mqtt::Version version) {
  DeviceConfig config = plain_device();
  config.protocol = version;
  config.keep_alive = 0s;
  return config;
}

// How a device ends the link when it gets that packet, online or while it waits for CONNACK.
std::vector<std::string> online_then(const mqtt::Packet& packet, mqtt::Version version,
                                     CloseCause expected = CloseCause::protocol_error) {
  Script device{device_of(version)};
  device.comes_up();
  device.take();
  device.gets(packet);
  EXPECT_EQ(device.machine().close_cause(), expected);
  return device.take_untimed();
}

TEST(BrokerMistakes, on_a_session_are_left_with_the_habit_of_the_device) {
  const std::vector<mqtt::Packet> wrong{
      mqtt::Connect{},     mqtt::Connack{},          mqtt::Subscribe{},
      mqtt::Unsubscribe{}, mqtt::Unsuback{},         mqtt::Pingreq{},
      mqtt::Auth{},        mqtt::Suback{1, {0}, {}}, mqtt::Publish{},
  };
  for (const mqtt::Packet& packet : wrong) {
    SCOPED_TRACE(describe(packet));
    for (const mqtt::Version version :
         {mqtt::Version::v3_1, mqtt::Version::v3_1_1, mqtt::Version::v5}) {
      EXPECT_THAT(online_then(packet, version), ElementsAre("DISCONNECT", "close fin", "down"));
    }
  }
}

TEST(BrokerMistakes, include_every_packet_but_connack_at_first) {
  // [MQTT-3.2.0-1] [MQTT5-3.2.0-1]
  for (const mqtt::Packet& packet :
       std::vector<mqtt::Packet>{mqtt::Pingresp{}, mqtt::Suback{}, mqtt::Publish{}, mqtt::Puback{},
                                 mqtt::Disconnect{}, mqtt::Auth{}}) {
    SCOPED_TRACE(describe(packet));
    Script device{device_of(mqtt::Version::v5)};
    device.starts();
    device.opens();
    device.take();
    device.gets(packet);
    EXPECT_THAT(device.take_untimed(), ElementsAre("close fin"));
    EXPECT_EQ(device.machine().close_cause(), CloseCause::protocol_error);
  }
}

TEST(BrokerMistakes, include_a_second_connack) {
  // [MQTT5-3.2.0-2]
  EXPECT_THAT(online_then(accepted(), mqtt::Version::v5),
              ElementsAre("DISCONNECT", "close fin", "down"));
}

TEST(BrokerMistakes, include_a_session_present_after_a_clean_start) {
  // [MQTT-3.2.2-1] [MQTT5-3.2.2-2]
  Script device{device_of(mqtt::Version::v3_1_1)};
  device.starts();
  device.opens();
  device.take();
  device.gets(resumed());
  EXPECT_THAT(device.take_untimed(), ElementsAre("close fin"));
  EXPECT_EQ(device.machine().counts().sessions, 0U);
}

TEST(BrokerMistakes, include_impossible_limits_in_connack) {
  for (const mqtt::Connack& connack : {accepted_with(receive_maximum, std::uint32_t{0}),
                                       accepted_with(maximum_qos, std::uint32_t{2})}) {
    Script device{device_of(mqtt::Version::v5)};
    device.starts();
    device.opens();
    device.gets(connack);
    EXPECT_EQ(device.machine().close_cause(), CloseCause::protocol_error);
  }
}

TEST(BrokerMistakes, include_a_suback_for_another_subscribe) {
  DeviceConfig config = device_of(mqtt::Version::v3_1_1);
  config.subscribe = {text("/a"), text("/b")};
  for (const mqtt::Suback& suback : {mqtt::Suback{2, {0, 0}, {}}, mqtt::Suback{1, {0}, {}}}) {
    Script device{config};
    device.starts();
    device.opens();
    device.gets(accepted());
    device.gets(suback);
    EXPECT_EQ(device.machine().close_cause(), CloseCause::protocol_error);
  }
}

TEST(BrokerMistakes, include_a_topic_alias_that_was_never_offered) {
  // [MQTT5-3.1.2-27]
  mqtt::Publish publish = downlink(mqtt::QoS::at_most_once, 0);
  publish.properties = accepted_with(topic_alias, std::uint32_t{1}).properties;
  EXPECT_THAT(online_then(publish, mqtt::Version::v5),
              ElementsAre("DISCONNECT", "close fin", "down"));
}

TEST(ServerDisconnect, ends_a_5_0_link_without_a_word) {
  EXPECT_THAT(
      online_then(mqtt::Disconnect{0x8e, {}}, mqtt::Version::v5, CloseCause::server_disconnect),
      ElementsAre("close fin", "down"));
}

TEST(ServerDisconnect, is_a_mistake_before_5_0) {
  EXPECT_THAT(online_then(mqtt::Disconnect{}, mqtt::Version::v3_1_1),
              ElementsAre("DISCONNECT", "close fin", "down"));
}

TEST(AssignedClientId, is_the_devices_name_for_that_session) {
  // [MQTT5-3.2.2-16]
  DeviceConfig config = device_of(mqtt::Version::v5);
  config.client_id = Template{};
  config.birth = birth("/up/{client_id}");
  Script device{config};
  device.comes_up(accepted_with(assigned_client_identifier, std::string{"auto-17"}));
  EXPECT_EQ(device.machine().client_id(), "auto-17");
  EXPECT_THAT(device.take_only("PUBLISH"), ElementsAre("+0.000 s PUBLISH /up/auto-17=1"));
  device.closes();
  device.comes_up();
  EXPECT_EQ(device.connect().client_id, "");
}

}  // namespace
}  // namespace probate::device
