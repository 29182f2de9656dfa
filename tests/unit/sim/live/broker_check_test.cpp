// Which profile a broker is judged against when the scenario names none; and what stays on it.
#include "sim/live/broker_check.hpp"

#include <array>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "core/mqtt/framer.hpp"
#include "tests/support/pending_signal.hpp"

namespace probate::live {
namespace {

TEST(BrokerVersion, of_mosquitto_decides_the_profile) {
  EXPECT_EQ(profile_for("mosquitto version 2.0.3"), "mosquitto-2.0.11");
  EXPECT_EQ(profile_for("mosquitto version 2.0.11"), "mosquitto-2.0.11");
  EXPECT_EQ(profile_for("mosquitto version 2.0.20"), "mosquitto-2.0.11");
  EXPECT_EQ(profile_for("mosquitto version 2.0.21"), "mosquitto-2.0.22");
  EXPECT_EQ(profile_for("mosquitto version 2.0.22"), "mosquitto-2.0.22");
  EXPECT_EQ(profile_for("mosquitto version 2.1.2"), "mosquitto-2.0.22");
}

TEST(BrokerVersion, that_is_not_known_has_no_profile) {
  for (const char* text :
       {"", "mosquitto", "mosquitto version ", "mosquitto version x.y.z", "mosquitto version 2.0",
        "mosquitto version 1.6.15", "mosquitto version 2.0.2", "HBMQTT version 0.9.5"}) {
    EXPECT_EQ(profile_for(text), "") << text;
  }
}

TEST(BrokerVersion, that_is_not_known_is_judged_by_the_specification_of_what_the_devices_speak) {
  scenario::Scenario scenario;
  scenario.devices.emplace_back();
  EXPECT_EQ(specification_for(scenario), "spec-3.1.1");
  scenario.devices.emplace_back().protocol = mqtt::Version::v5;
  EXPECT_EQ(specification_for(scenario), "spec-5.0");
}

using boost::asio::ip::tcp;
using testing::ElementsAre;
using testing::HasSubstr;

// Takes one client, grants its subscription, and closes: as a broker does with the older of two
// clients of one name.
class ClosingBroker {
 public:
  ClosingBroker() : thread_{[this] { serve(); }} {}
  ~ClosingBroker() { join(); }
  ClosingBroker(const ClosingBroker&) = delete;
  ClosingBroker& operator=(const ClosingBroker&) = delete;

  BrokerAddress address() const { return {"127.0.0.1", acceptor_.local_endpoint().port(), "", ""}; }
  // Of the client. After its end.
  std::string client_id() {
    join();
    return client_id_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void serve() {
    tcp::socket client = acceptor_.accept();
    client_id_ = std::get<mqtt::Connect>(read(client)).client_id;
    write(client, mqtt::Connack{});
    try {
      const auto subscribe = std::get<mqtt::Subscribe>(read(client));
      write(client,
            mqtt::Suback{.packet_id = subscribe.packet_id, .reasons = {0}, .properties = {}});
    } catch (const boost::system::system_error&) {
      // Who has nothing to ask leaves without it.
    }
  }
  static mqtt::Packet read(tcp::socket& client) {
    Bytes frame;
    mqtt::FrameScanner scanner;
    while (true) {
      std::array<std::uint8_t, 1> byte{};
      client.read_some(boost::asio::buffer(byte));
      frame.push_back(byte[0]);
      if (!scanner.advance(ByteView{byte})->complete) continue;
      return mqtt::decode(frame, mqtt::Version::v3_1_1, mqtt::Direction::uplink).value();
    }
  }
  static void write(tcp::socket& client, const mqtt::Packet& packet) {
    Bytes bytes;
    mqtt::encode(packet, mqtt::Version::v3_1_1, bytes);
    boost::asio::write(client, boost::asio::buffer(bytes));
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::string client_id_;
  std::thread thread_;
};

// Its devices leave one retained message each.
scenario::Scenario retaining() {
  scenario::Scenario scenario;
  auto& kind = scenario.devices.emplace_back();
  kind.client_id = Template::parse("m-{index}").value();
  kind.will.emplace().topic = Template::parse("will/{client_id}").value();
  kind.will->retain = true;
  scenario.fleet.push_back({.name = "city", .device = 0, .count = 3, .link = {}});
  return scenario;
}

TEST(ClearState, goes_by_a_name_of_its_own_and_says_if_it_is_interrupted) {
  ClosingBroker broker;
  const auto left = clear_state(broker.address(), retaining(), "4711", {}).left;
  EXPECT_EQ(broker.client_id(), "probate-janitor-4711");
  EXPECT_THAT(left, ElementsAre("retained messages, if there are more: the connection was lost"));
}

TEST(ClearState, removes_nothing_if_nobody_knows_what_was_there_before) {
  ClosingBroker looked_at;
  const Retained before = look_at_retained(looked_at.address(), retaining(), "4711");
  EXPECT_THAT(before.failures, ElementsAre(HasSubstr("the connection was lost")));
  ClosingBroker cleared;
  EXPECT_THAT(clear_state(cleared.address(), retaining(), "4711", before).left,
              ElementsAre(HasSubstr("nobody knows what was there before")));
}

TEST(ClearState, does_not_begin_once_a_signal_came) {
  boost::asio::io_context io;
  // Nobody answers there.
  const tcp::acceptor deaf{io, {boost::asio::ip::address_v4::loopback(), 0}};
  const test::PendingSignal interrupted{SIGINT};
  const auto left =
      clear_state({"127.0.0.1", deaf.local_endpoint().port(), "", ""}, retaining(), "4711", {})
          .left;
  EXPECT_THAT(left, ElementsAre("retained messages and sessions, if there are any: SIGINT"));
}

}  // namespace
}  // namespace probate::live
