#include "sim/virtual/broker_host.hpp"

#include <gtest/gtest.h>

#include "tests/unit/sim/virtual/world.hpp"

namespace probate::virtual_time {
namespace {

class Client final : public BrokerUser {
 public:
  explicit Client(World& world) : world_{world} {}

  void dials(std::uint64_t id, Duration patience = 200s) {
    connection = &world_.broker.dial(*this, ConnectionId{id}, kNoDevice, patience);
  }

  BrokerConnection* connection = nullptr;
  Instant opened_at = kNever;
  Instant unreachable_at = kNever;
  Instant closed_at = kNever;

 private:
  void broker_opened(Instant now) override { opened_at = now; }
  void broker_unreachable(Instant now) override { unreachable_at = now; }
  void broker_sent(Instant, mqtt::Packet&&) override {}
  void broker_closed(Instant now, journal::CloseHow) override { closed_at = now; }

  World& world_;
};

TEST(BrokerHost, answers_a_syn_after_a_round_trip) {
  World world{{.broker = {}, .hop = 5ms, .capacity = {}}};
  Client client{world};
  client.dials(1);
  world.runs_for(1s);
  EXPECT_EQ(client.opened_at, Instant{10ms});
}

TEST(BrokerHost, drops_the_syn_that_finds_the_backlog_full_and_takes_its_repetition) {
  World world{{.broker = {}, .hop = 1ms, .capacity = {.connects_per_second = 100, .backlog = 2}}};
  Client first{world};
  Client second{world};
  Client third{world};
  first.dials(1);
  second.dials(2);
  third.dials(3);
  world.runs_for(10s);
  EXPECT_EQ(first.opened_at, Instant{2ms});
  EXPECT_EQ(second.opened_at, Instant{2ms});
  EXPECT_EQ(third.opened_at, Instant{1s + 2ms}) << "the second SYN goes out a second later";
  EXPECT_EQ(world.broker.syns_dropped(), 1U);
}

TEST(BrokerHost, repeats_the_syn_at_doubling_intervals_and_gives_up) {
  World world{{.broker = {}, .hop = 1ms, .capacity = {.backlog = 0}}};
  Client client{world};
  client.dials(1, 10min);
  world.runs_for(5min);
  EXPECT_EQ(world.broker.syns_dropped(), 7U) << "at 0, 1, 3, 7, 15, 31 and 63 s";
  EXPECT_EQ(client.unreachable_at, Instant{127s + 1ms});
}

TEST(BrokerHost, the_one_who_dials_can_lose_patience_earlier) {
  World world{{.broker = {}, .hop = 1ms, .capacity = {.backlog = 0}}};
  Client client{world};
  client.dials(1, 10s);
  world.runs_for(1min);
  EXPECT_EQ(client.unreachable_at, Instant{10s});
}

TEST(BrokerHost, that_is_killed_closes_everybody_and_refuses_until_it_is_back) {
  World world{{.broker = {}, .hop = 1ms, .capacity = {}}};
  Client silent{world};  // it never said CONNECT
  silent.dials(101);
  world.dials(DeviceId{0}, "a");
  world.runs_for(1s);
  ASSERT_EQ(world.sessions_up, 1);
  Client dialing{world};
  dialing.dials(102);
  world.runs_for(1ms);  // its SYN is answered, the answer not there yet
  world.broker.stop(journal::BrokerEnd::crash);
  EXPECT_EQ(silent.closed_at, Instant{1s + 1ms});
  EXPECT_FALSE(world.broker.model().running());
  world.broker.restart();
  world.runs_for(1s);
  EXPECT_NE(dialing.unreachable_at, kNever) << "who answered it is dead";
  world.broker.stop(journal::BrokerEnd::shutdown);
  Client late{world};
  late.dials(103);
  world.runs_for(1s);
  EXPECT_EQ(late.unreachable_at, Instant{2s + 2ms}) << "refused at once";
  world.broker.restart();
  Client again{world};
  again.dials(104);
  world.runs_for(1s);
  EXPECT_EQ(again.opened_at, Instant{3s + 3ms});
}

// Measured with mosquitto: it is sent CONNECT, with FIN or RST behind it, before it accepts.
TEST(BrokerHost, reads_what_waits_in_its_backlog_unless_that_was_reset) {
  for (const bool is_reset : {false, true}) {
    World world{{.broker = {}, .hop = 1ms, .capacity = {.connects_per_second = 10}}};
    Client client{world};
    client.dials(1);
    world.runs_for(10ms);
    mqtt::Connect connect;
    connect.client_id = "a";
    connect.clean_start = false;  // its session stays
    client.connection->send(std::move(connect));
    world.runs_for(10ms);
    is_reset ? client.connection->reset() : client.connection->release();
    world.runs_for(1s);
    EXPECT_EQ(world.broker.model().sessions(), is_reset ? 0U : 1U);
  }
}

TEST(BrokerHost, accepts_one_after_another) {
  World world{{.broker = {}, .hop = 1ms, .capacity = {.connects_per_second = 10}}};
  for (std::uint32_t i = 0; i < 5; ++i) world.dials(DeviceId{i}, std::to_string(i));
  world.runs_for(350ms);
  EXPECT_EQ(world.sessions_up, 3);
  world.runs_for(1s);
  EXPECT_EQ(world.sessions_up, 5);
}

}  // namespace
}  // namespace probate::virtual_time
