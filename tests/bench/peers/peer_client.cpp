// The load of bench/proxy; prints its figures as one line of JSON.
//
//   peer_client PORT pingpong LINKS SECONDS    one 64-byte PUBLISH on its way on each link
//   peer_client PORT setup IN_FLIGHT COUNT     dial, CONNECT, echo of 16 bytes, close
//   peer_client PORT bulk LINKS MEBIBYTES      so much on each link, in PUBLISHes of 16 KiB
//   peer_client PORT fair LINKS SECONDS        one link at full speed; 2 messages/s on the others
//   peer_client PORT idle LINKS 0              connects, says so, ends with its standard input
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>

#include <sys/wait.h>

#include "tests/bench/peers/peer.hpp"

namespace probate::peer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMessageBytes = 64;
constexpr std::size_t kBulkBytes = 16 * 1024;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Link {
  int fd = -1;
  bool up = false;
  std::size_t awaited = 0;  // bytes until the answer is whole
  Clock::time_point sent;
};

void send_whole(int fd, std::string_view bytes) {
  const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size())) die("send");
}

// Microseconds from message to answer.
class Delays {
 public:
  void add(Clock::time_point sent) {
    all_.push_back(std::chrono::duration<float, std::micro>(Clock::now() - sent).count());
  }
  std::size_t count() const { return all_.size(); }
  double at(double share) {
    if (all_.empty()) return 0;
    std::sort(all_.begin(), all_.end());
    const auto last = static_cast<double>(all_.size() - 1);
    return static_cast<double>(all_[static_cast<std::size_t>(share * last)]);
  }

 private:
  std::vector<float> all_;
};

// Links that have had their CONNACK, dialled at most 64 at a time.
class Fleet {
 public:
  Fleet(std::uint16_t port, std::size_t count, std::string_view client_id) : port_{port} {
    links_.resize(count);
    std::size_t dialled = 0;
    for (std::size_t up = 0; up < count;) {
      while (dialled < count && dialled - up < 64) dial_one(dialled++, client_id);
      epoll_.wait(1000, [&](std::uint64_t tag, std::uint32_t events) {
        Link& link = links_[tag];
        if (link.up) die("a link speaks before it is spoken to");
        if ((events & EPOLLOUT) != 0) {
          send_whole(link.fd, connect_packet(ids_[tag]));
          epoll_.change(link.fd, EPOLLIN, tag);
          return;
        }
        if (!read_answer(link)) return;
        link.up = true;
        ++up;
      });
    }
  }

  Epoll& epoll() { return epoll_; }
  std::vector<Link>& links() { return links_; }

  // Whether the answer is whole now.
  bool read_answer(Link& link) {
    const ssize_t count = read(link.fd, buffer_.data(), buffer_.size());
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) die("a link was closed");
    link.awaited -= std::min(link.awaited, static_cast<std::size_t>(count));
    return link.awaited == 0;
  }

 private:
  void dial_one(std::size_t i, std::string_view client_id) {
    Link& link = links_[i];
    link.fd = dial(port_);
    link.awaited = kConnack.size();
    ids_.push_back(std::string{client_id} + "-" + std::to_string(i));
    epoll_.add(link.fd, EPOLLOUT, i);
  }

  std::uint16_t port_;
  Epoll epoll_;
  std::vector<Link> links_;
  std::vector<std::string> ids_;
  std::array<char, kReadBytes * 4> buffer_{};
};

void pingpong(std::uint16_t port, std::size_t count, double seconds) {
  Fleet fleet{port, count, "echo"};
  const std::string message = publish_packet(kMessageBytes);
  Delays delays;
  const auto ask = [&](Link& link) {
    link.awaited = message.size();
    link.sent = Clock::now();
    send_whole(link.fd, message);
  };
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  const auto begin = Clock::now();
  for (Link& link : fleet.links()) ask(link);
  while (seconds_since(begin) < seconds) {
    fleet.epoll().wait(100, [&](std::uint64_t tag, std::uint32_t) {
      Link& link = fleet.links()[tag];
      if (!fleet.read_answer(link)) return;
      delays.add(link.sent);
      ask(link);
    });
  }
  const double taken = seconds_since(begin);
  std::printf(
      "{\"messages\": %zu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"p999_us\": %.1f}\n",
      delays.count(), taken, delays.at(0.5), delays.at(0.99), delays.at(0.999));
}

void setup(std::uint16_t port, std::size_t in_flight, std::size_t count) {
  Epoll epoll;
  const std::string message = publish_packet(16);
  std::vector<Link> links(count);
  std::array<char, kReadBytes> buffer{};
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  const auto begin = Clock::now();
  std::size_t dialled = 0;
  for (std::size_t done = 0; done < count;) {
    while (dialled < count && dialled - done < in_flight) {
      links[dialled].fd = dial(port);
      epoll.add(links[dialled].fd, EPOLLOUT, dialled);
      ++dialled;
    }
    epoll.wait(1000, [&](std::uint64_t tag, std::uint32_t events) {
      Link& link = links[tag];
      if ((events & EPOLLOUT) != 0) {
        link.awaited = kConnack.size();
        send_whole(link.fd, connect_packet("setup-" + std::to_string(tag)));
        epoll.change(link.fd, EPOLLIN, tag);
        return;
      }
      const ssize_t bytes = read(link.fd, buffer.data(), buffer.size());
      if (bytes < 0 && errno == EAGAIN) return;
      if (bytes <= 0) die("a link was closed");
      link.awaited -= std::min(link.awaited, static_cast<std::size_t>(bytes));
      if (link.awaited > 0) return;
      if (!link.up) {
        link.up = true;
        link.awaited = message.size();
        send_whole(link.fd, message);
        return;
      }
      close(link.fd);
      ++done;
    });
  }
  std::printf("{\"connections\": %zu, \"seconds\": %.6f}\n", count, seconds_since(begin));
}

