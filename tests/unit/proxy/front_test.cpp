// Several listeners in one proxy, and IPv6.
#include "proxy/front.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;
using testing::HasSubstr;

// A broker besides that of the world.
struct OtherBroker {
  explicit OtherBroker(const tcp::endpoint& at = {address_v4::loopback(), 0})
      : acceptor{sockets, at} {
    acceptor.non_blocking(true);
  }
  tcp::endpoint address() const { return acceptor.local_endpoint(); }
  std::unique_ptr<Peer> accept(World& world) {
    tcp::socket socket{sockets};
    world.until(
        [&] {
          boost::system::error_code error;
          acceptor.accept(socket, error);
          return !error;
        },
        "the other broker was dialled");
    return std::make_unique<Peer>(std::move(socket));
  }

  boost::asio::io_context sockets;
  tcp::acceptor acceptor;
};

ProxyConfig two_fronts(const OtherBroker& other) {
  ProxyConfig config;
  config.fronts = {{}, {.listen = {}, .upstream = other.address()}};
  return config;
}

TEST(Fronts, lead_each_to_its_own_broker_and_tell_the_owner_which) {
  OtherBroker other;
  World world{two_fronts(other)};
  auto first = world.stranger(0);
  first->send(wire(connect_packet()));
  auto at_first = world.accept();
  auto second = world.stranger(1);
  second->send(wire(connect_packet()));
  auto at_second = other.accept(world);
  world.until([&] { return at_second->received() == wire(connect_packet()); }, "it passed");
  ASSERT_EQ(world.owner.origins.size(), 2u);
  EXPECT_EQ(world.owner.origins[0].front, 0);
  EXPECT_EQ(world.owner.origins[1].front, 1);
  std::vector<std::uint16_t> shown;
  world.proxy().for_each_link([&](const LinkSight& sight) {
    shown.push_back(sight.front);
    return true;
  });
  EXPECT_EQ(shown, (std::vector<std::uint16_t>{0, 1}));
}

TEST(Fronts, count_each_for_itself) {
  OtherBroker other;
  World world{two_fronts(other)};
  other.acceptor.close();
  auto device = world.stranger(1);
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_rst(); }, "nobody took it");
  const auto& fronts = world.loop.counters().fronts;
  ASSERT_EQ(fronts.size(), 2u);
  EXPECT_EQ(fronts[0].accepted, 0u);
  EXPECT_EQ(fronts[1].accepted, 1u);
  EXPECT_EQ(fronts[1].dial_errors, 1u);
  EXPECT_EQ(world.counters().dial_errors, 1u);
}

TEST(Fronts, lead_a_twin_to_the_broker_of_its_victim) {
  OtherBroker other;
  World world{two_fronts(other)};
  world.owner.identity = {DeviceId{5}, 1, true};
  auto device = world.stranger(1);
  device->send(wire(connect_packet()));
  auto broker = other.accept(world);
  world.until([&] { return broker->received() == wire(connect_packet()); }, "CONNECT arrived");
  world.perform(fault::OpenTwin{fault::TwinWill::carry}, 5);
  auto twin = other.accept(world);
  world.until([&] { return twin->received() == wire(connect_packet()); }, "the twin logs in");
}

TEST(Fronts, are_bound_all_or_none) {
  OtherBroker other;
  World world;
  ProxyConfig config;
  const tcp::endpoint any{address_v4::loopback(), 0};
  config.fronts = {{.listen = any, .upstream = {}}, {.listen = other.address(), .upstream = {}}};
  Proxy second{world.loop, world.owner, config};
  const auto bound = second.bind();
  ASSERT_FALSE(bound.has_value());
  EXPECT_THAT(bound.error(), HasSubstr(std::to_string(other.address().port()) + ": Address"));
}

TEST(Fronts, are_ipv6_on_both_sides_as_well) {
  OtherBroker other{{address_v6::loopback(), 0}};
  World world;
  ProxyConfig config;
  config.fronts = {{.listen = {address_v6::loopback(), 0}, .upstream = other.address()}};
  Proxy proxy{world.loop, world.owner, config};
  const auto bound = proxy.listen();
  ASSERT_TRUE(bound.has_value());
  boost::asio::io_context sockets;
  tcp::socket socket{sockets};
  socket.connect(bound->front());
  Peer device{std::move(socket)};
  device.send(wire(connect_packet()));
  auto broker = other.accept(world);
  world.until([&] { return broker->received() == wire(connect_packet()); }, "it passed");
  ASSERT_EQ(world.owner.origins.size(), 1u);
  EXPECT_EQ(world.owner.origins[0].source.to_string(), "::1");
}

TEST(Fronts, know_an_ipv4_client_of_an_ipv6_listener_by_its_ipv4_address) {
  World world;
  ProxyConfig config;
  config.fronts = {{.listen = {address_v6::any(), 0}, .upstream = {}}};
  Proxy proxy{world.loop, world.owner, config};
  const auto bound = proxy.listen();
  ASSERT_TRUE(bound.has_value());
  boost::asio::io_context sockets;
  tcp::socket socket{sockets};
  socket.connect({address_v4::loopback(), bound->front().port()});
  Peer device{std::move(socket)};
  device.send(wire(connect_packet()));
  world.until([&] { return !world.owner.origins.empty(); }, "it was asked for");
  EXPECT_EQ(world.owner.origins[0].source.to_string(), "127.0.0.1");
}

}  // namespace
}  // namespace probate::proxy::test
