// What a session costs: the reason why a million of them fit into one virtual run.
#include <cstdlib>
#include <new>

#include <malloc.h>

#include "tests/unit/core/broker/world.hpp"

namespace {

struct Heap {
  std::int64_t bytes = 0;
  std::int64_t allocations = 0;
};
thread_local Heap heap;

}  // namespace

// Not inlined: g++ 12 then sees a free() of something that new made.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  void* place = std::malloc(bytes);
  CHECK(place != nullptr);
  heap.bytes += static_cast<std::int64_t>(malloc_usable_size(place));
  ++heap.allocations;
  return place;
}
[[gnu::noinline]] void operator delete(void* place) noexcept {
  if (place != nullptr) heap.bytes -= static_cast<std::int64_t>(malloc_usable_size(place));
  std::free(place);
}
[[gnu::noinline]] void operator delete(void* place, std::size_t) noexcept {
  operator delete(place);
}

namespace probate::broker {
namespace {

constexpr std::uint64_t kDevices = 20'000;
constexpr std::int64_t kBytesMax = 260;  // of a connected session

std::string imei(std::uint64_t n) { return fmt::format("{:015}", 868570000000000 + n); }

// A device as article-luat has it: IMEI as Client ID, will, one subscription.
void connect_device(Broker& broker, std::uint64_t n, Actions& out) {
  mqtt::Connect connect;
  connect.version = Version::v3_1;
  connect.client_id = imei(n);
  connect.keep_alive = 300;
  connect.will.emplace();
  connect.will->topic = "/willmsg";
  connect.will->payload = imei(n) + "device_conn_err";
  const ConnectionId connection{n};
  broker.handle_packet(kRunStart + n * 1ms, connection, connect, out);
  mqtt::Subscribe subscribe;
  subscribe.packet_id = 1;
  subscribe.subscriptions.push_back({"/device/" + imei(n) + "/req", QoS::at_most_once});
  broker.handle_packet(kRunStart + n * 1ms, connection, subscribe, out);
  out.clear();
}

TEST(BrokerMemory, of_a_connected_session_is_at_most_260_bytes) {
  for (const char* name : {"spec-3.1.1", "mosquitto-2.0.11"}) {
    Broker broker{config_of(name)};
    Actions out;
    const std::int64_t before = heap.bytes;
    for (std::uint64_t n = 1; n <= kDevices; ++n) connect_device(broker, n, out);
    const std::int64_t each = (heap.bytes - before) / static_cast<std::int64_t>(kDevices);
    EXPECT_LE(each, kBytesMax) << name;
    RecordProperty("session_bytes", static_cast<int>(each));
  }
}

TEST(BrokerMemory, is_not_touched_by_packets_that_concern_nobody_else) {
  Broker broker{config_of("mosquitto-2.0.11")};
  Actions out;
  for (std::uint64_t n = 1; n <= 1'000; ++n) connect_device(broker, n, out);
  mqtt::Publish publish;
  publish.topic = "/device/868570000000001/report";
  publish.payload = "a report of more than fifteen characters";
  std::vector<mqtt::Packet> messages(101, mqtt::Packet{publish});
  const Instant now = kRunStart + 10s;
  broker.handle_packet(now, ConnectionId{1}, mqtt::Pingreq{}, out);
  broker.handle_packet(now, ConnectionId{1}, std::move(messages.back()), out);
  messages.pop_back();
  const std::int64_t before = heap.allocations;
  for (mqtt::Packet& message : messages) {
    out.clear();
    broker.handle_packet(now, ConnectionId{1}, std::move(message), out);
    broker.handle_packet(now, ConnectionId{1}, mqtt::Pingreq{}, out);
  }
  EXPECT_EQ(heap.allocations, before);
}

// Keep-alive is a lazy alarm: what a session sends costs nothing until it is looked at.
TEST(BrokerMemory, does_not_grow_with_what_is_sent) {
  Broker broker{config_of("mosquitto-2.0.11")};
  Actions out;
  for (std::uint64_t n = 1; n <= 1'000; ++n) connect_device(broker, n, out);
  std::int64_t after_an_hour = 0;
  for (int minute = 1; minute <= 600; ++minute) {
    const Instant now = kRunStart + minute * 60s;
    for (std::uint64_t n = 1; n <= 1'000; ++n) {
      broker.handle_packet(now, ConnectionId{n}, mqtt::Pingreq{}, out);
    }
    broker.handle_timeout(now, out);
    out.clear();
    if (minute == 60) after_an_hour = heap.bytes;
  }
  EXPECT_EQ(broker.connections(), 1'000U);
  // Buckets of the calendar come and go.
  EXPECT_LE(heap.bytes - after_an_hour, 64 * 1024);
}

}  // namespace
}  // namespace probate::broker
