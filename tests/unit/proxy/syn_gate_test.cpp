#include "proxy/syn_gate.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <linux/filter.h>

#include "proxy/listener.hpp"
#include "tests/support/segments.hpp"
#include "tests/unit/proxy/filter_machine.hpp"
#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

namespace ip = boost::asio::ip;

SynGate::Address address(const char* text) { return ip::make_address(text); }

Arriving syn_from(const char* text) {
  const ip::address source = ip::make_address(text);
  Arriving arriving;
  if (source.is_v4()) {
    arriving.network.assign(20, 0xee);
    arriving.network[0] = 0x45;
    const auto bytes = source.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), arriving.network.begin() + 12);
  } else {
    arriving.network.assign(40, 0xee);
    arriving.network[0] = 0x60;
    const auto bytes = source.to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), arriving.network.begin() + 8);
  }
  arriving.segment.assign(20, 0);
  return arriving;
}

bool hears(const SynGate& gate, const char* source) {
  const auto program = gate.program();
  return program.empty() || passes(program, syn_from(source));
}

// Asio would wait for an answer.
void send_syn(tcp::socket& socket, const tcp::endpoint& to) {
  socket.native_non_blocking(true);
  ::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
}

TEST(SynGate, that_is_open_has_no_program) {
  SynGate gate;
  EXPECT_TRUE(gate.program().empty());
  EXPECT_TRUE(gate.shut(DeviceId{1}, address("10.0.0.7")));
  EXPECT_FALSE(gate.program().empty());
  EXPECT_TRUE(gate.open(DeviceId{1}));
  EXPECT_TRUE(gate.program().empty());
  EXPECT_FALSE(gate.open(DeviceId{1})) << "it was open";
}

TEST(SynGate, drops_those_addresses_and_no_neighbour) {
  SynGate gate;
  std::uint32_t device = 0;
  for (const char* source : {"10.0.0.7", "10.0.0.8", "10.0.0.31", "10.0.1.0", "192.168.3.255",
                             "2001:db8::7", "2001:db8::1:7", "fe80::1"}) {
    ASSERT_TRUE(gate.shut(DeviceId{device++}, address(source)));
  }
  for (const char* source : {"10.0.0.7", "10.0.0.8", "10.0.0.31", "10.0.1.0", "192.168.3.255",
                             "2001:db8::7", "2001:db8::1:7", "fe80::1"}) {
    EXPECT_FALSE(hears(gate, source)) << source;
  }
  for (const char* source :
       {"10.0.0.6", "10.0.0.9", "10.0.0.30", "10.0.0.32", "10.0.1.1", "192.168.3.254", "0.0.0.0",
        "255.255.255.255", "2001:db8::8", "2001:db8::", "2001:db8:0:0:1::7", "fe80::2", "::"}) {
    EXPECT_TRUE(hears(gate, source)) << source;
  }
  gate.open(DeviceId{1});
  EXPECT_TRUE(hears(gate, "10.0.0.8"));
  EXPECT_FALSE(hears(gate, "10.0.0.7"));
}

TEST(SynGate, of_an_address_of_two_devices_opens_with_the_second) {
  for (const char* source : {"10.0.0.7", "2001:db8::7"}) {
    SynGate gate;
    EXPECT_TRUE(gate.shut(DeviceId{1}, address(source)));
    EXPECT_FALSE(gate.shut(DeviceId{2}, address(source))) << "nothing new for the kernel";
    EXPECT_FALSE(gate.open(DeviceId{1}));
    EXPECT_FALSE(hears(gate, source));
    EXPECT_TRUE(gate.open(DeviceId{2}));
    EXPECT_TRUE(hears(gate, source));
  }
}

TEST(SynGate, knows_an_ipv4_address_in_the_words_of_ipv6) {
  SynGate gate;
  gate.shut(DeviceId{1}, address("::ffff:10.0.0.7"));
  EXPECT_FALSE(hears(gate, "10.0.0.7")) << "as it arrives at a listener of both";
}

