// TLS that ends or begins in the proxy, between scripted peers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include "tests/unit/proxy/tls_world.hpp"

namespace probate::proxy::test {
namespace {

using journal::Refused;
using testing::HasSubstr;

Front ending(const Secrets& secrets, const char* client_ca = nullptr) {
  Front front;
  front.tls_in = secrets.server(client_ca);
  return front;
}
Front beginning(Context context) {
  Front front;
  front.tls_out = std::move(context);
  return front;
}

TEST(DevicesTls, ends_in_the_proxy_and_is_plain_behind_it) {
  const Secrets secrets;
  World world{with_front(ending(secrets))};
  TlsPeer device{world.stranger(), secrets.client()};
  device.send(wire(connect_packet()));
  world.until([&] { return device.all_sent(); }, "the CONNECT is under way");
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "it arrives plain");
  broker->send(kConnack);
  world.until([&] { return device.received() == kConnack; }, "the answer comes through TLS");
  ASSERT_EQ(world.owner.origins.size(), 1u);
  EXPECT_EQ(world.owner.named[0], "meter-1");
  EXPECT_EQ(world.counters().packets[0][1], 1u) << "a CONNECT was seen";
  world.proxy().for_each_link([](const LinkSight& sight) {
    EXPECT_EQ(sight.name, "broker.lab");
    EXPECT_EQ(sight.speech, Speech::mqtt);
    return true;
  });
}

// As at SIGHUP: the files are others.
TEST(DevicesTls, has_another_certificate_from_the_next_handshake_on) {
  const Secrets before;
  const Secrets after;
  World world{with_front(ending(before))};
  TlsPeer old{world.stranger(), before.client()};
  world.until([&] { return old.is_up(); }, "the first one is through");
  world.proxy().secure(0, after.server(), nullptr);
  TlsPeer fresh{world.stranger(), after.client()};
  world.until([&] { return fresh.is_up(); }, "the new certificate is shown");
  TlsPeer outdated{world.stranger(), before.client()};
  world.until([&] { return outdated.ended(); }, "who trusts the old one alone is not through");
  old.send(wire(connect_packet()));
  world.until([&] { return old.all_sent(); }, "the old connection goes on");
  EXPECT_FALSE(world.accept()->ended());
}

TEST(DevicesTls, lets_faults_treat_the_packets_inside) {
  const Secrets secrets;
  World world{with_front(ending(secrets))};
  world.owner.identity = {DeviceId{5}, 1, true};
  world.owner.treatment = [](const fault::PacketFacts&) { return fault::SwallowPacket{kFault}; };
  TlsPeer device{world.stranger(), secrets.client()};
  device.send(wire(connect_packet()));
  world.until([&] { return device.all_sent(); }, "the CONNECT is under way");
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "it arrives");
  world.perform(fault::Watch{.up = fault::PacketSet{mqtt::PacketType::pingreq}, .down = {}}, 5);
  device.send(joined({kPingreq, kDisconnect}));
  const Bytes all = joined({wire(connect_packet()), kDisconnect});
  world.until([&] { return device.all_sent() && broker->received() == all; },
              "all but the ping arrives");
}

TEST(DevicesTls, is_refused_without_a_certificate_where_one_is_asked_for) {
  const Secrets secrets;
  World world{with_front(ending(secrets, "ca"))};
  TlsPeer naked{world.stranger(), secrets.client()};
  world.until([&] { return naked.ended(); }, "it was sent away");
  EXPECT_EQ(refusals(world, Refused::tls_certificate), 1u);
  EXPECT_THAT(naked.session().trouble(), HasSubstr("certificate required")) << "it is told why";
  TlsPeer known{world.stranger(), secrets.known_client()};
  known.send(wire(connect_packet()));
  world.until([&] { return known.all_sent(); }, "the known one is let in");
  EXPECT_NE(world.accept(), nullptr);
}

