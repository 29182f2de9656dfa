// How connections of the broker model begin and end.
#include "tests/unit/core/broker/world.hpp"

namespace probate::broker {
namespace {

// [MQTT-3.1.0-1]
TEST(BrokerConnect, must_come_first) {
  World world;
  Actions out;
  world.broker().handle_packet(kRunStart, ConnectionId{7}, mqtt::Pingreq{}, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Close>(out[0]));
  EXPECT_FALSE(world.broker().knows(ConnectionId{7}));
}

// [MQTT-3.2.2-2] [MQTT5-3.2.2-3] Session Present, and [MQTT-3.1.2-6] [MQTT5-3.1.2-4] clean.
TEST(BrokerConnect, goes_on_with_a_session_that_was_kept) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    const Client kept{.version = version, .clean = false, .expiry = 60};
    World world;
    world.connects("a", kept);
    EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0"));
    world.subscribes("a", "x");
    world.cuts("a");
    world.connects("a", kept);
    EXPECT_THAT(world.take("a"), ElementsAre("SUBACK 2", "CONNACK 0 present"));
    world.connects("b");
    world.publishes("b", "x", "1");
    EXPECT_THAT(world.take("a"), ElementsAre("PUBLISH x 1"));
    world.connects("a", {.version = version, .clean = true});
    world.take("a");
    world.publishes("b", "x", "2");
    EXPECT_THAT(world.take("a"), IsEmpty());
  }
}

TEST(BrokerConnect, of_version_3_1_tells_nothing_of_the_session) {
  World world;
  world.connects("a", {.version = Version::v3_1, .clean = false});
  world.cuts("a");
  world.connects("a", {.version = Version::v3_1, .clean = false}, "new");
  EXPECT_THAT(world.take("new"), ElementsAre("CONNACK 0"));
}

// [MQTT-3.1.3-8] [MQTT-3.1.3-6] [MQTT5-3.1.3-6] [MQTT5-3.2.2-16]
TEST(BrokerConnect, without_a_client_id_is_refused_or_gets_one) {
  World world;
  const auto answer = [&world](Version version, bool clean) {
    mqtt::Connect connect = connect_of("", {.version = version, .clean = clean});
    const std::string name = fmt::format("{} {}", mqtt::to_text(version), clean);
    world.connects_with(name, connect);
    return world.take(name);
  };
  EXPECT_THAT(answer(Version::v3_1, true), ElementsAre("CONNACK 2", "closed"));
  EXPECT_THAT(answer(Version::v3_1_1, false), ElementsAre("CONNACK 2", "closed"));
  EXPECT_THAT(answer(Version::v3_1_1, true), ElementsAre("CONNACK 0"));
  EXPECT_THAT(answer(Version::v5, true), ElementsAre("CONNACK 0"));
  EXPECT_EQ(world.broker().sessions(), 2U);
}

// [MQTT-3.1.4-5] [MQTT5-3.1.4-6]
TEST(BrokerConnect, that_is_refused_leaves_no_will_and_takes_nothing_over) {
  BrokerConfig config = config_of("spec-3.1.1");
  config.users = {{"device", "secret"}};
  World world{config};
  mqtt::Connect good = connect_of("a", {});
  good.username = "device";
  good.password = "secret";
  world.connects_with("a", good);
  mqtt::Connect bad = good;
  bad.password = "wrong";
  world.connects_with("thief", bad);
  EXPECT_THAT(world.take("thief"), ElementsAre("CONNACK 5", "closed"));
  bad.version = Version::v5;
  world.connects_with("thief", bad);
  EXPECT_THAT(world.take("thief"), ElementsAre("CONNACK 135", "closed"));
  EXPECT_TRUE(world.is_open("a"));
  EXPECT_THAT(world.fates("thief"), IsEmpty());
}

// [MQTT-4.7.3-1] [MQTT-4.7.1-1]
TEST(BrokerConnect, with_a_will_on_no_topic_is_closed_without_an_answer) {
  World world;
  for (const char* topic : {"", "a/#", "+"}) {
    world.connects("a", {.topic = topic});
    EXPECT_THAT(world.take("a"), ElementsAre("closed"));
  }
  EXPECT_EQ(world.broker().sessions(), 0U);
}

TEST(BrokerConnect, cannot_prolong_by_disconnect_what_ends_with_it) {
  World world;
  world.watches("watch");
  world.connects("a", {.version = Version::v5});
  world.take("a");
  mqtt::Disconnect disconnect;
  add(disconnect.properties, PropertyId::session_expiry_interval, 10);
  world.says("a", disconnect);
  EXPECT_THAT(world.take("a"), ElementsAre("DISCONNECT 0x82", "closed"));
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a"));
}

TEST(BrokerConnect, can_shorten_its_session_by_disconnect) {
  World world;
  world.watches("watch");
  world.connects("a", {.version = Version::v5, .delay = 60, .expiry = 600});
  mqtt::Disconnect disconnect;
  disconnect.reason = 0x04;
  add(disconnect.properties, PropertyId::session_expiry_interval, 10);
  world.says("a", disconnect);
  world.runs_for(1h);
  EXPECT_THAT(world.take_timed("watch"), ElementsAre("+10.000 s PUBLISH will a"));
}

