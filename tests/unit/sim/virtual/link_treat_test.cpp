// What faults make of packets on a virtual link: the counterpart of
// tests/unit/proxy/link_treat_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

using fault::PacketFacts;
using fault::PacketSet;
using fault::Treatment;
using fault::Watch;
using journal::Alteration;
using journal::CloseHow;
using mqtt::PacketType;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr DeviceId kTreatedDevice{0};
constexpr FaultId kTreating{3};

mqtt::Publish numbered(std::uint16_t number, mqtt::QoS qos = mqtt::QoS::at_most_once) {
  return {.topic = "t", .payload = "p", .qos = qos, .packet_id = number, .properties = {}};
}

struct Treatee {
  explicit Treatee(Watch watch, Treatment treatment, bool once = false) {
    world.treatment = [treatment, once, done = false](const PacketFacts&) mutable -> Treatment {
      if (std::exchange(done, true) && once) return fault::PassPacket{};
      return treatment;
    };
    link = &world.dials(kTreatedDevice);
    world.runs_for(1s);
    acts(watch);
  }
  void acts(decltype(fault::Act::what) what) {
    world.network.perform({kTreating, kTreatedDevice, std::move(what)});
  }
  std::uint64_t passed_up(PacketType type) {
    return world.loop.counters().links.packets[0][static_cast<std::size_t>(type)];
  }

  World world;
  Link* link = nullptr;
};

TEST(VirtualTreatment, swallows_the_connack_that_a_fault_wants) {
  World world;
  world.treatment = [](const PacketFacts&) { return fault::SwallowPacket{kTreating}; };
  world.network.perform({kTreating, kTreatedDevice, down(PacketType::connack)});
  world.dials(kTreatedDevice);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records), "connect_forwarded connack_received packet_swallowed");
  EXPECT_THAT(world.end.received, IsEmpty());
}

TEST(VirtualTreatment, takes_a_goodbye_away_and_the_broker_sees_only_the_close) {
  Treatee treatee{up(PacketType::disconnect), fault::SwallowPacket{kTreating}};
  treatee.link->device_sent(mqtt::Disconnect{});
  treatee.link->device_closed(CloseHow::fin);
  treatee.world.runs_for(1s);
  EXPECT_THAT(treatee.world.all<journal::DisconnectForwarded>(), IsEmpty());
  EXPECT_EQ(treatee.world.broker.model().connections(), 0U);
  const auto closed = treatee.world.all<journal::LegClosed>();
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_EQ(closed[1].fault, kTreating);
}

TEST(VirtualTreatment, holds_a_packet_and_what_is_behind_it) {
  Treatee treatee{up(PacketType::publish), fault::HoldPacket{kTreating, 2s}};
  treatee.link->device_sent(numbered(1));
  treatee.link->device_sent(mqtt::Pingreq{});
  treatee.world.runs_for(1900ms);
  EXPECT_EQ(treatee.passed_up(PacketType::publish) + treatee.passed_up(PacketType::pingreq), 0U);
  treatee.world.runs_for(200ms);
  EXPECT_EQ(treatee.passed_up(PacketType::publish), 1U);
  EXPECT_EQ(treatee.passed_up(PacketType::pingreq), 1U);
}

TEST(VirtualTreatment, doubles_a_packet) {
  Treatee treatee{up(PacketType::publish), fault::DuplicatePacket{kTreating}};
  treatee.link->device_sent(numbered(1, mqtt::QoS::at_least_once));
  treatee.world.runs_for(1s);
  EXPECT_EQ(treatee.passed_up(PacketType::publish), 2U);
  EXPECT_EQ(treatee.world.all<journal::PacketAltered>()[0].how, Alteration::duplicated);
}

TEST(VirtualTreatment, lets_the_next_packet_go_first_or_the_end_wait) {
  Treatee treatee{up(PacketType::publish), fault::ReorderPacket{kTreating}, true};
  treatee.link->device_sent(numbered(1));
  treatee.world.runs_for(1s);
  EXPECT_EQ(treatee.passed_up(PacketType::publish), 0U);
  EXPECT_FALSE(treatee.link->calm());
  treatee.link->device_sent(mqtt::Pingreq{});
  EXPECT_EQ(treatee.passed_up(PacketType::pingreq), 1U);
  EXPECT_EQ(treatee.passed_up(PacketType::publish), 1U);

  Treatee leaver{up(PacketType::disconnect), fault::ReorderPacket{kTreating}};
  leaver.link->device_sent(mqtt::Disconnect{});
  leaver.link->device_closed(CloseHow::fin);
  leaver.world.runs_for(1s);
  EXPECT_EQ(leaver.world.all<journal::DisconnectForwarded>().size(), 1U);
}

