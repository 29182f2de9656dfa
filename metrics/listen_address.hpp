// Where to listen: what the user writes behind --metrics, --listen and --control.
#pragma once

#include <string>
#include <string_view>

#include "core/base/host_port.hpp"

namespace probate::metrics {

// PORT, HOST:PORT or [IPV6]:PORT; HOST is 127.0.0.1, and with port 0 the kernel chooses. A host is
// a numeric address or "localhost", so that the answer never depends on a name server. The error is
// one sentence.
Result<HostPort, std::string> parse_listen_address(std::string_view text);

}  // namespace probate::metrics
