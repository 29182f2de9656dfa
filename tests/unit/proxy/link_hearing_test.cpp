// Silences of fidelity segment, seen by the TCP of both peers.
#include "core/fault/acts.hpp"
#include "proxy/tcp_bytes.hpp"
#include "tests/support/segments.hpp"
#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::FlowDirection;
using journal::Leg;
using journal::Party;

ProxyConfig of_fidelity(fault::Fidelity fidelity) {
  ProxyConfig config;
  config.fidelity = fidelity;
  return config;
}

const Bytes kSaid = wire(mqtt::Publish{.topic = "t", .payload = "said", .properties = {}});

class SilentLink : public testing::Test {
 protected:
  void SetUp() override {
    shown_ = probate::test::can_silence_segments();
    if (!shown_) return;
    world_.emplace(of_fidelity(fault::Fidelity::segment));
    session_.emplace(*world_);
  }
  Peer& device() { return *session_->device; }
  Peer& broker() { return *session_->broker; }
  // It has sent something that nobody acknowledges, and has sent it again.
  void until_unheard(Peer& peer) {
    world_->until([&] { return peer.info().tcpi_total_retrans >= 2; }, "it was sent again");
    EXPECT_GE(peer.info().tcpi_unacked, 1u);
    EXPECT_EQ(peer.tcp_state(), TCP_ESTABLISHED);
  }
  void until_acknowledged(Peer& peer) {
    world_->until([&] { return peer.info().tcpi_unacked == 0; }, "it was acknowledged");
  }
  Bytes after_connect(const Bytes& bytes) { return joined({wire(connect_packet()), bytes}); }
  std::size_t silences_ended() { return world_->journal.all<journal::SilenceEnded>().size(); }

  bool shown_ = false;
  std::optional<World> world_;
  std::optional<Session> session_;
};

TEST_F(SilentLink, acknowledges_neither_side_and_loses_nothing) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  device().send(kPingreq);
  broker().send(kSaid);
  until_unheard(device());
  until_unheard(broker());
  EXPECT_EQ(broker().received(), wire(connect_packet()));
  EXPECT_EQ(device().received(), kConnack);
  world_->perform(fault::Resume{});
  EXPECT_EQ(silences_ended(), 0u) << "the device has not been heard yet";
  world_->until([&] { return broker().received() == after_connect(kPingreq); }, "uplink came");
  world_->until([&] { return device().received() == joined({kConnack, kSaid}); }, "downlink came");
  EXPECT_EQ(silences_ended(), 1u);
}

TEST_F(SilentLink, makes_the_tcp_of_both_sides_give_up) {
  if (!shown_) return;
  device().give_up_after(300ms);
  broker().give_up_after(300ms);
  world_->perform(fault::Silence{FlowDirection::both});
  device().send(kPingreq);
  broker().send(kSaid);
  world_->until([&] { return device().timed_out() && broker().timed_out(); }, "both gave up");
  EXPECT_TRUE(world_->journal.closed(Leg::device).empty()) << "nothing of it is heard";
}

// What the other fidelity is, and that the tests above can fail.
TEST_F(SilentLink, of_fidelity_stream_is_acknowledged) {
  World world{of_fidelity(fault::Fidelity::stream)};
  Session session{world};
  session.device->give_up_after(300ms);
  world.perform(fault::Silence{FlowDirection::both});
  session.device->send(kPingreq);
  world.until([&] { return session.device->info().tcpi_unacked == 0; }, "it was acknowledged");
  EXPECT_EQ(session.device->info().tcpi_total_retrans, 0u);
  EXPECT_EQ(session.broker->received(), wire(connect_packet()));
}

TEST_F(SilentLink, on_the_way_up_still_brings_what_comes_down) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::up});
  device().send(kPingreq);
  until_unheard(device());
  broker().send(kSaid);
  world_->until([&] { return device().received() == joined({kConnack, kSaid}); }, "it came down");
  until_acknowledged(broker());
  EXPECT_EQ(broker().received(), wire(connect_packet()));
  world_->perform(fault::Resume{});
  world_->until([&] { return broker().received() == after_connect(kPingreq); }, "it went up");
}

