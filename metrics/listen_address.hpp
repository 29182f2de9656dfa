// Where to listen: what the user writes behind --metrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace probate::metrics {

struct ListenAddress {
  std::string host = "127.0.0.1";  // numeric, IPv6 without brackets
  std::uint16_t port = 0;          // 0: the kernel chooses

  // "127.0.0.1:9100", "[::1]:9100".
  std::string text() const;
  bool operator==(const ListenAddress&) const = default;
};

// PORT, HOST:PORT or [HOST]:PORT. A host is a numeric address or "localhost", so that the answer
// never depends on a name server. The error is one sentence.
Result<ListenAddress, std::string> parse_listen_address(std::string_view text);

}  // namespace probate::metrics
