#include "proxy/client_hello.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/proxy/tls_world.hpp"

namespace probate::proxy::test {
namespace {

using HelloVerdict = HelloSeen::Verdict;

Bytes sized(std::size_t length_bytes, const Bytes& body) {
  Bytes out;
  for (std::size_t i = length_bytes; i-- > 0;) {
    out.push_back(static_cast<std::uint8_t>(body.size() >> (8 * i)));
  }
  return joined({out, body});
}

Bytes extension(std::uint16_t kind, const Bytes& body) {
  return joined({{static_cast<std::uint8_t>(kind >> 8), static_cast<std::uint8_t>(kind & 0xff)},
                 sized(2, body)});
}

Bytes host(std::string_view name, std::uint8_t kind = 0) {
  const Bytes entry = joined({{kind}, sized(2, Bytes{name.begin(), name.end()})});
  return extension(0, sized(2, entry));
}

// A ClientHello of that list of extensions.
Bytes hello(const Bytes& extensions) {
  const Bytes body = joined({{3, 3},
                             Bytes(32, 0xaa),
                             sized(1, Bytes(32, 0xbb)),
                             sized(2, {0x13, 0x01, 0x13, 0x02}),
                             sized(1, {0}),
                             extensions});
  return joined({{1}, sized(3, body)});
}

Bytes record(const Bytes& part) { return joined({{0x16, 3, 1}, sized(2, part)}); }

Bytes greeting_with(const Bytes& list) { return record(hello(sized(2, list))); }

std::string heard(const Bytes& bytes) {
  const HelloSeen seen = read_client_hello(bytes);
  if (seen.verdict == HelloVerdict::wrong) return "wrong";
  return seen.verdict == HelloVerdict::unfinished ? "unfinished" : "name " + seen.name;
}

TEST(ClientHello, tells_the_name_that_is_asked_for) {
  EXPECT_EQ(heard(greeting_with(host("Broker.LAB"))), "name broker.lab");
  // Among others: supported_versions, ALPN.
  EXPECT_EQ(heard(greeting_with(joined({extension(43, {2, 3, 4}), host("a.b-c_d"),
                                        extension(16, sized(2, sized(1, {'m'})))}))),
            "name a.b-c_d");
}

TEST(ClientHello, may_ask_for_nobody) {
  EXPECT_EQ(heard(greeting_with({})), "name ");
  EXPECT_EQ(heard(record(hello({}))), "name ") << "no list of extensions at all";
}

TEST(ClientHello, may_come_in_many_records_and_with_more_behind_it) {
  const Bytes message = hello(sized(2, host("broker.lab")));
  Bytes all;
  for (const std::uint8_t byte : message) all = joined({all, record({byte})});
  EXPECT_EQ(heard(all), "name broker.lab");
  EXPECT_EQ(heard(joined({record(message), {0x17, 3, 3}})), "name broker.lab");
}

TEST(ClientHello, is_unfinished_until_its_last_byte) {
  const Bytes message = hello(sized(2, host("broker.lab")));
  const auto half = static_cast<std::ptrdiff_t>(message.size() / 2);
  const Bytes all = joined({record({message.begin(), message.begin() + half}),
                            record({message.begin() + half, message.end()})});
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_EQ(heard({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i)}), "unfinished")
        << i;
  }
}

TEST(ClientHello, is_wrong_where_its_lengths_do_not_fit) {
  Bytes good = greeting_with(host("broker.lab"));
  // Every byte of a length makes it either wrong or longer than what is there.
  for (const std::size_t at : {43u, 76u, 77u, 82u, 84u, 85u, 88u, 89u, 90u, 91u, 93u, 94u}) {
    Bytes bad = good;
    bad[at] = static_cast<std::uint8_t>(bad[at] + 1);
    EXPECT_NE(heard(bad), "name broker.lab") << at;
    bad[at] = 0xff;
    EXPECT_NE(heard(bad), "name broker.lab") << at;
  }
}

