#include "core/base/host_port.hpp"

#include <gtest/gtest.h>

namespace probate {
namespace {

constexpr HostPortForm kBoth{};
constexpr HostPortForm kHostAlone{.port = 1883};
constexpr HostPortForm kPortAlone{.host = "127.0.0.1", .port_min = 0};

// The address as it is written again, or the mistake.
std::string read(std::string_view text, const HostPortForm& form) {
  const auto parsed = parse_host_port(text, form);
  if (parsed) return parsed->text();
  switch (parsed.error()) {
    case HostPortMistake::host:
      return "host";
    case HostPortMistake::port:
      return "port";
    case HostPortMistake::bare_ipv6:
      return "bare ipv6";
  }
  return "";
}

TEST(HostPort, is_read_and_written_again) {
  for (const char* text : {"broker.lab:1", "127.0.0.1:65535", "[::1]:1883", "[fe80::1%eth0]:80"}) {
    for (const HostPortForm& form : {kBoth, kHostAlone, kPortAlone}) {
      EXPECT_EQ(read(text, form), text);
    }
  }
  const auto ipv6 = parse_host_port("[::1]:80", kBoth);
  ASSERT_TRUE(ipv6.has_value());
  EXPECT_EQ(*ipv6, (HostPort{"::1", 80}));
}

TEST(HostPort, is_completed_by_what_may_be_left_out) {
  EXPECT_EQ(read("broker", kHostAlone), "broker:1883");
  EXPECT_EQ(read("[::1]", kHostAlone), "[::1]:1883");
  EXPECT_EQ(read("9100", kHostAlone), "9100:1883") << "a name can be so";
  EXPECT_EQ(read("9100", kPortAlone), "127.0.0.1:9100");
  EXPECT_EQ(read("broker", kBoth), "port");
  EXPECT_EQ(read("9100", kBoth), "port");
  EXPECT_EQ(read("[::1]", kPortAlone), "port");
}

TEST(HostPort, needs_a_port_in_its_range) {
  EXPECT_EQ(read("0", kPortAlone), "127.0.0.1:0");
  for (const char* text : {"b:0", "b:65536", "b:", "b:x", "b:1x", "b: 1", "b:+1", "b:-1", "[::1]x",
                           "[::1]1", "[::1]:", "[::1]x:1", "http://"}) {
    EXPECT_EQ(read(text, kHostAlone), "port") << text;
  }
  for (const char* text : {"", "x", "65536", "9100 ", "-1", "9100,9101"}) {
    EXPECT_EQ(read(text, kPortAlone), "port") << text;
  }
}

TEST(HostPort, needs_a_host_that_can_be_one) {
  for (const char* text : {"", ":1", "a b:1", "a/b:1", "a\nb", "[]", "[]:1", "[", "[::1", "[b]:1",
                           "b]:1", "a[b:1", "[:[:]:1"}) {
    EXPECT_EQ(read(text, kHostAlone), "host") << text;
  }
}

TEST(HostPort, has_an_ipv6_address_in_brackets_only) {
  for (const char* text : {"::1", "::1:1883", "fe80::1", "a:b:1"}) {
    for (const HostPortForm& form : {kBoth, kHostAlone, kPortAlone}) {
      EXPECT_EQ(read(text, form), "bare ipv6") << text;
    }
  }
}

}  // namespace
}  // namespace probate
