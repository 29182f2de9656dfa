#include "sim/live/observer_client.hpp"

#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "sim/live/record_channel.hpp"

namespace probate::live {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// Accepts anybody, grants every subscription and sends every PUBLISH back to its sender, unless it
// is told to keep it to itself: all that a marker needs of a broker.
class EchoBroker {
 public:
  explicit EchoBroker(proxy::Loop& loop)
      : acceptor_{loop.io(), {boost::asio::ip::address_v4::loopback(), 0}} {
    accept();
  }
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  bool keeps_messages = false;
  bool denies_subscriptions = false;
  // As if published by somebody else, with this observer subscribed.
  void publish(const mqtt::Publish& publish) { send(*clients_.back(), publish); }

 private:
  struct Client {
    explicit Client(tcp::socket accepted) : socket{std::move(accepted)} {}
    tcp::socket socket;
    std::array<std::uint8_t, 4096> chunk{};
    Bytes frame;
    mqtt::FrameScanner scanner;
  };

  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      clients_.push_back(std::make_shared<Client>(std::move(socket)));
      read(clients_.back());
      accept();
    });
  }
  void read(const std::shared_ptr<Client>& client) {
    client->socket.async_read_some(boost::asio::buffer(client->chunk),
                                   [this, client](const error_code& error, std::size_t size) {
                                     if (error) return;
                                     take(*client, ByteView{client->chunk.data(), size});
                                     read(client);
                                   });
  }
  void take(Client& client, ByteView bytes) {
    while (!bytes.empty()) {
      const auto step = client.scanner.advance(bytes);
      ASSERT_TRUE(step);
      client.frame.insert(client.frame.end(), bytes.begin(),
                          bytes.begin() + static_cast<std::ptrdiff_t>(step->consumed));
      bytes = bytes.subspan(step->consumed);
      if (!step->complete) continue;
      const auto packet =
          mqtt::decode(client.frame, mqtt::Version::v3_1_1, mqtt::Direction::uplink);
      ASSERT_TRUE(packet);
      client.frame.clear();
      answer(client, *packet);
    }
  }
  void answer(Client& client, const mqtt::Packet& packet) {
    if (std::holds_alternative<mqtt::Connect>(packet)) return send(client, mqtt::Connack{});
    if (const auto* subscribe = std::get_if<mqtt::Subscribe>(&packet)) {
      const std::uint8_t code = denies_subscriptions ? 0x80 : 0x00;
      return send(client, mqtt::Suback{.packet_id = subscribe->packet_id,
                                       .reasons = std::vector<std::uint8_t>(
                                           subscribe->subscriptions.size(), code),
                                       .properties = {}});
    }
    const auto* publish = std::get_if<mqtt::Publish>(&packet);
    if (publish != nullptr && !keeps_messages) send(client, *publish);
  }
  void send(Client& client, const mqtt::Packet& packet) {
    Bytes bytes;
    mqtt::encode(packet, mqtt::Version::v3_1_1, bytes);
    error_code ignored;
    boost::asio::write(client.socket, boost::asio::buffer(bytes), ignored);
  }

  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<Client>> clients_;
};

struct World {
  proxy::RunClock clock;
  RecordChannel channel{0};
  RecordMerge merge{{&channel}};
  proxy::Loop loop{clock, channel};
  SharedBuffers buffers;
  scenario::Scenario scenario;
  scenario::Recognizer recognizer{scenario};
  EchoBroker broker{loop};
  ObserverClient observer{loop,
                          buffers,
                          [this](std::string_view topic, std::string_view payload) {
                            return recognizer.recognize(topic, payload);
                          },
                          {.which = journal::Observer::backend,
                           .broker = broker.endpoint(),
                           .username = {},
                           .password = {},
                           .run_id = "test",
                           .filters = {"/willmsg"},
                           .qos = mqtt::QoS::at_least_once,
                           .allowance = 200ms}};
  std::vector<journal::Record> seen;

  template <typename Record>
  std::size_t count() {
    channel.publish(clock.now());
    for (auto& record : merge.take().records) seen.push_back(std::move(record));
    std::size_t sum = 0;
    for (const auto& record : seen)
      if (std::holds_alternative<Record>(record.body)) ++sum;
    return sum;
  }

  // Runs the loop until the condition holds; false if it does not within ten seconds.
  template <typename Condition>
  bool runs_until(Condition condition) {
    const Instant deadline = clock.now() + 10s;
    while (!condition()) {
      if (clock.now() > deadline) return false;
      loop.io().restart();
      loop.io().run_for(5ms);
    }
    return true;
  }
  bool comes_up() {
    observer.start();
    return runs_until([this] { return observer.up(); });
  }
};

TEST(Observer, is_up_once_a_marker_has_come_back) {
  World world;
  ASSERT_TRUE(world.comes_up());
  EXPECT_EQ(world.count<journal::ObserverUp>(), 1U);
  EXPECT_EQ(world.count<journal::ObserverGap>(), 0U);
}

TEST(Observer, reports_a_gap_back_to_the_last_good_marker_when_one_stays_away) {
  World world;
  ASSERT_TRUE(world.comes_up());
  const Instant good_until = world.clock.now();
  world.broker.keeps_messages = true;
  ASSERT_TRUE(world.runs_until([&] { return world.count<journal::ObserverGap>() > 0; }));
  for (const auto& record : world.seen) {
    if (const auto* gap = std::get_if<journal::ObserverGap>(&record.body)) {
      EXPECT_LE(gap->from, good_until);
      EXPECT_GT(record.at, gap->from + 200ms);
    }
  }
  EXPECT_TRUE(world.observer.up()) << "the connection stands, only nothing comes back";
}

TEST(Observer, that_is_cut_says_so_and_leaves_a_gap_until_it_is_back) {
  World world;
  ASSERT_TRUE(world.comes_up());
  world.observer.cut();
  EXPECT_FALSE(world.observer.up());
  EXPECT_EQ(world.count<journal::ObserverLost>(), 1U);
  ASSERT_TRUE(world.runs_until([&] { return world.observer.up(); }));
  EXPECT_EQ(world.count<journal::ObserverUp>(), 2U);
  EXPECT_GE(world.count<journal::ObserverGap>(), 1U);
}

TEST(Observer, is_not_up_when_the_broker_denies_its_subscription) {
  World world;
  world.broker.denies_subscriptions = true;
  world.observer.start();
  ASSERT_TRUE(world.runs_until([&] { return world.observer.failures() > 0; }));
  EXPECT_FALSE(world.observer.up());
  EXPECT_EQ(world.observer.last_failure(), "the broker denies a subscription");
}

TEST(Observer, journals_a_message_once_however_often_quality_of_service_2_repeats_it) {
  World world;
  ASSERT_TRUE(world.comes_up());
  mqtt::Publish will;
  will.topic = "/willmsg";
  will.payload = "gone";
  will.qos = mqtt::QoS::exactly_once;
  will.packet_id = 7;
  world.broker.publish(will);
  will.dup = true;
  world.broker.publish(will);
  mqtt::Publish other;
  other.topic = "/willmsg";
  other.payload = "the end of the test";
  world.broker.publish(other);
  ASSERT_TRUE(world.runs_until([&] { return world.count<journal::Observed>() >= 2; }));
  EXPECT_EQ(world.count<journal::Observed>(), 2U);
}

}  // namespace
}  // namespace probate::live
