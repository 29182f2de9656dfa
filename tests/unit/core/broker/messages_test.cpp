// Subscriptions, retained messages and deliveries of the broker model.
#include <algorithm>
#include <initializer_list>

#include "tests/unit/core/broker/world.hpp"

namespace probate::broker {
namespace {

// [MQTT-3.8.4-6] [MQTT5-3.8.4-8]
TEST(BrokerDelivery, has_the_lower_quality_of_message_and_subscription) {
  World world;
  world.watches("q0", "t", QoS::at_most_once);
  world.watches("q2", "t", QoS::exactly_once);
  world.connects("a");
  world.publishes("a", "t", "1", QoS::at_least_once);
  EXPECT_THAT(world.take("q0"), ElementsAre("PUBLISH t 1"));
  EXPECT_THAT(world.take("q2"), ElementsAre("PUBLISH t 1 qos1"));
}

TEST(BrokerDelivery, goes_to_the_filters_that_match) {
  World world;
  const std::pair<const char*, bool> filters[] = {
      {"fleet/7/state", true},  {"fleet/+/state", true},
      {"fleet/#", true},        {"#", true},
      {"+/7/state", true},      {"fleet/7/state/#", true},
      {"+/+/+", true},          {"fleet/8/state", false},
      {"fleet/+", false},       {"fleet", false},
      {"/fleet/7/state", false}};
  for (const auto& [filter, matches] : filters) world.watches(filter, filter);
  world.connects("a");
  world.publishes("a", "fleet/7/state", "on");
  for (const auto& [filter, matches] : filters) {
    EXPECT_EQ(world.take(filter).size(), matches ? 1U : 0U) << filter;
  }
}

// An observer subscribes to the will topic of each device.
TEST(BrokerDelivery, goes_to_one_of_very_many_filters_of_a_client) {
  constexpr int kFilters = 20'000;
  World world;
  world.connects("watch", {.will = false});
  mqtt::Subscribe subscribe;
  subscribe.packet_id = 1;
  for (int n = 0; n < kFilters; ++n) {
    subscribe.subscriptions.push_back({fmt::format("fleet/{}/will", n), QoS::at_most_once});
  }
  subscribe.subscriptions.push_back({"fleet/+/alarm", QoS::at_least_once});
  world.says("watch", subscribe);
  // A second time they are not new.
  world.says("watch", subscribe);
  world.take("watch");
  world.connects("p");
  for (int n = 0; n < kFilters; n += 10) {
    world.publishes("p", fmt::format("fleet/{}/will", n), "gone");
  }
  EXPECT_EQ(world.take("watch").size(), 2'000U);
  world.publishes("p", "fleet/7/alarm", "x", QoS::exactly_once);
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH fleet/7/alarm x qos1"));
  world.says("watch", mqtt::Unsubscribe{2, {"fleet/7/will", "fleet/+/alarm", "none"}, {}});
  world.take("watch");
  world.publishes("p", "fleet/7/will", "gone");
  world.publishes("p", "fleet/7/alarm", "x");
  world.publishes("p", "fleet/8/will", "gone");
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH fleet/8/will gone"));
  world.cuts("watch");
  world.publishes("p", "fleet/8/will", "gone");
  EXPECT_EQ(world.broker().sessions(), 1U);
}

TEST(BrokerDelivery, ends_with_unsubscribe) {
  World world;
  world.watches("a", "x/+");
  world.watches("b", "x/+");
  world.watches("c", "x/+");
  world.says("b", mqtt::Unsubscribe{1, {"x/+", "y"}, {}});
  EXPECT_THAT(world.take("b"), ElementsAre("UNSUBACK"));
  world.publishes("a", "x/1", "1");
  EXPECT_EQ(world.take("a").size(), 1U);
  EXPECT_THAT(world.take("b"), IsEmpty());
  EXPECT_EQ(world.take("c").size(), 1U);
}

TEST(BrokerDelivery, of_overlapping_subscriptions_is_one_or_one_each) {
  for (const std::string name : {"spec-5.0", kMosquitto, kNewMosquitto}) {
    for (const Version version : {Version::v3_1_1, Version::v5}) {
      World world{name};
      world.connects("watch", {.version = version, .keep_alive = 60, .will = false});
      world.subscribes("watch", "a/#", QoS::at_most_once);
      world.subscribes("watch", "a/b", QoS::at_least_once);
      world.take("watch");
      world.publishes("watch", "a/b", "x", QoS::exactly_once);
      const auto seen = world.take("watch");
      const bool copies = version == Version::v5 && name != "spec-5.0";
      const auto count = std::count_if(seen.begin(), seen.end(), [](const std::string& line) {
        return line.starts_with("PUBLISH");
      });
      EXPECT_EQ(count, copies ? 2 : 1) << name;
    }
  }
}

// By the specification the highest quality counts.
TEST(BrokerDelivery,
     of_overlapping_subscriptions_has_the_quality_of_the_most_specific_on_mosquitto) {
  for (const char* name : {"spec-3.1.1", "mosquitto-2.0.11"}) {
    World world{name};
    world.connects("watch", {.will = false});
    world.subscribes("watch", "a/#", QoS::at_least_once);
    world.subscribes("watch", "+/b", QoS::exactly_once);
    world.subscribes("watch", "a/b", QoS::at_most_once);
    world.take("watch");
    world.connects("p");
    world.publishes("p", "a/b", "x", QoS::at_least_once);
    const bool highest = name == std::string_view{"spec-3.1.1"};
    EXPECT_THAT(world.take("watch"), ElementsAre(highest ? "PUBLISH a/b x qos1" : "PUBLISH a/b x"));
  }
}

// [MQTT5-3.8.3-3]
TEST(BrokerDelivery, leaves_out_the_sender_who_asked_for_it) {
  World world;
  world.connects("a", {.version = Version::v5});
  mqtt::Subscribe subscribe;
  subscribe.packet_id = 1;
  subscribe.subscriptions.push_back({.filter = "x", .no_local = true});
  world.says("a", subscribe);
  world.take("a");
  world.publishes("a", "x", "mine");
  EXPECT_THAT(world.take("a"), IsEmpty());
}

// [MQTT-3.3.1-9] [MQTT5-3.3.1-12] [MQTT5-3.3.1-13]
TEST(BrokerDelivery, keeps_the_retain_flag_only_as_published) {
  World world;
  for (const bool as_published : {false, true}) {
    world.connects("a", {.version = Version::v5});
    mqtt::Subscribe subscribe;
    subscribe.packet_id = 1;
    subscribe.subscriptions.push_back({.filter = "x", .retain_as_published = as_published});
    world.says("a", subscribe);
    world.connects("b");
    world.take("a");
    world.publishes("b", "x", "1", QoS::at_most_once, true);
    EXPECT_THAT(world.take("a"),
                ElementsAre(as_published ? "PUBLISH x 1 retained" : "PUBLISH x 1"));
    world.publishes("b", "x", "", QoS::at_most_once, true);
  }
}

// [MQTT-3.3.2-2] [MQTT5-3.3.2-2]
TEST(BrokerDelivery, of_a_message_to_a_filter_ends_the_connection) {
  World world;
  world.watches("watch");
  world.connects("a");
  world.publishes("a", "x/#", "1");
  EXPECT_FALSE(world.is_open("a"));
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will a"));
}

// [MQTT-4.3.3-2] [MQTT5-4.3.3-10] One packet id is one message, until PUBREL.
TEST(BrokerDelivery, of_quality_2_is_once) {
  World world;
  world.acknowledges = false;
  world.watches("watch", "x", QoS::at_most_once);
  world.connects("a");
  world.take("a");
  mqtt::Publish publish;
  publish.topic = "x";
  publish.payload = "1";
  publish.qos = QoS::exactly_once;
  publish.packet_id = 9;
  world.says("a", publish);
  publish.dup = true;
  world.says("a", publish);
  EXPECT_THAT(world.take("a"), ElementsAre("PUBREC", "PUBREC"));
  world.says("a", mqtt::Pubrel{9, 0, {}});
  world.says("a", mqtt::Pubrel{9, 0, {}});
  EXPECT_THAT(world.take("a"), ElementsAre("PUBCOMP", "PUBCOMP"));
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH x 1"));
}

TEST(BrokerDelivery, of_what_is_denied_is_told_to_version_5_only) {
  BrokerConfig config = config_of("spec-5.0");
  config.denied = {"secret"};
  World world{config};
  world.watches("watch");
  world.connects("a");
  world.connects("b", {.version = Version::v5});
  world.publishes("a", "secret", "x", QoS::at_least_once);
  world.publishes("b", "secret", "x", QoS::exactly_once);
  EXPECT_THAT(world.take("watch"), IsEmpty());
  EXPECT_THAT(world.take("a"), ElementsAre("CONNACK 0", "PUBACK"));
}

// [MQTT-3.3.1-10] [MQTT-3.3.1-11]
TEST(BrokerRetained, is_cleared_by_an_empty_payload) {
  World world;
  world.connects("a");
  world.publishes("a", "state/1", "on", QoS::at_most_once, true);
  world.publishes("a", "state/1", "off", QoS::at_most_once, true);
  world.publishes("a", "state/2", "on", QoS::at_most_once, true);
  EXPECT_EQ(world.broker().retained(), 2U);
  world.connects("late", {.will = false});
  world.subscribes("late", "state/+");
  EXPECT_THAT(world.take("late"),
              ElementsAre("CONNACK 0", "SUBACK 2", "PUBLISH state/1 off retained",
                          "PUBLISH state/2 on retained"));
  world.publishes("a", "state/1", "", QoS::at_most_once, true);
  EXPECT_THAT(world.take("late"), ElementsAre("PUBLISH state/1 "));
  EXPECT_EQ(world.broker().retained(), 1U);
}

// [MQTT5-3.3.1-9] [MQTT5-3.3.1-10] [MQTT5-3.3.1-11]
TEST(BrokerRetained, is_sent_as_the_subscription_asks) {
  World world;
  world.connects("a", {.version = Version::v5});
  world.publishes("a", "x", "1", QoS::at_most_once, true);
  world.take("a");
  std::vector<std::size_t> sent;
  for (const std::uint8_t handling : std::initializer_list<std::uint8_t>{2, 1, 0, 1, 2}) {
    mqtt::Subscribe subscribe;
    subscribe.packet_id = 1;
    subscribe.subscriptions.push_back({.filter = "x", .retain_handling = handling});
    world.says("a", subscribe);
    sent.push_back(world.take("a").size() - 1);
  }
  // The first subscribing made it known; 1 sends to new ones only.
  EXPECT_THAT(sent, ElementsAre(0U, 0U, 1U, 0U, 0U));
}

// [MQTT-3.8.4-5]
TEST(BrokerSubscribe, answers_each_filter) {
  World world;
  world.connects("a");
  world.connects("b", {.version = Version::v5});
  for (const char* name : {"a", "b"}) {
    world.take(name);
    mqtt::Subscribe subscribe;
    subscribe.packet_id = 1;
    for (const char* filter : {"x", "#/x", "$share/g/x"}) {
      subscribe.subscriptions.push_back({filter, QoS::at_least_once});
    }
    world.says(name, subscribe);
  }
  EXPECT_THAT(world.take("a"), ElementsAre("SUBACK 1 128 128"));
  EXPECT_THAT(world.take("b"), ElementsAre("SUBACK 1 143 158"));
}

// Twenty in flight and a thousand waiting: the rest is lost without a word.
TEST(BrokerQueue, is_limited) {
  BrokerConfig config = config_of("mosquitto-2.0.11");
  config.limits.queued_max = 1000;
  World world{config};
  world.acknowledges = false;
  world.watches("watch", "will", QoS::at_least_once);
  world.watches("control", "will", QoS::at_most_once);
  for (int n = 0; n < 3000; ++n) {
    world.connects(std::to_string(n), {.qos = QoS::at_least_once});
  }
  for (int n = 0; n < 3000; ++n) world.cuts(std::to_string(n));
  EXPECT_EQ(world.take("control").size(), 3000U);
  EXPECT_EQ(world.dropped(), 1980U);
  std::size_t got = 0;
  for (std::uint16_t id = 1; world.broker().knows(world.id("watch")); ++id) {
    const std::size_t now = world.take("watch").size();
    got += now;
    if (id > 1020) break;
    world.says("watch", mqtt::Puback{id, 0, {}});
  }
  EXPECT_EQ(got, 1020U);
}

TEST(BrokerQueue, without_a_limit_loses_nothing) {
  World world;
  world.watches("watch", "will", QoS::at_least_once);
  for (int n = 0; n < 3000; ++n) {
    world.connects(std::to_string(n), {.qos = QoS::at_least_once});
  }
  for (int n = 0; n < 3000; ++n) world.cuts(std::to_string(n));
  EXPECT_EQ(world.take("watch").size(), 3000U);
  EXPECT_EQ(world.dropped(), 0U);
}

// [MQTT5-3.3.4-9]
TEST(BrokerQueue, sends_no_more_at_once_than_the_client_can_take) {
  World world{"spec-5.0"};
  world.acknowledges = false;
  world.connects("watch", {.version = Version::v5, .will = false, .receive_maximum = 3});
  world.subscribes("watch", "x", QoS::at_least_once);
  world.take("watch");
  for (int n = 0; n < 5; ++n) {
    world.publishes("watch", "x", std::to_string(n), QoS::at_least_once);
  }
  const auto seen = world.take("watch");
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "PUBACK"), 5);
  EXPECT_EQ(seen.size(), 8U);
  world.says("watch", mqtt::Puback{1, 0, {}});
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH x 3 qos1"));
}

// [MQTT-4.4.0-1] [MQTT5-4.4.0-1] [MQTT-3.3.1-1] [MQTT5-3.3.1-1]
TEST(BrokerQueue, sends_again_what_was_not_acknowledged) {
  World world;
  world.acknowledges = false;
  const Client kept{.clean = false, .will = false};
  world.connects("watch", kept);
  world.subscribes("watch", "x");
  world.connects("a");
  world.publishes("a", "x", "1", QoS::at_least_once);
  world.publishes("a", "x", "gone");
  world.take("watch");
  world.cuts("watch");
  world.publishes("a", "x", "2", QoS::at_least_once);
  world.publishes("a", "x", "3");
  world.connects("watch", kept);
  EXPECT_THAT(world.take("watch"),
              ElementsAre("CONNACK 0 present", "PUBLISH x 1 qos1 dup", "PUBLISH x 2 qos1"));
}

// [MQTT-2.3.1-4] [MQTT5-2.2.1-4] [MQTT5-4.3.3-4]
TEST(BrokerQueue, frees_an_id_only_with_its_last_acknowledgement) {
  World world{"spec-5.0"};
  world.acknowledges = false;
  world.connects("watch", {.version = Version::v5, .will = false, .receive_maximum = 1});
  world.subscribes("watch", "will", QoS::exactly_once);
  for (const char* name : {"a", "b", "c"}) {
    world.connects(name, {.qos = QoS::exactly_once});
    world.cuts(name);
  }
  world.take("watch");
  world.says("watch", mqtt::Pubrec{1, 0, {}});
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBREL"));
  world.says("watch", mqtt::Pubcomp{1, 0, {}});
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will b qos2"));
  world.says("watch", mqtt::Pubrec{2, 0x80, {}});
  EXPECT_THAT(world.take("watch"), ElementsAre("PUBLISH will c qos2"));
}

}  // namespace
}  // namespace probate::broker
