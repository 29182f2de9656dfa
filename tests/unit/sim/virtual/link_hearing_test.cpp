// Silences of fidelity segment: what the TCP of both peers does about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

using device::CloseCause;
using fault::FlowDirection;
using journal::CloseHow;
using journal::Leg;
using journal::LegClosed;
using journal::Party;
using mqtt::PacketType;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr DeviceId kOther{1};
constexpr Duration kArrives = 1ms;

// A session of a device that hears what the other one says on `t`; nothing is kept alive.
class DeafLink : public testing::Test {
 protected:
  explicit DeafLink(NetworkConfig config = {.fidelity = fault::Fidelity::segment})
      : world_{{}, std::move(config)} {
    link_ = dial(kDevice, "d");
    link_->device_sent(
        mqtt::Subscribe{.packet_id = 1, .subscriptions = {{.filter = "t"}}, .properties = {}});
    other_ = dial(kOther, "o");
    world_.runs_for(1s);
    world_.end.received.clear();
    world_.end.received_at.clear();
  }

  Link* dial(DeviceId device, const std::string& client_id) {
    Link* link = world_.network.accept(device, ++world_.epoch, world_.end);
    link->device_sent(World::connect(client_id, keep_alive_));
    return link;
  }
  void act(decltype(fault::Act::what) what) { world_.network.perform({kFault, kDevice, what}); }
  void heal() {
    act(fault::Resume{});
    world_.network.fault_over(kFault, kDevice);
  }
  void tell_the_device() {
    other_->device_sent(mqtt::Publish{.topic = "t", .payload = "said", .properties = {}});
  }
  Instant now() { return world_.loop.now(); }
  std::vector<LegClosed> closed(Leg leg) {
    std::vector<LegClosed> found;
    for (const LegClosed& each : world_.all<LegClosed>()) {
      if (each.leg == leg) found.push_back(each);
    }
    return found;
  }
  void expect_received(PacketType type, Instant at) {
    ASSERT_THAT(world_.end.received, ElementsAre(type));
    EXPECT_GE(world_.end.received_at[0], at);
    EXPECT_LE(world_.end.received_at[0], at + kArrives);
  }
  std::size_t silences_ended() { return world_.all<journal::SilenceEnded>().size(); }

  std::uint16_t keep_alive_ = 0;
  World world_;
  Link* link_ = nullptr;
  Link* other_ = nullptr;
};

TEST_F(DeafLink, hears_what_was_said_when_it_is_next_sent_again) {
  act(fault::Silence{});
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(7s);
  heal();
  EXPECT_EQ(silences_ended(), 0U) << "the device has not been heard yet";
  world_.runs_for(20s);
  expect_received(PacketType::pingresp, sent + 13312ms);
  EXPECT_EQ(silences_ended(), 1U);
}

TEST_F(DeafLink, is_acknowledged_all_the_same_if_the_silence_says_so) {
  act(fault::Silence{.ack = fault::AckBy::proxy});
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(7s);
  const Instant healed = now();
  heal();
  world_.runs_for(1s);
  expect_received(PacketType::pingresp, healed);
}

struct HeardLink : DeafLink {
  HeardLink() : DeafLink{{.has_deaf_faults = true}} {}
};

TEST_F(HeardLink, is_deaf_if_the_silence_says_so) {
  act(fault::Silence{.ack = fault::AckBy::none});
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(7s);
  heal();
  world_.runs_for(20s);
  expect_received(PacketType::pingresp, sent + 13312ms);
}

TEST_F(DeafLink, keeps_the_order_of_what_was_said_and_of_what_followed) {
  act(fault::Silence{});
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(7s);
  heal();
  world_.runs_for(1s);
  link_->device_sent(mqtt::Disconnect{});
  link_->device_closed(CloseHow::fin);
  world_.runs_for(4s);
  EXPECT_THAT(world_.all<journal::DisconnectForwarded>(), IsEmpty()) << "it stands in line";
  world_.runs_for(2s);
  EXPECT_EQ(world_.all<journal::DisconnectForwarded>().size(), 1U);
  ASSERT_EQ(closed(Leg::device).size(), 1U);
  EXPECT_EQ(closed(Leg::device)[0].by, Party::device);
  EXPECT_EQ(closed(Leg::broker)[0].last_uplink_packet_at, sent + 13312ms);
}

