#include "core/broker/actions.hpp"

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

TEST(TakeMessage, moves_what_nobody_else_gets) {
  Deliver delivery{.message = message()};
  const char* const bytes = delivery.message->topic.data();
  const mqtt::Publish taken = take_message(std::move(delivery));
  EXPECT_EQ(taken.topic.data(), bytes);
  EXPECT_EQ(taken.payload, "and a payload that has, too");
}

TEST(TakeMessage, leaves_to_others_what_they_get) {
  const MessageRef shared = message();
  const mqtt::Publish taken = take_message(Deliver{.message = shared});
  EXPECT_EQ(taken, *shared);
  EXPECT_EQ(shared->topic, "a topic that has memory of its own");
}

}  // namespace
}  // namespace probate::broker