TEST(BrokerConnect, forgets_a_clean_session_when_it_ends) {
  World world;
  world.connects("a");
  world.subscribes("a", "x");
  EXPECT_EQ(world.broker().connections(), 1U);
  world.cuts("a");
  EXPECT_EQ(world.broker().connections(), 0U);
  EXPECT_EQ(world.broker().sessions(), 0U);
}

TEST(BrokerStop, publishes_every_will_at_once_and_delayed_ones_too) {
  {
    World world{"mosquitto-2.0.11"};
    world.watches("watch");
    world.connects("a", {.version = Version::v5, .delay = 60, .expiry = 600});
    world.connects("b");
    world.connects("c", {.version = Version::v5, .delay = 60, .expiry = 600});
    world.cuts("a");
    world.stops();
    const auto seen = world.take("watch");
    ASSERT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen[0], "PUBLISH will b");
    EXPECT_EQ(seen[3], "closed");
    EXPECT_FALSE(world.broker().running());
    EXPECT_FALSE(world.broker().next_timeout().has_value());
    world.restarts();
    EXPECT_EQ(world.broker().sessions(), 0U);
    EXPECT_EQ(world.broker().wills_pending(), 0U);
  }
}

TEST(BrokerStop, can_leave_the_wills_to_the_restart) {
  BrokerConfig config = config_of("spec-3.1.1");
  config.profile.shutdown = ShutdownRule::defers;
  config.persistence = true;
  World world{config};
  world.connects("watch", {.clean = false, .will = false});
  world.subscribes("watch", "will", QoS::at_least_once);
  world.connects("a", {.qos = QoS::at_least_once});
  world.stops();
  world.take("watch");
  world.runs_for(10s);
  world.restarts();
  world.connects("watch", {.clean = false, .will = false});
  EXPECT_THAT(world.take("watch"), ElementsAre("CONNACK 0 present", "PUBLISH will a qos1"));
}

TEST(BrokerStop, keeps_what_persistence_keeps) {
  BrokerConfig config = config_of("mosquitto-2.0.11");
  config.persistence = true;
  World world{config};
  world.connects("a", {.clean = false, .will = false});
  world.publishes("a", "state", "on", QoS::at_most_once, true);
  world.stops();
  world.restarts();
  EXPECT_EQ(world.broker().retained(), 1U);
  world.connects("a", {.clean = false, .will = false}, "new");
  EXPECT_THAT(world.take("new"), ElementsAre("CONNACK 0 present"));
}

TEST(BrokerCrash, loses_the_wills_on_mosquitto) {
  BrokerConfig config = config_of("mosquitto-2.0.11");
  config.persistence = true;
  World world{config};
  world.connects("watch", {.clean = false, .will = false});
  world.subscribes("watch", "will", QoS::at_least_once);
  world.connects("a", {.qos = QoS::at_least_once});
  world.connects("b", {.version = Version::v5, .delay = 5, .expiry = 60});
  world.cuts("b");
  world.crashes();
  EXPECT_FALSE(world.is_open("a"));
  world.restarts();
  world.take("watch");
  world.connects("watch", {.clean = false, .will = false});
  world.runs_for(1h);
  EXPECT_THAT(world.take("watch"), ElementsAre("CONNACK 0"));
  EXPECT_THAT(world.fates("a"), ElementsAre("lost"));
  EXPECT_THAT(world.fates("b"), ElementsAre("delayed", "lost"));
}

// HiveMQ, FlashMQ and RabbitMQ store wills that wait, and no others.
TEST(BrokerCrash, can_spare_the_wills_that_wait_for_their_delay) {
  for (const std::string name : {"hivemq-ce", "flashmq", "rabbitmq"}) {
    World world{name};
    world.connects("a");
    world.connects("soon", {.version = Version::v5, .delay = 5, .expiry = 60});
    world.connects("late", {.version = Version::v5, .delay = 30, .expiry = 60});
    world.cuts("soon");
    world.cuts("late");
    world.runs_for(1s);
    world.crashes();
    world.runs_for(10s);
    world.restarts();
    EXPECT_THAT(world.fates("soon"), ElementsAre("delayed", "published")) << name;
    EXPECT_THAT(world.fates("late"), ElementsAre("delayed")) << name;
    world.watches("watch");
    world.runs_for(1h);
    EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will late")) << name;
    EXPECT_THAT(world.fates("a"), ElementsAre("lost")) << name;
  }
}

TEST(BrokerCrash, can_leave_the_wills_to_the_restart) {
  BrokerConfig config = config_of("spec-3.1.1");
  config.persistence = true;
  config.profile.crash_loses_wills = false;
  World world{config};
  world.connects("watch", {.clean = false, .will = false});
  world.subscribes("watch", "will", QoS::at_least_once);
  world.connects("a", {.qos = QoS::at_least_once});
  world.crashes();
  world.take("watch");
  world.restarts();
  world.connects("watch", {.clean = false, .will = false});
  EXPECT_THAT(world.take("watch"), ElementsAre("CONNACK 0 present", "PUBLISH will a qos1"));
}

}  // namespace
}  // namespace probate::broker