TEST_F(SilentLink, on_the_way_down_still_takes_what_goes_up) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::down});
  broker().send(kSaid);
  until_unheard(broker());
  device().send(kPingreq);
  world_->until([&] { return broker().received() == after_connect(kPingreq); }, "it went up");
  until_acknowledged(device());
  EXPECT_EQ(device().received(), kConnack);
  world_->perform(fault::Resume{});
  EXPECT_EQ(silences_ended(), 1u) << "the device was heard all the time";
  world_->until([&] { return device().received() == joined({kConnack, kSaid}); }, "it came down");
}

TEST_F(SilentLink, hears_the_brokers_end_and_keeps_it_from_the_device) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  broker().fin();
  world_->until([&] { return world_->journal.closed(Leg::broker).size() == 1; }, "it was heard");
  EXPECT_EQ(world_->journal.closed(Leg::broker)[0].by, Party::broker);
  EXPECT_FALSE(device().ended());
  world_->perform(fault::Resume{});
  world_->until([&] { return device().got_fin(); }, "the device has the FIN");
}

TEST_F(SilentLink, hears_the_brokers_end_behind_words_that_were_lost) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  broker().send(kSaid);
  broker().fin();
  world_->until([&] { return world_->journal.closed(Leg::broker).size() == 1; }, "it was heard");
  EXPECT_EQ(world_->journal.closed(Leg::broker)[0].by, Party::broker);
}

TEST_F(SilentLink, in_which_nobody_says_a_word_ends_with_the_fault) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  world_->perform(fault::Resume{});
  EXPECT_EQ(silences_ended(), 1u) << "nothing is on its way";
}

TEST_F(SilentLink, hears_no_end_of_the_device_until_it_is_over) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  device().fin();
  world_->until([&] { return device().info().tcpi_total_retrans >= 1; }, "FIN was sent again");
  EXPECT_EQ(device().tcp_state(), TCP_FIN_WAIT1);
  EXPECT_TRUE(world_->journal.closed(Leg::device).empty());
  world_->perform(fault::Resume{});
  world_->until([&] { return broker().got_fin(); }, "the broker has the FIN");
  EXPECT_EQ(silences_ended(), 1u);
}

TEST_F(SilentLink, never_hears_of_a_reset_that_was_lost_in_it) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  device().rst();
  world_->perform(fault::Resume{});
  EXPECT_TRUE(world_->proxy().view(DeviceId{1}).has_link) << "the classical half-open connection";
  broker().send(kSaid);
  world_->until([&] { return broker().got_rst(); }, "who is not there resets whoever speaks to it");
}

TEST_F(SilentLink, that_is_cut_tells_both_sides) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  device().send(kPingreq);
  until_unheard(device());
  world_->perform(fault::Cut{fault::LegChoice::both, fault::CutHow::fin});
  world_->until([&] { return device().got_fin() && broker().got_fin(); }, "both have a FIN");
  device().close();
  broker().close();
  world_->until([&] { return world_->proxy().links() == 0; }, "the link ended");
}

TEST_F(SilentLink, of_a_ghost_stays_deaf_to_the_device_when_the_broker_has_gone) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{});
  device().send(kPingreq);
  until_unheard(device());
  broker().close();
  world_->until([&] { return world_->journal.closed(Leg::broker).size() == 1; }, "it was heard");
  EXPECT_EQ(device().tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(world_->proxy().links(), 1u);
  world_->proxy().fault_over(FaultId{9}, DeviceId{1});
  EXPECT_EQ(world_->proxy().links(), 1u) << "another fault's end is none of its business";
  world_->proxy().fault_over(kFault, DeviceId{1});
  EXPECT_EQ(world_->proxy().links(), 0u);
  world_->until([&] { return device().got_rst(); }, "what it sends again is answered");
}

