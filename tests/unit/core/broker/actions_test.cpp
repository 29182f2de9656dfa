#include "core/broker/actions.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace probate::broker {
namespace {

MessageRef message() {
  mqtt::Publish publish;
  publish.topic = "a topic that has memory of its own";
  publish.payload = "and a payload that has, too";
  return std::make_shared<mqtt::Publish>(publish);
}

TEST(TakeTexts, moves_what_nobody_else_gets) {
  Deliver delivery{.message = message()};
  const char* const bytes = delivery.message->topic.data();
  std::string topic;
  std::string payload;
  take_texts(std::move(delivery), topic, payload);
  EXPECT_EQ(topic.data(), bytes);
  EXPECT_EQ(payload, "and a payload that has, too");
}

TEST(TakeTexts, leaves_to_others_what_they_get) {
  const MessageRef shared = message();
  std::string topic;
  std::string payload;
  take_texts(Deliver{.message = shared}, topic, payload);
  EXPECT_EQ(topic, shared->topic);
  EXPECT_EQ(payload, shared->payload);
  EXPECT_EQ(shared->topic, "a topic that has memory of its own");
}

}  // namespace
}  // namespace probate::broker
