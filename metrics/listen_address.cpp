#include "metrics/listen_address.hpp"

#include <charconv>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace probate::metrics {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_address(int family, const std::string& host) {
  in6_addr address{};
  return inet_pton(family, host.c_str(), &address) == 1;
}

}  // namespace

std::string ListenAddress::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ListenAddress, std::string> parse_listen_address(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return Failure{fmt::format("\"{}\" is no address to listen on: {}", text, why)};
  };
  std::string_view host = "127.0.0.1";
  std::string_view port = text;
  const std::size_t colon = text.rfind(':');
  if (colon != text.npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto number = parse_port(port);
  if (!number) return refuse("it must end in a port from 0 to 65535");
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  ListenAddress address{std::string{host == "localhost" ? "127.0.0.1" : host}, *number};
  const bool v6 = address.host.find(':') != std::string::npos;
  if (v6 && !brackets) return refuse("an IPv6 address stands in brackets, [::1]:9100");
  if (brackets ? !is_address(AF_INET6, address.host) : !is_address(AF_INET, address.host)) {
    return refuse("the host must be a numeric address or localhost");
  }
  return address;
}

}  // namespace probate::metrics
