// The back end of bench/proxy: answers CONNECT with CONNACK, then echoes every byte; or, for a
// ClientID "sink-N-…", swallows N bytes and says PINGRESP.
#include <map>

#include "tests/bench/peers/peer.hpp"

namespace probate::peer {
namespace {

struct Connection {
  std::string greeting;  // until the CONNECT is whole
  bool greeted = false;
  std::uint64_t to_swallow = 0;  // 0: echo
};

void say(int fd, std::string_view bytes) {
  const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
  if (sent != static_cast<ssize_t>(bytes.size())) die("the echo does not fit into the socket");
}

void receive(int fd, Connection& connection, std::string_view bytes) {
  if (!connection.greeted) {
    connection.greeting += bytes;
    const std::string& text = connection.greeting;
    const std::size_t whole =
        text.size() < 2 ? 2 : 2 + static_cast<std::size_t>(static_cast<unsigned char>(text[1]));
    if (text.size() < whole) return;
    connection.greeted = true;
    const std::string client_id = text.substr(14, whole - 14);
    if (client_id.starts_with("sink-")) connection.to_swallow = std::stoull(client_id.substr(5));
    say(fd, kConnack);
    bytes.remove_prefix(bytes.size() - (text.size() - whole));
  }
  if (bytes.empty()) return;
  if (connection.to_swallow == 0) {
    say(fd, bytes);
    return;
  }
  connection.to_swallow -= std::min<std::uint64_t>(connection.to_swallow, bytes.size());
  if (connection.to_swallow == 0) say(fd, kPingresp);
}

void serve() {
  constexpr std::uint64_t kListener = 0;
  Epoll epoll;
  const int listener = listen_anywhere();
  epoll.add(listener, EPOLLIN, kListener);
  std::map<std::uint64_t, Connection> connections;
  std::array<char, kReadBytes * 4> buffer{};
  for (;;) {
    epoll.wait(-1, [&](std::uint64_t tag, std::uint32_t) {
      if (tag == kListener) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        connections[static_cast<std::uint64_t>(fd)];
        epoll.add(fd, EPOLLIN, static_cast<std::uint64_t>(fd));
        return;
      }
      const int fd = static_cast<int>(tag);
      const ssize_t count = read(fd, buffer.data(), buffer.size());
      if (count > 0) {
        receive(fd, connections[tag], {buffer.data(), static_cast<std::size_t>(count)});
      } else if (count == 0 || errno != EAGAIN) {
        connections.erase(tag);
        close(fd);
      }
    });
  }
}

}  // namespace
}  // namespace probate::peer

int main() { probate::peer::serve(); }
