// The practical limit for a proxy in user space: one thread, epoll, one buffer for all, copying.
// peer_proxy UPSTREAM_PORT
#include <deque>

#include "tests/bench/peers/peer.hpp"

namespace probate::peer {
namespace {

// One socket of a pair; what could not be written to it waits in `pending`.
struct Leg {
  int fd = -1;
  std::string pending;
  bool paused = false;  // the other leg has something pending: this one is not read
};

struct Pair {
  std::array<Leg, 2> legs;
  bool open = false;
};

constexpr std::uint64_t kListener = ~std::uint64_t{0};

class Proxy {
 public:
  explicit Proxy(std::uint16_t upstream) : upstream_{upstream}, listener_{listen_anywhere()} {
    epoll_.add(listener_, EPOLLIN, kListener);
  }

  void run() {
    for (;;) {
      epoll_.wait(-1, [this](std::uint64_t tag, std::uint32_t events) {
        if (tag == kListener) return accept_one();
        Pair& pair = pairs_[tag / 2];
        if (!pair.open) return;
        if ((events & EPOLLOUT) != 0) flush(tag);
        if (pair.open && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) forward(tag);
      });
      for (const std::uint64_t closed : closed_) free_.push_back(closed);
      closed_.clear();
    }
  }

 private:
  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    std::uint64_t place = pairs_.size();
    if (free_.empty()) {
      pairs_.emplace_back();
    } else {
      place = free_.back();
      free_.pop_back();
    }
    Pair& pair = pairs_[place];
    pair = Pair{};
    pair.open = true;
    pair.legs[0].fd = fd;
    pair.legs[1].fd = dial(upstream_);
    epoll_.add(fd, EPOLLIN, place * 2);
    epoll_.add(pair.legs[1].fd, EPOLLIN, place * 2 + 1);
  }

  void forward(std::uint64_t tag) {
    Pair& pair = pairs_[tag / 2];
    Leg& from = pair.legs[tag % 2];
    Leg& to = pair.legs[1 - tag % 2];
    if (from.paused) return;
    const ssize_t count = read(from.fd, buffer_.data(), buffer_.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return end(tag / 2);
    const auto size = static_cast<std::size_t>(count);
    const ssize_t sent = send(to.fd, buffer_.data(), size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return end(tag / 2);
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    if (done == size) return;
    to.pending.assign(buffer_.data() + done, size - done);
    from.paused = true;
    epoll_.change(from.fd, 0, tag);
    epoll_.change(to.fd, EPOLLIN | EPOLLOUT, tag ^ 1);
  }

  void flush(std::uint64_t tag) {
    Pair& pair = pairs_[tag / 2];
    Leg& to = pair.legs[tag % 2];
    Leg& from = pair.legs[1 - tag % 2];
    const ssize_t sent = send(to.fd, to.pending.data(), to.pending.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) return end(tag / 2);
    to.pending.erase(0, static_cast<std::size_t>(sent));
    if (!to.pending.empty()) return;
    from.paused = false;
    epoll_.change(to.fd, to.paused ? 0U : static_cast<std::uint32_t>(EPOLLIN), tag);
    epoll_.change(from.fd, EPOLLIN, tag ^ 1);
  }

  void end(std::uint64_t place) {
    Pair& pair = pairs_[place];
    for (const Leg& leg : pair.legs) close(leg.fd);
    pair.open = false;
    closed_.push_back(place);  // events of this round may still name it
  }

  std::uint16_t upstream_;
  Epoll epoll_;
  int listener_;
  std::deque<Pair> pairs_;
  std::vector<std::uint64_t> free_;
  std::vector<std::uint64_t> closed_;
  std::array<char, kReadBytes> buffer_{};
};

}  // namespace
}  // namespace probate::peer

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("peer_proxy UPSTREAM_PORT\n", stderr);
    return 2;
  }
  probate::peer::Proxy{static_cast<std::uint16_t>(std::atoi(words[1]))}.run();
}
