#include "core/fault/spec.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace probate::fault {
namespace {

TEST(FaultSpec, every_kind_has_its_yaml_word) {
  EXPECT_STREQ(word(Drop{}), "drop");
  EXPECT_STREQ(word(Stall{}), "stall");
  EXPECT_STREQ(word(HalfOpen{}), "half_open");
  EXPECT_STREQ(word(SimArrears{}), "sim_arrears");
  EXPECT_STREQ(word(DuplicateLogin{}), "duplicate_login");
  EXPECT_STREQ(word(Latency{}), "latency");
  EXPECT_STREQ(word(Mqtt{}), "mqtt");
  EXPECT_STREQ(word(Leave{}), "leave");
  EXPECT_STREQ(word(PowerCut{}), "power_cut");
  EXPECT_STREQ(word(Rebind{}), "rebind");
  EXPECT_STREQ(word(NatIdle{}), "nat_idle");
  EXPECT_STREQ(word(Outage{}), "outage");
  EXPECT_STREQ(word(Bandwidth{}), "bandwidth");
  EXPECT_STREQ(word(Lossy{}), "lossy");
  EXPECT_STREQ(word(Slice{}), "slice");
  EXPECT_STREQ(word(Limit{}), "limit");
  EXPECT_STREQ(word(SlowClose{}), "slow_close");
  EXPECT_STREQ(word(Refuse{}), "refuse");
  EXPECT_STREQ(word(ConnectDelay{}), "connect_delay");
  EXPECT_STREQ(word(BrokerRestart{}), "broker_restart");
}

TEST(FaultSpec, notices_exist_where_a_device_can_be_cut_off_silently) {
  const What half_open = HalfOpen{.notices = {.how = NoticesHow::own}};
  ASSERT_NE(notices_of(half_open), nullptr);
  EXPECT_EQ(notices_of(half_open)->how, NoticesHow::own);
  EXPECT_NE(notices_of(What{SimArrears{}}), nullptr);
  EXPECT_NE(notices_of(What{Rebind{}}), nullptr);
  EXPECT_EQ(notices_of(What{Drop{}}), nullptr);
  EXPECT_NE(notices_of(What{NatIdle{.then = NatThen::silent}}), nullptr);
  EXPECT_EQ(notices_of(What{NatIdle{.then = NatThen::rst}}), nullptr);
  EXPECT_NE(notices_of(What{SimArrears{.mode = ArrearsMode::walled_garden}}), nullptr);
  EXPECT_EQ(notices_of(What{SimArrears{.mode = ArrearsMode::throttled}}), nullptr);
}

TEST(FaultSpec, text_names_every_setting) {
  EXPECT_EQ(to_text(What{Drop{.how = CutHow::fin, .leg = LegChoice::device}}),
            "drop how: fin, leg: device");
  EXPECT_EQ(to_text(What{BrokerRestart{RestartHow::kill}}), "broker_restart how: kill");
  EXPECT_EQ(to_text(What{Stall{.ack = AckBy::none}}), "stall direction: both, ack: none");
  EXPECT_EQ(to_text(What{SynDrop{}}), "syn_drop");
  EXPECT_TRUE(needs_segments(Stall{.ack = AckBy::none}));
  EXPECT_FALSE(needs_segments(Stall{.ack = AckBy::proxy}));
  EXPECT_FALSE(needs_segments(Stall{}));
  EXPECT_EQ(to_text(What{Vanish{.leg = LegChoice::broker}}), "vanish leg: broker");
  EXPECT_EQ(to_text(What{HalfOpen{}}),
            "half_open notices: {uniform: [2s, 10s]}, until: device_returns");
  EXPECT_EQ(
      to_text(What{HalfOpen{.notices = {.how = NoticesHow::never}, .until_device_returns = false}}),
      "half_open notices: never");
  EXPECT_EQ(to_text(What{SimArrears{.mode = ArrearsMode::barred}}), "sim_arrears mode: barred");
  EXPECT_EQ(to_text(What{SimArrears{.mode = ArrearsMode::cut}}),
            "sim_arrears mode: cut, notices: {uniform: [2s, 10s]}");
  EXPECT_EQ(to_text(What{SimArrears{.mode = ArrearsMode::walled_garden,
                                    .notices = {.how = NoticesHow::own},
                                    .answer = GardenAnswer::discard}}),
            "sim_arrears mode: walled_garden, notices: own, answer: discard");
  EXPECT_EQ(to_text(What{SimArrears{.mode = ArrearsMode::throttled, .bytes_per_second = 2048}}),
            "sim_arrears mode: throttled, throughput: 2048B/s");
  EXPECT_EQ(to_text(What{SimArrears{.mode = ArrearsMode::barred,
                                    .recover = {.needs_reboot = 0.3,
                                                .reboot = Uniform{1min, 5min},
                                                .batch_at = 9h,
                                                .batch_every = 24h}}}),
            "sim_arrears mode: barred, recover: {needs_reboot: 0.3, reboot: {uniform: [1m, 5m]}, "
            "batch_at: 9h, batch_every: 24h}");
  EXPECT_EQ(to_text(What{SimArrears{.mode = ArrearsMode::barred, .recover = {.batch_at = 9h}}}),
            "sim_arrears mode: barred, recover: {batch_at: 9h}");
  EXPECT_EQ(to_text(What{NatIdle{.after = 240s, .then = NatThen::rst_sender}}),
            "nat_idle after: 4m, then: rst_sender");
  EXPECT_EQ(to_text(What{NatIdle{.after = 240s, .notices = {.how = NoticesHow::never}}}),
            "nat_idle after: 4m, then: silent, notices: never");
  EXPECT_EQ(to_text(What{Bandwidth{1024, FlowDirection::up}}),
            "bandwidth throughput: 1024B/s, direction: up");
  EXPECT_EQ(to_text(What{Outage{}}), "outage");
  EXPECT_EQ(to_text(What{Lossy{.loss = 0.02}}), "lossy loss: 0.02, rto: 200ms, direction: both");
  EXPECT_EQ(to_text(What{Slice{64, 10ms, FlowDirection::up}}),
            "slice piece: 64B, gap: 10ms, direction: up");
  EXPECT_EQ(to_text(What{Limit{.bytes = 4096, .after = 30s}}),
            "limit how: rst, after: 30s, bytes: 4096B, direction: both");
  EXPECT_EQ(to_text(What{SlowClose{5s}}), "slow_close delay: 5s");
  EXPECT_EQ(to_text(What{Refuse{}}), "refuse");
  EXPECT_EQ(to_text(What{ConnectDelay{3s}}), "connect_delay delay: 3s");
  EXPECT_EQ(to_text(What{DuplicateLogin{.logins = 5, .gap = 3s, .will = TwinWill::strip}}),
            "duplicate_login logins: 5, gap: 3s, will: strip");
  EXPECT_EQ(to_text(What{Latency{.delay = 300ms, .jitter = 80ms, .direction = FlowDirection::up}}),
            "latency delay: 300ms, jitter: 80ms, direction: up");
  EXPECT_EQ(to_text(What{Mqtt{}}), "mqtt swallow: connack");
  EXPECT_EQ(to_text(What{Leave{}}), "leave");
  EXPECT_EQ(to_text(What{PowerCut{.epoch = EpochAfterBoot::reset}}), "power_cut epoch: reset");
}

TEST(FaultSpec, different_settings_have_different_texts) {
  std::set<std::string> texts;
  std::size_t made = 0;
  for (const auto how : {CutHow::fin, CutHow::rst}) {
    for (const auto leg : {LegChoice::device, LegChoice::broker, LegChoice::both}) {
      texts.insert(to_text(What{Drop{how, leg}}));
      ++made;
    }
  }
  for (const auto direction : {FlowDirection::up, FlowDirection::down, FlowDirection::both}) {
    texts.insert(to_text(What{Stall{direction}}));
    ++made;
  }
  EXPECT_EQ(texts.size(), made);
}

TEST(FaultSpec, selector_text_names_every_condition) {
  EXPECT_EQ(to_text(Selector{}), "all");
  EXPECT_EQ(to_text(Selector{.group = GroupId{2},
                             .devices = "dev-*",
                             .hash = Selector::Hash{1, 4},
                             .share = 0.1,
                             .count = std::nullopt,
                             .online_only = true}),
            "group: 2, devices: \"dev-*\", hash: 1/4, share: 0.1, where: online");
  EXPECT_EQ(to_text(Selector{.count = 20}), "count: 20");
}

TEST(SelectorText, says_all_of_everybody_only) {
  Selector on;
  EXPECT_EQ(to_text(on), "all");
  on.devices = "m1";
  on.share = 0.5;
  EXPECT_EQ(to_text(on), "devices: \"m1\", share: 0.5");
}

}  // namespace
}  // namespace probate::fault
