#include "sim/live/will_book.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace probate::live {
namespace {

using journal::MessageKind;

constexpr DeviceId kMeter{0};
constexpr DeviceId kValve{1};

WillBook book() {
  WillBook book{{"birth/#"}, {"data/#"}};
  book.know(kMeter, "meter");
  book.know(kValve, "valve");
  return book;
}

TEST(WillBook, knows_an_announced_will_by_topic_and_payload) {
  WillBook wills = book();
  EXPECT_TRUE(wills.announce(kMeter, "status/meter", "gone").is_new);
  EXPECT_FALSE(wills.announce(kMeter, "status/meter", "gone").is_new);
  const auto seen = wills.recognize("status/meter", "gone");
  EXPECT_EQ(seen.kind, MessageKind::will);
  EXPECT_EQ(seen.device, kMeter);
  EXPECT_EQ(seen.client_id, "meter");
  EXPECT_EQ(wills.recognize("status/other", "gone").kind, MessageKind::unknown);
}

TEST(WillBook, takes_another_payload_on_a_devices_own_will_topic_for_its_birth) {
  WillBook wills = book();
  wills.announce(kMeter, "status/meter", "gone");
  const auto birth = wills.recognize("status/meter", "here");
  EXPECT_EQ(birth.kind, MessageKind::birth);
  EXPECT_EQ(birth.device, kMeter);
  EXPECT_EQ(wills.recognize("status/meter", "").kind, MessageKind::unknown);
}

TEST(WillBook, knows_whose_a_payload_on_a_shared_topic_is_but_not_whose_another_one) {
  WillBook wills = book();
  wills.announce(kMeter, "wills", "meter gone");
  EXPECT_FALSE(wills.announce(kValve, "wills", "valve gone").is_new);
  EXPECT_EQ(wills.recognize("wills", "valve gone").device, kValve);
  EXPECT_EQ(wills.recognize("wills", "meter here").kind, MessageKind::unknown);
}

TEST(WillBook, takes_what_two_devices_announced_alike_for_nobodys_in_particular) {
  WillBook wills = book();
  wills.announce(kMeter, "wills", "gone");
  wills.announce(kValve, "wills", "gone");
  EXPECT_EQ(wills.recognize("wills", "gone").kind, MessageKind::will);
  EXPECT_EQ(wills.recognize("wills", "gone").device, kNoDevice);
}

TEST(WillBook, finds_the_device_of_a_filter_by_a_level_of_the_topic) {
  const WillBook wills = book();
  EXPECT_EQ(wills.recognize("birth/hall/valve", "x").kind, MessageKind::birth);
  EXPECT_EQ(wills.recognize("birth/hall/valve", "x").device, kValve);
  EXPECT_EQ(wills.recognize("data/meter", "x").kind, MessageKind::message);
  EXPECT_EQ(wills.recognize("birth/nobody", "x").device, kNoDevice);
}

TEST(WillBook, forgets_the_oldest_of_many_wills_of_a_device) {
  WillBook wills = book();
  for (std::size_t i = 0; i <= WillBook::kWillsPerDevice; ++i) {
    wills.announce(kMeter, "status/meter", fmt::format("gone {}", i));
  }
  EXPECT_NE(wills.recognize("status/meter", "gone 0").kind, MessageKind::will);
  EXPECT_EQ(wills.recognize("status/meter", "gone 1").kind, MessageKind::will);
}

TEST(WillBook, tells_the_topic_on_which_no_will_is_left) {
  WillBook wills = book();
  wills.announce(kValve, "status/shared", "valve gone");
  wills.announce(kMeter, "status/shared", "meter gone");
  wills.announce(kMeter, "status/0", "gone");
  for (std::size_t i = 1; i < WillBook::kWillsPerDevice - 1; ++i) {
    EXPECT_EQ(wills.announce(kMeter, fmt::format("status/{}", i), "gone").gone, "");
  }
  EXPECT_EQ(wills.announce(kMeter, "status/x", "gone").gone, "") << "the valve's is left";
  const auto change = wills.announce(kMeter, "status/y", "gone");
  EXPECT_TRUE(change.is_new);
  EXPECT_EQ(change.gone, "status/0");
  EXPECT_TRUE(wills.announce(kMeter, "status/0", "gone").is_new);
}

// A device whose will topic has the time in it, for instance.
TEST(WillBook, takes_a_new_topic_however_many_there_were) {
  WillBook wills = book();
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(wills.announce(kMeter, fmt::format("status/{}", i), "gone").is_new) << i;
  }
  EXPECT_EQ(wills.recognize("status/99999", "gone").device, kMeter);
}

}  // namespace
}  // namespace probate::live
