#include <gtest/gtest.h>

#include "tests/unit/core/fault/scene.hpp"

namespace probate::fault::test {
namespace {

using mqtt::Direction;
using mqtt::PacketType;

PacketFacts down(PacketType type) {
  return {.direction = Direction::downlink, .type = type, .topic = {}};
}
PacketFacts up(PacketType type) {
  return {.direction = Direction::uplink, .type = type, .topic = {}};
}
PacketFacts publish(std::string_view topic, mqtt::QoS qos = mqtt::QoS::at_most_once) {
  return {.direction = Direction::uplink, .type = PacketType::publish, .qos = qos, .topic = topic};
}

TEST(MqttFault, swallows_one_kind_of_packet_and_nothing_else_until_healed) {
  Scene scene{Mqtt{}};
  scene.draws.lasts = 30s;
  EXPECT_EQ(scene.treat(down(PacketType::connack)), "pass");
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch"}));
  EXPECT_EQ(scene.treat(down(PacketType::connack)), "swallow");
  EXPECT_EQ(scene.treat(down(PacketType::publish)), "pass");
  EXPECT_EQ(scene.until(1h), (Words{"+30.000 s: unwatch", "+30.000 s: healed"}));
  EXPECT_EQ(scene.treat(down(PacketType::connack)), "pass");
}

TEST(MqttFault, waits_for_a_device_that_is_not_connected) {
  Scene scene{Mqtt{}};
  scene.view.has_link = false;
  scene.view.online = false;
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch"}));
}

TEST(MqttFault, is_skipped_without_power) {
  Scene scene{Mqtt{}};
  scene.view.powered = false;
  EXPECT_EQ(scene.fire(), (Words{"skipped not_powered"}));
}

TEST(MqttFault, is_skipped_where_no_packets_can_be_told_apart) {
  Scene scene{Mqtt{}};
  scene.view.speaks_mqtt = false;
  EXPECT_EQ(scene.fire(), (Words{"skipped no_mqtt"}));
}

TEST(MqttFault, goes_one_way_if_it_says_so) {
  Scene scene{Mqtt{.packet = PacketType::disconnect, .direction = FlowDirection::up}};
  scene.fire();
  EXPECT_EQ(scene.treat(down(PacketType::disconnect)), "pass");
  EXPECT_EQ(scene.treat(up(PacketType::disconnect)), "swallow");
}

TEST(MqttFault, treats_the_nth_that_matches_and_is_over_then) {
  Scene scene{Mqtt{.packet = PacketType::publish, .nth = 3, .topic = "a/+"}};
  scene.fire();
  EXPECT_EQ(scene.treat(publish("a/1")), "pass");
  EXPECT_EQ(scene.treat(publish("b/1")), "pass");
  EXPECT_EQ(scene.treat(publish("a/2")), "pass");
  EXPECT_EQ(scene.treat(publish("a/3")), "swallow");
  EXPECT_EQ(scene.treat(publish("a/4")), "pass");
  EXPECT_EQ(scene.until(0s), (Words{"+0.000 s: unwatch", "+0.000 s: healed"}));
  EXPECT_EQ(scene.active(), 0u);
  EXPECT_EQ(scene.fire(), (Words{"applied", "watch"})) << "it may strike again";
}

TEST(MqttFault, asks_for_topic_quality_of_service_and_reason) {
  Scene topics{Mqtt{.packet = PacketType::publish, .topic = "a/#"}};
  topics.fire();
  EXPECT_EQ(topics.treat(publish("a/b/c")), "swallow");
  EXPECT_EQ(topics.treat(publish("b")), "pass");
  EXPECT_EQ(topics.treat(publish("")), "pass") << "a topic alias";

  Scene levels{Mqtt{.packet = PacketType::publish, .qos = mqtt::QoS::at_least_once}};
  levels.fire();
  EXPECT_EQ(levels.treat(publish("a")), "pass");
  EXPECT_EQ(levels.treat(publish("a", mqtt::QoS::at_least_once)), "swallow");

  Scene reasons{Mqtt{.packet = PacketType::connack, .reason = std::uint8_t{5}}};
  reasons.fire();
  PacketFacts connack = down(PacketType::connack);
  EXPECT_EQ(reasons.treat(connack), "pass");
  connack.reason = 5;
  EXPECT_EQ(reasons.treat(connack), "swallow");
}

TEST(MqttFault, has_a_treatment_for_each_of_its_words) {
  const auto treatment = [](Mqtt what) {
    Scene scene{what};
    scene.fire();
    return scene.treat({.direction = Direction::downlink, .type = what.packet, .topic = {}});
  };
  EXPECT_EQ(treatment({.act = PacketAct::hold, .delay = 2s}), "hold 2s");
  EXPECT_EQ(treatment({.act = PacketAct::duplicate}), "duplicate");
  EXPECT_EQ(treatment({.act = PacketAct::reorder}), "reorder");
  EXPECT_EQ(treatment({.act = PacketAct::cut_inside, .bytes = 3, .how = CutHow::fin}), "cut 3 fin");
  EXPECT_EQ(
      treatment(
          {.act = PacketAct::rewrite, .packet = PacketType::suback, .reason = std::uint8_t{0x80}}),
      "rewrite 0x80")
      << "whatever it said before";
}

TEST(MqttFault, answers_connects_in_the_brokers_place) {
  Scene scene{Mqtt{.act = PacketAct::inject, .reason = std::uint8_t{3}}};
  scene.draws.lasts = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied"}));
  EXPECT_EQ(scene.attach(), "answer 0x03");
  EXPECT_EQ(scene.until(1h), (Words{"+5.000 s: healed"}));
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(MqttFault, sends_a_device_away_once) {
  const Mqtt what{
      .act = PacketAct::inject, .packet = PacketType::disconnect, .reason = std::uint8_t{0x89}};
  Scene scene{what};
  EXPECT_EQ(scene.fire(), (Words{"applied", "inject disconnect 0x89", "healed"}));
  scene.view.online = false;
  EXPECT_EQ(scene.fire(), (Words{"skipped not_online"}));
}

TEST(MqttFault, of_two_the_first_that_treats_a_packet_counts) {
  Scene scene{{spec_of(Mqtt{.act = PacketAct::duplicate, .nth = 1}), spec_of(Mqtt{})}};
  scene.fire(0);
  scene.fire(1);
  EXPECT_EQ(scene.treat(down(PacketType::connack)), "duplicate");
  EXPECT_EQ(scene.treat(down(PacketType::connack)), "swallow");
}

TEST(TakeoverOrderFault, stands_until_its_time_is_over) {
  Scene scene{TakeoverOrder{ConnectOrder::after, 20ms}};
  scene.draws.lasts = 5s;
  EXPECT_EQ(scene.fire(), (Words{"applied", "connect after 20ms"}));
  EXPECT_EQ(scene.until(1h), (Words{"+5.000 s: no order", "+5.000 s: healed"}));
  scene.view.powered = false;
  EXPECT_EQ(scene.fire(), (Words{"skipped not_powered"}));
  scene.view.speaks_mqtt = false;
  EXPECT_EQ(scene.fire(), (Words{"skipped no_mqtt"}));
}

Mqtt that_says(PacketAct act, PacketType packet, std::uint8_t reason) {
  return {.act = act, .packet = packet, .direction = ways_of(packet), .reason = reason};
}

TEST(MqttFault, spares_a_device_whose_version_cannot_say_it) {
  using enum mqtt::Version;
  const auto met_by = [](const Mqtt& what, std::optional<mqtt::Version> version) {
    Scene scene{what};
    scene.view.version = version;
    return scene.fire().front();
  };
  const Mqtt busy = that_says(PacketAct::inject, PacketType::disconnect, 0x89);
  EXPECT_EQ(met_by(busy, v3_1_1), "skipped version");
  EXPECT_EQ(met_by(busy, v5), "applied");
  const Mqtt not_authorized = that_says(PacketAct::rewrite, PacketType::connack, 5);
  EXPECT_EQ(met_by(not_authorized, v3_1_1), "applied");
  EXPECT_EQ(met_by(not_authorized, v5), "skipped version") << "0x87 is another code";
  const Mqtt failed = that_says(PacketAct::rewrite, PacketType::suback, 0x80);
  EXPECT_EQ(met_by(failed, v3_1), "skipped version");
  EXPECT_EQ(met_by(failed, v3_1_1), "applied");
  EXPECT_EQ(met_by(failed, v5), "applied") << "it means the same there";
  EXPECT_EQ(met_by(Mqtt{.packet = PacketType::auth}, v3_1_1), "skipped version");
  EXPECT_EQ(met_by(Mqtt{.packet = PacketType::connack}, v5), "applied");
  EXPECT_EQ(met_by(busy, std::nullopt), "applied") << "the scenario knew what it speaks";
}

TEST(MqttFault, ends_on_a_device_that_comes_back_with_a_version_that_cannot_say_it) {
  Scene scene{that_says(PacketAct::inject, PacketType::connack, 0x88)};
  scene.view.version = mqtt::Version::v5;
  scene.fire();
  Acts acts;
  scene.pipeline.handle_version(kRunStart, Scene::kDevice, mqtt::Version::v5, acts);
  EXPECT_TRUE(acts.empty());
  EXPECT_EQ(scene.attach(), "answer 0x88");
  scene.pipeline.handle_version(kRunStart, Scene::kDevice, mqtt::Version::v3_1_1, acts);
  ASSERT_EQ(acts.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Healed>(acts[0].what));
  EXPECT_EQ(scene.attach(), "admit");
}

TEST(MqttFault, leaves_the_packets_of_a_link_of_another_version_alone) {
  Scene scene{that_says(PacketAct::rewrite, PacketType::connack, 0x87)};
  scene.fire();
  PacketFacts connack = down(PacketType::connack);
  connack.version = mqtt::Version::v3_1_1;
  EXPECT_EQ(scene.treat(connack), "pass");
  connack.version = mqtt::Version::v5;
  EXPECT_EQ(scene.treat(connack), "rewrite 0x87");
}

}  // namespace
}  // namespace probate::fault::test
