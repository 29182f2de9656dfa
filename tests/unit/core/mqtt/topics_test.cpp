#include "core/mqtt/topics.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace probate::mqtt {
namespace {

using namespace std::string_view_literals;

// [MQTT-4.7.1-1], [MQTT5-4.7.0-1], [MQTT-4.7.3-1], [MQTT-1.5.3-2]
TEST(TopicName, is_not_empty_and_has_no_wildcard_and_no_null) {
  for (const auto topic : {"a"sv, "/"sv, "/device/1/report"sv, "$SYS/x"sv, "a b"sv, "sport/ü"sv}) {
    EXPECT_TRUE(is_topic_name(topic)) << topic;
  }
  for (const auto topic : {""sv, "a/+"sv, "#"sv, "a#"sv, "a\0b"sv}) {
    EXPECT_FALSE(is_topic_name(topic)) << topic;
  }
}

TEST(TopicName, has_its_first_wildcard_found) {
  EXPECT_EQ(find_wildcard("a/+/#"), 2U);
  EXPECT_EQ(find_wildcard("ab#"), 2U);
  EXPECT_EQ(find_wildcard("a/b"), std::nullopt);
}

TEST(TopicName, has_at_most_65535_bytes) {
  EXPECT_TRUE(is_topic_name(std::string(65'535, 'a')));
  EXPECT_FALSE(is_topic_name(std::string(65'536, 'a')));
}

// [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT5-4.7.1-1], [MQTT5-4.7.1-2]; the examples of §4.7.1.
TEST(TopicFilter, has_wildcards_only_where_they_fill_a_level) {
  for (const auto filter : {"#"sv, "+"sv, "sport/tennis/#"sv, "+/tennis/#"sv, "sport/+/player1"sv,
                            "/finance"sv, "/+"sv, "+/+"sv, "/"sv, "/#"sv, "a//+"sv}) {
    EXPECT_TRUE(is_topic_filter(filter)) << filter;
  }
  for (const auto filter : {""sv, "sport/tennis#"sv, "sport/tennis/#/ranking"sv, "sport+"sv,
                            "+sport"sv, "++"sv, "##"sv, "#/"sv, "a/#b"sv, "a\0"sv}) {
    EXPECT_FALSE(is_topic_filter(filter)) << filter;
  }
}

TEST(TopicFilter, names_the_place_of_a_misplaced_wildcard) {
  EXPECT_EQ(find_misplaced_wildcard("sport/tennis#"), 12U);
  EXPECT_EQ(find_misplaced_wildcard("+/#/a"), 2U);
  EXPECT_EQ(find_misplaced_wildcard("+a"), 0U);
  EXPECT_EQ(find_misplaced_wildcard("+/a/#"), std::nullopt);
}

struct Pair {
  std::string_view filter;
  std::string_view topic;
};

// The examples of 3.1.1 §4.7.1.2 and §4.7.1.3.
TEST(TopicMatch, holds_for_the_specification_s_examples) {
  for (const Pair& pair : {Pair{"sport/tennis/player1/#", "sport/tennis/player1"},
                           {"sport/tennis/player1/#", "sport/tennis/player1/ranking"},
                           {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"},
                           {"sport/#", "sport"},
                           {"#", "sport"},
                           {"#", "/"},
                           {"sport/tennis/+", "sport/tennis/player1"},
                           {"sport/+", "sport/"},
                           {"+/+", "/finance"},
                           {"/+", "/finance"},
                           {"a//b", "a//b"},
                           {"$SYS/#", "$SYS/broker"},
                           {"$SYS/monitor/+", "$SYS/monitor/Clients"}}) {
    EXPECT_TRUE(matches(pair.filter, pair.topic)) << pair.filter << " | " << pair.topic;
  }
}

TEST(TopicMatch, fails_for_the_specification_s_counterexamples) {
  for (const Pair& pair : {Pair{"sport/tennis/+", "sport/tennis/player1/ranking"},
                           {"sport/+", "sport"},
                           {"+", "/finance"},
                           {"sport", "Sport"},
                           {"willmsg", "/willmsg"},
                           {"sport", "sport/"},
                           {"sport/", "sport"},
                           {"a/#", "ab"}}) {
    EXPECT_FALSE(matches(pair.filter, pair.topic)) << pair.filter << " | " << pair.topic;
  }
}

// [MQTT-4.7.2-1]
TEST(TopicMatch, never_gives_a_dollar_topic_to_a_leading_wildcard) {
  EXPECT_FALSE(matches("#", "$SYS/broker"));
  EXPECT_FALSE(matches("+/monitor/Clients", "$SYS/monitor/Clients"));
  EXPECT_TRUE(matches("a/#", "a/$SYS"));
}

TEST(SharedFilter, is_split_into_name_and_filter) {
  const auto shared = split_shared("$share/consumers/sport/#");
  ASSERT_TRUE(shared);
  EXPECT_EQ(shared->name, "consumers");
  EXPECT_EQ(shared->filter, "sport/#");
  EXPECT_EQ(split_shared("$share/c//finance")->filter, "/finance");
}

TEST(SharedFilter, needs_a_name_without_wildcards_and_a_filter) {
  for (const auto filter :
       {"$share/c"sv, "$share/"sv, "$share//a"sv, "$share/c/"sv, "$share/c+/a"sv, "$share/#"sv}) {
    EXPECT_TRUE(is_shared(filter)) << filter;
    EXPECT_FALSE(split_shared(filter)) << filter;
  }
  EXPECT_FALSE(is_shared("$shared/c/a"));
  EXPECT_FALSE(split_shared("a/$share/c"));
}

}  // namespace
}  // namespace probate::mqtt
