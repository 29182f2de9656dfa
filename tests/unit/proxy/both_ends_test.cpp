// What faults of bytes and ends do, up and down, as the TCP of the sender and of the receiver has
// it.
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using fault::CutHow;
using fault::FlowDirection;
using journal::CloseHow;
using journal::Leg;
using journal::Party;

Bytes note(std::size_t payload_bytes) {
  return wire(
      mqtt::Publish{.topic = "t", .payload = std::string(payload_bytes, 'x'), .properties = {}});
}

// A session of which one end speaks and the other one hears, by the way that is looked at.
struct OneWay {
  World& world;
  FlowDirection flow;
  Session session{world};
  Peer& sender = flow == FlowDirection::up ? *session.device : *session.broker;
  Peer& receiver = flow == FlowDirection::up ? *session.broker : *session.device;
  const Bytes before = flow == FlowDirection::up ? wire(connect_packet()) : kConnack;

  bool has_come(const Bytes& bytes) { return receiver.received() == joined({before, bytes}); }
  std::size_t bytes_come() { return receiver.received().size() - before.size(); }
  void until_acknowledged() {
    world.until([&] { return sender.info().tcpi_unacked == 0; }, "the proxy acknowledged it");
  }
};

class EachWay : public testing::TestWithParam<FlowDirection> {
 protected:
  FlowDirection flow() const { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(BothEnds, EachWay, testing::Values(FlowDirection::up, FlowDirection::down),
                         [](const auto& each) { return std::string{to_text(each.param)}; });

// ---- pieces

// When the last bytes came, by the kernel's own clock: it lies between the two.
struct Arrival {
  std::uint32_t segments = 0;
  std::size_t bytes = 0;
  Instant earliest{};
  Instant latest{};
};

constexpr Duration kKernelTick = 10ms;  // at most, of tcpi_last_data_recv

Arrival look_at(World& world, OneWay& way) {
  const Instant before = world.loop.now();
  const Duration since = 1ms * way.receiver.info().tcpi_last_data_recv;
  Arrival seen;
  seen.latest = world.loop.now() - since + kKernelTick;
  seen.earliest = before - since - kKernelTick;
  seen.segments = way.receiver.data_segments_in();
  seen.bytes = way.bytes_come();
  return seen;
}

TEST_P(EachWay, slice_sends_pieces_of_its_size_and_each_so_long_after_the_one_before) {
  constexpr std::size_t kPiece = 4;
  constexpr Duration kGap = 80ms;
  World world;
  OneWay way{world, flow()};
  const std::uint32_t segments_before = way.receiver.data_segments_in();
  world.perform(fault::SliceBytes{flow(), kPiece, kGap});
  const Bytes bytes = note(15);
  way.sender.send(bytes);
  way.until_acknowledged();
  EXPECT_FALSE(way.has_come(bytes)) << "its sender knows nothing of pieces";
  std::vector<Arrival> arrivals{look_at(world, way)};
  arrivals[0].segments = segments_before;
  arrivals[0].bytes = 0;
  world.until(
      [&] {
        if (way.bytes_come() > arrivals.back().bytes) arrivals.push_back(look_at(world, way));
        return way.has_come(bytes);
      },
      "all of it came");
  ASSERT_GT(arrivals.size(), 2u);
  for (std::size_t i = 1; i < arrivals.size(); ++i) {
    SCOPED_TRACE(i);
    const std::uint32_t segments = arrivals[i].segments - arrivals[i - 1].segments;
    EXPECT_LE(arrivals[i].bytes - arrivals[i - 1].bytes, segments * kPiece);
    if (i == 1) continue;  // the first may leave at once
    EXPECT_GE(arrivals[i].latest - arrivals[i - 1].earliest, segments * kGap);
  }
  EXPECT_EQ(arrivals.back().segments - segments_before, (bytes.size() + kPiece - 1) / kPiece);
  EXPECT_EQ(way.sender.tcp_state(), TCP_ESTABLISHED);
}

// ---- rates, delays, losses

TEST_P(EachWay, bandwidth_stops_a_sender_and_is_no_matter_of_the_other_way) {
  ProxyConfig config;
  config.pending_bytes_max = 4096;
  World world{config};
  OneWay way{world, flow()};
  world.perform(fault::Throttle{flow(), 20'000});
  const Instant began = world.loop.now();
  way.sender.send(note(16 * 1024 * 1024));
  const std::size_t told = way.sender.received().size();
  way.receiver.send(flow() == FlowDirection::up ? kPingresp : kPingreq);
  world.until([&] { return way.sender.received().size() > told; }, "the other way is free");
  constexpr std::size_t kSome = 8'000;
  world.until([&] { return way.bytes_come() >= kSome; }, "a trickle");
  // 0.4 s' worth, less the twentieth of a second that it may have saved.
  EXPECT_GE(world.loop.now() - began, 340ms);
  EXPECT_FALSE(way.sender.all_sent()) << "the kernel's buffers are far smaller";
  EXPECT_EQ(way.sender.tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(way.receiver.tcp_state(), TCP_ESTABLISHED);
}

TEST_P(EachWay, latency_is_the_receivers_alone) {
  World world;
  OneWay way{world, flow()};
  world.perform(fault::Delay{flow(), 300ms, 0ms});
  const Instant sent = world.loop.now();
  way.sender.send(kPingreq);
  way.sender.fin();
  way.until_acknowledged();
  if (world.loop.now() - sent < 300ms) {
    EXPECT_EQ(way.bytes_come(), 0u);
  }
  world.until([&] { return way.has_come(kPingreq); }, "the bytes came");
  EXPECT_GE(world.loop.now() - sent, 300ms);
  world.until([&] { return way.receiver.got_fin(); }, "the end behind them");
  EXPECT_GE(world.loop.now() - sent, 300ms);
}

TEST_P(EachWay, loss_of_fidelity_stream_is_late_and_complete_and_acknowledged_at_once) {
  World world;
  OneWay way{world, flow()};
  // Of fifty packets, one that is lost at least once is as good as certain.
  world.perform(fault::Delay{.flow = flow(), .loss = 0.5, .rto = 5ms});
  const Instant began = world.loop.now();
  Bytes all;
  for (std::size_t i = 0; i < 50; ++i) {
    const Bytes one = note(i);
    way.sender.send(one);
    all.insert(all.end(), one.begin(), one.end());
  }
  way.sender.fin();
  way.until_acknowledged();
  world.until([&] { return way.receiver.got_fin(); }, "FIN behind everything");
  EXPECT_TRUE(way.has_come(all));
  EXPECT_GE(world.loop.now() - began, 5ms);
}

// ---- ends

TEST_P(EachWay, limit_of_bytes_delivers_just_so_many_and_tells_both) {
  for (const CutHow how : {CutHow::fin, CutHow::rst}) {
    SCOPED_TRACE(to_text(how));
    World world;
    OneWay way{world, flow()};
    world.perform(fault::LimitLinks{.bytes = 5, .flow = flow(), .how = how});
    const std::size_t told = way.sender.received().size();
    way.receiver.send(joined({kPingreq, kPingreq, kPingreq}));
    world.until([&] { return way.sender.received().size() == told + 6; },
                "the other way does not count");
    way.sender.send(joined({kPingreq, kPingreq, kPingreq}));
    world.until([&] { return way.sender.ended() && way.receiver.ended(); }, "both ended");
    EXPECT_EQ(way.bytes_come(), 5u);
    for (Peer* peer : {&way.sender, &way.receiver}) {
      EXPECT_EQ(peer->got_fin(), how == CutHow::fin);
      EXPECT_EQ(peer->got_rst(), how == CutHow::rst);
    }
  }
}

TEST_P(EachWay, slow_close_acknowledges_a_fin_at_once_and_brings_it_late) {
  World world;
  OneWay way{world, flow()};
  world.perform(fault::DelayFin{300ms});
  const Instant began = world.loop.now();
  way.sender.send(kPingreq);
  way.sender.fin();
  world.until([&] { return way.sender.tcp_state() == TCP_FIN_WAIT2; }, "its FIN is acknowledged");
  world.until([&] { return way.has_come(kPingreq); }, "bytes are not late");
  if (world.loop.now() - began < 250ms) {
    EXPECT_EQ(way.receiver.tcp_state(), TCP_ESTABLISHED);
  }
  world.until([&] { return way.receiver.got_fin(); }, "FIN");
  EXPECT_EQ(way.receiver.tcp_state(), TCP_CLOSE_WAIT);
  EXPECT_GE(world.loop.now() - began, 300ms);
}

// ---- coming connections

TEST(BothEnds, of_connect_delay_are_an_open_connection_and_a_late_syn_and_connack) {
  World world;
  world.owner.admission = fault::DelayConnect{kFault, 200ms};
  const auto device = world.device();
  const Instant began = world.loop.now();
  device->send(wire(connect_packet()));
  world.until([&] { return device->info().tcpi_unacked == 0; }, "its CONNECT is acknowledged");
  EXPECT_EQ(device->tcp_state(), TCP_ESTABLISHED);
  const auto broker = world.accept();
  EXPECT_GE(world.loop.now() - began, 200ms);
  EXPECT_TRUE(device->received().empty());
  EXPECT_FALSE(device->ended());
  broker->send(kConnack);
  world.until([&] { return device->received() == kConnack; }, "the CONNACK came");
  EXPECT_EQ(broker->received(), wire(connect_packet()));
}

TEST(BothEnds,
     of_a_takeover_that_is_put_in_order_are_a_fin_that_is_acknowledged_and_one_kept_back) {
  World world;
  world.perform(fault::OrderTakeover{fault::ConnectOrder::before, 30ms});
  Session old{world};
  old.device->fin();
  world.until([&] { return old.device->tcp_state() == TCP_FIN_WAIT2; }, "it is acknowledged");
  EXPECT_FALSE(old.device->ended()) << "nobody has closed the other way";
  EXPECT_EQ(old.broker->tcp_state(), TCP_ESTABLISHED);
  Session next{world};
  world.until([&] { return old.broker->got_fin(); }, "the old end came behind the CONNECT");
  old.broker->close();
  world.until([&] { return old.device->got_fin(); }, "and its device has the broker's");
  EXPECT_EQ(next.device->tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(next.broker->tcp_state(), TCP_ESTABLISHED);
}

// sim_arrears barred, cut, and walled_garden with discard: their CONNECT is kept, their TCP
// answered.
TEST(BothEnds, of_a_connect_that_is_swallowed_are_an_acknowledgement_and_nothing_at_all) {
  World world;
  Session standing{world};
  world.owner.admission = fault::SwallowConnect{kFault};
  const auto device = world.device();
  device->send(joined({wire(connect_packet()), kPingreq}));
  world.until([&] { return world.counters().accepted == 2; }, "it was accepted");
  world.until([&] { return device->info().tcpi_unacked == 0; }, "it was acknowledged");
  standing.device->send(kPingreq);
  world.until(
      [&] {
        return standing.broker->received() == joined({wire(connect_packet()), kPingreq});
      },
      "the session that stands (barred) goes on");
  EXPECT_EQ(device->tcp_state(), TCP_ESTABLISHED);
  EXPECT_TRUE(device->received().empty());
  EXPECT_FALSE(device->ended());
  EXPECT_FALSE(world.dialled());
}

}  // namespace
}  // namespace probate::proxy::test
