// What the peers of bench/proxy share: blocking-free sockets, epoll, and the few MQTT packets they
// say. They are a measuring stick, not part of the program: one thread, no error is survived.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace probate::peer {

inline constexpr std::size_t kReadBytes = 16 * 1024;
inline constexpr int kBacklog = 4096;

[[noreturn]] inline void die(const std::string& what) {
  const std::string why = std::generic_category().message(errno);
  std::fprintf(stderr, "%s: %s\n", what.c_str(), why.c_str());
  std::exit(1);
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline int open_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

// On a free port, which is printed on a line of its own for whoever started us.
inline int listen_anywhere() {
  const int fd = open_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) < 0 || listen(fd, kBacklog) < 0) die("listen");
  if (getsockname(fd, any, &size) < 0) die("getsockname");
  std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  std::fflush(stdout);
  return fd;
}

inline int dial(std::uint16_t port) {
  const int fd = open_socket();
  const sockaddr_in address = loopback(port);
  const int done = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (done < 0 && errno != EINPROGRESS) die("connect");
  return fd;
}

// Level-triggered; `Tag` comes back with each event.
class Epoll {
 public:
  Epoll() : fd_{epoll_create1(EPOLL_CLOEXEC)} {
    if (fd_ < 0) die("epoll_create1");
  }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  ~Epoll() { close(fd_); }

  void add(int fd, std::uint32_t events, std::uint64_t tag) {
    control(EPOLL_CTL_ADD, fd, events, tag);
  }
  void change(int fd, std::uint32_t events, std::uint64_t tag) {
    control(EPOLL_CTL_MOD, fd, events, tag);
  }
  // Calls `handle(tag, events)`; waits at most that long, -1: for ever.
  template <typename Handle>
  void wait(int milliseconds, Handle handle) {
    std::array<epoll_event, 256> events{};
    const int count = epoll_wait(fd_, events.data(), static_cast<int>(events.size()), milliseconds);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      handle(event.data.u64, event.events);
    }
  }

 private:
  void control(int operation, int fd, std::uint32_t events, std::uint64_t tag) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    if (epoll_ctl(fd_, operation, fd, &event) < 0) die("epoll_ctl");
  }
  int fd_;
};

// MQTT 3.1.1, clean, keep-alive 0. Requires: client_id.size() < 100.
inline std::string connect_packet(std::string_view client_id) {
  std::string body{"\0\4MQTT\4\2\0\0", 10};
  body += '\0';
  body += static_cast<char>(client_id.size());
  body += client_id;
  return std::string{'\x10', static_cast<char>(body.size())} + body;
}

inline const std::string kConnack{"\x20\2\0\0", 4};
inline const std::string kPingresp{"\xd0\0", 2};

// QoS 0 on topic "b", `size` bytes in all. Requires: 6 ≤ size < 2 MiB.
inline std::string publish_packet(std::size_t size) {
  std::size_t head = 2;
  if (size - head > 127) head = 3;
  if (size - head > 16'383) head = 4;
  std::size_t left = size - head;
  std::string packet{'\x30'};
  for (std::size_t i = 1; i < head; ++i) {
    packet += static_cast<char>((left & 127) | (i + 1 < head ? 128 : 0));
    left >>= 7;
  }
  packet += std::string{"\0\1b", 3};
  packet.resize(size, 'x');
  return packet;
}

}  // namespace probate::peer
