#include "core/device/session.hpp"

#include <string>
#include <vector>

#include "tests/unit/core/device/script.hpp"

namespace probate::device {
namespace {

using enum mqtt::QoS;
using enum mqtt::PropertyId;

// Publishes every second, never pings.
DeviceConfig publisher(mqtt::QoS qos, mqtt::Version version = mqtt::Version::v3_1_1) {
  DeviceConfig config = plain_device();
  config.protocol = version;
  config.keep_alive = 0s;
  config.clean = false;
  if (version == mqtt::Version::v5) config.session_expiry = 1h;
  config.publish = {periodic("/t", 1s, qos)};
  return config;
}

std::vector<std::string> after(Script& device, const mqtt::Packet& packet) {
  device.take();
  device.gets(packet);
  return device.take_untimed();
}

TEST(Publishing, at_qos_0_needs_no_answer_and_no_packet_id) {
  Script device{publisher(at_most_once)};
  device.comes_up();
  device.take();
  device.runs_for(3s);
  EXPECT_THAT(device.take(), ElementsAre("+1.000 s PUBLISH /t=0", "+2.000 s PUBLISH /t=1",
                                         "+3.000 s PUBLISH /t=2"));
}

TEST(Publishing, at_qos_1_ends_with_puback) {
  Script device{publisher(at_least_once)};
  device.comes_up();
  device.take();
  device.runs_for(1s);
  EXPECT_THAT(device.take_untimed(), ElementsAre("PUBLISH /t=0 qos 1 id 1"));
  EXPECT_THAT(after(device, mqtt::Puback{1, 0, {}}), IsEmpty());
  EXPECT_EQ(device.machine().state(), DeviceState::online);
}

TEST(Publishing, at_qos_2_goes_by_pubrec_pubrel_pubcomp) {
  // [MQTT-4.3.3-1] [MQTT5-4.3.3-4]
  Script device{publisher(exactly_once)};
  device.comes_up();
  device.take();
  device.runs_for(1s);
  EXPECT_THAT(device.take_untimed(), ElementsAre("PUBLISH /t=0 qos 2 id 1"));
  EXPECT_THAT(after(device, mqtt::Pubrec{1, 0, {}}), ElementsAre("PUBREL id 1"));
  EXPECT_THAT(after(device, mqtt::Pubcomp{1, 0, {}}), IsEmpty());
  EXPECT_EQ(device.machine().state(), DeviceState::online);
}

TEST(Publishing, never_repeats_on_a_link_that_stands) {
  // [MQTT5-4.4.0-1] Resuming a session is the only occasion.
  Script device{publisher(at_least_once)};
  device.comes_up();
  device.runs_for(1h);
  EXPECT_THAT(device.take_only("dup"), IsEmpty());
}

TEST(Publishing, repeats_what_was_not_acknowledged_when_the_session_resumes) {
  // [MQTT-4.4.0-1] [MQTT5-4.4.0-1] [MQTT-3.3.1-1] [MQTT5-3.3.1-1] [MQTT-4.6.0-1]
  for (const mqtt::Version version : {mqtt::Version::v3_1_1, mqtt::Version::v5}) {
    Script device{publisher(exactly_once, version)};
    device.comes_up();
    device.runs_for(3s);
    device.gets(mqtt::Pubrec{1, 0, {}});
    device.gets(mqtt::Pubrec{2, 0, {}});
    device.gets(mqtt::Pubcomp{1, 0, {}});
    device.closes();
    device.take();
    device.comes_up(resumed());
    EXPECT_THAT(device.take_untimed(), ElementsAre("dial 2", "CONNECT m-0", "up", "PUBREL id 2",
                                                   "PUBLISH /t=2 qos 2 id 3 dup"));
  }
}

TEST(Publishing, repeats_in_3_1_whenever_the_session_was_not_to_be_cleaned) {
  Script device{publisher(at_least_once, mqtt::Version::v3_1)};
  device.comes_up();
  device.runs_for(1s);
  device.closes();
  device.take();
  device.comes_up(accepted());  // 3.1 cannot say whether the session was there
  EXPECT_EQ(device.take_untimed().back(), "PUBLISH /t=0 qos 1 id 1 dup");
}

TEST(Publishing, forgets_what_the_broker_has_forgotten) {
  // [MQTT5-3.2.2-5]
  Script device{publisher(at_least_once, mqtt::Version::v5)};
  device.comes_up();
  device.runs_for(2s);
  device.closes();
  device.take();
  device.comes_up(accepted());
  EXPECT_THAT(device.take_untimed(), ElementsAre("dial 2", "CONNECT m-0", "up"));
  EXPECT_EQ(device.machine().counts().dropped, 2U);
}

TEST(Publishing, forgets_with_a_clean_session_at_once) {
  DeviceConfig config = publisher(at_least_once);
  config.clean = true;
  Script device{config};
  device.comes_up();
  device.runs_for(2s);
  device.closes();
  EXPECT_EQ(device.machine().counts().dropped, 2U);
}

TEST(Publishing, forgets_when_the_power_is_cut) {
  Script device{publisher(at_least_once)};
  device.comes_up();
  device.runs_for(1s);
  device.loses_power(10s);
  device.runs_for(10s);
  device.opens();
  device.take();
  device.gets(resumed());
  EXPECT_THAT(device.take_untimed(), ElementsAre("up"));
}

TEST(Publishing, forgets_when_the_broker_granted_no_session_expiry) {
  Script device{publisher(at_least_once, mqtt::Version::v5)};
  device.comes_up(accepted_with(session_expiry_interval, std::uint32_t{0}));
  device.runs_for(1s);
  device.closes();
  EXPECT_EQ(device.machine().counts().dropped, 1U);
}

TEST(Publishing, keeps_to_its_window_then_queues_then_drops) {
  Script device{publisher(at_least_once)};
  device.comes_up();
  device.runs_for(std::chrono::seconds{kInflightMax});
  EXPECT_EQ(device.take_only("PUBLISH").size(), kInflightMax);
  device.runs_for(std::chrono::seconds{kQueuedMax});
  EXPECT_THAT(device.take(), IsEmpty());
  EXPECT_EQ(device.machine().counts().dropped, 0U);
  device.runs_for(5s);
  EXPECT_EQ(device.machine().counts().dropped, 5U);
  EXPECT_EQ(device.machine().counts().publishes, kInflightMax + kQueuedMax + 5);
  // A place in the window goes to the oldest that waits.
  EXPECT_THAT(after(device, mqtt::Puback{2, 0, {}}), ElementsAre("PUBLISH /t=16 qos 1 id 17"));
}

TEST(Publishing, respects_the_receive_maximum_of_5_0) {
  // [MQTT5-3.3.4-7]
  Script device{publisher(exactly_once, mqtt::Version::v5)};
  device.comes_up(accepted_with(receive_maximum, std::uint32_t{2}));
  device.take();
  device.runs_for(4s);
  EXPECT_THAT(device.take_untimed(),
              ElementsAre("PUBLISH /t=0 qos 2 id 1", "PUBLISH /t=1 qos 2 id 2"));
  // PUBREC gives no place free, PUBCOMP does.
  EXPECT_THAT(after(device, mqtt::Pubrec{1, 0, {}}), ElementsAre("PUBREL id 1"));
  EXPECT_THAT(after(device, mqtt::Pubcomp{1, 0, {}}), ElementsAre("PUBLISH /t=2 qos 2 id 3"));
}

TEST(Publishing, lets_a_smaller_receive_maximum_hold_the_repetitions_too) {
  Script device{publisher(at_least_once, mqtt::Version::v5)};
  device.comes_up();
  device.runs_for(3s);
  device.closes();
  device.take();
  mqtt::Connack connack = accepted_with(receive_maximum, std::uint32_t{1});
  connack.session_present = true;
  device.comes_up(connack);
  EXPECT_THAT(device.take_only("PUBLISH"), ElementsAre("+5.000 s PUBLISH /t=0 qos 1 id 1 dup"));
  EXPECT_THAT(after(device, mqtt::Puback{1, 0, {}}), ElementsAre("PUBLISH /t=1 qos 1 id 2 dup"));
}

TEST(Publishing, gives_the_broker_less_than_configured_if_it_can_do_no_more) {
  // [MQTT5-3.2.2-11] [MQTT5-3.2.2-14]
  DeviceConfig config = publisher(exactly_once, mqtt::Version::v5);
  config.publish[0].retain = true;
  Script device{config};
  mqtt::Connack connack = accepted_with(maximum_qos, std::uint32_t{1});
  connack.properties.push_back(accepted_with(retain_available, std::uint32_t{0}).properties[0]);
  device.comes_up(connack);
  device.take();
  device.runs_for(1s);
  EXPECT_THAT(device.take_untimed(), ElementsAre("PUBLISH /t=0 qos 1 id 1"));
}

TEST(Publishing, ends_a_qos_2_exchange_that_5_0_refuses) {
  Script device{publisher(exactly_once, mqtt::Version::v5)};
  device.comes_up(accepted_with(receive_maximum, std::uint32_t{1}));
  device.runs_for(2s);
  EXPECT_THAT(after(device, mqtt::Pubrec{1, 0x97, {}}), ElementsAre("PUBLISH /t=1 qos 2 id 2"));
}

TEST(Publishing, answers_a_pubrec_that_nobody_knows) {
  Script old{publisher(exactly_once)};
  old.comes_up();
  EXPECT_THAT(after(old, mqtt::Pubrec{77, 0, {}}), ElementsAre("PUBREL id 77"));
  Script five{publisher(exactly_once, mqtt::Version::v5)};
  five.comes_up();
  EXPECT_THAT(after(five, mqtt::Pubrec{77, 0, {}}), ElementsAre("PUBREL id 77 0x92"));
  EXPECT_THAT(after(five, mqtt::Pubrec{77, 0x92, {}}), IsEmpty());
  EXPECT_THAT(after(five, mqtt::Puback{78, 0, {}}), IsEmpty());
  EXPECT_THAT(after(five, mqtt::Pubcomp{79, 0, {}}), IsEmpty());
  EXPECT_EQ(five.machine().state(), DeviceState::online);
}

TEST(Publishing, gives_up_a_broker_that_answers_with_the_wrong_packet) {
  const auto cause = [](mqtt::QoS qos, const mqtt::Packet& packet) {
    Script device{publisher(qos)};
    device.comes_up();
    device.runs_for(1s);
    device.gets(packet);
    return device.machine().close_cause();
  };
  EXPECT_EQ(cause(exactly_once, mqtt::Puback{1, 0, {}}), CloseCause::protocol_error);
  EXPECT_EQ(cause(at_least_once, mqtt::Pubrec{1, 0, {}}), CloseCause::protocol_error);
  EXPECT_EQ(cause(exactly_once, mqtt::Pubcomp{1, 0, {}}), CloseCause::protocol_error);
}

TEST(PacketIds, leave_out_zero_and_those_in_use) {
  // [MQTT-2.3.1-1] [MQTT5-2.2.1-3]
  Session session{mqtt::Version::v3_1_1};
  mqtt::Publish publish = downlink(at_least_once, 0);
  EXPECT_EQ(session.enqueue(publish, 0xfffe), 0xffff);
  EXPECT_EQ(session.enqueue(publish, 0xffff), 1);
  EXPECT_EQ(session.enqueue(publish, 0xfffe), 2);
}

TEST(PacketIds, of_subscribe_are_not_those_of_messages_that_are_repeated) {
  DeviceConfig config = publisher(at_least_once);
  config.subscribe = {text("/req")};
  Script device{config};
  device.comes_up();
  device.runs_for(2s);
  device.closes();
  device.take();
  device.comes_up(resumed());
  EXPECT_THAT(device.take_untimed(),
              ElementsAre("dial 2", "CONNECT m-0", "up", "PUBLISH /t=0 qos 1 id 2 dup",
                          "PUBLISH /t=1 qos 1 id 3 dup", "SUBSCRIBE id 4 /req"));
}

TEST(Receiving, acknowledges_by_qos) {
  // [MQTT-4.3.2-2] [MQTT5-4.3.2-4]
  Script device{publisher(at_most_once)};
  device.comes_up();
  EXPECT_THAT(after(device, downlink(at_most_once, 0)), IsEmpty());
  EXPECT_THAT(after(device, downlink(at_least_once, 5)), ElementsAre("PUBACK id 5"));
  EXPECT_THAT(after(device, downlink(exactly_once, 6)), ElementsAre("PUBREC id 6"));
  EXPECT_THAT(after(device, mqtt::Pubrel{6, 0, {}}), ElementsAre("PUBCOMP id 6"));
}

TEST(Receiving, acknowledges_a_repeated_qos_2_message_until_it_is_released) {
  // [MQTT-4.3.3-2] [MQTT5-4.3.3-10]
  Script device{publisher(at_most_once, mqtt::Version::v5)};
  device.comes_up();
  EXPECT_THAT(after(device, downlink(exactly_once, 6)), ElementsAre("PUBREC id 6"));
  EXPECT_THAT(after(device, downlink(exactly_once, 6)), ElementsAre("PUBREC id 6"));
  EXPECT_THAT(after(device, mqtt::Pubrel{6, 0, {}}), ElementsAre("PUBCOMP id 6"));
  EXPECT_THAT(after(device, mqtt::Pubrel{6, 0, {}}), ElementsAre("PUBCOMP id 6 0x92"));
}

TEST(Receiving, remembers_a_qos_2_message_across_links_of_one_session) {
  Script device{publisher(at_most_once, mqtt::Version::v5)};
  device.comes_up();
  device.gets(downlink(exactly_once, 6));
  device.closes();
  device.comes_up(resumed());
  EXPECT_THAT(after(device, mqtt::Pubrel{6, 0, {}}), ElementsAre("PUBCOMP id 6"));
}

}  // namespace
}  // namespace probate::device
