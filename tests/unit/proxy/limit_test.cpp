// Links with an end, slices and late ends; connections that are refused or take their time: seen
// from both ends.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::CutHow;
using fault::FlowDirection;
using journal::CloseHow;
using journal::Leg;
using journal::Party;

const std::size_t kConnectBytes = wire(connect_packet()).size();

TEST(Limit, cuts_both_legs_after_so_many_bytes_and_delivers_not_one_more) {
  for (const CutHow how : {CutHow::fin, CutHow::rst}) {
    SCOPED_TRACE(to_text(how));
    World world;
    Session session{world};
    world.perform(fault::LimitLinks{.bytes = 5, .flow = FlowDirection::up, .how = how});
    session.broker->send(kPingresp);
    world.until([&] { return session.device->received().size() == kConnack.size() + 2; },
                "the other way does not count");
    session.device->send(joined({kPingreq, kPingreq}));
    world.until([&] { return session.broker->received().size() == kConnectBytes + 4; },
                "four of five");
    EXPECT_FALSE(session.broker->ended());
    session.device->send(joined({kPingreq, kPingreq, kPingreq}));
    world.until([&] { return session.broker->ended() && session.device->ended(); }, "both ended");
    EXPECT_EQ(session.broker->received().size(), kConnectBytes + 5);
    EXPECT_EQ(how == CutHow::fin, session.broker->got_fin());
    EXPECT_EQ(how == CutHow::rst, session.device->got_rst());
    for (const Leg leg : {Leg::device, Leg::broker}) {
      const auto closed = world.journal.closed(leg);
      ASSERT_EQ(closed.size(), 1u);
      EXPECT_EQ(closed[0].by, Party::proxy);
      EXPECT_EQ(closed[0].fault, kFault);
    }
  }
}

TEST(Limit, of_both_ways_counts_them_together_and_anew_for_every_connection) {
  World world;
  world.perform(fault::LimitLinks{.bytes = kConnectBytes + kConnack.size() + 3});
  for (int i = 0; i < 2; ++i) {
    Session session{world};
    session.device->send(kPingreq);
    world.until([&] { return session.broker->received().size() == kConnectBytes + 2; }, "up");
    session.broker->send(kPingresp);
    world.until([&] { return session.device->got_rst(); }, "one byte too many");
  }
}

TEST(Limit, of_time_is_absolute_whatever_passes) {
  World world;
  constexpr Duration kAfter = 150ms;
  world.perform(fault::LimitLinks{.after = kAfter});
  const Instant before = world.loop.now();
  Session session{world};
  world.until(
      [&] {
        session.device->send(kPingreq);
        return session.device->ended();
      },
      "the time was up, however busy the link");
  // Its own last write may have met the reset first; the journal has said what was sent.
  const auto closed = world.journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(closed[0].how, CloseHow::rst);
  world.until([&] { return session.broker->ended(); }, "the broker knows");
  EXPECT_TRUE(session.broker->got_rst());
  const Instant cut = world.journal.when<journal::LegClosed>();
  EXPECT_GE(cut - before, kAfter);
}

TEST(Limit, of_time_ends_a_connection_that_is_older_at_once_and_spares_the_next_when_healed) {
  World world;
  Session session{world};
  const Instant began = world.loop.now();
  world.until([&] { return world.loop.now() - began > 20ms; }, "it is old enough");
  world.perform(fault::LimitLinks{.after = 10ms, .how = CutHow::fin});
  world.until([&] { return session.device->got_fin() && session.broker->got_fin(); }, "cut");
  world.perform(fault::LimitLinks{});
  const Session next{world};
  EXPECT_FALSE(next.device->ended());
}

TEST(Slice, passes_pieces_of_at_most_its_size_a_gap_apart) {
  World world;
  Session session{world};
  world.perform(fault::SliceBytes{FlowDirection::up, 4, 20ms});
  const Instant began = world.loop.now();
  mqtt::Publish packet;
  packet.topic = "t";
  packet.payload = std::string(20, 'x');
  const Bytes bytes = wire(packet);
  session.device->send(bytes);
  world.until([&] { return session.broker->received().size() == kConnectBytes + bytes.size(); },
              "all is there");
  EXPECT_EQ(session.broker->received(), joined({wire(connect_packet()), bytes}));
  const auto gaps = static_cast<std::int64_t>((bytes.size() + 3) / 4) - 1;
  EXPECT_GE(world.loop.now() - began, gaps * 20ms);
}

