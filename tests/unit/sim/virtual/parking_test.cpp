// Idle links are taken apart and made again: nobody may notice.
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr mqtt::Version kVersionOfAll = mqtt::Version::v3_1_1;

mqtt::Packet report() {
  return mqtt::Publish{.topic = "dev/report", .payload = "still here", .properties = {}};
}

TEST(Parking, takes_a_link_on_which_nothing_is_under_way) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  EXPECT_EQ(world.network.parked_links(), 0U) << "its CONNECT is on its way";
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 1U);
  const fault::DeviceView view = world.network.view(kDevice);
  EXPECT_TRUE(view.online && view.has_link && !view.silent);
  EXPECT_EQ(world.network.parked_links(), 1U) << "a look does not wake it";
  EXPECT_EQ(world.loop.counters().links.open_links, 1U);
}

TEST(Parking, leaves_a_link_to_an_end_that_does_not_let_go) {
  virtual_time::World world;
  world.dials(kDevice);
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 0U);
}

TEST(Parking, ends_when_the_device_sends_and_begins_again_when_that_has_arrived) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.newest_link(kDevice)->device_sent(mqtt::Pingreq{});
  EXPECT_EQ(world.network.parked_links(), 0U);
  EXPECT_EQ(world.end.links_back, 1);
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 1U);
  EXPECT_THAT(world.end.received,
              ElementsAre(mqtt::PacketType::connack, mqtt::PacketType::pingresp));
}

TEST(Parking, ends_when_the_broker_has_something_for_the_device) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  ASSERT_EQ(world.network.parked_links(), 1U);
  world.runs_for(30s);
  EXPECT_EQ(world.network.parked_links(), 0U);
  EXPECT_EQ(world.broker.model().connections(), 0U) << "its keep-alive has run out";
  EXPECT_THAT(world.end.closed, ElementsAre(device::CloseCause::peer_fin));
}

TEST(Parking, ends_with_the_run) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  world.broker.flows().close();
  world.network.close_all();
  EXPECT_EQ(world.network.parked_links(), 0U);
  EXPECT_EQ(world.network.newest_link(kDevice), nullptr);
  EXPECT_EQ(world.all<journal::LegClosed>().size(), 2U);
}

TEST(Parking, begins_again_when_a_silence_has_healed_though_nothing_passes) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::Silence{}});
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 0U);
  world.network.perform({kFault, kDevice, fault::Resume{}});
  world.network.end_turn();
  EXPECT_EQ(world.network.parked_links(), 1U);
}

// What happens to one device, and the journal of it.
using Script = std::function<void(virtual_time::World&)>;
std::vector<std::string> journal_of(const Script& script, bool parks, fault::Fidelity fidelity) {
  virtual_time::World world{{}, {.fidelity = fidelity}};
  world.end.lets_go = parks;
  world.dials(kDevice);
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), parks ? 1U : 0U);
  script(world);
  world.runs_for(40s);
  std::vector<std::string> texts;
  for (const journal::Record& record : world.recorder.records) {
    texts.push_back(journal::to_text(record));
  }
  return texts;
}
void expect_same(const Script& script, fault::Fidelity fidelity = fault::Fidelity::stream) {
  const auto parked = journal_of(script, true, fidelity);
  EXPECT_THAT(parked, testing::Not(IsEmpty()));
  EXPECT_EQ(parked, journal_of(script, false, fidelity));
}

// As a device does it.
void device_sends(virtual_time::World& world, mqtt::Packet packet) {
  if (world.network.pass_parked(kDevice, packet)) return;
  world.network.newest_link(kDevice)->device_sent(std::move(packet));
}

