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

TEST(Unreachable, is_not_waited_for_any_longer_once_a_signal_came) {
  const Silent broker;
  const test::PendingSignal interrupted{SIGINT};
  EXPECT_EQ(why_unreachable({broker.endpoint()}, 1h).front(), "no answer before SIGINT");
}

}  // namespace
}  // namespace probate::live
