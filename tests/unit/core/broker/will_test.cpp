// When the broker model publishes a will, by the specification and by mosquitto.
#include "tests/unit/core/broker/world.hpp"

namespace probate::broker {
namespace {

constexpr const char* kProfiles[] = {"spec-3.1.1", "spec-5.0", "mosquitto-2.0.11"};

// The wills that a takeover of `old` by `by` brings out.
std::vector<std::string> takeover(const std::string& profile_name, const Client& old,
                                  const Client& by) {
  World world{profile_name};
  world.watches("watch");
  world.connects("a", old);
  world.connects("a", by, "new");
  EXPECT_FALSE(world.is_open("a"));
  EXPECT_TRUE(world.is_open("new"));
  return world.take("watch");
}

// [MQTT-3.1.2-8] [MQTT5-3.1.2-8]
TEST(BrokerWill, is_published_when_the_network_connection_ends) {
  for (const std::string name : kProfiles) {
    World world{name};
    world.watches("watch");
    world.connects("a");
    EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0"));
    world.cuts("a");
    EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a")) << name;
    EXPECT_THAT(world.fates("a"), ElementsAre("published"));
    // [MQTT-3.1.2-10] [MQTT5-3.1.2-10] Once.
    world.runs_for(24h);
    EXPECT_THAT(world.take("watch"), IsEmpty());
  }
}

// [MQTT-3.14.4-3] [MQTT5-3.14.4-3]
TEST(BrokerWill, is_deleted_by_disconnect) {
  for (const Version version : {Version::v3_1, Version::v3_1_1, Version::v5}) {
    World world;
    world.watches("watch");
    world.connects("a", {.version = version});
    world.disconnects("a");
    EXPECT_FALSE(world.is_open("a"));
    world.runs_for(24h);
    EXPECT_THAT(world.take("watch"), IsEmpty());
    EXPECT_THAT(world.fates("a"), ElementsAre("deleted"));
  }
}

TEST(BrokerWill, is_published_after_disconnect_with_will) {
  World world;
  world.watches("watch");
  world.connects("a", {.version = Version::v5});
  world.disconnects("a", 0x04);
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a"));
}

TEST(BrokerWill, after_disconnect_with_an_error_depends_on_the_profile) {
  for (const std::string name : kProfiles) {
    World world{name};
    world.watches("watch");
    world.connects("a", {.version = Version::v5});
    world.disconnects("a", 0x80);
    EXPECT_EQ(world.take("watch").size(), name == kMosquitto ? 0U : 1U) << name;
  }
}

TEST(BrokerWill, has_the_quality_and_the_retain_flag_that_were_asked_for) {
  World world;
  world.watches("watch");
  world.connects("a", {.qos = QoS::at_least_once});
  world.connects("b", {.qos = QoS::exactly_once, .retain = true});
  world.cuts("a");
  world.cuts("b");
  // [MQTT-3.3.1-9] RETAIN is not set for those who had subscribed before.
  EXPECT_THAT(world.take("watch"),
              ElementsAre("PUBLISH will a qos1", "PUBLISH will b qos2", "PUBREL"));
  world.watches("late");
  world.connects("later", {.will = false});
  world.subscribes("later", "will");
  // [MQTT-3.3.1-6] [MQTT-3.3.1-8] And set for those who come later.
  EXPECT_THAT(world.take("later"),
              ElementsAre("CONNACK 0", "SUBACK 2", "PUBLISH will b qos2 retained", "PUBREL"));
}

TEST(BrokerWill, carries_its_properties_but_not_the_delay) {
  World world;
  world.watches("watch");
  mqtt::Connect connect = connect_of("a", {.version = Version::v5, .delay = 5});
  add(connect.will->properties, PropertyId::message_expiry_interval, 60);
  world.connects_with("a", connect);
  Actions out;
  world.broker().handle_closed(world.now(), world.id("a"), out);
  const auto* delivery = std::get_if<Deliver>(&out.back());
  ASSERT_NE(delivery, nullptr);
  const mqtt::Publish publish = to_publish(*delivery);
  ASSERT_EQ(publish.properties.size(), 1U);
  EXPECT_EQ(publish.properties[0].id, PropertyId::message_expiry_interval);
}

TEST(BrokerWill, on_a_topic_that_is_denied_is_accepted_and_never_comes) {
  BrokerConfig config = config_of("spec-3.1.1");
  config.denied = {"secret/#"};
  config.profile.will_acl = WillAcl::at_publication;
  World world{config};
  world.watches("watch");
  world.connects("a", {.topic = "secret/a"});
  EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0"));
  world.cuts("a");
  EXPECT_THAT(world.take("watch"), IsEmpty());
  EXPECT_THAT(world.fates("a"), ElementsAre("dropped"));
}

// [MQTT5-4.13.1-1] [MQTT-4.8.0-1]
TEST(BrokerWill, is_published_when_the_protocol_is_broken) {
  for (const std::string name : kProfiles) {
    World world{name};
    world.watches("watch");
    world.connects("a", {.version = Version::v5});
    world.take("a");
    world.sends_garbage("a");
    EXPECT_THAT(world.take("a"), ElementsAre("DISCONNECT 0x81", "closed")) << name;
    EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a"));
  }
}

// [MQTT-3.1.0-2] [MQTT5-3.1.0-2]
TEST(BrokerWill, after_a_second_connect_depends_on_the_profile) {
  for (const std::string name : kProfiles) {
    World world{name};
    world.watches("watch");
    world.connects("a");
    world.says("a", connect_of("a", {}));
    EXPECT_FALSE(world.is_open("a"));
    EXPECT_EQ(world.take("watch").size(), name == kMosquitto ? 0U : 1U) << name;
  }
}

// [MQTT-3.1.4-2] A takeover closes the old connection, which publishes its will.
TEST(BrokerTakeover, of_any_session_publishes_by_the_specification) {
  for (const bool old_clean : {true, false}) {
    for (const bool new_clean : {true, false}) {
      EXPECT_THAT(takeover("spec-3.1.1", {.clean = old_clean}, {.clean = new_clean}),
                  ElementsAre("PUBLISH will a"));
    }
  }
  // [MQTT5-3.1.4-3]
  const Client kept{.version = Version::v5, .clean = false, .expiry = 60};
  EXPECT_THAT(takeover("spec-5.0", kept, kept), ElementsAre("PUBLISH will a"));
}

TEST(BrokerTakeover, of_a_kept_session_by_one_that_keeps_it_publishes_nothing_on_mosquitto) {
  const Client clean{};
  const Client kept{.clean = false};
  EXPECT_THAT(takeover(kMosquitto, clean, clean), ElementsAre("PUBLISH will a"));
  EXPECT_THAT(takeover(kMosquitto, clean, kept), ElementsAre("PUBLISH will a"));
  EXPECT_THAT(takeover(kMosquitto, kept, clean), ElementsAre("PUBLISH will a"));
  EXPECT_THAT(takeover(kMosquitto, kept, kept), IsEmpty());
  const Client v5_kept{.version = Version::v5, .clean = false, .expiry = 60};
  const Client v5_clean{.version = Version::v5};
  EXPECT_THAT(takeover(kMosquitto, v5_kept, v5_kept), IsEmpty());
  EXPECT_THAT(takeover(kMosquitto, v5_kept, v5_clean), ElementsAre("PUBLISH will a"));
  EXPECT_THAT(takeover(kMosquitto, v5_clean, v5_kept), ElementsAre("PUBLISH will a"));
}

// [MQTT5-3.1.3-9] The session goes on before the delay is over.
TEST(BrokerTakeover, of_a_session_that_goes_on_publishes_no_delayed_will) {
  const Client kept{.version = Version::v5, .clean = false, .delay = 5, .expiry = 60};
  for (const std::string name : kProfiles) EXPECT_THAT(takeover(name, kept, kept), IsEmpty());
}

TEST(BrokerTakeover, with_a_clean_start_publishes_a_delayed_will_if_the_profile_reads_it_so) {
  const Client kept{.version = Version::v5, .clean = false, .delay = 5, .expiry = 60};
  for (const bool with_delay : {false, true}) {
    BrokerConfig config = config_of("spec-5.0");
    config.profile.takeover.reading = with_delay ? Reading::b : Reading::a;
    World world{config};
    world.watches("watch");
    world.connects("a", kept);
    world.connects("a", {.version = Version::v5}, "new");
    EXPECT_EQ(world.take("watch").size(), with_delay ? 1U : 0U);
    world.runs_for(1h);
    EXPECT_THAT(world.take("watch"), IsEmpty());
  }
}

TEST(BrokerTakeover, tells_will_and_connack_in_the_order_of_the_profile) {
  for (const bool will_first : {true, false}) {
    BrokerConfig config = config_of("spec-3.1.1");
    config.profile.will_before_connack = will_first;
    World world{config};
    world.connects("a", {.topic = "self"});
    // The new connection's own subscription is that of the kept session.
    world.connects("b", {.clean = false, .will = false});
    world.subscribes("b", "self");
    world.take("b");
    Actions out;
    world.broker().handle_packet(world.now(), ConnectionId{99}, connect_of("a", {}), out);
    std::vector<std::string> order;
    for (const Action& action : out) {
      if (std::holds_alternative<Deliver>(action)) order.push_back("will");
      if (std::holds_alternative<SendPacket>(action)) order.push_back("connack");
    }
    if (will_first) {
      EXPECT_THAT(order, ElementsAre("will", "connack"));
    } else {
      EXPECT_THAT(order, ElementsAre("connack", "will"));
    }
  }
}

TEST(BrokerTakeover, tells_the_old_client_of_version_5_why) {
  for (const std::string name : kProfiles) {
    World world{name};
    world.connects("a", {.version = Version::v5});
    world.connects("a", {.version = Version::v5}, "new");
    if (name == kMosquitto) {
      EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0", "closed"));
    } else {
      EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0", "DISCONNECT 0x8e", "closed"));
    }
  }
}

// The ghost of a client that returns under another id is on its own.
TEST(BrokerTakeover, does_not_happen_to_another_client_id) {
  World world{kMosquitto};
  world.watches("watch");
  world.connects("a-1", {.keep_alive = 4});
  world.connects("a-2", {.keep_alive = 0});
  EXPECT_THAT(world.take("watch"), IsEmpty());
  world.runs_for(12s);
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a-1"));
}

}  // namespace
}  // namespace probate::broker