TEST(VirtualTreatment, cuts_both_legs_inside_a_packet) {
  Treatee treatee{up(PacketType::publish),
                  fault::CutInsidePacket{kTreating, 4, fault::CutHow::rst}};
  treatee.link->device_sent(numbered(1));
  treatee.world.runs_for(1s);
  EXPECT_EQ(treatee.passed_up(PacketType::publish), 0U);
  EXPECT_THAT(treatee.world.end.closed, ElementsAre(device::CloseCause::peer_rst));
  EXPECT_EQ(treatee.world.broker.model().connections(), 0U);
}

TEST(VirtualTreatment, rewrites_what_a_packet_says) {
  World world;
  world.treatment = [](const PacketFacts&) { return fault::RewritePacket{kTreating, 3}; };
  world.network.perform({kTreating, kTreatedDevice, down(PacketType::connack)});
  world.dials(kTreatedDevice);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records), "connect_forwarded connack_received packet_altered");
  EXPECT_EQ(world.all<journal::PacketAltered>()[0].reason, std::uint8_t{3});
}

TEST(VirtualTreatment, answers_a_connect_in_the_brokers_place) {
  World world;
  world.admission = fault::AnswerConnect{kTreating, 5};
  world.dials(kTreatedDevice);
  world.runs_for(1s);
  EXPECT_EQ(kinds(world.recorder.records).substr(0, 32), "connect_swallowed packet_altered");
  EXPECT_THAT(world.end.received, ElementsAre(PacketType::connack));
  EXPECT_THAT(world.end.closed, ElementsAre(device::CloseCause::peer_fin));
  EXPECT_EQ(world.broker.model().connections(), 0U);
}

// ---- the order of a takeover

struct Order {
  explicit Order(fault::ConnectOrder connect) {
    world.network.perform({kTreating, kTreatedDevice, fault::OrderTakeover{connect, 20ms}});
    Link& old = world.dials(kTreatedDevice);
    world.runs_for(1s);
    old.device_closed(CloseHow::fin);
    world.runs_for(1s);
    EXPECT_EQ(world.broker.model().connections(), 1U) << "the broker has not heard of the end";
  }

  Instant when(const auto& is) const {
    for (const auto& record : world.recorder.records) {
      if (is(record.body)) return record.at;
    }
    return kNever;
  }
  Instant second_connect() const {
    return when([](const journal::Body& body) {
      const auto* connect = std::get_if<journal::ConnectForwarded>(&body);
      return connect != nullptr && connect->connection == ConnectionId{2};
    });
  }
  Instant old_end() const {
    return when([](const journal::Body& body) {
      const auto* closed = std::get_if<journal::LegClosed>(&body);
      return closed != nullptr && closed->connection == ConnectionId{1} &&
             closed->leg == journal::Leg::broker;
    });
  }

  World world;
};

TEST(VirtualTakeoverOrder, brings_the_connect_before_the_old_end) {
  Order order{fault::ConnectOrder::before};
  order.world.dials(kTreatedDevice);
  order.world.runs_for(1s);
  EXPECT_LT(order.second_connect(), order.old_end());
  EXPECT_EQ(order.world.broker.model().connections(), 1U);
  EXPECT_EQ(order.world.loop.counters().links.open_links, 1U) << "nothing is left of the old one";
}

TEST(VirtualTakeoverOrder, or_so_much_behind_it) {
  Order order{fault::ConnectOrder::after};
  order.world.dials(kTreatedDevice);
  order.world.runs_for(1s);
  EXPECT_GE(order.second_connect() - order.old_end(), 20ms);
  EXPECT_LT(order.second_connect() - order.old_end(), 25ms);
}

TEST(VirtualTakeoverOrder, lets_an_end_go_when_it_is_over) {
  Order order{fault::ConnectOrder::before};
  order.world.network.perform({kTreating, kTreatedDevice, fault::OrderTakeover{}});
  order.world.runs_for(1s);
  EXPECT_EQ(order.world.broker.model().connections(), 0U);
  EXPECT_EQ(order.world.loop.counters().links.open_links, 0U);
}

}  // namespace
}  // namespace probate::virtual_time
