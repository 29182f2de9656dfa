// The few things the proxy does to a TCP socket, and what their errors mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/base/bytes.hpp"
#include "core/journal/records.hpp"
#include "proxy/loop.hpp"

namespace probate::proxy {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

enum class IoStatus : std::uint8_t { moved, blocked, ended, failed };

struct IoResult {
  IoStatus status{};
  std::size_t bytes = 0;    // moved
  journal::CloseHow how{};  // failed
};

// Non-blocking, no delay. False: the socket is not usable.
bool prepare(Socket& socket);
// One read. `ended`: the peer's FIN.
IoResult read_some(Socket& socket, std::span<std::uint8_t> into);
// One write. `blocked` and a short count both mean: wait until it is writable.
IoResult write_some(Socket& socket, ByteView bytes);
// FIN behind everything written.
void send_fin(Socket& socket);
// RST to the peer; what it has not read yet may be lost.
void abort(Socket& socket);
// FIN, or RST if the peer sent something that nobody read.
void close(Socket& socket);

}  // namespace probate::proxy