void bulk(std::uint16_t port, std::size_t count, std::size_t mebibytes) {
  const std::string message = publish_packet(kBulkBytes);
  const std::uint64_t each = (mebibytes << 20) / message.size() * message.size();
  Fleet fleet{port, count, "sink-" + std::to_string(each)};
  std::vector<std::uint64_t> sent(count);
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    fleet.links()[i].awaited = kPingresp.size();
    fleet.epoll().change(fleet.links()[i].fd, EPOLLIN | EPOLLOUT, i);
  }
  for (std::size_t done = 0; done < count;) {
    fleet.epoll().wait(1000, [&](std::uint64_t tag, std::uint32_t events) {
      Link& link = fleet.links()[tag];
      if ((events & EPOLLIN) != 0) {
        if (fleet.read_answer(link)) ++done;
        return;
      }
      const std::size_t offset = sent[tag] % message.size();
      const std::string_view rest = std::string_view{message}.substr(offset);
      const ssize_t count_sent = send(link.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count_sent < 0 && errno != EAGAIN) die("send");
      if (count_sent > 0) sent[tag] += static_cast<std::uint64_t>(count_sent);
      if (sent[tag] >= each) fleet.epoll().change(link.fd, EPOLLIN, tag);
    });
  }
  std::printf("{\"bytes\": %llu, \"seconds\": %.6f}\n",
              static_cast<unsigned long long>(each * count), seconds_since(begin));
}

// The greedy link has a process of its own: what it costs this one is not in the delays.
void fair(std::uint16_t port, std::size_t count, double seconds) {
  constexpr double kPerSecond = 2;
  const pid_t greedy = fork();
  if (greedy < 0) die("fork");
  if (greedy == 0) {
    Fleet one{port, 1, "sink-1000000000000"};
    const std::string message = publish_packet(kBulkBytes);
    one.epoll().change(one.links()[0].fd, EPOLLOUT, 0);
    std::uint64_t sent = 0;
    for (;;) {
      one.epoll().wait(1000, [&](std::uint64_t, std::uint32_t) {
        const std::string_view rest = std::string_view{message}.substr(sent % message.size());
        const ssize_t bytes = send(one.links()[0].fd, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (bytes > 0) sent += static_cast<std::uint64_t>(bytes);
        if (bytes < 0 && errno != EAGAIN) std::_Exit(0);
      });
    }
  }
  Fleet fleet{port, count - 1, "echo"};
  const std::string message = publish_packet(kMessageBytes);
  Delays delays;
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  const auto begin = Clock::now();
  std::size_t asked = 0;
  while (seconds_since(begin) < seconds) {
    const double due = seconds_since(begin) * kPerSecond * static_cast<double>(count - 1);
    for (; static_cast<double>(asked) < due; ++asked) {
      Link& link = fleet.links()[asked % fleet.links().size()];
      if (link.awaited > 0) continue;  // it has not been answered since its last turn
      link.awaited = message.size();
      link.sent = Clock::now();
      send_whole(link.fd, message);
    }
    fleet.epoll().wait(1, [&](std::uint64_t tag, std::uint32_t) {
      Link& link = fleet.links()[tag];
      if (fleet.read_answer(link)) delays.add(link.sent);
    });
  }
  kill(greedy, SIGKILL);
  waitpid(greedy, nullptr, 0);
  std::printf(
      "{\"asked\": %zu, \"messages\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"p999_us\": %.1f}\n",
      asked, delays.count(), delays.at(0.5), delays.at(0.99), delays.at(0.999));
}

void idle(std::uint16_t port, std::size_t count) {
  const Fleet fleet{port, count, "idle"};
  std::printf("ready\n");
  std::fflush(stdout);
  std::getchar();
  std::printf("{}\n");
}

}  // namespace
}  // namespace probate::peer

int main(int count, char** words) {
  using namespace probate::peer;
  if (count != 5) {
    std::fputs("peer_client PORT pingpong|setup|bulk|fair|idle LINKS AMOUNT\n", stderr);
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(words[1]));
  const std::string_view mode = words[2];
  const auto links = static_cast<std::size_t>(std::atoll(words[3]));
  const auto amount = static_cast<std::size_t>(std::atoll(words[4]));
  if (mode == "pingpong") pingpong(port, links, static_cast<double>(amount));
  if (mode == "setup") setup(port, links, amount);
  if (mode == "bulk") bulk(port, links, amount);
  if (mode == "fair") fair(port, links, static_cast<double>(amount));
  if (mode == "idle") idle(port, links);
}
