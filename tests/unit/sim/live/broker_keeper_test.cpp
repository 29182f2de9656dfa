// With a script in the place of mosquitto, and the test itself on its port.
#include "sim/live/broker_keeper.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "tests/support/fake_mosquitto.hpp"

namespace probate::live {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

// Tells its port and the number of its starts, and does nothing.
constexpr const char* kScript = R"(
grep ^listener "$2" > "$0.port.new" && mv "$0.port.new" "$0.port"
echo started >> "$0.starts"
exec sleep 60)";

template <typename Condition>
bool comes_true(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Takes everybody, and answers whoever comes while it is to.
class Port {
 public:
  explicit Port(const test::FakeMosquitto& program)
      : program_{program}, thread_{[this] { serve(); }} {}
  ~Port() {
    over_ = true;
    thread_.join();
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  std::atomic<bool> answers{true};
  std::atomic<int> clients{0};

 private:
  void serve() {
    std::string text;
    if (!comes_true([&] { return !(text = program_.read("mosquitto.port")).empty(); })) return;
    const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.find(' '))));
    tcp::acceptor acceptor{io_, {boost::asio::ip::address_v4::loopback(), port}};
    acceptor.non_blocking(true);
    std::vector<tcp::socket> held;
    while (!over_) {
      error_code error;
      tcp::socket client = acceptor.accept(error);
      if (error) {
        std::this_thread::yield();
        continue;
      }
      ++clients;
      constexpr std::array<std::uint8_t, 4> kConnack{0x20, 2, 0, 0};
      if (answers) boost::asio::write(client, boost::asio::buffer(kConnack), error);
      held.push_back(std::move(client));
    }
  }

  const test::FakeMosquitto& program_;
  boost::asio::io_context io_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST(BrokerKeeper, does_not_wait_for_a_broker_that_hangs_while_it_starts) {
  const test::FakeMosquitto program{kScript};
  Port port{program};
  ManagedBroker broker;
  const auto started = broker.start({}, program.log_path());
  ASSERT_TRUE(started) << started.error();
  port.answers = false;
  BrokerOrders orders;
  BrokerKeeper keeper{broker, orders};
  orders.give({.end = fault::RestartHow::kill, .fault = FaultId{3}});
  orders.give({.end = std::nullopt, .fault = FaultId{3}});
  ASSERT_TRUE(comes_true([&] {
    keeper.step();
    const std::string starts = program.read("mosquitto.starts");
    return std::count(starts.begin(), starts.end(), '\n') == 2;
  }));
  // If each of these waited for an answer, each had to ask.
  constexpr int kSteps = 20;
  const int before = port.clients;
  for (int i = 0; i < kSteps; ++i) EXPECT_FALSE(keeper.step().started);
  EXPECT_LT(port.clients - before, kSteps / 2);
  port.answers = true;
  std::optional<FaultId> back;
  ASSERT_TRUE(comes_true([&] { return (back = keeper.step().started).has_value(); }));
  EXPECT_EQ(back, FaultId{3});
}

}  // namespace
}  // namespace probate::live
