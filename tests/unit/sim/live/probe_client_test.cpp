// What is asked of a broker before and after a run has an end, whatever the broker does.
#include "sim/live/probe_client.hpp"

#include <array>
#include <chrono>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"

namespace probate::live {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using testing::HasSubstr;

// Accepts a client and then talks without end, of something else than it was asked.
class ChattyBroker {
 public:
  ChattyBroker() : thread_{[this] { serve(); }} {}
  ~ChattyBroker() { thread_.join(); }
  ChattyBroker(const ChattyBroker&) = delete;
  ChattyBroker& operator=(const ChattyBroker&) = delete;

  BrokerAddress address() const { return {"127.0.0.1", acceptor_.local_endpoint().port(), "", ""}; }

 private:
  // Far beyond any patience: a client that waits so long waits for ever.
  static constexpr std::chrono::seconds kEnd{20};

  void serve() {
    tcp::socket client = acceptor_.accept();
    std::array<std::uint8_t, 256> connect{};
    client.read_some(asio::buffer(connect));
    Bytes bytes;
    mqtt::encode(mqtt::Connack{}, mqtt::Version::v3_1_1, bytes);
    for (int i = 0; i < 100; ++i) mqtt::encode(mqtt::Pingresp{}, mqtt::Version::v3_1_1, bytes);
    const auto end = std::chrono::steady_clock::now() + kEnd;
    error_code gone;
    while (!gone && std::chrono::steady_clock::now() < end) {
      asio::write(client, asio::buffer(bytes), gone);
      bytes.erase(bytes.begin(), bytes.end() - 200);  // without the CONNACK from now on
    }
    EXPECT_TRUE(gone) << "the client still waits";
  }

  asio::io_context io_;
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

TEST(ProbeClient, gives_a_question_one_patience_however_much_else_the_broker_says) {
  ChattyBroker broker;
  ProbeClient client;
  mqtt::Connect connect;
  connect.client_id = "probe";
  ASSERT_TRUE(client.connect(broker.address(), connect, 10s));
  const auto granted = client.subscribe("a/b", 100ms);
  ASSERT_FALSE(granted);
  EXPECT_THAT(granted.error(), HasSubstr("did not answer SUBSCRIBE"));
}

// As mosquitto does with what is larger than its max_packet_size.
TEST(ProbeClient, says_that_it_was_closed_when_it_sent_connect) {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::thread broker{[&acceptor] {
    tcp::socket client = acceptor.accept();
    std::array<std::uint8_t, 256> bytes{};
    client.read_some(asio::buffer(bytes));
  }};
  ProbeClient client;
  mqtt::Connect connect;
  connect.client_id = "probe";
  const auto connack =
      client.connect({"127.0.0.1", acceptor.local_endpoint().port(), "", ""}, connect, 10s);
  broker.join();
  ASSERT_FALSE(connack);
  EXPECT_THAT(connack.error(), HasSubstr("closed the connection when it read CONNECT"));
}

// The error of a client whose CONNECT is answered with these bytes.
std::string error_after(const Bytes& answer) {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::thread broker{[&] {
    tcp::socket client = acceptor.accept();
    std::array<std::uint8_t, 256> bytes{};
    client.read_some(asio::buffer(bytes));
    asio::write(client, asio::buffer(answer));
    error_code gone;
    client.read_some(asio::buffer(bytes), gone);  // until the client has left
  }};
  std::string error;
  {
    ProbeClient client;
    mqtt::Connect connect;
    connect.client_id = "probe";
    const auto connack =
        client.connect({"127.0.0.1", acceptor.local_endpoint().port(), "", ""}, connect, 10s);
    if (!connack) error = connack.error();
  }
  broker.join();
  return error;
}

TEST(ProbeClient, says_what_came_where_it_is_no_connack) {
  const std::string error = error_after({0x20, 0x02, 0x00, 0x63});
  EXPECT_THAT(error, HasSubstr("answered CONNECT with what MQTT 3.1.1 does not have, 20 02 00 63: "
                               "byte 3 sent by the broker: "));
  EXPECT_THAT(error, testing::Not(HasSubstr("broker.username")));
}

TEST(ProbeClient, says_what_a_refusal_means_and_who_asks) {
  EXPECT_THAT(error_after({0x20, 0x02, 0x00, 0x05}),
              HasSubstr("refused CONNECT with code 5 (not authorized); `broker.username` of the "
                        "scenario says who asks"));
  EXPECT_THAT(error_after({0x20, 0x02, 0x00, 0x03}),
              testing::EndsWith("refused CONNECT with code 3 (Server unavailable)"));
  // A code of 5.0 for a client of 3.1.1.
  EXPECT_THAT(error_after({0x20, 0x02, 0x00, 0x87}),
              testing::AllOf(HasSubstr("20 02 00 87 (Not authorized): "),
                             testing::EndsWith("`broker.username` of the scenario says who asks")));
}

// A client's error over TLS, whose ClientHello is answered with these bytes, or never.
std::string tls_error_after(const Bytes& answer, Duration patience) {
  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::thread broker{[&] {
    tcp::socket client = acceptor.accept();
    std::array<std::uint8_t, 4096> bytes{};
    client.read_some(asio::buffer(bytes));
    EXPECT_EQ(bytes[0], 0x16) << "no TLS handshake";
    error_code gone;
    asio::write(client, asio::buffer(answer), gone);
    while (!gone) client.read_some(asio::buffer(bytes), gone);  // until the client has left
  }};
  const auto tls = read_tls_files({.verifies = false}, "broker.lab");
  std::string error;
  {
    ProbeClient client;
    mqtt::Connect connect;
    connect.client_id = "probe";
    const BrokerAddress address{"127.0.0.1", acceptor.local_endpoint().port(), "", "", *tls};
    const auto connack = client.connect(address, connect, patience);
    if (!connack) error = connack.error();
  }
  broker.join();
  return error;
}

TEST(ProbeClient, says_that_what_answers_its_handshake_speaks_no_tls) {
  EXPECT_THAT(tls_error_after({'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', '4'}, 10s),
              testing::AllOf(HasSubstr("no TLS with the broker 127.0.0.1:"),
                             testing::EndsWith("wrong version number")));
}

TEST(ProbeClient, gives_a_handshake_that_nobody_answers_its_patience) {
  EXPECT_THAT(tls_error_after({}, 100ms), HasSubstr("does not answer the TLS handshake"));
}

}  // namespace
}  // namespace probate::live
