#include "proxy/socket_io.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace probate::proxy {
namespace {

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

journal::CloseHow how_of(int error) {
  // A write after the peer's RST says EPIPE.
  if (error == ECONNRESET || error == EPIPE) return journal::CloseHow::rst;
  return error == ETIMEDOUT ? journal::CloseHow::timeout : journal::CloseHow::error;
}

using NameOf = int (*)(int, sockaddr*, socklen_t*);

Endpoint end_of(const Socket& socket, NameOf name_of) {
  Endpoint end;
  auto size = static_cast<socklen_t>(end.capacity());
  if (name_of(socket.descriptor(), end.data(), &size) != 0) return {};
  end.resize(size);
  return end;
}

void set_quick_ack(int descriptor, int on) {
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}
// The ACK that completes the handshake goes with the first bytes, or after 200 ms, before which the
// peer's accept() knows of nothing: who dials has something to say.
void greet_with_bytes(Socket& socket) {
  set_quick_ack(socket.descriptor(), 0);
  socket.set_greets(true);
}
}  // namespace

void send_at_once(int descriptor) {
  const int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE; }

bool DescriptorLimit::is_left_to_others(int descriptor) {
  const std::uint64_t turn = poller_.turn();
  if (turn == 0 || turn != asked_in_) {
    rlimit limit{};
    descriptors_max_ = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
    asked_in_ = turn;
  }
  return static_cast<std::uint64_t>(descriptor) + kDescriptorsLeft >= descriptors_max_;
}

Socket dial(const Endpoint& to, DescriptorLimit& limit) {
  Socket socket{
      ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  if (!socket.is_open()) return socket;
  if (limit.is_left_to_others(socket.descriptor())) {
    socket.close();
    errno = EMFILE;
    return socket;
  }
  send_at_once(socket.descriptor());
  greet_with_bytes(socket);
  const int result = ::connect(socket.descriptor(), to.data(), static_cast<socklen_t>(to.size()));
  if (result != 0 && errno != EINPROGRESS) socket.close();
  return socket;
}

// The other ACKs do not wait: of a peer with Nagle's algorithm, as mosquitto is, everything behind
// its first answer would come 40 ms late (Linux 6.18).
void end_greeting(Socket& socket) {
  set_quick_ack(socket.descriptor(), 1);
  socket.set_greets(false);
}

bool has_connected(const Socket& socket) {
  if (!socket.has_hung_up()) return true;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

Socket accept(int listener, Endpoint& peer) {
  auto size = static_cast<socklen_t>(peer.capacity());
  Socket socket{::accept4(listener, peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!socket.is_open()) return socket;
  peer.resize(size);
  return socket;
}

IoResult read_some(Socket& socket, std::span<std::uint8_t> into) {
  const ssize_t result = ::recv(socket.descriptor(), into.data(), into.size(), 0);
  if (result > 0) {
    const auto bytes = static_cast<std::size_t>(result);
    if (bytes < into.size()) socket.was_drained();
    return {.status = IoStatus::moved, .bytes = bytes};
  }
  if (result == 0) return {.status = IoStatus::ended};
  if (!would_block(errno)) return {.status = IoStatus::failed, .how = how_of(errno)};
  if (errno != EINTR) socket.was_drained();
  return {.status = IoStatus::blocked};
}

IoResult write_some(Socket& socket, ByteView bytes) {
  const ssize_t result = ::send(socket.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (result >= 0) {
    const auto written = static_cast<std::size_t>(result);
    if (written < bytes.size()) socket.was_filled();
    if (socket.greets()) end_greeting(socket);
    return {.status = IoStatus::moved, .bytes = written};
  }
  if (!would_block(errno)) return {.status = IoStatus::failed, .how = how_of(errno)};
  if (errno != EINTR) socket.was_filled();
  return {.status = IoStatus::blocked};
}

void send_fin(Socket& socket) { ::shutdown(socket.descriptor(), SHUT_WR); }

// The linger option is set here and only here: it lasts as long as the socket.
void abort(Socket& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.close();
}

void close(Socket& socket) { socket.close(); }

Endpoint peer_of(const Socket& socket) { return end_of(socket, ::getpeername); }

Endpoint own_end_of(const Socket& socket) { return end_of(socket, ::getsockname); }

}  // namespace probate::proxy
