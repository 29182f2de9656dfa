// Slow, narrow, idle and limited links, and connections that are refused, redirected or late: the
// counterparts of tests/unit/proxy/{idle,limit,throttle}_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

using device::CloseCause;
using fault::CutHow;
using fault::FlowDirection;
using journal::CloseHow;
using journal::Leg;
using journal::Party;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr DeviceId kVictim{0};
constexpr FaultId kStruck{3};

mqtt::Publish publish_of(std::size_t payload_bytes) {
  mqtt::Publish packet;
  packet.topic = "t";
  packet.payload = std::string(payload_bytes, 'x');
  return packet;
}

std::size_t bytes_of(const mqtt::Packet& packet) {
  return mqtt::encoded_bytes(packet, mqtt::Version::v3_1_1);
}

// A session that stands, and acts on its link.
struct Session {
  explicit Session(BrokerHostConfig broker = {}) : world{std::move(broker)} {
    link = &world.dials(kVictim);
    world.runs_for(1s);
    passed = world.loop.counters().links;
  }
  void acts(decltype(fault::Act::what) what) { world.network.perform({kStruck, kVictim, what}); }
  std::uint64_t bytes_up() { return world.loop.counters().links.bytes[0] - passed.bytes[0]; }
  std::uint64_t packets_up() {
    const auto sum = [](const journal::LinkCounters& counters) {
      std::uint64_t all = 0;
      for (const std::uint64_t count : counters.packets[0]) all += count;
      return all;
    };
    return sum(world.loop.counters().links) - sum(passed);
  }

  World world;
  Link* link = nullptr;
  journal::LinkCounters passed;
};

// ---- budgets

// What is in common goes with the last who has it, and only then.
TEST(VirtualConditions, that_two_devices_have_in_common_stay_when_one_of_them_heals) {
  World world;
  constexpr DeviceId kFirst{0};
  constexpr DeviceId kSecond{1};
  Network& network = world.network;
  network.perform({kStruck, kFirst, down(mqtt::PacketType::connack)});
  network.perform({kStruck, kSecond, down(mqtt::PacketType::connack)});
  EXPECT_EQ(network.conditions(kFirst), network.conditions(kSecond));
  network.perform({FaultId{4}, kSecond, down(mqtt::PacketType::pingresp)});
  ASSERT_NE(network.conditions(kFirst), network.conditions(kSecond));
  EXPECT_EQ(network.conditions(kFirst)->watches.size(), 1u);
  EXPECT_EQ(network.conditions(kSecond)->watches.size(), 2u);
  network.perform({kStruck, kFirst, fault::Watch{}});
  EXPECT_EQ(network.conditions(kFirst), nullptr);
  network.perform({FaultId{4}, kSecond, fault::Watch{}});
  ASSERT_NE(network.conditions(kSecond), nullptr);
  EXPECT_EQ(network.conditions(kSecond)->watches.front().fault, kStruck);
}

// Of more kinds than it looks for, too.
TEST(VirtualConditions, are_right_though_hardly_any_two_devices_have_the_same) {
  World world;
  constexpr std::uint32_t kKinds = 100;
  for (std::uint32_t i = 0; i < 2 * kKinds; ++i) {
    const FaultId fault{static_cast<std::uint16_t>(i % kKinds)};
    world.network.perform({fault, DeviceId{i}, down(mqtt::PacketType::connack)});
  }
  for (std::uint32_t i = 0; i < 2 * kKinds; ++i) {
    const fault::Conditions* of = world.network.conditions(DeviceId{i});
    ASSERT_TRUE(of != nullptr && of->watches.size() == 1u) << i;
    EXPECT_EQ(of->watches.front().fault.index(), i % kKinds);
  }
  for (std::uint32_t i = 0; i < kKinds; ++i) {
    world.network.perform({FaultId{static_cast<std::uint16_t>(i)}, DeviceId{i}, fault::Watch{}});
    EXPECT_EQ(world.network.conditions(DeviceId{i}), nullptr);
    EXPECT_NE(world.network.conditions(DeviceId{i + kKinds}), nullptr);
  }
}

TEST(VirtualLatency, of_a_fault_sets_one_device_apart_from_its_group) {
  World world;
  const fault::Delay usual{.delay = 100ms};
  for (const std::uint32_t device : {1U, 2U}) {
    world.network.perform({kNoFault, DeviceId{device}, usual});
  }
  world.network.perform({FaultId{3}, DeviceId{1}, fault::Delay{.delay = 900ms}});
  const auto total_of = [&world](std::uint32_t device) {
    return world.network.conditions(DeviceId{device})->total(mqtt::Direction::uplink).delay;
  };
  EXPECT_EQ(total_of(1), 1s);
  EXPECT_EQ(total_of(2), 100ms);
  world.network.perform({FaultId{3}, DeviceId{1}, fault::Delay{}});
  EXPECT_EQ(total_of(1), 100ms);
  EXPECT_EQ(total_of(2), 100ms);
}