TEST(Slice, taken_away_delivers_the_rest_at_once) {
  World world;
  Session session{world};
  world.perform(fault::SliceBytes{FlowDirection::both, 1, 1h});
  session.device->send(joined({kPingreq, kPingreq}));
  world.until([&] { return session.broker->received().size() == kConnectBytes + 1; }, "one byte");
  world.perform(fault::SliceBytes{FlowDirection::both, 0, {}});
  world.until([&] { return session.broker->received().size() == kConnectBytes + 4; }, "the rest");
}

TEST(Lossy, passes_everything_in_order_and_late) {
  World world;
  Session session{world};
  // Of fifty packets, one that is lost at least once is as good as certain.
  world.perform(fault::Delay{.flow = FlowDirection::up, .loss = 0.5, .rto = 5ms});
  Bytes expected = wire(connect_packet());
  const Instant began = world.loop.now();
  for (int i = 0; i < 50; ++i) {
    mqtt::Publish packet;
    packet.topic = "t";
    packet.payload = std::to_string(i);
    const Bytes bytes = wire(packet);
    expected.insert(expected.end(), bytes.begin(), bytes.end());
    session.device->send(bytes);
  }
  session.device->send(kDisconnect);
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "FIN behind everything");
  expected.insert(expected.end(), kDisconnect.begin(), kDisconnect.end());
  EXPECT_EQ(session.broker->received(), expected);
  EXPECT_GE(world.loop.now() - began, 5ms);
}

TEST(SlowClose, delays_fin_and_not_the_bytes_before_it) {
  World world;
  Session session{world};
  world.perform(fault::DelayFin{100ms});
  session.device->send(kDisconnect);
  session.device->fin();
  const Instant began = world.loop.now();
  world.until([&] { return session.broker->received().size() == kConnectBytes + 2; }, "DISCONNECT");
  world.until([&] { return session.broker->ended(); }, "FIN");
  EXPECT_TRUE(session.broker->got_fin());
  EXPECT_GE(world.loop.now() - began, 90ms);
}

TEST(SlowClose, healed_lets_a_waiting_fin_go) {
  World world;
  Session session{world};
  world.perform(fault::DelayFin{1h});
  session.device->fin();
  world.until([&] { return !world.journal.closed(Leg::device).empty(); }, "FIN was read");
  EXPECT_EQ(session.broker->tcp_state(), TCP_ESTABLISHED);
  world.perform(fault::DelayFin{});
  world.until([&] { return session.broker->got_fin(); }, "FIN");
}

TEST(SlowClose, leaves_a_reset_as_quick_as_it_is) {
  World world;
  Session session{world};
  world.perform(fault::DelayFin{1h});
  session.device->rst();
  world.until([&] { return session.broker->got_rst(); }, "RST");
}

TEST(Refuse, answers_connect_with_a_reset_and_never_dials) {
  World world;
  world.owner.admission = fault::RefuseConnect{kFault};
  const auto device = world.device();
  device->send(wire(connect_packet()));
  world.until([&] { return device->ended(); }, "an answer");
  EXPECT_TRUE(device->got_rst());
  EXPECT_FALSE(world.dialled());
  EXPECT_EQ(world.journal.all<journal::ConnectSwallowed>().size(), 1u);
  const auto closed = world.journal.closed(Leg::device);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(closed[0].how, CloseHow::rst);
  EXPECT_EQ(closed[0].fault, kFault);
  EXPECT_EQ(world.proxy().links(), 0u);
}

TEST(ConnectDelay, dials_late_and_passes_everything_then) {
  World world;
  world.owner.admission = fault::DelayConnect{kFault, 80ms};
  const auto device = world.device();
  const Instant began = world.loop.now();
  device->send(joined({wire(connect_packet()), kPingreq}));
  const auto broker = world.accept();
  EXPECT_GE(world.loop.now() - began, 75ms);
  const Bytes expected = joined({wire(connect_packet()), kPingreq});
  world.until([&] { return broker->received() == expected; }, "the CONNECT and what followed");
}

TEST(ConnectDelay, is_not_cut_short_by_a_resume_of_another_fault) {
  World world;
  world.owner.admission = fault::DelayConnect{kFault, 60ms};
  const auto device = world.device();
  const Instant began = world.loop.now();
  device->send(wire(connect_packet()));
  world.until([&] { return world.counters().open_links == 1; }, "it stands");
  world.perform(fault::Resume{});
  const auto broker = world.accept();
  EXPECT_GE(world.loop.now() - began, 55ms);
}

TEST(ConnectDelay, of_a_device_that_gives_up_meanwhile_is_never_dialled) {
  World world;
  world.owner.admission = fault::DelayConnect{kFault, 1h};
  const auto device = world.device();
  device->send(wire(connect_packet()));
  device->fin();
  world.until([&] { return world.proxy().links() == 0; }, "the link ended");
  EXPECT_FALSE(world.dialled());
}

}  // namespace
}  // namespace probate::proxy::test
