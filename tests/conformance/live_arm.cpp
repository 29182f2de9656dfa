// Plays a script on a real mosquitto.
#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mqtt/codec.hpp"
#include "core/mqtt/framer.hpp"
#include "tests/conformance/arms.hpp"
#include "tests/conformance/sockets.hpp"

namespace probate::conformance {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kBrokerPatienceMilliseconds = 10'000;
// Mosquitto has one thread. Once it has answered so many PINGREQs in a row, everything that was
// sent to it before has been read, and what follows from it lies in our sockets.
constexpr int kPingsOfBarrier = 3;
constexpr int kBarrierRoundsMax = 2'000;

struct Peer {
  int fd = -1;
  mqtt::Version version{};
  Bytes unread;
  bool holds = false;
  bool mute = false;
  std::deque<mqtt::Packet> held;
  std::uint16_t last_packet_id = 0;

  bool open() const { return fd >= 0; }
};

class LiveArm {
 public:
  LiveArm(const Script& script, mqtt::Version version, Mosquitto& broker)
      : script_{script}, version_{version}, prefix_{prefix_of(script, version)}, broker_{broker} {
    open_control();
  }
  ~LiveArm() {
    for (auto& [name, peer] : peers_) {
      if (peer.open()) ::close(peer.fd);
    }
    if (control_.open()) ::close(control_.fd);
    for (const int fd : half_closed_) ::close(fd);
  }
  LiveArm(const LiveArm&) = delete;
  LiveArm& operator=(const LiveArm&) = delete;

  Transcript play() {
    for (const Step& step : script_.steps) {
      transcript_.push_back({step.text, {}});
      if (step.verb == "wait") {
        wait(step);
        continue;
      }
      waiting_ = false;
      step_at_ = SteadyClock::now();
      perform(step);
      barrier();
    }
    return std::move(transcript_);
  }

 private:
  void open_control() {
    control_ = Peer{};
    control_.fd = connect_to(broker_.port());
    control_.version = mqtt::Version::v3_1_1;
    mqtt::Connect connect;
    connect.client_id = prefix_ + "(barrier)";
    if (!script_.users.empty()) {
      connect.username = script_.users.begin()->first;
      connect.password = script_.users.begin()->second;
    }
    write(control_, connect);
    await_control();
  }
  // Until the control connection has been answered.
  void await_control() {
    pollfd wanted{control_.fd, POLLIN, 0};
    if (::poll(&wanted, 1, kBrokerPatienceMilliseconds) != 1 ||
        !read_all(control_.fd, control_.unread)) {
      give_up(fmt::format("{}: mosquitto does not answer", prefix_));
    }
    control_.unread.clear();
  }
  void barrier() {
    if (!broker_.running()) {
      drain_all();
      return;
    }
    for (int round = 0; round < kBarrierRoundsMax; ++round) {
      for (int ping = 0; ping < kPingsOfBarrier; ++ping) {
        write(control_, mqtt::Pingreq{});
        await_control();
      }
      if (!drain_all()) return;
    }
    give_up(fmt::format("{}: mosquitto does not come to rest", prefix_));
  }