TEST(VirtualThrottle, passes_everything_at_its_rate_and_a_packet_with_its_last_byte) {
  Session session;
  session.acts(fault::Throttle{FlowDirection::up, 1000});
  const auto packet = publish_of(1000 - bytes_of(publish_of(0)) - 1);
  session.link->device_sent(packet);
  session.link->device_sent(mqtt::Pingreq{});
  session.world.runs_for(900ms);
  EXPECT_EQ(session.packets_up(), 0U) << "but for 50 ms, a second's worth takes a second";
  EXPECT_GE(session.bytes_up(), 850U);
  session.world.runs_for(110ms);
  EXPECT_EQ(session.packets_up(), 2U);
}

TEST(VirtualThrottle, taken_away_lets_go_of_what_waits) {
  Session session;
  session.acts(fault::Throttle{FlowDirection::both, 16});
  session.link->device_sent(publish_of(1000));
  session.world.runs_for(5s);
  EXPECT_EQ(session.packets_up(), 0U);
  session.acts(fault::Throttle{FlowDirection::both, 0});
  EXPECT_EQ(session.packets_up(), 1U);
}

TEST(VirtualThrottle, a_fin_keeps_its_place_behind_what_waits) {
  Session session;
  session.acts(fault::Throttle{FlowDirection::up, 100});
  session.link->device_sent(publish_of(200));
  session.link->device_closed(CloseHow::fin);
  session.world.runs_for(1s);
  EXPECT_EQ(session.world.broker.model().connections(), 1U);
  session.world.runs_for(2s);
  EXPECT_EQ(session.packets_up(), 1U);
  EXPECT_EQ(session.world.broker.model().connections(), 0U);
}

TEST(VirtualSlice, passes_pieces_of_at_most_its_size_a_gap_apart) {
  Session session;
  session.acts(fault::SliceBytes{FlowDirection::up, 4, 100ms});
  const auto packet = publish_of(20);
  session.link->device_sent(packet);
  const auto gaps = static_cast<std::int64_t>((bytes_of(packet) + 3) / 4) - 1;
  session.world.runs_for(gaps * 100ms - 1ms);
  EXPECT_EQ(session.packets_up(), 0U);
  EXPECT_EQ(session.bytes_up(), static_cast<std::uint64_t>(gaps) * 4);
  session.world.runs_for(2ms);
  EXPECT_EQ(session.packets_up(), 1U);
}

TEST(VirtualSlice, a_piece_may_hold_several_packets) {
  Session session;
  session.acts(fault::SliceBytes{FlowDirection::up, 4, 1s});
  for (int i = 0; i < 4; ++i) session.link->device_sent(mqtt::Pingreq{});
  session.world.runs_for(1ms);
  EXPECT_EQ(session.packets_up(), 1U) << "the first went when nothing else was there";
  session.world.runs_for(1s);
  EXPECT_EQ(session.packets_up(), 3U);
}

// ---- limits

TEST(VirtualLimit, cuts_both_legs_with_the_byte_that_uses_it_up) {
  for (const CutHow how : {CutHow::fin, CutHow::rst}) {
    SCOPED_TRACE(to_text(how));
    Session session;
    session.acts(fault::LimitLinks{.bytes = 5, .flow = FlowDirection::up, .how = how});
    session.link->device_sent(mqtt::Pingreq{});
    session.link->device_sent(mqtt::Pingreq{});
    session.world.runs_for(1s);
    EXPECT_EQ(session.packets_up(), 2U);
    EXPECT_THAT(session.world.end.closed, IsEmpty());
    session.link->device_sent(mqtt::Pingreq{});
    session.world.runs_for(1s);
    EXPECT_EQ(session.bytes_up(), 5U);
    EXPECT_EQ(session.packets_up(), 2U) << "of the third only a half passed";
    EXPECT_THAT(session.world.end.closed,
                ElementsAre(how == CutHow::fin ? CloseCause::peer_fin : CloseCause::peer_rst));
    EXPECT_EQ(session.world.broker.model().connections(), 0U);
    for (const auto& closed : session.world.all<journal::LegClosed>()) {
      EXPECT_EQ(closed.by, Party::proxy);
      EXPECT_EQ(closed.fault, kStruck);
    }
  }
}