TEST(DevicesTls, is_refused_with_a_certificate_of_somebody_else) {
  const Secrets secrets;
  World world{with_front(ending(secrets, "other-ca"))};
  TlsPeer device{world.stranger(), secrets.known_client()};
  world.until([&] { return device.ended(); }, "it was sent away");
  EXPECT_EQ(refusals(world, Refused::tls_certificate), 1u);
  ASSERT_EQ(world.owner.refusals.size(), 1u);
  EXPECT_THAT(world.owner.refusals[0], HasSubstr("certificate verify failed ("));
}

TEST(DevicesTls, that_is_none_is_closed_for_itself_only_and_counted) {
  const Secrets secrets;
  World world{with_front(ending(secrets))};
  TlsPeer good{world.stranger(), secrets.client()};
  good.send(wire(connect_packet()));
  world.until([&] { return good.all_sent(); }, "the CONNECT is under way");
  auto broker = world.accept();
  auto garbage = world.stranger();
  garbage->send(wire(connect_packet()));  // plain MQTT
  world.until([&] { return garbage->ended(); }, "it was sent away");
  EXPECT_EQ(refusals(world, Refused::tls_handshake), 1u);
  EXPECT_FALSE(world.dialled());
  good.send(kPingreq);
  const Bytes all = joined({wire(connect_packet()), kPingreq});
  world.until([&] { return good.all_sent() && broker->received() == all; }, "the other lives on");
}

TEST(DevicesTls, that_is_left_half_way_is_counted_and_that_never_begins_is_not) {
  const Secrets secrets;
  World world{with_front(ending(secrets))};
  auto half = world.stranger();
  half->send(Bytes{0x16, 0x03, 0x01, 0x02, 0x00, 0x01});
  half->fin();
  auto looks = world.stranger();
  looks->fin();
  world.until([&] { return half->ended() && looks->ended(); }, "both are gone");
  half->close();
  world.until([&] { return world.proxy().links() == 0; }, "nothing is left");
  EXPECT_EQ(refusals(world, Refused::tls_handshake), 1u);
  EXPECT_EQ(refusals(world, Refused::tls_late), 0u);
}

TEST(DevicesTls, that_does_not_come_in_time_is_counted_for_itself) {
  const Secrets secrets;
  Front front = ending(secrets);
  front.handshake_wait = 20ms;
  World world{with_front(front)};
  auto silent = world.stranger();
  auto half = world.stranger();
  half->send(Bytes{0x16, 0x03, 0x01, 0x02, 0x00, 0x01});
  world.until([&] { return silent->ended() && half->ended(); }, "both were sent away");
  EXPECT_EQ(refusals(world, Refused::tls_late), 2u);
}

TEST(DevicesTls, broken_off_later_is_counted_and_ends_that_link) {
  const Secrets secrets;
  World world{with_front(ending(secrets))};
  auto peer = world.stranger();
  const int twin = ::dup(peer->socket().native_handle());
  TlsPeer device{std::move(peer), secrets.client()};
  device.send(wire(connect_packet()));
  world.until([&] { return device.all_sent(); }, "the CONNECT is under way");
  auto broker = world.accept();
  const Bytes garbage(64, 0x55);
  ASSERT_EQ(::write(twin, garbage.data(), garbage.size()), 64);
  ::close(twin);
  world.until([&] { return broker->ended(); }, "the broker's leg ends, too");
  EXPECT_EQ(refusals(world, Refused::tls_broken), 1u);
}

TEST(DevicesTls, may_stand_behind_a_header_of_the_proxy_protocol) {
  const Secrets secrets;
  Front front = ending(secrets);
  front.expects_header = true;
  World world{with_front(front)};
  auto peer = world.stranger();
  peer->send(std::string_view{"PROXY TCP4 192.0.2.1 198.51.100.2 50001 1883\r\n"});
  TlsPeer device{std::move(peer), secrets.client()};
  device.send(wire(connect_packet()));
  world.until([&] { return device.all_sent(); }, "the CONNECT is under way");
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "it arrives");
  EXPECT_EQ(world.owner.origins[0].source.to_string(), "192.0.2.1");
}

