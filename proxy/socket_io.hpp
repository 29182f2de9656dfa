// The few things the proxy does to a TCP socket, and what their errors mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/asio/ip/tcp.hpp>

#include "core/base/bytes.hpp"
#include "core/journal/records.hpp"
#include "proxy/poller.hpp"

namespace probate::proxy {

using Endpoint = boost::asio::ip::tcp::endpoint;

// A connection that came to a listener, and from where.
struct Arrival {
  Socket socket;
  Endpoint peer;
};

enum class IoStatus : std::uint8_t { moved, blocked, ended, failed };

struct IoResult {
  IoStatus status{};
  std::size_t bytes = 0;    // moved
  journal::CloseHow how{};  // failed
};

// Whether an errno says that this process, or the system, has no file descriptor left.
bool is_shortage(int error);
// What links leave of the limit on file descriptors: the metrics' clients, those of the control API
// and the files of the results are there when links have taken the rest.
inline constexpr std::uint64_t kDescriptorsLeft = 16;
// The limit may change while we run. It is asked for once in a turn of the poller, and each time
// outside of one.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(const Poller& poller) : poller_{poller} {}

  // Whether a descriptor just made, and so the lowest that was free, is one of those.
  bool is_left_to_others(int descriptor);

 private:
  const Poller& poller_;
  std::uint64_t asked_in_ = 0;  // which turn
  std::uint64_t descriptors_max_ = 0;
};
// Begins to connect. Not open: errno says why, no descriptor or nothing that leads there. Else it
// can be written once the connection stands or has failed, and has_connected() then says which.
Socket dial(const Endpoint& to, DescriptorLimit& limit);
bool has_connected(const Socket& socket);
// What was dialled tells its peer that it stands with its first bytes. It has none to say yet: it
// does so now. Requires: it has connected.
void end_greeting(Socket& socket);
// Nagle's algorithm off; of a listener, for those that it accepts.
void send_at_once(int descriptor);
// Not open: errno says why. `peer`: who it is.
Socket accept(int listener, Endpoint& peer);
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
// Unspecified if it is closed, or if the peer has gone.
Endpoint peer_of(const Socket& socket);
Endpoint own_end_of(const Socket& socket);

}  // namespace probate::proxy