TEST(VirtualLimit, of_time_counts_from_accept_and_for_every_connection) {
  Session session;
  session.acts(fault::LimitLinks{.after = 3s});
  session.world.runs_for(1999ms);
  EXPECT_THAT(session.world.end.closed, IsEmpty());
  session.world.runs_for(2ms);
  EXPECT_THAT(session.world.end.closed, ElementsAre(CloseCause::peer_rst));
  session.world.dials(kVictim);
  session.world.runs_for(3001ms);
  EXPECT_EQ(session.world.end.closed.size(), 2U);
  session.acts(fault::LimitLinks{});
  session.world.dials(kVictim);
  session.world.runs_for(10s);
  EXPECT_EQ(session.world.end.closed.size(), 2U);
}

// ---- late ends

TEST(VirtualSlowClose, delays_fin_and_not_the_packets_before_it) {
  Session session;
  session.acts(fault::DelayFin{5s});
  session.link->device_sent(publish_of(1));
  session.link->device_closed(CloseHow::fin);
  session.world.runs_for(4s);
  EXPECT_EQ(session.packets_up(), 1U);
  EXPECT_EQ(session.world.broker.model().connections(), 1U);
  session.world.runs_for(2s);
  EXPECT_EQ(session.world.broker.model().connections(), 0U);
}

TEST(VirtualSlowClose, healed_lets_a_waiting_fin_go_and_leaves_a_reset_as_quick_as_it_is) {
  Session session;
  session.acts(fault::DelayFin{1h});
  session.link->device_closed(CloseHow::fin);
  session.world.runs_for(10s);
  session.acts(fault::DelayFin{});
  session.world.runs_for(1ms);
  EXPECT_EQ(session.world.broker.model().connections(), 0U);
  Link& next = session.world.dials(kVictim);
  session.world.runs_for(1s);
  session.acts(fault::DelayFin{1h});
  next.device_closed(CloseHow::rst);
  session.world.runs_for(1ms);
  EXPECT_EQ(session.world.broker.model().connections(), 0U);
}

TEST(VirtualLink, waits_half_a_minute_for_an_end_that_is_kept_from_it) {
  Session session;
  session.acts(fault::Silence{FlowDirection::down});
  session.link->device_closed(CloseHow::fin);
  session.world.runs_for(29s);
  EXPECT_EQ(session.world.loop.counters().links.open_links, 1U);
  session.world.runs_for(2s);
  EXPECT_EQ(session.world.loop.counters().links.open_links, 0U);
  session.acts(fault::Resume{});
  EXPECT_THAT(session.world.all<journal::SilenceEnded>(), IsEmpty()) << "what it held is lost";
}

// ---- idle spells

TEST(VirtualIdleWatch, starts_anew_with_every_packet_and_tells_once) {
  Session session;
  session.acts(fault::WatchIdle{3s});
  for (int i = 0; i < 4; ++i) {
    session.link->device_sent(mqtt::Pingreq{});
    session.world.runs_for(2s);
  }
  EXPECT_THAT(session.world.idle_faults, IsEmpty());
  session.world.runs_for(1001ms);  // PINGRESP, the last to pass, took its way
  EXPECT_THAT(session.world.idle_faults, ElementsAre(kStruck));
  session.world.runs_for(5s);
  EXPECT_THAT(session.world.idle_faults, ElementsAre(kStruck));
}

TEST(VirtualIdleWatch, holds_for_coming_links_until_it_is_taken_back) {
  Session session;
  session.acts(fault::WatchIdle{3s});
  session.world.runs_for(4s);
  session.world.dials(kVictim);
  session.world.runs_for(4s);
  EXPECT_EQ(session.world.idle_faults.size(), 2U);
  session.acts(fault::WatchIdle{});
  session.world.dials(kVictim);
  session.world.runs_for(4s);
  EXPECT_EQ(session.world.idle_faults.size(), 2U);
}

TEST(VirtualNatIdle,
     rst_sender_resets_the_device_when_it_sends_or_closes_and_tells_the_broker_nothing) {
  for (const bool closes : {false, true}) {
    Session session;
    World& world = session.world;
    world.when_idle = [&] { session.acts(fault::MakeGhost{fault::DeadLeg::resets}); };
    session.acts(fault::WatchIdle{3s});
    world.runs_for(4s);
    EXPECT_EQ(world.loop.counters().links.ghost_links, 1U);
    EXPECT_THAT(world.end.closed, IsEmpty()) << "not before it sends";
    if (closes) {
      session.link->device_closed(CloseHow::fin);
    } else {
      session.link->device_sent(mqtt::Pingreq{});
    }
    world.runs_for(1s);
    EXPECT_THAT(world.end.closed, ElementsAre(CloseCause::peer_rst));
    EXPECT_EQ(world.broker.model().connections(), 1U);
    const auto closed = world.all<journal::LegClosed>();
    ASSERT_EQ(closed.size(), 1U);
    EXPECT_EQ(closed[0].leg, Leg::device);
    EXPECT_EQ(closed[0].by, Party::proxy);
    EXPECT_EQ(closed[0].how, CloseHow::rst);
    EXPECT_EQ(closed[0].fault, kStruck);
    EXPECT_EQ(session.packets_up(), 0U);
  }
}

