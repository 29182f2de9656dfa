// What the kernel has counted on a TCP connection.
#pragma once

#include <cstdint>

namespace probate::proxy {

struct TcpBytes {
  std::uint64_t received = 0;   // in order, read or not
  std::uint64_t delivered = 0;  // sent, and acknowledged by the peer's TCP
};

// Zeros for what is no TCP connection any more. A FIN counts as one byte.
TcpBytes tcp_bytes(int descriptor);

}  // namespace probate::proxy
