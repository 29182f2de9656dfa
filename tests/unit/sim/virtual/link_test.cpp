#include "sim/virtual/link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

using device::CloseCause;
using journal::CloseHow;
using journal::Party;
using mqtt::PacketType;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(VirtualLink, writes_the_records_of_a_session_in_their_order) {
  World world;
  world.dials(kDevice);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records), "connect_forwarded connack_received session_up");
  EXPECT_THAT(world.end.received, ElementsAre(PacketType::connack));
  EXPECT_EQ(world.sessions_up, 1);
}

TEST(VirtualLink, passes_the_devices_fin_on_and_says_who_began) {
  World world;
  Link& link = world.dials(kDevice);
  world.runs_for(1s);
  link.device_closed(CloseHow::fin);
  world.runs_for(1s);
  const auto closed = world.all<journal::LegClosed>();
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_EQ(closed[0].leg, journal::Leg::device);
  EXPECT_EQ(closed[1].leg, journal::Leg::broker);
  EXPECT_EQ(closed[1].by, Party::device);
  EXPECT_EQ(world.broker.model().connections(), 0U);
  EXPECT_EQ(world.loop.counters().links.open_links, 0U);
  EXPECT_EQ(world.links_down, 1);
}

TEST(VirtualLink, a_reset_reaches_both_peers_and_only_them_that_were_chosen) {
  World world;
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform(
      {kFault, kDevice, fault::Cut{fault::LegChoice::device, fault::CutHow::rst}});
  world.runs_for(1s);
  EXPECT_THAT(world.end.closed, ElementsAre(CloseCause::peer_rst));
  EXPECT_EQ(world.broker.model().connections(), 1U) << "the broker believes in the device";
  EXPECT_EQ(world.loop.counters().links.ghost_links, 1U);
  world.runs_for(30s);
  EXPECT_EQ(world.broker.model().connections(), 0U) << "until the keep-alive runs out";
  EXPECT_EQ(world.all<journal::LegClosed>().back().by, Party::broker);
}

TEST(VirtualLink, a_stall_holds_packets_and_the_fin_behind_them) {
  World world;
  Link& link = world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::Silence{}});
  link.device_sent(mqtt::Disconnect{});
  link.device_closed(CloseHow::fin);
  world.runs_for(5s);
  EXPECT_EQ(world.broker.model().connections(), 1U);
  EXPECT_THAT(world.all<journal::DisconnectForwarded>(), IsEmpty());
  world.network.perform({kFault, kDevice, fault::Resume{}});
  world.runs_for(1s);
  EXPECT_EQ(world.all<journal::DisconnectForwarded>().size(), 1U);
  EXPECT_EQ(world.all<journal::SilenceEnded>().size(), 1U);
  EXPECT_EQ(world.broker.model().connections(), 0U);
}

TEST(VirtualLink, a_ghost_is_taken_over_when_the_device_is_back) {
  World world;
  Link& old = world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::MakeGhost{}});
  old.device_closed(CloseHow::fin);
  world.runs_for(1s);
  EXPECT_EQ(world.loop.counters().links.ghost_links, 1U);
  world.dials(kDevice);
  world.runs_for(1s);
  const auto closed = world.all<journal::LegClosed>();
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_EQ(closed[1].leg, journal::Leg::broker);
  EXPECT_EQ(closed[1].by, Party::broker);
  EXPECT_EQ(world.loop.counters().links.ghost_links, 0U);
  EXPECT_EQ(world.broker.model().connections(), 1U);
}

TEST(VirtualLink, a_swallowed_connect_is_never_dialled) {
  World world;
  world.admission = fault::SwallowConnect{kFault};
  Link& link = world.dials(kDevice);
  world.runs_for(5s);
  EXPECT_EQ(kinds(world.recorder.records), "connect_swallowed");
  EXPECT_THAT(world.kept_by, testing::ElementsAre(kFault));
  EXPECT_THAT(world.end.received, IsEmpty());
  link.device_closed(CloseHow::fin);
  world.runs_for(1s);
  EXPECT_EQ(world.loop.counters().links.open_links, 0U);
}

TEST(VirtualLink, a_held_connect_goes_on_when_the_stall_is_over) {
  World world;
  world.admission = fault::HoldConnect{kFault};
  world.dials(kDevice);
  world.runs_for(5s);
  EXPECT_THAT(world.all<journal::ConnectForwarded>(), IsEmpty());
  world.admission = fault::Admit{};
  world.network.perform({kFault, kDevice, fault::Resume{}});
  world.runs_for(1s);
  EXPECT_THAT(world.end.received, ElementsAre(PacketType::connack));
}

TEST(VirtualLink, latency_counts_in_each_direction) {
  World world;
  world.network.perform({kFault, kDevice, fault::Delay{.delay = 300ms}});
  world.dials(kDevice);
  world.runs_for(1s);
  ASSERT_THAT(world.end.received, ElementsAre(PacketType::connack));
  EXPECT_GE(world.end.received_at[0], Instant{600ms});
  EXPECT_LT(world.end.received_at[0], Instant{602ms});
}

TEST(VirtualLink, a_twin_takes_the_session_over_with_the_victims_own_connect) {
  World world{{}, {.keep_connects = true}};
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::OpenTwin{}});
  world.runs_for(20s);
  const auto forwarded = world.all<journal::ConnectForwarded>();
  ASSERT_EQ(forwarded.size(), 2U);
  EXPECT_TRUE(forwarded[1].twin);
  EXPECT_EQ(forwarded[1].client_id, "d");
  EXPECT_THAT(world.end.closed, ElementsAre(CloseCause::peer_fin));
  EXPECT_EQ(world.broker.model().connections(), 1U) << "it pings within its keep-alive";
  world.network.perform({kFault, kDevice, fault::CloseTwins{}});
  world.runs_for(1s);
  EXPECT_EQ(world.broker.model().connections(), 0U);
  EXPECT_EQ(world.loop.counters().links.twin_links, 0U);
}

TEST(VirtualLink, close_all_ends_links_and_ghosts) {
  World world;
  world.dials(kDevice, "a");
  world.dials(DeviceId{1}, "b");
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::MakeGhost{}});
  world.network.close_all();
  world.runs_for(1s);
  EXPECT_EQ(world.broker.model().connections(), 0U);
  EXPECT_EQ(world.loop.counters().links.open_links, 0U);
  EXPECT_EQ(world.loop.counters().links.ghost_links, 0U);
}

}  // namespace
}  // namespace probate::virtual_time