TEST(SynGate, has_room_for_a_big_fleet_of_neighbours_and_for_fewer_strangers) {
  SynGate fleet;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(fleet.shut(DeviceId{i}, ip::address_v4{0x7f400001 + i}));
  }
  EXPECT_LE(fleet.program().size(), SynGate::kProgramMax);
  EXPECT_FALSE(hears(fleet, "127.64.0.1"));
  EXPECT_FALSE(hears(fleet, "127.64.39.16")) << "the last";
  EXPECT_TRUE(hears(fleet, "127.64.39.17"));
  SynGate strangers;
  std::uint32_t count = 0;
  while (strangers.shut(DeviceId{count}, ip::address_v4{count << 8})) ++count;
  EXPECT_EQ(count, 595u);
  EXPECT_LE(strangers.program().size(), SynGate::kProgramMax);
  EXPECT_FALSE(strangers.has_room_for(address("10.0.0.7")));
  EXPECT_TRUE(strangers.has_room_for(address("0.0.1.31"))) << "a neighbour costs nothing";
  EXPECT_TRUE(hears(strangers, "10.0.0.7"));
}

// ---- on real sockets

class BlackHole : public testing::Test {
 protected:
  void SetUp() override {
    shown_ = probate::test::can_silence_segments();
    if (!shown_) return;
    ProxyConfig config;
    config.fidelity = fault::Fidelity::segment;
    world_.emplace(config);
  }
  void expect(const fault::Admission& admission, std::uint8_t device = 1) {
    world_->proxy().expect(DeviceId{device}, admission);
    world_->loop.io().restart();
    world_->loop.io().poll();
  }
  // A client that has sent its SYN. On loopback an answer is there at once.
  std::unique_ptr<Peer> dials(std::uint8_t device = 1) {
    tcp::socket socket{sockets_};
    socket.open(tcp::v4());
    socket.bind({ip::address_v4{0x7f400000u + device}, 0});
    send_syn(socket, world_->address());
    return std::make_unique<Peer>(std::move(socket));
  }

  bool shown_ = false;
  boost::asio::io_context sockets_;
  std::optional<World> world_;
};

TEST_F(BlackHole, answers_no_syn_of_the_device_until_it_is_over_and_those_of_others) {
  if (!shown_) return;
  expect(fault::SwallowConnect{kFault});
  const auto lost = dials();
  EXPECT_EQ(lost->tcp_state(), TCP_SYN_SENT);
  const Session other{*world_, 2};
  world_->until([&] { return lost->info().tcpi_total_retrans >= 1; }, "its SYN was sent again");
  EXPECT_EQ(lost->tcp_state(), TCP_SYN_SENT);
  EXPECT_EQ(world_->counters().accepted, 1u) << "the other one";
  expect(fault::Admit{});
  world_->until([&] { return lost->tcp_state() == TCP_ESTABLISHED; }, "the next SYN was answered");
}

TEST_F(BlackHole, leaves_a_connection_that_stands_alone) {
  if (!shown_) return;
  Session session{*world_};
  expect(fault::SwallowConnect{kFault});
  EXPECT_EQ(dials()->tcp_state(), TCP_SYN_SENT);
  session.device->send(kPingreq);
  world_->until([&] { return session.broker->received().size() > wire(connect_packet()).size(); },
                "what it says passes");
}

TEST_F(BlackHole, is_none_behind_an_address_that_others_have_too_unless_it_is_meant) {
  if (!shown_) return;
  world_->owner.shares_source = true;
  EXPECT_TRUE(world_->proxy().view(DeviceId{1}).shares_source);
  expect(fault::SwallowConnect{kFault});
  EXPECT_EQ(dials()->tcp_state(), TCP_ESTABLISHED) << "its CONNECT will be swallowed";
  expect(fault::Admit{});
  expect(fault::SwallowConnect{kFault, true});
  EXPECT_EQ(dials()->tcp_state(), TCP_SYN_SENT);
}

TEST_F(BlackHole, is_none_where_a_connect_is_held_or_answered) {
  if (!shown_) return;
  for (const fault::Admission& admission : {fault::Admission{fault::HoldConnect{kFault}},
                                            fault::Admission{fault::RefuseConnect{kFault}},
                                            fault::Admission{fault::RedirectConnect{kFault}}}) {
    expect(admission);
    EXPECT_EQ(dials()->tcp_state(), TCP_ESTABLISHED);
  }
}

