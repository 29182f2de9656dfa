#include "core/device/compose.hpp"

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

TemplateValues values() {
  TemplateValues values;
  values.client_id = "m-7";
  values.index = 7;
  values.group = "city";
  values.epoch = 3;
  return values;
}

DeviceConfig with_will(mqtt::Version version) {
  DeviceConfig config = plain_device();
  config.protocol = version;
  config.keep_alive = 300s;
  WillConfig& will = config.will.emplace();
  static_cast<MessageConfig&>(will) =
      message("/will/{client_id}", "{client_id}device_conn_err#{epoch}", mqtt::QoS::at_least_once);
  will.retain = true;
  will.delay = 20s;
  return config;
}

TEST(ComposeConnect, carries_the_will_with_its_placeholders_filled) {
  const mqtt::Connect connect = compose_connect(with_will(mqtt::Version::v3_1_1), values());
  EXPECT_EQ(connect.client_id, "m-7");
  EXPECT_EQ(connect.keep_alive, 300);
  EXPECT_TRUE(connect.clean_start);
  ASSERT_TRUE(connect.will.has_value());
  EXPECT_EQ(connect.will->topic, "/will/m-7");
  EXPECT_EQ(connect.will->payload, "m-7device_conn_err#3");
  EXPECT_EQ(connect.will->qos, mqtt::QoS::at_least_once);
  EXPECT_TRUE(connect.will->retain);
}

TEST(ComposeConnect, speaks_of_delay_and_expiry_in_5_0_only) {
  DeviceConfig config = with_will(mqtt::Version::v5);
  config.session_expiry = 3600s;
  const mqtt::Connect five = compose_connect(config, values());
  EXPECT_EQ(mqtt::find_integer(five.properties, mqtt::PropertyId::session_expiry_interval), 3600U);
  EXPECT_EQ(mqtt::find_integer(five.will->properties, mqtt::PropertyId::will_delay_interval), 20U);
  config.protocol = mqtt::Version::v3_1_1;
  const mqtt::Connect three = compose_connect(config, values());
  EXPECT_TRUE(three.properties.empty());
  EXPECT_TRUE(three.will->properties.empty());
}

TEST(ComposeConnect, leaves_out_what_is_the_default_on_the_wire) {
  DeviceConfig config = with_will(mqtt::Version::v5);
  config.will->delay = 0s;
  const mqtt::Connect connect = compose_connect(config, values());
  EXPECT_TRUE(connect.properties.empty());
  EXPECT_TRUE(connect.will->properties.empty());
}

TEST(ComposeConnect, has_no_user_name_when_the_scenario_has_none) {
  const mqtt::Connect connect = compose_connect(plain_device(), values());
  EXPECT_FALSE(connect.username.has_value());
  EXPECT_FALSE(connect.password.has_value());
  EXPECT_FALSE(connect.will.has_value());
}

TEST(ComposeConnect, sends_a_password_without_a_user_name_in_5_0_only) {
  // [MQTT-3.1.2-22]
  DeviceConfig config = plain_device();
  config.password = "secret";
  EXPECT_FALSE(compose_connect(config, values()).password.has_value());
  config.username = "user";
  EXPECT_EQ(compose_connect(config, values()).password, "secret");
  config.username.clear();
  config.protocol = mqtt::Version::v5;
  EXPECT_EQ(compose_connect(config, values()).password, "secret");
}

TEST(ComposePublish, fills_topic_and_payload) {
  const mqtt::Publish publish =
      compose_publish(message("/{group}/{index:03}", "{seq} {epoch}"), values());
  EXPECT_EQ(publish.topic, "/city/007");
  EXPECT_EQ(publish.payload, "0 3");
  EXPECT_FALSE(publish.retain);
}

TEST(WireSeconds, mean_never_by_all_ones) {
  EXPECT_EQ(wire_seconds(0s), 0U);
  EXPECT_EQ(wire_seconds(90s), 90U);
  EXPECT_EQ(wire_seconds(Duration::max()), 0xffffffffU);
}

TEST(WireSecondsDeathTest, must_be_whole) {
  EXPECT_DEATH(static_cast<void>(wire_seconds(1500ms)), "1s");
  EXPECT_DEATH(static_cast<void>(wire_seconds(-1s)), "zero");
}

}  // namespace
}  // namespace probate::device