TEST_F(DeafLink, in_which_nobody_says_a_word_ends_with_the_fault) {
  act(fault::Silence{});
  world_.runs_for(7s);
  heal();
  EXPECT_EQ(silences_ended(), 1U);
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(1s);
  expect_received(PacketType::pingresp, sent);
}

TEST_F(DeafLink, makes_the_devices_tcp_give_up) {
  act(fault::Silence{});
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(932s);
  EXPECT_THAT(world_.end.closed, IsEmpty());
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::tcp_timeout));
  EXPECT_THAT(closed(Leg::device), IsEmpty()) << "nothing of it is heard";
  heal();
  world_.runs_for(1s);
  EXPECT_TRUE(world_.network.view(kDevice).has_link) << "the classical half-open connection";
  tell_the_device();
  world_.runs_for(1s);
  ASSERT_EQ(closed(Leg::device).size(), 1U) << "who is not there resets whoever speaks to it";
  EXPECT_EQ(closed(Leg::device)[0].how, CloseHow::rst);
  EXPECT_EQ(closed(Leg::device)[0].by, Party::device);
  EXPECT_EQ(closed(Leg::broker)[0].how, CloseHow::rst);
}

TEST_F(DeafLink, makes_the_brokers_tcp_give_up) {
  act(fault::Silence{});
  tell_the_device();
  world_.runs_for(932s);
  EXPECT_EQ(world_.broker.model().connections(), 2U);
  world_.runs_for(1s);
  EXPECT_EQ(world_.broker.model().connections(), 1U);
  ASSERT_EQ(closed(Leg::broker).size(), 1U) << "or nobody would know whose will that is";
  EXPECT_EQ(closed(Leg::broker)[0].by, Party::broker);
  EXPECT_EQ(closed(Leg::broker)[0].how, CloseHow::timeout);
  heal();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_rst)) << "the broker knows it not";
}

TEST_F(DeafLink, hears_no_fin_of_the_device_until_it_is_over) {
  act(fault::Silence{});
  link_->device_closed(CloseHow::fin);
  world_.runs_for(3s);
  EXPECT_THAT(closed(Leg::device), IsEmpty());
  heal();
  world_.runs_for(300ms);
  EXPECT_THAT(closed(Leg::device), IsEmpty());
  world_.runs_for(100ms);
  EXPECT_EQ(closed(Leg::device).size(), 1U);
  EXPECT_EQ(closed(Leg::broker).size(), 1U);
  EXPECT_EQ(silences_ended(), 1U);
}

TEST_F(DeafLink, never_hears_of_a_fin_that_was_given_up) {
  act(fault::Silence{});
  link_->device_closed(CloseHow::fin);
  world_.runs_for(110s);
  heal();
  world_.runs_for(200s);
  EXPECT_THAT(closed(Leg::device), IsEmpty());
  tell_the_device();
  world_.runs_for(1s);
  ASSERT_EQ(closed(Leg::device).size(), 1U);
  EXPECT_EQ(closed(Leg::device)[0].how, CloseHow::rst);
}

TEST_F(DeafLink, never_hears_of_a_reset_that_was_lost_in_it) {
  act(fault::Silence{});
  link_->device_closed(CloseHow::rst);
  heal();
  world_.runs_for(30s);
  EXPECT_TRUE(world_.network.view(kDevice).has_link);
  EXPECT_EQ(silences_ended(), 0U) << "the device is not heard again";
  tell_the_device();
  world_.runs_for(1s);
  ASSERT_EQ(closed(Leg::device).size(), 1U);
  EXPECT_EQ(closed(Leg::device)[0].how, CloseHow::rst);
}

TEST_F(DeafLink, on_the_way_up_still_brings_what_comes_down) {
  act(fault::Silence{FlowDirection::up});
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  tell_the_device();
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.received, ElementsAre(PacketType::publish));
  heal();
  world_.runs_for(1s);
  EXPECT_EQ(world_.end.received.size(), 2U);
  EXPECT_GE(world_.end.received_at.back(), sent + 1664ms);
}