TEST_F(BlackHole, ends_with_the_listener_and_with_the_proxy) {
  if (!shown_) return;
  expect(fault::SwallowConnect{kFault});
  const auto lost = dials();
  world_->proxy().stop_accepting();
  expect(fault::Admit{});
  world_->proxy().expect(DeviceId{1}, fault::SwallowConnect{kFault});
  world_->destroy_proxy();
  world_->loop.io().restart();
  world_->loop.io().poll();
  world_->until([&] { return lost->ended(); }, "its next SYN was refused");
}

TEST_F(BlackHole, of_fidelity_stream_answers) {
  World world;
  world.proxy().expect(DeviceId{1}, fault::SwallowConnect{kFault});
  world.loop.io().poll();
  EXPECT_EQ(world.device()->tcp_state(), TCP_ESTABLISHED);
}

// A listener at that address, and who tries to connect from another one.
class FilteredListener : public testing::Test {
 protected:
  void SetUp() override { shown_ = probate::test::can_silence_segments(); }
  void listens(const char* at) {
    const auto bound = listener_.listen({ip::make_address(at), 0});
    ASSERT_TRUE(bound.has_value());
    port_ = bound->port();
  }
  std::unique_ptr<Peer> dials(const char* from, const char* to) {
    tcp::socket socket{sockets_};
    const tcp::endpoint source{ip::make_address(from), 0};
    socket.open(source.protocol());
    socket.bind(source);
    send_syn(socket, {ip::make_address(to), port_});
    return std::make_unique<Peer>(std::move(socket));
  }

  bool shown_ = false;
  RunClock clock_;
  Journal journal_;
  Loop loop_{clock_, journal_};
  std::vector<Socket> accepted_;
  Listener listener_{
      loop_, [this](Socket socket, const Endpoint&) { accepted_.push_back(std::move(socket)); }};
  std::uint16_t port_ = 0;
  boost::asio::io_context sockets_;
};

TEST_F(FilteredListener, of_both_families_drops_either) {
  if (!shown_) return;
  listens("::");
  SynGate gate;
  gate.shut(DeviceId{1}, address("127.64.0.1"));
  gate.shut(DeviceId{2}, address("::1"));
  ASSERT_TRUE(listener_.filter(gate.program()));
  EXPECT_EQ(dials("127.64.0.1", "127.0.0.1")->tcp_state(), TCP_SYN_SENT);
  EXPECT_EQ(dials("127.64.0.2", "127.0.0.1")->tcp_state(), TCP_ESTABLISHED);
  EXPECT_EQ(dials("::1", "::1")->tcp_state(), TCP_SYN_SENT);
  gate.open(DeviceId{2});
  ASSERT_TRUE(listener_.filter(gate.program()));
  EXPECT_EQ(dials("::1", "::1")->tcp_state(), TCP_ESTABLISHED);
}

TEST_F(FilteredListener, gives_its_filter_to_nobody_who_is_accepted) {
  if (!shown_) return;
  listens("127.0.0.1");
  SynGate gate;
  gate.shut(DeviceId{1}, address("127.64.0.1"));
  ASSERT_TRUE(listener_.filter(gate.program()));
  const auto peer = dials("127.64.0.2", "127.0.0.1");
  ASSERT_TRUE(listener_.filter({}));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (accepted_.empty() && std::chrono::steady_clock::now() < deadline) {
    loop_.io().restart();
    loop_.io().run_one_for(1ms);
  }
  ASSERT_EQ(accepted_.size(), 1u);
  socklen_t instructions = 0;
  ASSERT_EQ(
      ::getsockopt(accepted_[0].descriptor(), SOL_SOCKET, SO_GET_FILTER, nullptr, &instructions),
      0);
  EXPECT_EQ(instructions, 0u);
}

TEST_F(FilteredListener, takes_the_longest_program_that_there_is) {
  if (!shown_) return;
  listens("127.0.0.1");
  SynGate gate;
  std::uint32_t count = 0;
  while (gate.shut(DeviceId{count}, ip::address_v4{count << 8})) ++count;
  EXPECT_TRUE(listener_.filter(gate.program()));
}

}  // namespace
}  // namespace probate::proxy::test
