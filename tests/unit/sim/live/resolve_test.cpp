#include "sim/live/resolve.hpp"

#include <array>
#include <chrono>
#include <deque>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/pending_signal.hpp"

namespace probate::live {
namespace {

using boost::asio::ip::tcp;

// Its queue is full, so whoever dials next hears nothing.
class Silent {
 public:
  Silent() {
    ::listen(acceptor_.native_handle(), 0);
    for (tcp::socket& socket : fill_) {
      socket.open(tcp::v4());
      socket.native_non_blocking(true);
      const tcp::endpoint at = acceptor_.local_endpoint();
      ::connect(socket.native_handle(), at.data(), static_cast<socklen_t>(at.size()));
    }
  }
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::array<tcp::socket, 2> fill_{tcp::socket{io_}, tcp::socket{io_}};
};

TEST(Unreachable, brokers_are_all_asked_at_once) {
  constexpr std::size_t kBrokers = 20;
  std::deque<Silent> silent(kBrokers);
  std::vector<tcp::endpoint> endpoints;
  for (const Silent& broker : silent) endpoints.push_back(broker.endpoint());
  boost::asio::io_context io;
  tcp::acceptor reachable{io, {boost::asio::ip::address_v4::loopback(), 0}};
  endpoints.push_back(reachable.local_endpoint());
  const auto began = std::chrono::steady_clock::now();
  const auto why = why_unreachable(endpoints, 500ms);
  // One after the other they take ten seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  ASSERT_EQ(why.size(), kBrokers + 1);
  for (std::size_t i = 0; i < kBrokers; ++i) EXPECT_EQ(why[i], "no answer within 500ms");
  EXPECT_EQ(why.back(), "");
}

tcp::endpoint at(const char* address, std::uint16_t port = 1884) {
  return {boost::asio::ip::make_address(address), port};
}

TEST(LeadsTo, is_the_same_address_or_this_machine_where_all_addresses_are_listened_at) {
  EXPECT_TRUE(leads_to(at("127.0.0.1"), at("127.0.0.1")));
  EXPECT_TRUE(leads_to(at("192.0.2.1"), at("192.0.2.1")));
  EXPECT_TRUE(leads_to(at("127.0.0.2"), at("0.0.0.0")));
  EXPECT_TRUE(leads_to(at("::1"), at("::")));
  EXPECT_TRUE(leads_to(at("127.0.0.1"), at("::")));
  EXPECT_TRUE(leads_to(at("0.0.0.0"), at("127.0.0.1")));
  EXPECT_TRUE(leads_to(at("::"), at("::1")));
  EXPECT_FALSE(leads_to(at("127.0.0.1", 1883), at("127.0.0.1")));
  EXPECT_FALSE(leads_to(at("127.0.0.2"), at("127.0.0.1")));
  EXPECT_FALSE(leads_to(at("::1"), at("127.0.0.1")));
  EXPECT_FALSE(leads_to(at("::1"), at("0.0.0.0")));
  EXPECT_FALSE(leads_to(at("192.0.2.1"), at("0.0.0.0")));
  EXPECT_FALSE(leads_to(at("0.0.0.0"), at("192.0.2.1")));
}

TEST(Unreachable, is_not_waited_for_any_longer_once_a_signal_came) {
  const Silent broker;
  const test::PendingSignal interrupted{SIGINT};
  EXPECT_EQ(why_unreachable({broker.endpoint()}, 1h).front(), "no answer before SIGINT");
}

}  // namespace
}  // namespace probate::live