TEST(ClientHello, is_wrong_in_any_other_form) {
  EXPECT_EQ(heard({0x17}), "wrong") << "application data";
  EXPECT_EQ(heard({0x16, 2}), "wrong") << "SSL 2";
  EXPECT_EQ(heard({0x16, 3, 1, 0, 0}), "wrong") << "an empty record";
  EXPECT_EQ(heard({0x16, 3, 1, 0x40, 1}), "wrong") << "a record of more than 16 KiB";
  EXPECT_EQ(heard(record({2})), "wrong") << "a ServerHello";
  EXPECT_EQ(heard(record({1, 0, 0x80, 0})), "wrong") << "a message of more than 32 KiB";
  EXPECT_EQ(heard(greeting_with(joined({host("a"), host("b")}))), "wrong") << "two names";
  EXPECT_EQ(heard(greeting_with(host(""))), "wrong");
  EXPECT_EQ(heard(greeting_with(host("a b"))), "wrong");
  EXPECT_EQ(heard(greeting_with(host("a\x1b[2J"))), "wrong");
  EXPECT_EQ(heard(greeting_with(host(std::string(256, 'a')))), "wrong");
  EXPECT_EQ(heard(greeting_with(host(std::string(255, 'a')))), "name " + std::string(255, 'a'));
  EXPECT_EQ(heard(greeting_with(host("a", 1))), "wrong") << "another kind of name";
}

TEST(ClientHello, is_never_waited_for_beyond_its_limit) {
  Bytes all;
  while (all.size() < kHelloBytesMax) {
    // A message that never ends: 32 KiB announced, one byte a record.
    all = joined({all, record(all.empty() ? Bytes{1, 0, 0x7f, 0xf0} : Bytes(1000, 0))});
  }
  EXPECT_EQ(heard(all), "wrong");
}

// ---- as a link

TEST(PassingTls, is_known_by_its_name_and_passes_untouched) {
  const Secrets secrets;
  World world;
  TlsPeer device{world.stranger(), secrets.client()};
  device.send(wire(connect_packet()));
  device.poll();
  TlsPeer broker{world.accept(), secrets.server()};
  world.until(
      [&] {
        device.poll();
        return broker.received() == wire(connect_packet());
      },
      "the handshake is theirs");
  EXPECT_EQ(world.owner.streams, std::vector<std::string>{"tls:broker.lab"});
  EXPECT_TRUE(world.owner.named.empty());
  EXPECT_EQ(world.counters().malformed[0], 0u);
  EXPECT_TRUE(world.journal.all<journal::Malformed>().empty());
  world.proxy().for_each_link([](const LinkSight& sight) {
    EXPECT_EQ(sight.speech, Speech::tls);
    EXPECT_EQ(sight.name, "broker.lab");
    return true;
  });
}

TEST(PassingTls, is_hit_by_the_faults_of_its_device_and_gives_that_back) {
  const Secrets secrets;
  World world;
  world.owner.stream_identity = {DeviceId{5}, 0, false};
  TlsPeer device{world.stranger(), secrets.client()};
  device.poll();
  TlsPeer broker{world.accept(), secrets.server()};
  world.until(
      [&] {
        broker.poll();
        return device.is_up() && broker.is_up();
      },
      "the handshake is theirs");
  EXPECT_EQ(world.owner.sessions, 1) << "connected is all that there is of a session";
  EXPECT_TRUE(world.proxy().view(DeviceId{5}).online);
  world.perform(fault::Cut{fault::LegChoice::both, fault::CutHow::rst}, 5);
  world.until([&] { return device.ended() && broker.ended(); }, "both are cut");
  world.until([&] { return !world.owner.streams_over.empty(); }, "its device is free again");
  EXPECT_EQ(world.owner.streams_over, std::vector{DeviceId{5}});
  EXPECT_EQ(world.owner.downs, 1);
}

TEST(PassingTls, that_is_none_passes_as_what_it_is) {
  World world;
  auto device = world.stranger();
  const Bytes garbage{0x16, 0x03, 0x01, 0x00, 0x01, 0x02, 0x55};
  device->send(garbage);
  auto broker = world.accept();
  world.until([&] { return broker->received() == garbage; }, "it passes");
  EXPECT_EQ(world.owner.streams, std::vector<std::string>{"other:"});
  EXPECT_EQ(world.counters().malformed[0], 1u);
}

TEST(PassingTls, that_is_left_half_way_is_never_passed_on) {
  ProxyConfig config;
  config.connect_wait = 20ms;
  World world{config};
  auto device = world.stranger();
  device->send(Bytes{0x16, 0x03, 0x01});
  world.until([&] { return device->ended(); }, "it was let go");
  EXPECT_FALSE(world.dialled());
}

}  // namespace
}  // namespace probate::proxy::test
