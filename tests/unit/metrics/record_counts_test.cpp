#include "metrics/record_counts.hpp"

#include <gtest/gtest.h>

namespace probate::metrics {
namespace {

// A fleet whose connections are told to the counts.
class Fleet {
 public:
  void connects(std::uint32_t device, Duration at, std::uint8_t reason = 0, bool twin = false) {
    const ConnectionId connection{++connections_};
    journal::ConnectForwarded connect;
    connect.connection = connection;
    connect.device = {device};
    connect.twin = twin;
    counts.add({.at = kRunStart + at, .body = connect});
    journal::ConnackReceived connack;
    connack.connection = connection;
    connack.reason = reason;
    counts.add({.at = kRunStart + at, .body = connack});
  }

  RecordCounts counts;

 private:
  std::uint64_t connections_ = 0;
};

TEST(RecordCounts, find_the_second_with_the_most_devices_back) {
  Fleet fleet;
  for (std::uint32_t device = 0; device < 50; ++device) fleet.connects(device, 1s);
  EXPECT_EQ(fleet.counts.reconnect_peak_per_second(), 0u);  // a first connect is no reconnect
  fleet.connects(0, 10s + 100ms);
  fleet.connects(1, 10s + 900ms);
  fleet.connects(2, 11s);
  EXPECT_EQ(fleet.counts.reconnect_peak_per_second(), 2u);
}

TEST(RecordCounts, count_neither_refusals_nor_twins_as_back) {
  Fleet fleet;
  fleet.connects(0, 1s);
  fleet.connects(0, 2s, 5);
  fleet.connects(0, 2s, 0, true);
  EXPECT_EQ(fleet.counts.reconnect_peak_per_second(), 0u);
  fleet.connects(0, 3s);
  EXPECT_EQ(fleet.counts.reconnect_peak_per_second(), 1u);
}

TEST(RecordCounts, tell_closes_apart) {
  using journal::CloseHow;
  using journal::Leg;
  using journal::Party;
  RecordCounts counts;
  journal::LegClosed close;
  close.leg = Leg::device;
  close.by = Party::proxy;
  close.how = CloseHow::fin;
  counts.add({.body = close});
  counts.add({.body = close});
  EXPECT_EQ(counts.closes(Leg::device, Party::proxy, CloseHow::fin), 2u);
  EXPECT_EQ(counts.closes(Leg::broker, Party::proxy, CloseHow::fin), 0u);
}

TEST(RecordCounts, count_what_was_swallowed) {
  RecordCounts counts;
  counts.add({.body = journal::ConnectSwallowed{}});
  journal::PacketSwallowed swallowed;
  counts.add({.body = swallowed});
  counts.add({.body = swallowed});
  swallowed.direction = mqtt::Direction::uplink;
  swallowed.packet = mqtt::PacketType::disconnect;
  counts.add({.body = swallowed});
  journal::PacketAltered altered;
  altered.how = journal::Alteration::injected;
  counts.add({.body = altered});
  EXPECT_EQ(counts.connects_swallowed(), 1u);
  using mqtt::Direction;
  using mqtt::PacketType;
  EXPECT_EQ(counts.packets_swallowed(Direction::downlink, PacketType::connack), 2u);
  EXPECT_EQ(counts.packets_swallowed(Direction::uplink, PacketType::disconnect), 1u);
  EXPECT_EQ(counts.packets_swallowed(Direction::uplink, PacketType::connack), 0u);
  EXPECT_EQ(counts.packets_altered(journal::Alteration::injected), 1u);
  EXPECT_EQ(counts.packets_altered(journal::Alteration::held), 0u);
}

}  // namespace
}  // namespace probate::metrics