TEST_F(SilentLink, of_a_ghost_is_left_behind_by_the_devices_next_connection) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{});
  broker().send(kSaid);
  until_unheard(broker());
  device().close();
  world_->until([&] { return world_->counters().ghost_links == 1; }, "it is a ghost");
  EXPECT_EQ(world_->owner.downs, 0) << "its FIN is not heard";
  const Session next{*world_};
  EXPECT_EQ(world_->owner.downs, 1) << "but now it is known that it let go";
  const auto closed = world_->journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(world_->counters().ghost_links, 1u) << "the broker still believes in the old one";
  until_acknowledged(broker());
  broker().close();
  world_->until([&] { return world_->counters().ghost_links == 0; }, "its end was heard");
}

TEST_F(SilentLink, of_a_ghost_that_resets_the_device_is_not_there_for_it) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{fault::DeadLeg::resets});
  const auto closed = world_->journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(device().tcp_state(), TCP_ESTABLISHED) << "it was told nothing";
  broker().send(kSaid);
  until_unheard(broker());
  device().send(kPingreq);
  world_->until([&] { return device().got_rst(); }, "it was reset");
  EXPECT_EQ(device().received(), kConnack);
}

TEST_F(SilentLink, that_vanishes_is_there_for_nobody) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{fault::DeadLeg::resets, fault::DeadLeg::resets});
  EXPECT_EQ(world_->proxy().links(), 0u);
  EXPECT_EQ(device().tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(broker().tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(broker().received(), wire(connect_packet()));
  const auto delivered = [&] {
    return tcp_bytes(broker().socket().native_handle(), OpenedBy::peer).delivered;
  };
  const auto before = delivered();
  broker().send(kSaid);
  world_->until([&] { return broker().got_rst(); }, "the broker's segment was reset");
  EXPECT_EQ(delivered(), before) << "and not acknowledged before";
  device().fin();
  world_->until([&] { return device().got_rst(); }, "so was the device's");
  const auto began = world_->journal.all<journal::SilenceBegan>();
  ASSERT_EQ(began.size(), 1u);
  EXPECT_TRUE(began[0].vanished);
  EXPECT_TRUE(world_->journal.closed(Leg::broker).empty()) << "nobody hears of its end";
}

// What the other fidelity is not: a probe of TCP alone finds out.
TEST_F(SilentLink, that_vanishes_answers_a_keep_alive_probe_with_a_reset) {
  if (!shown_) return;
  broker().probe_after(1s);
  world_->perform(fault::MakeGhost{fault::DeadLeg::resets, fault::DeadLeg::resets});
  world_->until([&] { return broker().got_rst(); }, "the probe was reset");
}

TEST_F(SilentLink, that_vanishes_for_the_broker_is_deaf_to_the_device_until_it_is_over) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{.broker_leg = fault::DeadLeg::resets});
  device().send(kPingreq);
  until_unheard(device());
  EXPECT_EQ(world_->proxy().links(), 1u);
  broker().fin();
  world_->until([&] { return broker().got_rst(); }, "the broker's end was reset");
  world_->proxy().fault_over(kFault, DeviceId{1});
  world_->until([&] { return device().got_rst(); }, "what the device sends again is answered");
  EXPECT_EQ(world_->proxy().links(), 0u);
}

TEST_F(SilentLink, that_vanishes_is_no_hindrance_to_the_next) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{.broker_leg = fault::DeadLeg::resets});
  const Session next{*world_};
  world_->until([&] { return world_->proxy().links() == 1; }, "the old one is forgotten");
  next.device->send(kPingreq);
  world_->until([&] { return next.broker->received() == after_connect(kPingreq); }, "it passes");
}

TEST_F(SilentLink, that_vanishes_in_the_middle_of_a_stall_loses_what_the_stall_held) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both});
  broker().send(kSaid);
  until_unheard(broker());
  world_->perform(fault::MakeGhost{fault::DeadLeg::resets, fault::DeadLeg::resets});
  EXPECT_TRUE(world_->journal.all<journal::SilenceBegan>().back().vanished);
  world_->until([&] { return broker().got_rst(); }, "what it sends again is reset");
  world_->perform(fault::Resume{});
  EXPECT_EQ(silences_ended(), 0u);
}