TEST(VirtualVanish, tells_nobody_and_resets_whoever_speaks_next) {
  Session session;
  World& world = session.world;
  constexpr auto kResets = fault::DeadLeg::resets;
  session.acts(fault::MakeGhost{.device_leg = kResets, .broker_leg = kResets});
  world.runs_for(5s);
  EXPECT_THAT(world.end.closed, IsEmpty());
  EXPECT_EQ(world.broker.model().connections(), 1U);
  const auto began = world.all<journal::SilenceBegan>();
  ASSERT_EQ(began.size(), 1U);
  EXPECT_TRUE(began[0].vanished);
  session.link->device_sent(mqtt::Pingreq{});
  world.runs_for(1s);
  EXPECT_THAT(world.end.closed, ElementsAre(CloseCause::peer_rst));
  EXPECT_EQ(world.broker.model().connections(), 1U);
  world.runs_for(1h);
  const auto closed = world.all<journal::LegClosed>();
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_EQ(closed[1].by, Party::broker) << "its keep-alive ran out";
}

// ---- admissions

TEST(VirtualWalledGarden, answers_a_connect_with_no_mqtt_and_fin_and_never_dials) {
  World world;
  world.admission = fault::RedirectConnect{kStruck};
  world.dials(kVictim);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records), "connect_swallowed leg_closed");
  EXPECT_EQ(world.end.closed.at(0), CloseCause::protocol_error);
  const auto closed = world.all<journal::LegClosed>();
  EXPECT_EQ(closed[0].by, Party::proxy);
  EXPECT_EQ(closed[0].how, CloseHow::fin);
  EXPECT_EQ(closed[0].fault, kStruck);
  EXPECT_EQ(world.loop.counters().links.open_links, 0U);
}

TEST(VirtualRefuse, answers_a_connect_with_a_reset_and_never_dials) {
  World world;
  world.admission = fault::RefuseConnect{kStruck};
  world.dials(kVictim);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records), "connect_swallowed leg_closed");
  EXPECT_THAT(world.end.closed, ElementsAre(CloseCause::peer_rst));
  EXPECT_EQ(world.loop.counters().links.open_links, 0U);
}

TEST(VirtualConnectDelay, dials_late_and_no_resume_of_another_fault_makes_it_earlier) {
  World world;
  world.admission = fault::DelayConnect{kStruck, 5s};
  world.dials(kVictim);
  world.runs_for(1s);
  world.network.perform({kStruck, kVictim, fault::Resume{}});
  world.runs_for(3999ms);
  EXPECT_THAT(world.all<journal::ConnectForwarded>(), IsEmpty());
  world.runs_for(2ms);
  EXPECT_EQ(kinds(world.recorder.records), "connect_forwarded connack_received session_up");
}

TEST(VirtualConnectDelay, of_a_device_that_gives_up_meanwhile_is_never_dialled) {
  World world;
  world.admission = fault::DelayConnect{kStruck, 5s};
  world.dials(kVictim).device_closed(CloseHow::fin);
  world.runs_for(10s);
  EXPECT_THAT(world.all<journal::ConnectForwarded>(), IsEmpty());
  EXPECT_EQ(world.loop.counters().links.open_links, 0U);
}

// ---- what the broker says and in which order

TEST(VirtualTakeover, the_will_is_out_before_the_old_connection_is_closed_and_both_before_connack) {
  Session session;
  World& world = session.world;
  world.network.perform({kStruck, kVictim, fault::MakeGhost{}});
  world.recorder.records.clear();
  world.dials(kVictim);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records),
            "connect_forwarded leg_closed connack_received session_up");
  const auto closed = world.recorder.records.at(1).at;
  EXPECT_EQ(closed - world.recorder.records.at(0).at, 150us) << "a hop, and 50 µs behind its will";
  EXPECT_EQ(world.recorder.records.at(2).at, closed);
}

TEST(VirtualTakeover, records_the_reason_that_the_broker_gives) {
  World world;
  mqtt::Connect connect = World::connect("d");
  connect.version = mqtt::Version::v5;
  world.network.accept(kVictim, 1, world.end)->device_sent(connect);
  world.runs_for(1s);
  world.network.accept(DeviceId{1}, 1, world.end)->device_sent(connect);
  world.runs_for(1s);
  const auto told = world.all<journal::DisconnectReceived>();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].reason, 0x8e);
}

}  // namespace
}  // namespace probate::virtual_time