// ---- towards the broker

TEST(BrokersTls, begins_in_the_proxy) {
  const Secrets secrets;
  World world{with_front(beginning(secrets.client()))};
  auto device = world.device();
  device->send(wire(connect_packet()));
  TlsPeer broker{world.accept(), secrets.server()};
  world.until([&] { return broker.received() == wire(connect_packet()); }, "the CONNECT arrives");
  broker.send(kConnack);
  world.until([&] { return broker.all_sent() && device->received() == kConnack; },
              "and its answer");
  EXPECT_EQ(broker.session().name(), "broker.lab") << "what was asked for";
  EXPECT_EQ(world.owner.sessions, 1);
}

TEST(BrokersTls, is_checked_for_who_signed_it_and_for_its_name) {
  const Secrets secrets;
  for (const Context& context : {secrets.client("other-ca"), secrets.client("ca", "another.lab")}) {
    World world{with_front(beginning(context))};
    auto device = world.device();
    device->send(wire(connect_packet()));
    TlsPeer broker{world.accept(), secrets.server()};
    world.until([&] { return broker.ended() && device->got_rst(); }, "nobody is connected");
    EXPECT_EQ(refusals(world, Refused::upstream_certificate), 1u);
    EXPECT_EQ(world.counters().dial_errors, 1u);
    EXPECT_TRUE(broker.received().empty());
  }
}

TEST(BrokersTls, may_be_for_its_address) {
  const Secrets secrets;
  World world{with_front(beginning(secrets.client("ca", "127.0.0.1")))};
  auto device = world.device();
  device->send(wire(connect_packet()));
  TlsPeer broker{world.accept(), secrets.server()};
  world.until([&] { return broker.received() == wire(connect_packet()); }, "the CONNECT arrives");
  EXPECT_EQ(broker.session().name(), "") << "an address is no name";
}

TEST(BrokersTls, is_not_checked_where_the_user_says_so) {
  const Secrets secrets;
  const Context insecure = must(TlsContext::for_broker({.name = "another.lab", .verifies = false}));
  World world{with_front(beginning(insecure))};
  auto device = world.device();
  device->send(wire(connect_packet()));
  TlsPeer broker{world.accept(), secrets.server()};
  world.until([&] { return broker.received() == wire(connect_packet()); }, "the CONNECT arrives");
}

TEST(BrokersTls, brings_our_certificate_where_it_is_asked_for) {
  const Secrets secrets;
  World world{with_front(beginning(secrets.known_client()))};
  auto device = world.device();
  device->send(wire(connect_packet()));
  TlsPeer broker{world.accept(), secrets.server("ca")};
  world.until([&] { return broker.received() == wire(connect_packet()); }, "the CONNECT arrives");
}

TEST(BrokersTls, of_a_broker_that_speaks_none_is_a_dial_that_failed) {
  const Secrets secrets;
  World world{with_front(beginning(secrets.client()))};
  auto device = world.device();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  broker->send(std::string_view{"HTTP/1.1 400 Bad Request\r\n\r\n"});
  world.until([&] { return device->got_rst(); }, "the device was reset");
  EXPECT_EQ(refusals(world, Refused::upstream_tls), 1u);
  EXPECT_EQ(world.counters().dial_errors, 1u);
}

TEST(BrokersTls, of_a_broker_that_says_nothing_takes_as_long_as_a_dial_may) {
  const Secrets secrets;
  ProxyConfig config = with_front(beginning(secrets.client()));
  config.dial_timeout = 30ms;
  World world{config};
  auto device = world.device();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  world.until([&] { return device->got_rst(); }, "the device was reset");
  EXPECT_EQ(refusals(world, Refused::upstream_tls), 1u);
}