TEST_F(SilentLink, swallows_a_connect_and_is_deaf_from_then_on) {
  if (!shown_) return;
  world_->owner.admission = fault::SwallowConnect{kFault};
  const auto second = world_->device();
  second->send(wire(connect_packet()));
  world_->until([&] { return world_->journal.all<journal::ConnectSwallowed>().size() == 1; },
                "it was swallowed");
  second->send(kPingreq);
  until_unheard(*second);
  world_->proxy().fault_over(kFault, DeviceId{1});
  world_->until([&] { return second->got_rst(); }, "the network answers again");
}

TEST_F(SilentLink, holds_a_connect_and_is_deaf_until_it_is_over) {
  if (!shown_) return;
  world_->owner.admission = fault::HoldConnect{kFault};
  const auto second = world_->device();
  second->send(wire(connect_packet()));
  const auto is_held = [&] {
    bool held = false;
    world_->proxy().for_each_link([&](const LinkSight& sight) {
      held = held || std::string{sight.state} == "held";
      return true;
    });
    return held;
  };
  world_->until(is_held, "its CONNECT is held");
  second->send(kPingreq);
  until_unheard(*second);
  world_->owner.admission = fault::Admit{};
  world_->perform(fault::Resume{});
  const auto dialled = world_->accept();
  world_->until([&] { return dialled->received() == after_connect(kPingreq); }, "it all came");
}

// ---- a stall that says who acknowledges

TEST_F(SilentLink, that_the_proxy_acknowledges_is_a_split_connection) {
  if (!shown_) return;
  world_->perform(fault::Silence{FlowDirection::both, fault::AckBy::proxy});
  device().send(kPingreq);
  broker().send(kSaid);
  until_acknowledged(device());
  until_acknowledged(broker());
  EXPECT_EQ(device().info().tcpi_total_retrans, 0u);
  EXPECT_EQ(broker().received(), wire(connect_packet()));
  world_->perform(fault::Resume{});
  world_->until([&] { return broker().received() == after_connect(kPingreq); }, "uplink came");
  EXPECT_EQ(silences_ended(), 1u);
}

TEST_F(SilentLink, that_nobody_acknowledges_is_silent_in_a_run_of_fidelity_stream) {
  if (!shown_) return;
  World world{of_fidelity(fault::Fidelity::stream)};
  Session session{world};
  world.perform(fault::Silence{FlowDirection::both, fault::AckBy::none});
  session.device->send(kPingreq);
  session.broker->send(kSaid);
  until_unheard(*session.device);
  until_unheard(*session.broker);
  world.perform(fault::Resume{});
  EXPECT_TRUE(world.journal.all<journal::SilenceEnded>().empty()) << "it is not heard yet";
  world.until([&] { return session.broker->received() == after_connect(kPingreq); }, "it came");
  world.perform(fault::Silence{FlowDirection::both});
  session.device->send(kPingreq);
  world.until([&] { return session.device->info().tcpi_unacked == 0; },
              "the next one is as the run has it");
}

TEST_F(SilentLink, that_nobody_acknowledges_holds_a_connect_the_same_way) {
  if (!shown_) return;
  for (const fault::AckBy ack : {fault::AckBy::none, fault::AckBy::proxy}) {
    World world{of_fidelity(fault::Fidelity::stream)};
    world.owner.admission = fault::HoldConnect{kFault, ack};
    const auto peer = world.device();
    peer->send(wire(connect_packet()));
    const auto is_held = [&] {
      bool held = false;
      world.proxy().for_each_link([&](const LinkSight& sight) {
        held = held || std::string{sight.state} == "held";
        return true;
      });
      return held;
    };
    world.until(is_held, "its CONNECT is held");
    peer->send(kPingreq);
    if (ack == fault::AckBy::none) {
      until_unheard(*peer);
    } else {
      world.until([&] { return peer->info().tcpi_unacked == 0; }, "it was acknowledged");
    }
  }
}