TEST(Parking, goes_on_while_a_report_passes) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  const journal::LinkCounters before = world.loop.counters().links;
  device_sends(world, report());
  EXPECT_EQ(world.network.parked_links(), 1U);
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 1U);
  EXPECT_EQ(world.end.links_back, 0);
  const journal::LinkCounters& after = world.loop.counters().links;
  constexpr auto kUp = static_cast<std::size_t>(mqtt::Direction::uplink);
  constexpr auto kPublish = static_cast<std::size_t>(mqtt::PacketType::publish);
  EXPECT_EQ(after.packets[kUp][kPublish], before.packets[kUp][kPublish] + 1);
  EXPECT_EQ(after.bytes[kUp], before.bytes[kUp] + mqtt::encoded_bytes(report(), kVersionOfAll));
}

TEST(Parking, ends_for_what_would_not_just_pass) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  mqtt::Packet goodbye = mqtt::Disconnect{};
  EXPECT_FALSE(world.network.pass_parked(kDevice, goodbye));
  world.network.perform({kFault, kDevice, fault::Delay{.delay = 300ms}});
  world.runs_for(1s);
  ASSERT_EQ(world.network.parked_links(), 1U);
  mqtt::Packet first = report();
  ASSERT_TRUE(world.network.pass_parked(kDevice, first));
  mqtt::Packet second = report();
  EXPECT_FALSE(world.network.pass_parked(kDevice, second)) << "the first is on its way";
}

TEST(Parking, goes_on_while_a_report_waits_for_its_delay) {
  virtual_time::World world;
  world.end.lets_go = true;
  world.dials(kDevice);
  world.network.perform({kFault, kDevice, fault::Delay{.delay = 300ms}});
  world.runs_for(2s);
  ASSERT_EQ(world.network.parked_links(), 1U);
  const int links_back = world.end.links_back;
  device_sends(world, report());
  EXPECT_TRUE(world.network.carries(kDevice));
  world.runs_for(299ms);
  EXPECT_TRUE(world.network.carries(kDevice));
  world.runs_for(2ms);
  EXPECT_FALSE(world.network.carries(kDevice));
  EXPECT_EQ(world.network.parked_links(), 1U);
  EXPECT_EQ(world.end.links_back, links_back);
}

// Whatever wakes the link while a report waits on it.
TEST(Parking, does_not_show_in_what_becomes_of_a_report_that_waits_for_its_delay) {
  const auto on_its_way = [](const Script& then, fault::Fidelity fidelity) {
    expect_same(
        [&then](virtual_time::World& world) {
          world.network.perform({kFault, kDevice, fault::Delay{.delay = 300ms, .jitter = 80ms}});
          world.runs_for(2s);
          device_sends(world, report());
          world.runs_for(100ms);
          then(world);
          world.runs_for(3s);
          device_sends(world, report());
          world.runs_for(8s);
          device_sends(world, report());
        },
        fidelity);
  };
  for (const auto fidelity : {fault::Fidelity::stream, fault::Fidelity::segment}) {
    on_its_way([](virtual_time::World& world) { device_sends(world, report()); }, fidelity);
    on_its_way(
        [](virtual_time::World& world) {
          world.network.perform({kFault, kDevice, fault::Silence{}});
          world.runs_for(1s);
          world.network.perform({kFault, kDevice, fault::Resume{}});
        },
        fidelity);
    on_its_way(
        [](virtual_time::World& world) {
          world.network.perform({kFault, kDevice, fault::Delay{.delay = 900ms}});
        },
        fidelity);
    on_its_way(
        [](virtual_time::World& world) {
          world.network.perform({kFault, kDevice, fault::MakeGhost{}});
          world.dials(kDevice);
        },
        fidelity);
    on_its_way(
        [](virtual_time::World& world) {
          world.network.perform({kFault, kDevice, fault::Cut{}});
          world.dials(kDevice);
        },
        fidelity);
  }
}

