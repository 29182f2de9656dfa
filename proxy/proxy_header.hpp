// The header of the PROXY protocol: whose connection it is, told by a proxy to the next one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "core/base/bytes.hpp"

namespace probate::proxy {

// v1 is a line of text, v2 is binary.
enum class HeaderVersion : std::uint8_t { v1, v2 };

// The two ends of a connection, as its client sees them.
struct Ends {
  boost::asio::ip::tcp::endpoint source;
  boost::asio::ip::tcp::endpoint destination;
};

struct HeaderSeen {
  enum class Verdict : std::uint8_t { unfinished, complete, wrong };
  Verdict verdict{};
  std::size_t bytes = 0;  // of a complete one
  // What a complete one tells. Nothing: the proxy speaks for itself (LOCAL), or does not know
  // (UNKNOWN, UNSPEC, a Unix socket): the connection's own ends hold.
  std::optional<Ends> ends{};
};

// Extensions (TLVs) are skipped. A longer header is wrong.
inline constexpr std::size_t kHeaderBytesMax = 4096;

// What a connection's first bytes say. Strict: what no sender may write is wrong.
HeaderSeen read_proxy_header(ByteView bytes);

// Whose the connection is; nothing: our own.
Bytes proxy_header(HeaderVersion version, const Ends* ends);

// An IPv4 address that came through an IPv6 socket as what it is.
boost::asio::ip::tcp::endpoint plain_endpoint(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace probate::proxy
