#include "tests/conformance/sockets.hpp"

#include <array>
#include <cerrno>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace probate::conformance {
namespace {

constexpr int kPatienceMilliseconds = 10'000;

}  // namespace

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in address = loopback(port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

bool write_all(int fd, const Bytes& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto written =
        ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    pollfd wanted{fd, POLLOUT, 0};
    if (::poll(&wanted, 1, kPatienceMilliseconds) == 0) return false;
  }
  return true;
}

bool read_all(int fd, Bytes& bytes) {
  std::array<std::uint8_t, 4096> buffer{};
  for (;;) {
    const auto got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) {
      bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + got);
      continue;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
  }
}

std::mutex& fork_lock() {
  static std::mutex lock;
  return lock;
}

void finish(int fd) {
  const std::lock_guard alone{fork_lock()};
  ::close(fd);
}

void reset(int fd) {
  const std::lock_guard alone{fork_lock()};
  const linger now{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

}  // namespace probate::conformance