TEST_F(DeafLink, on_the_way_up_hears_no_reset_until_it_is_over) {
  act(fault::Silence{FlowDirection::up});
  link_->device_closed(CloseHow::rst);
  const Instant said = now();
  tell_the_device();
  world_.runs_for(3s);
  EXPECT_THAT(closed(Leg::device), IsEmpty());
  heal();
  world_.runs_for(1s);
  ASSERT_EQ(closed(Leg::device).size(), 1U) << "as our own kernel has repeated it";
  EXPECT_EQ(closed(Leg::device)[0].how, CloseHow::rst);
  EXPECT_GE(now(), said + 3328ms);
}

TEST_F(DeafLink, on_the_way_down_still_takes_what_goes_up) {
  act(fault::Silence{FlowDirection::down});
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(3s);
  EXPECT_THAT(world_.end.received, IsEmpty());
  heal();
  EXPECT_EQ(silences_ended(), 1U) << "the device was heard all the time";
  world_.runs_for(1s);
  expect_received(PacketType::pingresp, sent + 3328ms);
}

TEST_F(DeafLink, that_is_cut_tells_both_sides) {
  act(fault::Silence{});
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(3s);
  act(fault::Cut{fault::LegChoice::both, fault::CutHow::fin});
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_fin));
  EXPECT_EQ(world_.broker.model().connections(), 1U);
  world_.runs_for(60s);
  EXPECT_EQ(world_.loop.counters().links.open_links, 1U);
}

TEST_F(DeafLink, of_a_ghost_is_left_behind_by_the_devices_next_connection) {
  act(fault::MakeGhost{});
  link_->device_closed(CloseHow::fin);
  world_.runs_for(1s);
  EXPECT_EQ(world_.links_down, 0) << "its FIN is not heard";
  dial(kDevice, "d");
  EXPECT_EQ(world_.links_down, 0) << "told behind the event";
  world_.runs_for(1s);
  EXPECT_EQ(world_.links_down, 1);
  ASSERT_EQ(closed(Leg::device).size(), 1U);
  EXPECT_EQ(closed(Leg::device)[0].by, Party::proxy);
  EXPECT_EQ(closed(Leg::device)[0].how, CloseHow::rst);
  ASSERT_EQ(closed(Leg::broker).size(), 1U) << "the broker took it over";
  EXPECT_EQ(closed(Leg::broker)[0].by, Party::broker);
  EXPECT_EQ(world_.loop.counters().links.ghost_links, 0U);
}

TEST_F(DeafLink, of_a_ghost_answers_with_a_reset_once_its_fault_is_over) {
  act(fault::MakeGhost{});
  const Instant sent = now();
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(3s);
  world_.network.fault_over(FaultId{9}, kDevice);
  EXPECT_THAT(closed(Leg::device), IsEmpty()) << "another fault's end is none of its business";
  heal();
  EXPECT_EQ(closed(Leg::device).size(), 1U);
  world_.runs_for(200ms);
  EXPECT_THAT(world_.end.closed, IsEmpty()) << "it has heard nothing yet";
  world_.runs_for(200ms);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_rst));
  EXPECT_GE(now(), sent + 3328ms);
}

TEST_F(DeafLink, that_nobody_but_the_device_believes_in_answers_with_a_reset) {
  act(fault::MakeGhost{});
  dial(kDevice, "d");
  world_.runs_for(60s);
  EXPECT_EQ(closed(Leg::broker).size(), 1U) << "both legs are gone";
  EXPECT_THAT(world_.end.closed, IsEmpty());
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_rst));
}

TEST_F(DeafLink, that_nobody_believes_in_goes) {
  act(fault::MakeGhost{});
  dial(kDevice, "d");
  world_.runs_for(1s);
  link_->device_closed(CloseHow::fin);
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, IsEmpty());
  EXPECT_EQ(world_.network.links_of(kDevice).size(), 1U);
}

TEST_F(DeafLink, of_a_ghost_hears_the_brokers_end_behind_its_words_when_the_device_is_back) {
  act(fault::MakeGhost{});
  const Instant said = now();
  tell_the_device();
  world_.runs_for(5s);
  link_->device_closed(CloseHow::fin);
  dial(kDevice, "d");
  world_.runs_for(1s);
  EXPECT_EQ(world_.broker.model().connections(), 2U) << "the broker has taken it over";
  EXPECT_THAT(closed(Leg::broker), IsEmpty()) << "and its FIN waits for what it had said";
  world_.runs_for(1s);
  ASSERT_EQ(closed(Leg::broker).size(), 1U);
  EXPECT_EQ(closed(Leg::broker)[0].by, Party::broker);
  EXPECT_GE(now(), said + 6656ms);
}

