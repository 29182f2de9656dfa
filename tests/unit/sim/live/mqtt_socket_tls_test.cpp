// The socket of an observer whose broker speaks TLS, against scripted peers.
#include <optional>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "sim/live/mqtt_socket.hpp"
#include "sim/live/record_channel.hpp"
#include "tests/support/certificates.hpp"

namespace probate::live {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using device::CloseCause;
using testing::HasSubstr;

// Ends TLS, keeps what it hears, and says what it is told to.
class TlsBroker {
 public:
  TlsBroker(proxy::Loop& loop, const test::Certificates& files)
      : acceptor_{loop.io(), {asio::ip::address_v4::loopback(), 0}} {
    context_.use_certificate_chain_file(files.pem("server"));
    context_.use_private_key_file(files.key("server"), asio::ssl::context::pem);
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      stream.emplace(std::move(socket), context_);
      stream->async_handshake(asio::ssl::stream_base::server, [this](const error_code& failed) {
        is_up = !failed;
        if (is_up) read();
      });
    });
  }
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  void send(const mqtt::Packet& packet) {
    Bytes bytes;
    mqtt::encode(packet, mqtt::Version::v3_1_1, bytes);
    asio::write(*stream, asio::buffer(bytes));
  }

  Bytes heard;
  error_code end;  // of what it hears
  bool is_up = false;
  std::optional<asio::ssl::stream<tcp::socket>> stream;

 private:
  void read() {
    stream->async_read_some(asio::buffer(chunk_), [this](const error_code& error, std::size_t n) {
      heard.insert(heard.end(), chunk_.begin(), chunk_.begin() + static_cast<std::ptrdiff_t>(n));
      end = error;
      if (!error) read();
    });
  }

  asio::ssl::context context_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_;
  std::array<std::uint8_t, 4096> chunk_{};
};

struct TlsWorld final : MqttSocket::User {
  test::Certificates files;
  proxy::RunClock clock;
  RecordChannel channel{0};
  proxy::Loop loop{clock, channel};
  SharedBuffers buffers;
  TlsBroker broker{loop, files};
  std::shared_ptr<MqttSocket> socket;
  bool opened = false;
  std::vector<mqtt::Packet> received;
  std::optional<CloseCause> closed;

  void dial(const char* ca, const tcp::endpoint& to) {
    auto tls = read_tls_files({.ca = files.pem(ca)}, "broker.lab");
    ASSERT_TRUE(tls) << tls.error();
    socket = MqttSocket::dial(loop, buffers, *this, mqtt::Version::v3_1_1,
                              {.target = to, .source = {}, .tls = *tls});
  }
  void socket_opened(Instant) override { opened = true; }
  void socket_received(Instant, const mqtt::Packet& packet) override { received.push_back(packet); }
  void socket_closed(Instant, CloseCause cause) override { closed = cause; }

  template <typename Condition>
  bool until(Condition condition) {
    const Instant deadline = clock.now() + 10s;
    while (!condition() && clock.now() < deadline) loop.io().run_one_for(std::chrono::seconds{1});
    return condition();
  }
};

TEST(MqttSocketTls, carries_packets_both_ways_in_their_order_and_says_goodbye) {
  TlsWorld world;
  world.dial("ca", world.broker.endpoint());
  ASSERT_TRUE(world.until([&] { return world.opened && world.broker.is_up; }));
  // Far more than fits into the socket at once: the rest waits, and DISCONNECT behind it.
  Bytes expected;
  for (int i = 0; i < 200; ++i) {
    mqtt::Publish publish;
    publish.topic = "t";
    publish.payload = std::string(40'000, static_cast<char>('a' + i % 26));
    mqtt::encode(publish, mqtt::Version::v3_1_1, expected);
    world.socket->send(publish);
  }
  world.broker.send(mqtt::Pingresp{});
  ASSERT_TRUE(world.until([&] { return !world.received.empty(); }));
  mqtt::encode(mqtt::Disconnect{}, mqtt::Version::v3_1_1, expected);
  world.socket->send(mqtt::Disconnect{});
  world.socket->close_with_fin();
  ASSERT_TRUE(world.until([&] { return world.broker.end.failed(); }));
  EXPECT_EQ(world.broker.end, asio::error::eof) << "a close_notify, no bare FIN";
  EXPECT_EQ(world.broker.heard, expected);
  EXPECT_EQ(world.closed, std::nullopt) << "who closes hears nothing more";
}

TEST(MqttSocketTls, tells_how_the_broker_ended_it) {
  for (const bool is_polite : {true, false}) {
    TlsWorld world;
    world.dial("ca", world.broker.endpoint());
    ASSERT_TRUE(world.until([&] { return world.opened && world.broker.is_up; }));
    error_code ignored;
    if (is_polite) {
      world.broker.stream->async_shutdown([](const error_code&) {});
    } else {
      world.broker.stream->next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    }
    ASSERT_TRUE(world.until([&] { return world.closed.has_value(); }));
    EXPECT_EQ(world.closed, CloseCause::peer_fin);
  }
}

TEST(MqttSocketTls, says_which_certificate_it_does_not_accept) {
  TlsWorld world;
  world.dial("other-ca", world.broker.endpoint());
  ASSERT_TRUE(world.until([&] { return world.closed.has_value(); }));
  EXPECT_FALSE(world.opened);
  EXPECT_EQ(world.closed, CloseCause::protocol_error);
  EXPECT_THAT(world.socket->trouble(), HasSubstr("TLS: certificate verify failed ("));
}

TEST(MqttSocketTls, does_not_blame_a_certificate_that_it_was_told_to_accept) {
  TlsWorld world;
  const auto tls = read_tls_files({.verifies = false}, "broker.lab");
  ASSERT_TRUE(tls) << tls.error();
  world.socket = MqttSocket::dial(world.loop, world.buffers, world, mqtt::Version::v3_1_1,
                                  {.target = world.broker.endpoint(), .source = {}, .tls = *tls});
  ASSERT_TRUE(world.until([&] { return world.opened && world.broker.is_up; }));
  asio::write(world.broker.stream->next_layer(), asio::buffer("this is no TLS record"));
  ASSERT_TRUE(world.until([&] { return world.closed.has_value(); }));
  EXPECT_EQ(world.socket->trouble(), "TLS: wrong version number");
}

TEST(MqttSocketTls, can_be_let_go_in_the_middle_of_its_handshake) {
  TlsWorld world;
  tcp::acceptor mute{world.loop.io(), {asio::ip::address_v4::loopback(), 0}};
  std::optional<tcp::socket> accepted;
  std::array<std::uint8_t, 4096> hello{};
  std::size_t heard = 0;
  mute.async_accept([&](const error_code&, tcp::socket socket) {
    accepted.emplace(std::move(socket));
    accepted->async_read_some(asio::buffer(hello),
                              [&](const error_code&, std::size_t size) { heard = size; });
  });
  world.dial("ca", mute.local_endpoint());
  ASSERT_TRUE(world.until([&] { return heard > 0; }));
  world.socket->close_with_fin();
  bool ended = false;
  accepted->async_read_some(asio::buffer(hello),
                            [&](const error_code& error, std::size_t) { ended = error.failed(); });
  EXPECT_TRUE(world.until([&] { return ended; })) << "it still waits for an answer";
  EXPECT_EQ(world.closed, std::nullopt);
}

}  // namespace
}  // namespace probate::live
