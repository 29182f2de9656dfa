#include "metrics/listen_address.hpp"

#include <gtest/gtest.h>

namespace probate::metrics {
namespace {

TEST(ListenAddress, is_read_in_each_of_its_forms) {
  EXPECT_EQ(parse_listen_address("9100").value(), (HostPort{"127.0.0.1", 9100}));
  EXPECT_EQ(parse_listen_address("0").value(), (HostPort{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen_address("0.0.0.0:9100").value(), (HostPort{"0.0.0.0", 9100}));
  EXPECT_EQ(parse_listen_address("localhost:9100").value(), (HostPort{"127.0.0.1", 9100}));
  EXPECT_EQ(parse_listen_address("[::1]:9100").value(), (HostPort{"::1", 9100}));
}

TEST(ListenAddress, is_refused_with_the_reason) {
  const auto error = [](std::string_view text) {
    const auto parsed = parse_listen_address(text);
    return parsed ? std::string{"accepted"} : parsed.error();
  };
  EXPECT_EQ(error("65536"),
            "\"65536\" is no address to listen on: it must end in a port from 0 to 65535");
  EXPECT_EQ(error("::1:9100"),
            "\"::1:9100\" is no address to listen on: an IPv6 address stands in brackets, "
            "[::1]:9100");
  EXPECT_EQ(error("example.org:9100"),
            "\"example.org:9100\" is no address to listen on: the host must be a numeric address "
            "or localhost");
  for (const char* text : {"", ":", "9100 ", "-1", "1.2.3:9100", "[127.0.0.1]:1", "[::1]", ":9100",
                           "127.0.0.1:", "9100,9101", "127.0.0.1:9100s"}) {
    EXPECT_NE(error(text), "accepted") << text;
  }
}

}  // namespace
}  // namespace probate::metrics