TEST_F(DeafLink, of_a_ghost_that_resets_its_sender_hears_it) {
  act(fault::MakeGhost{fault::DeadLeg::resets});
  link_->device_sent(mqtt::Pingreq{});
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_rst));
}

TEST_F(DeafLink, swallows_a_connect_and_is_deaf_from_then_on) {
  world_.admission = fault::SwallowConnect{kFault};
  Link* swallowed = dial(DeviceId{2}, "s");
  world_.runs_for(1s);
  swallowed->device_closed(CloseHow::fin);
  world_.runs_for(1s);
  EXPECT_THAT(closed(Leg::device), IsEmpty());
  EXPECT_EQ(world_.loop.counters().links.silent_links, 1U);
  world_.network.fault_over(kFault, DeviceId{2});
  ASSERT_EQ(closed(Leg::device).size(), 1U);
  EXPECT_EQ(closed(Leg::device)[0].by, Party::proxy);
  world_.runs_for(1s);
  EXPECT_EQ(world_.loop.counters().links.open_links, 2U);
}

TEST_F(DeafLink, holds_a_connect_and_what_the_device_did_about_it) {
  world_.admission = fault::HoldConnect{kFault};
  Link* held = dial(DeviceId{2}, "h");
  world_.runs_for(2s);
  held->device_closed(CloseHow::fin);
  world_.runs_for(1s);
  EXPECT_THAT(closed(Leg::device), IsEmpty()) << "its FIN is not heard";
  world_.admission = fault::Admit{};
  world_.network.perform({kFault, DeviceId{2}, fault::Resume{}});
  world_.runs_for(500ms);
  EXPECT_EQ(world_.broker.model().connections(), 3U) << "the CONNECT of a device that has gone";
  world_.runs_for(1s);
  EXPECT_EQ(world_.broker.model().connections(), 2U);
}

// The keep-alive runs out in the silence.
class KeptAliveLink : public DeafLink {
 protected:
  KeptAliveLink() {
    keep_alive_ = 2;
    link_ = dial(DeviceId{2}, "k");
    link_->device_sent(
        mqtt::Subscribe{.packet_id = 1, .subscriptions = {{.filter = "t"}}, .properties = {}});
    world_.runs_for(100ms);
    world_.network.perform({kFault, DeviceId{2}, fault::Silence{}});
  }
};

TEST_F(KeptAliveLink, hears_the_brokers_end_and_keeps_it_from_the_device) {
  world_.runs_for(15s);
  ASSERT_EQ(closed(Leg::broker).size(), 1U);
  EXPECT_EQ(closed(Leg::broker)[0].by, Party::broker);
  EXPECT_THAT(world_.end.closed, IsEmpty());
  world_.network.perform({kFault, DeviceId{2}, fault::Resume{}});
  world_.runs_for(1s);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_fin));
}

TEST_F(KeptAliveLink, hears_the_brokers_end_late_behind_words_that_were_not_heard) {
  tell_the_device();
  world_.runs_for(15s);
  EXPECT_EQ(world_.broker.model().connections(), 2U);
  EXPECT_THAT(closed(Leg::broker), IsEmpty());
  world_.network.perform({kFault, DeviceId{2}, fault::Resume{}});
  world_.runs_for(20s);
  ASSERT_EQ(closed(Leg::broker).size(), 1U);
  EXPECT_EQ(closed(Leg::broker)[0].how, CloseHow::fin);
  EXPECT_THAT(world_.end.closed, ElementsAre(CloseCause::peer_fin));
}

// What the other fidelity is, and that the tests above can fail.
TEST(HearingLink, of_fidelity_stream_acknowledges) {
  World world;
  Link& link = world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::Silence{}});
  link.device_sent(mqtt::Pingreq{});
  world.runs_for(7s);
  world.network.perform({kFault, kDevice, fault::Resume{}});
  world.runs_for(1ms);
  EXPECT_THAT(world.end.received, ElementsAre(PacketType::connack, PacketType::pingresp));
}

}  // namespace
}  // namespace probate::virtual_time
