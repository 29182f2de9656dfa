// What the kernel has counted on a TCP connection.
#pragma once

#include <cstdint>

namespace probate::proxy {

struct TcpBytes {
  std::uint64_t received = 0;   // in order, read or not
  std::uint64_t delivered = 0;  // sent, and acknowledged by the peer's TCP
};

// To the kernel a SYN is a byte, of whose acknowledgement only that end hears.
enum class OpenedBy : std::uint8_t { peer, us };

// Zeros for what is no TCP connection any more. The bytes of what was said, without SYN and FIN.
TcpBytes tcp_bytes(int descriptor, OpenedBy opened);
// Segments that came before what is in front of them.
std::uint32_t segments_out_of_order(int descriptor);
// Segments that the kernel dropped instead of giving them to that connection's TCP.
std::uint32_t segments_dropped(int descriptor);

}  // namespace probate::proxy