// ---- losses

fault::Delay losing(double loss, FlowDirection flow = FlowDirection::both) {
  return {.flow = flow, .loss = loss, .rto = 1h};  // its own rto is TCP's
}

TEST_F(SilentLink, that_loses_segments_has_them_sent_again_and_no_byte_is_missing) {
  if (!shown_) return;
  world_->perform(losing(0.2));  // half would keep TCP waiting for longer than the test
  // One segment each, of which some are lost.
  Bytes up = wire(connect_packet());
  Bytes down = kConnack;
  const auto is_retransmitted = [&] {
    return device().info().tcpi_total_retrans > 0 && broker().info().tcpi_total_retrans > 0;
  };
  while (!is_retransmitted()) {
    device().send(kPingreq);
    broker().send(kSaid);
    up.insert(up.end(), kPingreq.begin(), kPingreq.end());
    down.insert(down.end(), kSaid.begin(), kSaid.end());
    world_->until([&] { return broker().received() == up && device().received() == down; },
                  "everything came, in order");
    ASSERT_LT(up.size(), 1000u) << "of so many none was lost";
  }
  EXPECT_TRUE(world_->journal.all<journal::SilenceBegan>().empty());
}

TEST_F(SilentLink, that_loses_segments_one_way_answers_all_of_the_other) {
  if (!shown_) return;
  for (const FlowDirection flow : {FlowDirection::up, FlowDirection::down}) {
    world_->perform(losing(0.9, flow));
    Peer& losing_side = flow == FlowDirection::up ? device() : broker();
    Peer& other_side = flow == FlowDirection::up ? broker() : device();
    const auto before = other_side.info().tcpi_total_retrans;
    const auto lost_before = losing_side.info().tcpi_total_retrans;
    losing_side.send(kPingreq);
    while (losing_side.info().tcpi_total_retrans == lost_before) {
      world_->until(
          [&] {
            return losing_side.info().tcpi_unacked == 0 ||
                   losing_side.info().tcpi_total_retrans > lost_before;
          },
          "it was lost or acknowledged");
      if (losing_side.info().tcpi_unacked == 0) losing_side.send(kPingreq);
    }
    other_side.send(kPingreq);
    until_acknowledged(other_side);
    world_->perform(losing(0));
    until_acknowledged(losing_side);
    EXPECT_EQ(other_side.info().tcpi_total_retrans, before) << "nothing of its was lost";
  }
}

TEST_F(SilentLink, of_which_a_loss_is_healed_loses_nothing_more) {
  if (!shown_) return;
  world_->perform(losing(0.9));
  world_->perform(losing(0));
  const auto before = device().info().tcpi_total_retrans;
  for (int i = 0; i < 50; ++i) {
    device().send(kPingreq);
    until_acknowledged(device());
  }
  EXPECT_EQ(device().info().tcpi_total_retrans, before);
}

TEST_F(SilentLink, of_a_silence_in_a_loss_is_silent_and_loses_again_after_it) {
  if (!shown_) return;
  world_->perform(losing(0.3));
  world_->perform(fault::Silence{FlowDirection::both});
  device().send(kPingreq);
  until_unheard(device());
  world_->perform(fault::Resume{});
  world_->until([&] { return broker().received() == after_connect(kPingreq); }, "it came");
  world_->until([&] { return silences_ended() == 1; }, "it is over");
}

TEST_F(SilentLink, that_loses_segments_loses_no_end) {
  if (!shown_) return;
  world_->perform(losing(0.9));
  device().rst();
  world_->until([&] { return broker().got_rst(); }, "its RST was heard");
}

TEST_F(SilentLink, ends_with_the_proxy) {
  if (!shown_) return;
  world_->perform(fault::MakeGhost{});
  world_->proxy().close_all(world_->loop.now());
  EXPECT_EQ(world_->proxy().links(), 0u);
}

}  // namespace
}  // namespace probate::proxy::test
