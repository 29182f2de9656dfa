// What a link costs: allocations per packet (none) and memory per idle link.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/unit/proxy/world.hpp"

namespace {
// Other tests of this program have threads.
std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> live_bytes = 0;
}  // namespace

// Counts every allocation of this test program, and what is allocated now.
void* operator new(std::size_t bytes) {
  ++allocations;
  void* const place = std::malloc(bytes == 0 ? 1 : bytes);
  if (place == nullptr) std::abort();
  live_bytes += ::malloc_usable_size(place);
  return place;
}
void operator delete(void* place) noexcept {
  if (place == nullptr) return;
  live_bytes -= ::malloc_usable_size(place);
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept { operator delete(place); }

namespace probate::proxy::test {
namespace {

// A raw exchange without the harness, which allocates itself.
void exchange(World& world, Session& session, ByteView packet) {
  const auto carry = [&](tcp::socket& from, tcp::socket& to) {
    from.write_some(boost::asio::buffer(packet.data(), packet.size()));
    std::array<std::uint8_t, 256> buffer{};
    boost::system::error_code error;
    do {
      world.loop.io().run_one();
      to.read_some(boost::asio::buffer(buffer), error);
    } while (error == boost::asio::error::would_block);
    ASSERT_FALSE(error);
  };
  carry(session.device->socket(), session.broker->socket());
  carry(session.broker->socket(), session.device->socket());
}

TEST(Cost, forwards_packets_without_allocating) {
  World world;
  Session session{world};
  world.loop.io().restart();
  mqtt::Publish publish;
  publish.topic = "t";
  publish.payload = std::string(64, 'x');
  const Bytes packet = wire(publish);
  for (int i = 0; i < 10; ++i) exchange(world, session, packet);
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) exchange(world, session, packet);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(world.counters().packets[0][3], 1010u);
  EXPECT_EQ(world.counters().packets[1][3], 1010u);
}

TEST(Cost, of_faults_that_wait_or_hardly_bite_is_no_allocation_either) {
  World world;
  Session session{world};
  world.perform(fault::WatchIdle{1h});
  world.perform(fault::LimitLinks{.after = 1h, .bytes = 1u << 30});
  world.perform(fault::DelayFin{1s});
  world.perform(fault::Throttle{fault::FlowDirection::both, 1u << 30});
  world.loop.io().restart();
  mqtt::Publish publish;
  publish.topic = "t";
  publish.payload = std::string(64, 'x');
  const Bytes packet = wire(publish);
  for (int i = 0; i < 10; ++i) exchange(world, session, packet);
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) exchange(world, session, packet);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(world.counters().packets[0][3], 1010u);
}

TEST(Cost, of_a_packet_that_a_fault_looks_at_and_lets_pass_is_no_allocation_either) {
  World world;
  Session session{world};
  world.owner.asked.reserve(4'000);
  const fault::PacketSet publishes{mqtt::PacketType::publish};
  world.perform(fault::Watch{.up = publishes, .down = publishes});
  world.loop.io().restart();
  const Bytes packet =
      wire(mqtt::Publish{.topic = "t", .payload = std::string(64, 'x'), .properties = {}});
  for (int i = 0; i < 10; ++i) exchange(world, session, packet);
  const std::size_t before = allocations;
  for (int i = 0; i < 1000; ++i) exchange(world, session, packet);
  EXPECT_EQ(allocations - before, 0u);
  EXPECT_EQ(world.owner.asked.size(), 2020u) << "each way";
}

TEST(Cost, of_a_journal_that_nobody_reads_is_nothing_and_counts_go_on) {
  World world;
  world.loop.mute();
  Session session{world};
  mqtt::Publish publish;
  publish.topic = "t";
  session.device->send(wire(publish));
  session.device->fin();
  world.until([&] { return session.broker->got_fin(); }, "the device's end passed");
  session.broker->fin();
  world.until([&] { return session.device->got_fin(); }, "the broker's end passed");
  EXPECT_TRUE(world.journal.is_empty());
  EXPECT_EQ(world.owner.sessions, 1);
  EXPECT_EQ(world.owner.downs, 1);
  EXPECT_EQ(world.counters().packets[0][1], 1u) << "CONNECT";
  EXPECT_EQ(world.counters().packets[0][3], 1u) << "PUBLISH";
  EXPECT_EQ(world.counters().packets[1][2], 1u) << "CONNACK";
  EXPECT_EQ(world.counters().open_links, 0u);
}

// Two connected peers that have received what a session's have, without a proxy between them.
struct Pair {
  Pair(boost::asio::io_context& sockets, tcp::acceptor& acceptor) {
    tcp::socket socket{sockets};
    socket.connect(acceptor.local_endpoint());
    device = std::make_unique<Peer>(std::move(socket));
    broker = std::make_unique<Peer>(acceptor.accept());
    device->send(wire(connect_packet()));
    broker->send(kConnack);
    while (broker->received().empty() || device->received().empty()) {
    }
  }
  std::unique_ptr<Peer> device;
  std::unique_ptr<Peer> broker;
};

constexpr std::uint8_t kLinks = 200;

std::size_t bytes_of_peers() {
  boost::asio::io_context sockets;
  tcp::acceptor acceptor{sockets, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<std::unique_ptr<Pair>> pairs;
  pairs.reserve(kLinks);
  const std::size_t before = live_bytes;
  for (int i = 0; i < kLinks; ++i) pairs.push_back(std::make_unique<Pair>(sockets, acceptor));
  return live_bytes - before;
}

TEST(Cost, keeps_an_idle_link_under_one_and_a_half_kibibytes) {
  const std::size_t peers = bytes_of_peers();
  World world;
  world.journal.keeps = false;
  const Session warm_up{world, 0};
  std::vector<std::unique_ptr<Session>> sessions;
  sessions.reserve(kLinks);
  const std::size_t before = live_bytes;
  for (std::uint8_t i = 1; i <= kLinks; ++i) {
    sessions.push_back(std::make_unique<Session>(world, i));
  }
  const std::size_t per_link = (live_bytes - before - peers) / kLinks;
  RecordProperty("bytes_per_idle_link", static_cast<int>(per_link));
  EXPECT_LE(per_link, 1536u);
  EXPECT_GE(per_link, 500u) << "the measurement is broken";
}

}  // namespace
}  // namespace probate::proxy::test