TEST(Parking, goes_on_while_a_fault_asks_for_packets_that_do_not_pass) {
  virtual_time::World world;
  world.treatment = [](const fault::PacketFacts&) { return fault::SwallowPacket{kFault}; };
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, down(mqtt::PacketType::pingresp)});
  device_sends(world, report());
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 1U);
  EXPECT_EQ(world.end.links_back, 0);
  device_sends(world, mqtt::Pingreq{});
  world.runs_for(1s);
  EXPECT_EQ(world.all<journal::PacketSwallowed>().size(), 1U);
  EXPECT_EQ(world.network.parked_links(), 1U) << "it can be again";
  world.network.perform({kFault, kDevice, fault::Watch{}});
  EXPECT_EQ(world.network.conditions(kDevice), nullptr);
  device_sends(world, mqtt::Pingreq{});
  world.runs_for(1s);
  EXPECT_EQ(world.all<journal::PacketSwallowed>().size(), 1U);
}

TEST(Parking, ends_while_a_fault_asks_for_reports) {
  virtual_time::World world;
  world.treatment = [](const fault::PacketFacts&) { return fault::SwallowPacket{kFault}; };
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, up(mqtt::PacketType::publish)});
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 0U);
  device_sends(world, report());
  EXPECT_EQ(world.all<journal::PacketSwallowed>().size(), 1U);
  world.network.perform({kFault, kDevice, fault::Watch{}});
  world.network.end_turn();
  EXPECT_EQ(world.network.parked_links(), 1U);
}

// Two faults that ask for packets and one that delays them, in any order.
TEST(Parking, does_not_show_in_what_faults_make_of_packets) {
  static constexpr FaultId kSecond{5};
  const auto treated = [](const Script& then) {
    expect_same([&then](virtual_time::World& world) {
      world.treatment = [](const fault::PacketFacts& packet) -> fault::Treatment {
        if (packet.type == mqtt::PacketType::publish) return fault::ReorderPacket{kFault};
        return fault::HoldPacket{kFault, 200ms};
      };
      then(world);
      for (int i = 0; i < 3; ++i) {
        device_sends(world, report());
        world.runs_for(1s);
        device_sends(world, mqtt::Pingreq{});
        world.runs_for(1s);
      }
      world.network.perform({kFault, kDevice, fault::Watch{}});
      device_sends(world, mqtt::Pingreq{});
      world.runs_for(1s);
      world.network.perform({kSecond, kDevice, fault::Watch{}});
      device_sends(world, report());
    });
  };
  treated([](virtual_time::World& world) {
    world.network.perform({kFault, kDevice, down(mqtt::PacketType::pingresp)});
    world.network.perform({kSecond, kDevice, up(mqtt::PacketType::pingreq)});
  });
  treated([](virtual_time::World& world) {
    world.network.perform({kFault, kDevice, up(mqtt::PacketType::publish)});
    world.network.perform({kSecond, kDevice, down(mqtt::PacketType::pingresp)});
  });
  treated([](virtual_time::World& world) {
    world.network.perform({kFault, kDevice, down(mqtt::PacketType::pingresp)});
    world.network.perform({kSecond, kDevice, fault::Delay{.delay = 300ms}});
  });
  treated([](virtual_time::World& world) {
    world.network.perform({kNoFault, kDevice, fault::Delay{.delay = 300ms}});
    world.network.perform({kFault, kDevice, down(mqtt::PacketType::pingresp)});
  });
}

TEST(Parking, does_not_show_in_what_becomes_of_a_report_that_is_under_way) {
  expect_same([](virtual_time::World& world) {
    device_sends(world, report());
    world.network.perform({kFault, kDevice, fault::Cut{}});
  });
  expect_same([](virtual_time::World& world) {
    device_sends(world, report());
    world.network.newest_link(kDevice)->device_closed(journal::CloseHow::fin);
  });
  expect_same([](virtual_time::World& world) {
    device_sends(world, report());
    world.runs_for(50us);
    device_sends(world, report());
    world.broker.stop(journal::BrokerEnd::crash);
  });
  expect_same([](virtual_time::World& world) {
    device_sends(world, report());
    world.dials(kDevice);
    world.runs_for(1s);
  });
}

TEST(Parking, does_not_show_in_how_long_the_broker_waits_after_a_report) {
  expect_same([](virtual_time::World& world) {
    world.runs_for(9s);
    device_sends(world, report());
    world.runs_for(9s);
    device_sends(world, report());
  });
}

