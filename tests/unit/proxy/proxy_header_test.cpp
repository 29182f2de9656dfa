#include "proxy/proxy_header.hpp"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/proxy/world.hpp"

namespace probate::proxy::test {
namespace {

using Verdict = HeaderSeen::Verdict;

const Bytes kSignature{0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

// Version and command, family and transport, the length as it is written, the block.
Bytes binary(std::uint8_t command, std::uint8_t family, std::uint16_t length,
             const Bytes& block = {}) {
  const Bytes head{command, family, static_cast<std::uint8_t>(length >> 8),
                   static_cast<std::uint8_t>(length & 0xff)};
  return joined({kSignature, head, block});
}

// 192.0.2.1:50001 → 198.51.100.2:1883
const Bytes kTcp4Block{192, 0, 2, 1, 198, 51, 100, 2, 0xc3, 0x51, 0x07, 0x5b};

std::string told(const HeaderSeen& seen) {
  if (seen.verdict == Verdict::wrong) return "wrong";
  if (seen.verdict == Verdict::unfinished) return "unfinished";
  if (!seen.ends) return "nothing";
  const auto text = [](const tcp::endpoint& end) {
    return end.address().to_string() + " " + std::to_string(end.port());
  };
  return text(seen.ends->source) + " > " + text(seen.ends->destination);
}
std::string told(const Bytes& bytes) { return told(read_proxy_header(bytes)); }
std::string told(std::string_view text) { return told(read_proxy_header(as_bytes(text))); }

TEST(ProxyHeader, of_version_1_tells_both_ends) {
  const std::string_view v4 = "PROXY TCP4 192.0.2.1 198.51.100.2 50001 1883\r\n";
  EXPECT_EQ(told(v4), "192.0.2.1 50001 > 198.51.100.2 1883");
  EXPECT_EQ(read_proxy_header(as_bytes(v4)).bytes, v4.size());
  EXPECT_EQ(told("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n"), "2001:db8::1 0 > ::1 65535");
  EXPECT_EQ(told("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:1.2.3.4 5 6\r\n"), "192.0.2.1 5 > 1.2.3.4 6");
}

TEST(ProxyHeader, ends_where_its_own_length_says_and_leaves_what_is_behind) {
  const std::string_view text = "PROXY UNKNOWN\r\nabc";
  EXPECT_EQ(read_proxy_header(as_bytes(text)).bytes, text.size() - 3);
  const Bytes more = joined({binary(0x21, 0x11, 12, kTcp4Block), {0x10, 0x20}});
  EXPECT_EQ(read_proxy_header(more).bytes, more.size() - 2);
}

TEST(ProxyHeader, of_version_1_tells_nothing_where_the_sender_does_not_know) {
  EXPECT_EQ(told("PROXY UNKNOWN\r\n"), "nothing");
  EXPECT_EQ(told("PROXY UNKNOWN ffff::1 anything 1 2\r\n"), "nothing");
}

TEST(ProxyHeader, of_version_1_is_wrong_in_any_other_form) {
  for (const char* bad :
       {"PROXY TCP4 192.0.2.1 198.51.100.2 50001\r\n", "PROXY TCP4  192.0.2.1 1.1.1.1 1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 50001 1883 \r\n", "PROXY TCP4 ::1 ::1 1 1\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n",
        "PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n", "PROXY TCP4 0x1.2.3.4 1.2.3.4 1 1\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", "PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n",
        "PROXY TCP6 fe80::1%lo ::1 1 1\r\n", "PROXY \r\n", "PROXY\r\n", "proxy TCP4", "GET / HTTP",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n\r\n", "QPROXY "}) {
    EXPECT_EQ(told(bad), "wrong") << bad;
  }
  EXPECT_EQ(told("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n"), "nothing") << "107 bytes";
  EXPECT_EQ(told("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"), "wrong") << "108 bytes";
}

TEST(ProxyHeader, of_version_2_tells_both_ends) {
  EXPECT_EQ(told(binary(0x21, 0x11, 12, kTcp4Block)), "192.0.2.1 50001 > 198.51.100.2 1883");
  Bytes block(36);
  block[0] = 0x20;
  block[1] = 0x01;
  block[15] = 0x07;
  block[31] = 0x01;
  block[32] = 0x01;
  block[35] = 0x02;
  EXPECT_EQ(told(binary(0x21, 0x21, 36, block)), "2001::7 256 > ::1 2");
}

TEST(ProxyHeader, of_version_2_is_read_over_extensions) {
  // PP2_TYPE_ALPN "mqtt", and PP2_TYPE_NOOP.
  const Bytes extended = joined({kTcp4Block, {0x01, 0, 4, 'm', 'q', 't', 't', 0x04, 0, 1, 0}});
  EXPECT_EQ(told(binary(0x21, 0x11, 23, extended)), "192.0.2.1 50001 > 198.51.100.2 1883");
  EXPECT_EQ(read_proxy_header(binary(0x21, 0x11, 23, extended)).bytes, 39u);
}

TEST(ProxyHeader, of_version_2_tells_nothing_of_what_the_proxy_does_by_itself) {
  EXPECT_EQ(told(binary(0x20, 0x00, 0)), "nothing");
  EXPECT_EQ(told(binary(0x20, 0x11, 12, kTcp4Block)), "nothing") << "LOCAL: the block is skipped";
  EXPECT_EQ(told(binary(0x20, 0xff, 3, {1, 2, 3})), "nothing") << "LOCAL: so is the family";
  EXPECT_EQ(told(binary(0x21, 0x00, 0)), "nothing") << "UNSPEC";
  EXPECT_EQ(told(binary(0x21, 0x00, 2, {1, 2})), "nothing");
  EXPECT_EQ(told(binary(0x21, 0x31, 216, Bytes(216, 'u'))), "nothing") << "a Unix socket";
}

TEST(ProxyHeader, of_version_2_is_wrong_in_any_other_form) {
  EXPECT_EQ(told(binary(0x22, 0x11, 12, kTcp4Block)), "wrong") << "a command that there is not";
  EXPECT_EQ(told(binary(0x11, 0x11, 12, kTcp4Block)), "wrong") << "version 1";
  EXPECT_EQ(told(binary(0x31, 0x11, 12, kTcp4Block)), "wrong") << "version 3";
  EXPECT_EQ(told(binary(0x21, 0x12, 12, kTcp4Block)), "wrong") << "UDP";
  EXPECT_EQ(told(binary(0x21, 0x41, 12, kTcp4Block)), "wrong") << "a family that there is not";
  EXPECT_EQ(told(binary(0x21, 0x11, 11, kTcp4Block)), "wrong") << "too short for its family";
  EXPECT_EQ(told(binary(0x21, 0x21, 35, Bytes(35))), "wrong");
  EXPECT_EQ(told(binary(0x21, 0x11, kHeaderBytesMax - 15)), "wrong") << "one too long";
  EXPECT_EQ(told(binary(0x21, 0x11, kHeaderBytesMax - 16)), "unfinished");
  Bytes signature = kSignature;
  signature[11] = 0x0b;
  EXPECT_EQ(told(signature), "wrong");
}

TEST(ProxyHeader, is_unfinished_until_its_last_byte) {
  const Bytes v2 = binary(0x21, 0x11, 15, joined({kTcp4Block, {0x04, 0, 0}}));
  const std::string v1 = "PROXY TCP4 192.0.2.1 198.51.100.2 50001 1883\r\n";
  for (const Bytes& whole : {v2, Bytes{v1.begin(), v1.end()}}) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(told(read_proxy_header(ByteView{whole}.first(i))), "unfinished") << i;
    }
    EXPECT_NE(told(whole), "unfinished");
  }
}

TEST(ProxyHeader, reads_as_it_was_written) {
  using boost::asio::ip::make_address;
  const Ends v4{{make_address("192.0.2.1"), 50001}, {make_address("198.51.100.2"), 1883}};
  const Ends v6{{make_address("2001:db8::1"), 1}, {make_address("::1"), 2}};
  const Ends mixed{{make_address("2001:db8::1"), 1}, {make_address("10.0.0.1"), 2}};
  for (const HeaderVersion version : {HeaderVersion::v1, HeaderVersion::v2}) {
    EXPECT_EQ(told(proxy_header(version, &v4)), "192.0.2.1 50001 > 198.51.100.2 1883");
    EXPECT_EQ(told(proxy_header(version, &v6)), "2001:db8::1 1 > ::1 2");
    EXPECT_EQ(told(proxy_header(version, &mixed)), "2001:db8::1 1 > 10.0.0.1 2");
    EXPECT_EQ(told(proxy_header(version, nullptr)), "nothing");
  }
  // As a socket for both families shows it.
  const Ends mapped{{make_address("::ffff:192.0.2.1"), 50001},
                    {make_address("::ffff:198.51.100.2"), 1883}};
  EXPECT_EQ(proxy_header(HeaderVersion::v1, &mapped), proxy_header(HeaderVersion::v1, &v4));
  EXPECT_EQ(proxy_header(HeaderVersion::v2, &mapped), proxy_header(HeaderVersion::v2, &v4));
  EXPECT_EQ(proxy_header(HeaderVersion::v2, &v4), binary(0x21, 0x11, 12, kTcp4Block));
  EXPECT_EQ(proxy_header(HeaderVersion::v2, nullptr), binary(0x20, 0x00, 0));
}

// ---- on a link

const std::string kText = "PROXY TCP4 192.0.2.1 198.51.100.2 50001 1883\r\n";

ProxyConfig expecting() {
  ProxyConfig config;
  config.fronts.resize(1);
  config.fronts[0].expects_header = true;
  return config;
}

std::uint64_t refused_headers(World& world, journal::Refused why) {
  return world.loop.counters().fronts[0].refused[static_cast<std::size_t>(why)];
}

TEST(HeaderOfALink, says_where_the_device_is) {
  World world{expecting()};
  auto device = world.stranger();
  device->send(kText);
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "the CONNECT alone");
  ASSERT_EQ(world.owner.origins.size(), 1u);
  EXPECT_EQ(world.owner.origins[0].source.to_string(), "192.0.2.1");
  world.proxy().for_each_link([](const LinkSight& sight) {
    EXPECT_EQ(sight.source.port(), 50001);
    return true;
  });
}

TEST(HeaderOfALink, may_come_byte_by_byte_and_with_the_connect_behind_it) {
  World world{expecting()};
  auto device = world.stranger();
  const Bytes all = joined({binary(0x21, 0x11, 12, kTcp4Block), wire(connect_packet())});
  for (const std::uint8_t byte : all) {
    device->send(Bytes{byte});
    world.loop.io().restart();
    world.loop.io().poll();
  }
  auto broker = world.accept();
  world.until([&] { return broker->received() == wire(connect_packet()); }, "the CONNECT alone");
  EXPECT_EQ(world.owner.origins[0].source.to_string(), "192.0.2.1");
}

TEST(HeaderOfALink, that_tells_nothing_leaves_the_connections_own_address) {
  World world{expecting()};
  auto device = world.stranger();
  device->send(binary(0x20, 0x00, 0));
  device->send(wire(connect_packet()));
  world.until([&] { return !world.owner.origins.empty(); }, "the CONNECT is there");
  EXPECT_EQ(world.owner.origins[0].source.to_string(), "127.0.0.1");
}

TEST(HeaderOfALink, that_is_none_closes_that_connection_only_and_is_counted) {
  World world{expecting()};
  auto good = world.stranger();
  good->send(kText);
  good->send(wire(connect_packet()));
  auto broker = world.accept();
  auto bad = world.stranger();
  bad->send(wire(connect_packet()));
  world.until([&] { return bad->got_rst(); }, "it was refused");
  EXPECT_EQ(refused_headers(world, journal::Refused::header), 1u);
  EXPECT_FALSE(world.dialled());
  good->send(kPingreq);
  const Bytes all = joined({wire(connect_packet()), kPingreq});
  world.until([&] { return broker->received() == all; }, "the other one lives on");
}

TEST(HeaderOfALink, that_does_not_come_in_time_is_counted_for_itself) {
  ProxyConfig config = expecting();
  config.fronts[0].header_wait = 20ms;
  World world{config};
  auto silent = world.stranger();
  auto half = world.stranger();
  half->send(std::string_view{"PROXY TC"});
  world.until([&] { return silent->got_rst() && half->got_rst(); }, "both were refused");
  EXPECT_EQ(refused_headers(world, journal::Refused::header_late), 2u);
  EXPECT_EQ(refused_headers(world, journal::Refused::header), 0u);
}

TEST(HeaderOfALink, is_not_waited_for_from_who_leaves) {
  World world{expecting()};
  auto check = world.stranger();  // a load balancer looks whether somebody answers
  check->fin();
  world.until([&] { return check->ended(); }, "it was let go");
  world.until([&] { return world.proxy().links() == 0; }, "nothing is left");
  EXPECT_EQ(refused_headers(world, journal::Refused::header), 0u);
  EXPECT_EQ(refused_headers(world, journal::Refused::header_late), 0u);
}

ProxyConfig telling(HeaderVersion version) {
  ProxyConfig config;
  config.fronts.resize(1);
  config.fronts[0].sends_header = version;
  return config;
}

TEST(HeaderOfALink, tells_the_broker_the_devices_own_ends) {
  for (const HeaderVersion version : {HeaderVersion::v1, HeaderVersion::v2}) {
    World world{telling(version)};
    auto device = world.device();
    device->send(wire(connect_packet()));
    auto broker = world.accept();
    const Ends ends{device->socket().local_endpoint(), world.address()};
    const Bytes expected = joined({proxy_header(version, &ends), wire(connect_packet())});
    world.until([&] { return broker->received().size() >= expected.size(); }, "it has both");
    EXPECT_EQ(broker->received(), expected);
  }
}

TEST(HeaderOfALink, tells_the_broker_on_what_it_was_told_itself) {
  ProxyConfig config = telling(HeaderVersion::v2);
  config.fronts[0].expects_header = true;
  World world{config};
  auto device = world.stranger();
  device->send(kText);
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  const Bytes expected = joined({binary(0x21, 0x11, 12, kTcp4Block), wire(connect_packet())});
  world.until([&] { return broker->received().size() >= expected.size(); }, "it has both");
  EXPECT_EQ(broker->received(), expected);
}

TEST(HeaderOfALink, of_a_twin_makes_no_address_up) {
  World world{telling(HeaderVersion::v2)};
  auto device = world.device();
  device->send(wire(connect_packet()));
  auto broker = world.accept();
  world.until([&] { return !broker->received().empty(); }, "the device is there");
  world.perform(fault::OpenTwin{fault::TwinWill::carry});
  auto twin = world.accept();
  const Bytes expected = joined({binary(0x20, 0x00, 0), wire(connect_packet())});
  world.until([&] { return twin->received().size() >= expected.size(); }, "the twin is there");
  EXPECT_EQ(twin->received(), expected);
}

}  // namespace
}  // namespace probate::proxy::test
