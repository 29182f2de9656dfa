// A host and a port, as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace probate {

struct HostPort {
  std::string host;  // an IPv6 address stands without brackets
  std::uint16_t port = 0;

  // "127.0.0.1:9100", "[::1]:9100".
  std::string text() const;
  bool operator==(const HostPort&) const = default;
};

// What may be left out. With neither, both must be written.
struct HostPortForm {
  std::string_view host{};              // then "9100" is a port
  std::optional<std::uint16_t> port{};  // then "broker" is a host; not together with `host`
  std::uint16_t port_min = 1;
};

enum class HostPortMistake : std::uint8_t {
  host,       // none, or one with a blank, a slash or a bracket; in brackets: no IPv6 address
  port,       // none, no number, or out of range
  bare_ipv6,  // an IPv6 address without brackets
};

// HOST:PORT or [IPV6]:PORT, and what `form` adds. Whether there is such a host is not asked.
Result<HostPort, HostPortMistake> parse_host_port(std::string_view text, const HostPortForm& form);

}  // namespace probate
