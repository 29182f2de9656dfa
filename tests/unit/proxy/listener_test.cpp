#include "proxy/listener.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

// Takes every descriptor that is left, up to a low limit; gives all back at the end.
class NoDescriptors {
 public:
  explicit NoDescriptors(std::size_t left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit low = before_;
    low.rlim_cur = kLimit;
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY)) {
      taken_.push_back(fd);
    }
    for (; left > 0; --left) give_one();
  }
  ~NoDescriptors() {
    while (!taken_.empty()) give_one();
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  // All that are left to others, and as many more.
  void give_last(int more) {
    const int first = kLimit - static_cast<int>(kDescriptorsLeft) - more;
    while (!taken_.empty() && taken_.back() >= first) give_one();
  }
  void give_one() {
    ::close(taken_.back());
    taken_.pop_back();
  }

 private:
  static constexpr int kLimit = 256;
  rlimit before_{};
  std::vector<int> taken_;
};

std::uint64_t turned_away(World& world) {
  const auto why = static_cast<std::size_t>(journal::Refused::descriptors);
  return world.loop.counters().fronts[0].refused[why];
}

TEST(Listener, survives_running_out_of_descriptors) {
  World world;
  {
    // One for the client's own socket, none for the proxy's end of it.
    NoDescriptors scarcity{1};
    auto refused = world.device();
    world.until([&] { return world.counters().accept_errors > 0; }, "accept() failed");
    world.until([&] { return refused->ended(); }, "the client was refused, not left hanging");
    EXPECT_EQ(world.counters().accepted, 0u);
    EXPECT_EQ(world.counters().shortages, world.counters().accept_errors);
    EXPECT_EQ(turned_away(world), 1u);
  }
  Session session{world};
  EXPECT_EQ(world.counters().accepted, 1u);
}

TEST(Listener, refuses_a_dial_without_descriptors_and_goes_on) {
  World world;
  auto device = world.device();
  world.until([&] { return world.counters().accepted == 1; }, "it was accepted");
  {
    NoDescriptors scarcity{0};
    device->send(wire(connect_packet()));
    world.until([&] { return device->got_rst(); }, "the device was reset");
    EXPECT_EQ(world.counters().dial_errors, 0u) << "it is not the broker's doing";
    EXPECT_EQ(world.counters().shortages, 1u);
    EXPECT_EQ(turned_away(world), 1u);
  }
  Session session{world};
  EXPECT_EQ(world.counters().shortages, 1u);
}

// One is for the client's own socket.
TEST(Listener, leaves_the_last_descriptors_to_others) {
  World world;
  NoDescriptors scarcity{0};
  scarcity.give_last(1);
  auto refused = world.device();
  world.until([&] { return refused->ended(); }, "the client was refused");
  EXPECT_EQ(world.counters().accepted, 0u);
  EXPECT_EQ(world.counters().accept_errors, 1u);
  EXPECT_EQ(world.counters().shortages, 1u);
  EXPECT_EQ(turned_away(world), 1u);
}

TEST(Listener, takes_who_leaves_enough_to_others) {
  World world;
  NoDescriptors scarcity{0};
  scarcity.give_last(2);
  auto device = world.device();
  world.until([&] { return world.counters().accepted == 1; }, "it was accepted");
  EXPECT_EQ(world.counters().shortages, 0u);
}

TEST(Listener, dials_nobody_with_the_last_descriptors) {
  World world;
  auto device = world.device();
  world.until([&] { return world.counters().accepted == 1; }, "it was accepted");
  NoDescriptors scarcity{0};
  scarcity.give_last(0);
  device->send(wire(connect_packet()));
  world.until([&] { return device->got_rst(); }, "the device was reset");
  EXPECT_EQ(world.counters().dial_errors, 0u);
  EXPECT_EQ(world.counters().shortages, 1u);
  EXPECT_EQ(turned_away(world), 1u);
}

TEST(Listener, names_the_address_it_cannot_have) {
  World world;
  Proxy second{world.loop, world.owner, [&] {
                 ProxyConfig config;
                 config.fronts = {{.listen = world.address(), .upstream = {}}};
                 return config;
               }()};
  const auto bound = second.listen();
  ASSERT_FALSE(bound.has_value());
  EXPECT_EQ(bound.error(), "cannot listen on 127.0.0.1:" + std::to_string(world.address().port()) +
                               ": Address already in use");
}

TEST(Listener, takes_no_more_once_told_and_keeps_what_it_has) {
  World world;
  Session session{world};
  world.proxy().stop_accepting();
  tcp::socket socket{world.loop.io()};
  boost::system::error_code error;
  socket.connect(world.address(), error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
  session.device->send(kPingreq);
  world.until([&] { return session.broker->received().size() > wire(connect_packet()).size(); },
              "the link still passes");
}

TEST(Listener, that_is_shut_refuses_everybody_and_puts_out_who_is_in) {
  World world;
  Session session{world};
  auto greeting = world.stranger();
  greeting->send(Bytes{0x10});
  world.until([&] { return world.counters().accepted == 2; }, "it was accepted");
  ASSERT_TRUE(world.proxy().shut(0).has_value());
  world.until([&] { return session.device->got_fin() && greeting->got_fin(); }, "both are out");
  tcp::socket socket{world.loop.io()};
  boost::system::error_code error;
  socket.connect(world.address(), error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
  ASSERT_TRUE(world.proxy().shut(0).has_value()) << "once more changes nothing";
  // The address stays its own, and is the same afterwards.
  ASSERT_TRUE(world.proxy().reopen(0).has_value());
  Session next{world};
}

TEST(Listener, lets_those_wait_who_connect_between_bind_and_start) {
  World world;
  int accepted = 0;
  Listener listener{world.loop, [&](Socket, const Endpoint&) { ++accepted; }};
  const auto bound = listener.bind({boost::asio::ip::address_v4::loopback(), 0});
  ASSERT_TRUE(bound.has_value());
  boost::asio::io_context sockets;
  tcp::socket early{sockets};
  early.connect(*bound);  // the backlog takes it
  world.loop.io().poll();
  EXPECT_EQ(accepted, 0);
  listener.start();
  world.until([&] { return accepted == 1; }, "it was accepted");
}

TEST(Listener, has_a_reserve_again_once_there_are_descriptors) {
  World world;
  int accepted = 0;
  int turned_away = 0;
  Listener listener{world.loop, [&](Socket, const Endpoint&) { ++accepted; },
                    [&] { ++turned_away; }};
  Endpoint at;
  {
    NoDescriptors scarcity{1};  // its own, and none to keep in reserve
    const auto bound = listener.listen({boost::asio::ip::address_v4::loopback(), 0});
    ASSERT_TRUE(bound.has_value());
    at = *bound;
  }
  boost::asio::io_context sockets;
  tcp::socket first{sockets};
  first.connect(at);
  world.until([&] { return accepted == 1; }, "it was accepted");
  NoDescriptors scarcity{1};
  tcp::socket second{sockets};
  second.connect(at);
  world.until([&] { return turned_away == 1; }, "it was refused, not left hanging");
}

TEST(Listener, says_which_address_is_taken) {
  World world;
  Listener second{world.loop, [](Socket, const Endpoint&) {}};
  const auto bound = second.listen(world.address());
  ASSERT_FALSE(bound.has_value());
  EXPECT_EQ(bound.error().find("cannot listen on 127.0.0.1:"), 0u) << bound.error();
}

}  // namespace
}  // namespace probate::proxy::test