TEST(Parking, does_not_show_in_a_report_that_is_answered) {
  expect_same([](virtual_time::World& world) {
    mqtt::Publish urgent{.topic = "dev/report", .payload = "now", .properties = {}};
    urgent.qos = mqtt::QoS::at_least_once;
    urgent.packet_id = 1;
    device_sends(world, urgent);
    world.runs_for(3s);
    world.network.perform({kFault, kDevice, fault::Silence{}});
  });
}

TEST(Parking, does_not_show_in_a_silence_that_heals) {
  expect_same([](virtual_time::World& world) {
    device_sends(world, report());
    world.runs_for(3s);
    world.network.perform({kFault, kDevice, fault::Silence{}});
    world.runs_for(2s);
    device_sends(world, report());
    world.runs_for(1s);
    world.network.perform({kFault, kDevice, fault::Resume{}});
  });
}

TEST(Parking, does_not_show_in_silences_that_tcp_notices) {
  expect_same(
      [](virtual_time::World& world) {
        for (int i = 0; i < 3; ++i) {
          world.network.perform({kFault, kDevice, fault::Silence{}});
          world.runs_for(1s);
          world.network.newest_link(kDevice)->device_sent(report());
          world.runs_for(2s);
          world.network.perform({kFault, kDevice, fault::Resume{}});
          world.runs_for(4s);
          world.network.newest_link(kDevice)->device_sent(mqtt::Pingreq{});
          world.runs_for(1s);
        }
        world.network.perform({kFault, kDevice, fault::MakeGhost{}});
        world.runs_for(1s);
        world.dials(kDevice);
        world.runs_for(1s);
        world.network.fault_over(kFault, kDevice);
      },
      fault::Fidelity::segment);
}

TEST(Parking, begins_again_when_the_device_is_heard_again) {
  virtual_time::World world{{}, {.fidelity = fault::Fidelity::segment}};
  world.end.lets_go = true;
  world.dials(kDevice);
  world.runs_for(1s);
  world.network.perform({kFault, kDevice, fault::Silence{}});
  world.network.newest_link(kDevice)->device_sent(report());
  world.runs_for(2s);
  world.network.perform({kFault, kDevice, fault::Resume{}});
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 0U) << "what it said is still to come";
  world.runs_for(1s);
  EXPECT_EQ(world.network.parked_links(), 1U);
}

TEST(Parking, does_not_show_in_what_a_delay_does) {
  expect_same([](virtual_time::World& world) {
    const fault::Delay slow{.delay = 300ms, .jitter = 80ms};
    world.network.perform({kFault, kDevice, slow});
    for (int i = 0; i < 5; ++i) {
      world.runs_for(1s);
      device_sends(world, report());
    }
    world.runs_for(1s);
    device_sends(world, report());
    world.network.newest_link(kDevice)->device_closed(journal::CloseHow::fin);
  });
}

TEST(Parking, does_not_show_in_a_ghost_that_is_taken_over) {
  expect_same([](virtual_time::World& world) {
    world.network.perform({kFault, kDevice, fault::MakeGhost{}});
    world.runs_for(1s);
    world.dials(kDevice);
    world.runs_for(1s);
  });
}

TEST(Parking, does_not_show_in_the_brokers_end) {
  expect_same([](virtual_time::World& world) {
    world.broker.stop(journal::BrokerEnd::shutdown);
    world.runs_for(1s);
    world.broker.restart();
    world.dials(kDevice);
  });
}

TEST(Parking, does_not_show_in_a_limit_that_counts_from_the_links_begin) {
  expect_same([](virtual_time::World& world) {
    fault::LimitLinks limit;
    limit.after = 20s;
    world.network.perform({kFault, kDevice, limit});
    for (int i = 0; i < 10; ++i) {
      world.runs_for(3s);
      Link* link = world.network.newest_link(kDevice);
      if (link != nullptr) link->device_sent(mqtt::Pingreq{});
    }
  });
}

}  // namespace
}  // namespace probate::virtual_time
