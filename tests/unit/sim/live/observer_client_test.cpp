#include "sim/live/observer_client.hpp"

#include <memory>
#include <set>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "sim/live/record_channel.hpp"

namespace probate::live {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// Accepts anybody, grants every subscription that it does not deny, and sends every PUBLISH back to
// its sender, unless it is told to keep it to itself: all that a marker needs of a broker.
class EchoBroker {
 public:
  explicit EchoBroker(proxy::Loop& loop)
      : acceptor_{loop.io(), {boost::asio::ip::address_v4::loopback(), 0}} {
    accept();
  }
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  bool keeps_messages = false;
  int ignored_connects = 0;  // the next ones, which are never answered
  std::set<std::string> denied;
  std::vector<std::string> unsubscribed;
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
    if (std::holds_alternative<mqtt::Connect>(packet)) {
      if (ignored_connects > 0) return void(--ignored_connects);
      return send(client, mqtt::Connack{});
    }
    if (const auto* subscribe = std::get_if<mqtt::Subscribe>(&packet)) {
      mqtt::Suback suback;
      suback.packet_id = subscribe->packet_id;
      for (const auto& each : subscribe->subscriptions) {
        suback.reasons.push_back(denied.contains(each.filter) ? 0x80 : 0x00);
      }
      return send(client, suback);
    }
    if (const auto* unsubscribe = std::get_if<mqtt::Unsubscribe>(&packet)) {
      for (const auto& filter : unsubscribe->filters) unsubscribed.push_back(filter);
      return;
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
  explicit World(Duration patience = 30s) : answer_wait{patience} {}

  Duration answer_wait;
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
                           .allowance = 200ms,
                           .answer_wait = answer_wait}};
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

// As when the broker's machine is exchanged behind an address that takes connections all the time.
TEST(Observer, dials_again_where_its_connection_is_taken_and_never_answered) {
  World world{50ms};
  world.broker.ignored_connects = 1;
  world.observer.start();
  ASSERT_TRUE(world.runs_until([&] { return world.observer.failures() > 0; }));
  EXPECT_EQ(world.observer.last_failure(), "the broker does not answer");
  EXPECT_TRUE(world.runs_until([&] { return world.observer.up(); }));
}

TEST(Observer, is_not_up_when_the_broker_denies_its_subscription) {
  World world;
  world.broker.denied = {"/willmsg"};
  world.observer.start();
  ASSERT_TRUE(world.runs_until([&] { return world.observer.failures() > 0; }));
  EXPECT_FALSE(world.observer.up());
  EXPECT_EQ(world.observer.last_failure(), "subscription to \"/willmsg\" denied");
}

TEST(Observer, goes_on_without_an_added_filter_that_is_denied_and_says_which) {
  World world;
  ASSERT_TRUE(world.comes_up());
  world.broker.denied = {"status/secret"};
  world.observer.add_filter("status/a");
  world.observer.add_filter("status/secret");
  world.observer.add_filter("status/b");
  ASSERT_TRUE(world.runs_until([&] { return world.count<journal::ObserverLost>() > 0; }));
  for (const auto& record : world.seen) {
    if (const auto* lost = std::get_if<journal::ObserverLost>(&record.body)) {
      EXPECT_EQ(lost->cause, "subscription to \"status/secret\" denied");
    }
  }
  EXPECT_TRUE(world.observer.up());
  EXPECT_EQ(world.observer.failures(), 0U);
  // Nobody announces it any more: from here on all is heard again.
  world.observer.remove_filter("status/secret");
  EXPECT_EQ(world.count<journal::ObserverUp>(), 2U);
  EXPECT_EQ(world.count<journal::ObserverLost>(), 1U);
}

TEST(Observer, says_so_again_when_what_it_is_denied_is_still_denied_on_a_new_connection) {
  World world;
  ASSERT_TRUE(world.comes_up());
  world.broker.denied = {"status/secret"};
  world.observer.add_filter("status/secret");
  ASSERT_TRUE(world.runs_until([&] { return world.count<journal::ObserverLost>() == 1; }));
  world.observer.cut();
  ASSERT_TRUE(world.runs_until([&] { return world.observer.up(); }));
  EXPECT_EQ(world.count<journal::ObserverLost>(), 3U);
  world.broker.denied.clear();
  world.observer.cut();
  ASSERT_TRUE(world.runs_until([&] { return world.observer.up(); }));
  EXPECT_EQ(world.count<journal::ObserverLost>(), 4U);
  EXPECT_EQ(world.count<journal::ObserverUp>(), 3U);
}

TEST(Observer, unsubscribes_from_what_was_added_and_from_nothing_else) {
  World world;
  ASSERT_TRUE(world.comes_up());
  for (const char* filter : {"status/a", "status/b", "status/c"}) world.observer.add_filter(filter);
  for (const char* filter : {"status/a", "/willmsg", "status/x", "status/c"}) {
    world.observer.remove_filter(filter);
  }
  ASSERT_TRUE(world.runs_until([&] { return world.broker.unsubscribed.size() >= 2; }));
  EXPECT_THAT(world.broker.unsubscribed, testing::ElementsAre("status/a", "status/c"));
  world.observer.cut();
  ASSERT_TRUE(world.runs_until([&] { return world.observer.up(); }));
  ASSERT_EQ(world.count<journal::ObserverUp>(), 2U);
  for (const auto& record : world.seen) {
    const auto* up = std::get_if<journal::ObserverUp>(&record.body);
    if (up == nullptr || up->filters.size() == 1) continue;
    EXPECT_THAT(up->filters, testing::ElementsAre("/willmsg", "status/b"));
  }
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
