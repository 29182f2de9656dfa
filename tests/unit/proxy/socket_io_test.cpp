#include "proxy/socket_io.hpp"

#include <array>
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

bool acknowledges_at_once(const Socket& socket) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(socket.descriptor(), IPPROTO_TCP, TCP_QUICKACK, &value, &size), 0);
  return value == 1;
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
  ASSERT_EQ(write_some(socket, as_bytes("hello")).bytes, 5u);
  EXPECT_TRUE(acknowledges_at_once(socket));
}

// A fault holds them.
TEST_F(Dialled, acknowledges_it_without_bytes_when_it_is_told_that_none_come) {
  EXPECT_EQ(segments_sent(socket), 1u) << "SYN";
  end_greeting(socket);
  EXPECT_EQ(segments_sent(socket), 2u);
  EXPECT_TRUE(acknowledges_at_once(socket));
  pollfd arrived{listener.native_handle(), POLLIN, 0};
  EXPECT_EQ(::poll(&arrived, 1, 10'000), 1);
}

}  // namespace
}  // namespace probate::proxy::test
