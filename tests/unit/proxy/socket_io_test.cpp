#include "proxy/socket_io.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace probate::proxy::test {
namespace {

// tcpi_segs_out of the kernel's struct, of which the C library's ends before it.
std::uint32_t segments_sent(const Socket& socket) {
  constexpr std::size_t kOffset = 136;
  std::array<std::uint8_t, kOffset + sizeof(std::uint32_t)> info{};
  socklen_t size = info.size();
  EXPECT_EQ(::getsockopt(socket.descriptor(), IPPROTO_TCP, TCP_INFO, info.data(), &size), 0);
  std::uint32_t count = 0;
  std::memcpy(&count, info.data() + kOffset, sizeof count);
  return count;
}

// Somebody listens there, and one connection is made to it.
struct Dialled : testing::Test {
  void SetUp() override {
    socket = dial(listener.local_endpoint(), limit);
    ASSERT_TRUE(socket.is_open());
    pollfd connected{socket.descriptor(), POLLOUT, 0};
    ASSERT_EQ(::poll(&connected, 1, 10'000), 1);
  }

  boost::asio::io_context io{1};
  Poller poller{io};
  DescriptorLimit limit{poller};
  boost::asio::ip::tcp::acceptor listener{io, {boost::asio::ip::address_v4::loopback(), 0}};
  Socket socket;
};

TEST_F(Dialled, acknowledges_the_handshake_with_its_first_bytes) {
  ASSERT_EQ(write_some(socket, as_bytes("hello")).bytes, 5u);
  EXPECT_EQ(segments_sent(socket), 2u) << "SYN, and the bytes";
  boost::asio::ip::tcp::socket peer = listener.accept();
  std::array<char, 16> heard{};
  EXPECT_EQ(peer.read_some(boost::asio::buffer(heard)), 5u);
}

// What a broker with Nagle's algorithm says in several pieces waits for the ACK of the first.
TEST_F(Dialled, acknowledges_at_once_from_then_on) {
  constexpr std::size_t kTries = 5;
  auto shortest = std::chrono::steady_clock::duration::max();
  for (std::size_t i = 0; i < kTries; ++i) {
    if (i > 0) SetUp();
    ASSERT_EQ(write_some(socket, as_bytes("hello")).bytes, 5u);
    boost::asio::ip::tcp::socket peer = listener.accept();
    std::array<char, 16> heard{};
    peer.read_some(boost::asio::buffer(heard));
    const auto began = std::chrono::steady_clock::now();
    for (const char* piece : {"a", "b", "c"}) peer.write_some(boost::asio::buffer(piece, 1));
    std::size_t got = 0;
    while (got < 3) {
      pollfd readable{socket.descriptor(), POLLIN, 0};
      ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
      std::array<std::uint8_t, 16> pieces{};
      got += read_some(socket, pieces).bytes;
    }
    shortest = std::min(shortest, std::chrono::steady_clock::now() - began);
  }
  EXPECT_LT(shortest, std::chrono::milliseconds{30}) << "an ACK that waits takes 40 ms";
}

// Its kernel does so by itself, in 200 ms at most: accept() returns.
TEST_F(Dialled, acknowledges_it_without_any_bytes_too) {
  const boost::asio::ip::tcp::socket peer = listener.accept();
  EXPECT_TRUE(peer.is_open());
}

}  // namespace
}  // namespace probate::proxy::test