  void wait(const Step& step) {
    waiting_ = true;
    const auto now = SteadyClock::now();
    const auto end = now + duration_of(step.words.at(0));
    const Duration every = step.each.empty() ? Duration{} : duration_of(step.words.at(2));
    auto next = step.each.empty() ? end : now + every;
    while (SteadyClock::now() < end) {
      poll_until(std::min(next, end));
      if (step.each.empty() || SteadyClock::now() < next) continue;
      next += every;
      if (peers_[step.each[0].client].open()) perform(step.each[0]);
    }
  }
  void poll_until(SteadyClock::time_point end) {
    std::vector<pollfd> wanted;
    for (const auto& [name, peer] : peers_) {
      if (peer.open()) wanted.push_back({peer.fd, POLLIN, 0});
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
    const int ready = ::poll(wanted.data(), wanted.size(), static_cast<int>(std::max(left, 0L)));
    if (ready > 0) drain_all();
  }

  void perform(const Step& step) {
    if (step.client == "broker") return perform_on_broker(step);
    Peer& who = peers_[step.client];
    if (step.verb == "opens" || step.verb == "connect") {
      open(who, version_of(step, version_));
      if (step.verb == "opens") return;
      write(who, connect_of(step, version_, prefix_));
      await(who);
    } else if (step.verb == "subscribe") {
      write(who, subscribe_of(step, prefix_));
    } else if (step.verb == "unsubscribe") {
      write(who, unsubscribe_of(step, prefix_));
    } else if (step.verb == "publish") {
      for (std::uint32_t n = step.number("times", 1); n > 0; --n) {
        write(who, publish_of(step, prefix_, ++who.last_packet_id));
      }
    } else if (step.verb == "ping") {
      write(who, mqtt::Pingreq{});
    } else if (step.verb == "disconnect") {
      write(who, disconnect_of(step));
      if (resets_at_once(step)) end(who, "rst");
    } else if (step.verb == "bytes") {
      write_all(who.fd, bytes_of(step));
    } else if (step.verb == "mutes") {
      who.mute = true;
    } else if (step.verb == "holds") {
      who.holds = true;
    } else if (step.verb == "releases") {
      who.holds = false;
      for (auto held = std::exchange(who.held, {}); !held.empty(); held.pop_front()) {
        write(who, held.front());
      }
    } else {
      end(who, step.verb);
    }
  }
  void end(Peer& who, const std::string& verb) {
    const int fd = std::exchange(who.fd, -1);
    if (verb == "fin") {
      finish(fd);
    } else if (verb == "rst") {
      reset(fd);
    } else if (verb == "half_close") {
      ::shutdown(fd, SHUT_WR);
      half_closed_.push_back(fd);
    } else {
      give_up(fmt::format("no client can \"{}\"", verb));
    }
  }
  void perform_on_broker(const Step& step) {
    if (step.verb == "stops") {
      broker_.stop();
    } else if (step.verb == "interrupted") {
      broker_.interrupt();
    } else if (step.verb == "killed") {
      broker_.kill();
    } else {
      broker_.start();
      ::close(control_.fd);
      open_control();
    }
  }

  void open(Peer& who, mqtt::Version version) {
    if (who.open()) ::close(who.fd);
    who = Peer{};
    who.fd = connect_to(broker_.port());
    who.version = version;
    if (!who.open()) give_up(fmt::format("{}: cannot connect", prefix_));
  }
  void await(Peer& who) {
    pollfd wanted{who.fd, POLLIN, 0};
    ::poll(&wanted, 1, kBrokerPatienceMilliseconds);
  }
  void write(Peer& who, const mqtt::Packet& packet) {
    if (!who.open()) return;
    Bytes bytes;
    mqtt::encode(packet, who.version, bytes);
    write_all(who.fd, bytes);
  }

  // True if anything had arrived.
  bool drain_all() {
    bool any = false;
    for (auto& [name, peer] : peers_) {
      if (peer.open() && drain(name, peer)) any = true;
    }
    return any;
  }
  bool drain(const std::string& name, Peer& who) {
    const bool alive = read_all(who.fd, who.unread);
    bool any = take_packets(name, who);
    if (!alive) {
      note(name, "closed");
      ::close(std::exchange(who.fd, -1));
      any = true;
    }
    return any;
  }
  bool take_packets(const std::string& name, Peer& who) {
    std::size_t taken = 0;
    while (taken < who.unread.size()) {
      mqtt::FrameScanner scanner;
      const ByteView rest = ByteView{who.unread}.subspan(taken);
      const auto step = scanner.advance(rest);
      if (!step) give_up(fmt::format("{}: mosquitto sends no packets", prefix_));
      if (!step->complete) break;
      const auto packet =
          mqtt::decode(rest.first(step->consumed), who.version, mqtt::Direction::downlink);
      taken += step->consumed;
      if (packet) {
        receive(name, who, *packet);
      } else {
        note(name, "malformed: " + mqtt::to_text(packet.error()));
      }
    }
    who.unread.erase(who.unread.begin(), who.unread.begin() + static_cast<std::ptrdiff_t>(taken));
    return taken > 0;
  }
  void receive(const std::string& name, Peer& who, const mqtt::Packet& packet) {
    if (const std::string line = line_of(packet, prefix_); !line.empty() && !who.mute) {
      note(name, line);
    }
    auto answer = answer_to(packet);
    if (!answer) return;
    if (who.holds) {
      who.held.push_back(std::move(*answer));
    } else {
      write(who, *answer);
    }
  }
  void note(const std::string& name, const std::string& line) {
    Event event{line, std::nullopt};
    if (waiting_) event.after = SteadyClock::now() - step_at_;
    transcript_.back().clients[name].push_back(std::move(event));
  }

  const Script& script_;
  mqtt::Version version_;
  std::string prefix_;
  Mosquitto& broker_;
  Peer control_;
  std::map<std::string, Peer> peers_;
  std::vector<int> half_closed_;
  SteadyClock::time_point step_at_;
  bool waiting_ = false;
  Transcript transcript_;
};

}  // namespace

Transcript play_on_mosquitto(const Script& script, mqtt::Version version, Mosquitto& broker) {
  return LiveArm{script, version, broker}.play();
}

}  // namespace probate::conformance
