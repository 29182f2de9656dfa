#include "metrics/listen_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

namespace probate::metrics {
namespace {

constexpr std::string_view kLoopback = "127.0.0.1";

std::string_view to_text(HostPortMistake mistake) {
  switch (mistake) {
    case HostPortMistake::host:
      return "the host must be a numeric address or localhost";
    case HostPortMistake::port:
      return "it must end in a port from 0 to 65535";
    case HostPortMistake::bare_ipv6:
      return "an IPv6 address stands in brackets, [::1]:9100";
  }
  return "";
}

bool is_numeric(const std::string& host) {
  in6_addr address{};
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return inet_pton(is_ipv6 ? AF_INET6 : AF_INET, host.c_str(), &address) == 1;
}

}  // namespace

Result<HostPort, std::string> parse_listen_address(std::string_view text) {
  auto address = parse_host_port(text, {.host = kLoopback, .port_min = 0});
  if (address && address->host == "localhost") address->host = kLoopback;
  if (address && is_numeric(address->host)) return *address;
  return Failure{fmt::format("\"{}\" is no address to listen on: {}", text,
                             to_text(address ? HostPortMistake::host : address.error()))};
}

}  // namespace probate::metrics