TEST(BrokersTls, that_a_broker_ends_without_a_word_is_counted_unless_the_device_left) {
  for (const bool device_leaves : {false, true}) {
    const Secrets secrets;
    World world{with_front(beginning(secrets.client()))};
    auto device = world.device();
    device->send(wire(connect_packet()));
    TlsPeer broker{world.accept(), secrets.server()};
    world.until([&] { return broker.received() == wire(connect_packet()); }, "the CONNECT arrives");
    if (device_leaves) {
      device->fin();
      world.until([&] { return broker.ended(); }, "the broker hears of it");
    }
    broker.fin();
    world.until([&] { return device->ended(); }, "the link is over");
    EXPECT_EQ(refusals(world, Refused::upstream_tls), device_leaves ? 0u : 1u);
  }
}

TEST(BrokersTls, is_spoken_by_a_twin_as_well) {
  const Secrets secrets;
  World world{with_front(beginning(secrets.client()))};
  auto device = world.device();
  device->send(wire(connect_packet()));
  TlsPeer broker{world.accept(), secrets.server()};
  world.until([&] { return broker.received() == wire(connect_packet()); }, "the CONNECT arrives");
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  TlsPeer twin{world.accept(), secrets.server()};
  world.until([&] { return twin.received() == wire(connect_packet()); }, "so does the twin's");
  world.perform(fault::CloseTwins{});
  const Bytes all = joined({wire(connect_packet()), kDisconnect});
  world.until([&] { return twin.received() == all && twin.ended(); }, "it leaves");
  EXPECT_TRUE(twin.session().heard_goodbye());
}

// ---- both

struct BothEnds {
  Secrets secrets;
  World world;
  std::unique_ptr<TlsPeer> device;
  std::unique_ptr<TlsPeer> broker;

  BothEnds() : world{with_front(front())} {
    device = std::make_unique<TlsPeer>(world.device(), secrets.client());
    device->send(wire(connect_packet()));
    world.until([this] { return device->all_sent(); }, "the CONNECT is under way");
    broker = std::make_unique<TlsPeer>(world.accept(), secrets.server());
    world.until([this] { return broker->received() == wire(connect_packet()); }, "it arrives");
    broker->send(kConnack);
    world.until([this] { return broker->all_sent() && device->received() == kConnack; },
                "and its answer");
  }
  Front front() const {
    Front both;
    both.tls_in = secrets.server();
    both.tls_out = secrets.client();
    return both;
  }
};

