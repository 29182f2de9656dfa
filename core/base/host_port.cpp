#include "core/base/host_port.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace probate {
namespace {

bool is_odd_in_host(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '[' || c == ']';
}

// Where the host ends and what stands behind it: "" or ":PORT".
struct Halves {
  std::string_view host;
  std::string_view rest;
  bool has_brackets = false;
};

Halves split(std::string_view text, bool port_stands_alone) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return {};
    return {text.substr(1, end - 1), text.substr(end + 1), true};
  }
  const std::size_t colon = text.find(':');
  if (colon != text.npos) return {text.substr(0, colon), text.substr(colon)};
  return port_stands_alone ? Halves{{}, text} : Halves{text, {}};
}

std::optional<std::uint16_t> read_port(std::string_view text, std::uint16_t least) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, port);
  if (parsed.ec != std::errc{} || parsed.ptr != end || port < least) return std::nullopt;
  return port;
}

}  // namespace

std::string HostPort::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<HostPort, HostPortMistake> parse_host_port(std::string_view text, const HostPortForm& form) {
  Halves halves = split(text, !form.host.empty());
  const bool has_colon = halves.rest.starts_with(':');
  if (has_colon) halves.rest.remove_prefix(1);
  if (!halves.has_brackets && halves.rest.find(':') != std::string_view::npos) {
    return Failure{HostPortMistake::bare_ipv6};
  }
  const bool is_port_alone = !form.host.empty() && !has_colon && !halves.has_brackets;
  const std::string_view host = is_port_alone ? form.host : halves.host;
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  const bool is_host = !host.empty() && std::none_of(host.begin(), host.end(), is_odd_in_host);
  if (!is_host || is_ipv6 != halves.has_brackets) return Failure{HostPortMistake::host};
  const bool has_rest = has_colon || !halves.rest.empty();
  if (!has_rest && form.port) return HostPort{std::string{host}, *form.port};
  if (!has_colon && !is_port_alone) return Failure{HostPortMistake::port};
  const auto port = read_port(halves.rest, form.port_min);
  if (!port) return Failure{HostPortMistake::port};
  return HostPort{std::string{host}, *port};
}

}  // namespace probate