TEST(BothTls, carry_much_to_readers_that_are_slow) {
  BothEnds ends;
  ends.device->lazy = ends.broker->lazy = true;
  mqtt::Publish publish;
  publish.topic = "t";
  publish.payload = std::string(200'000, 'x');
  Bytes much;
  for (int i = 0; i < 20; ++i) {
    publish.payload[100] = static_cast<char>('a' + i);
    const Bytes one = wire(publish);
    much.insert(much.end(), one.begin(), one.end());
  }
  ends.device->send(much);
  ends.broker->send(much);
  // Until nobody takes any more.
  for (int i = 0; i < 200; ++i) {
    ends.device->poll();
    ends.broker->poll();
    ends.world.loop.io().restart();
    ends.world.loop.io().poll();
  }
  ends.device->lazy = ends.broker->lazy = false;
  const Bytes up = joined({wire(connect_packet()), much});
  const Bytes down = joined({kConnack, much});
  ends.world.until(
      [&] {
        return ends.device->all_sent() && ends.broker->all_sent() &&
               ends.broker->received().size() >= up.size() &&
               ends.device->received().size() >= down.size();
      },
      "all of it arrived");
  EXPECT_TRUE(ends.broker->received() == up);
  EXPECT_TRUE(ends.device->received() == down);
}

TEST(BothTls, pass_a_goodbye_on_as_one) {
  BothEnds ends;
  ends.device->say_goodbye();
  ends.device->fin();
  ends.world.until([&] { return ends.broker->ended(); }, "the broker heard of it");
  EXPECT_TRUE(ends.broker->session().heard_goodbye());
}

TEST(BothTls, pass_a_bare_fin_on_as_one) {
  BothEnds ends;
  ends.device->fin();
  ends.world.until([&] { return ends.broker->ended(); }, "the broker saw it");
  EXPECT_FALSE(ends.broker->session().heard_goodbye());
  // OpenSSL has answered it with an alert: that is our FIN's doing, and no TLS that broke.
  ends.broker->fin();
  ends.world.until([&] { return ends.world.proxy().links() == 0; }, "nothing is left");
  EXPECT_EQ(refusals(ends.world, Refused::tls_broken), 0u);
}

TEST(BothTls, are_cut_by_a_fault_without_a_word) {
  BothEnds ends;
  ends.world.perform(fault::Cut{fault::LegChoice::both, fault::CutHow::fin});
  ends.world.until([&] { return ends.broker->ended() && ends.device->ended(); }, "both saw it");
  EXPECT_FALSE(ends.broker->session().heard_goodbye());
  EXPECT_FALSE(ends.device->session().heard_goodbye());
}

TEST(BothTls, are_left_politely_when_the_proxy_ends) {
  BothEnds ends;
  ends.world.proxy().close_all(ends.world.loop.now());
  ends.world.until([&] { return ends.broker->ended() && ends.device->ended(); }, "both saw it");
  EXPECT_TRUE(ends.broker->session().heard_goodbye());
  EXPECT_TRUE(ends.device->session().heard_goodbye());
}

TEST(BothTls, are_silent_and_speak_again) {
  BothEnds ends;
  ends.world.perform(fault::Silence{fault::FlowDirection::both});
  ends.device->send(kPingreq);
  ends.world.until([&] { return ends.device->all_sent(); }, "the ping is under way");
  ends.world.perform(fault::Resume{});
  const Bytes all = joined({wire(connect_packet()), kPingreq});
  ends.world.until([&] { return ends.broker->received() == all; }, "it arrives late");
}

// ---- set-up

TEST(TlsContexts, say_which_file_is_not_what_it_should_be) {
  const Secrets secrets;
  const auto& files = secrets.files;
  const auto refused = [](const TlsContext::Made& made) {
    return made ? std::string{"none"} : made.error();
  };
  EXPECT_THAT(refused(TlsContext::for_devices({"/none.pem", files.key("server")})),
              HasSubstr("the certificate /none.pem: No such file or directory"));
  EXPECT_THAT(refused(TlsContext::for_devices({"/dev/null", files.key("server")})),
              HasSubstr("the certificate /dev/null: no start line"));
  EXPECT_THAT(refused(TlsContext::for_devices({files.pem("server"), files.pem("server")})),
              HasSubstr("the key " + files.pem("server") + ": nothing in it can be used"));
  EXPECT_THAT(refused(TlsContext::for_devices({files.pem("server"), files.key("client")})),
              HasSubstr("the key " + files.key("client")));
  EXPECT_THAT(refused(TlsContext::for_devices(
                  {files.pem("server"), files.key("server"), files.key("server")})),
              HasSubstr("the certificates of"));
  EXPECT_THAT(refused(TlsContext::for_broker({.name = "b", .ca = "/none.pem"})),
              HasSubstr("the certificates of /none.pem: No such file or directory"));
}

// OpenSSL keeps a thread's errors until somebody clears them.
TEST(TlsContexts, do_not_blame_a_file_for_what_a_connection_before_met) {
  BothEnds ends;
  ends.device->fin();
  ends.world.until([&] { return ends.broker->ended(); }, "a bare FIN is an error of its TLS");
  ASSERT_NE(ERR_peek_error(), 0u);
  const auto made = TlsContext::for_broker({.name = "b", .ca = "/none.pem"});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error(), "the certificates of /none.pem: No such file or directory");
}

}  // namespace
}  // namespace probate::proxy::test
