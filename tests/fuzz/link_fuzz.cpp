// Any bytes of both peers through a whole link on loopback, while faults treat its packets: no byte
// is lost or invented where nothing is treated, and every leg ends once.
//
// An input is: how it begins (Beginning), what becomes of packets (treatment_of), then steps. A
// step's first byte says who speaks, or that a fault acts, and how many bytes belong to it.
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "core/base/check.hpp"
#include "tests/unit/proxy/world.hpp"

namespace {

using namespace probate;
using namespace probate::proxy;
using namespace probate::proxy::test;
using fault::FlowDirection;
using mqtt::PacketType;

constexpr int kQuietTurns = 3;
constexpr int kTurnsMax = 1000;

class Input {
 public:
  explicit Input(ByteView bytes) : left_{bytes} {}

  bool empty() const { return left_.empty(); }
  std::uint8_t byte() { return left_.empty() ? std::uint8_t{0} : take(1)[0]; }
  ByteView take(std::size_t count) {
    const ByteView taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView left_;
};

enum class Beginning : std::uint8_t { as_it_comes, session, session_of_5, count_of_all };

fault::PacketSet every_packet() {
  fault::PacketSet all;
  for (unsigned type = 1; type <= 15; ++type) {
    all = all | fault::PacketSet{static_cast<PacketType>(type)};
  }
  return all;
}

bool can_be_rewritten(PacketType type) {
  return type == PacketType::connack || type == PacketType::puback || type == PacketType::pubrec ||
         type == PacketType::suback || type == PacketType::unsuback ||
         type == PacketType::disconnect;
}

// The low three bits say what, the others how much.
fault::Treatment treatment_of(std::uint8_t word, PacketType type) {
  const auto more = static_cast<std::uint8_t>(word >> 3);
  switch (word & 7) {
    case 1:
      return fault::SwallowPacket{kFault};
    case 2:
      return fault::HoldPacket{kFault, 1ms};
    case 3:
      return fault::DuplicatePacket{kFault};
    case 4:
      return fault::ReorderPacket{kFault};
    case 5:
      return fault::CutInsidePacket{kFault, more,
                                    more % 2 == 0 ? fault::CutHow::fin : fault::CutHow::rst};
    case 6:
      if (can_be_rewritten(type)) {
        return fault::RewritePacket{kFault, static_cast<std::uint8_t>(more | 0x80)};
      }
      return fault::PassPacket{};
    default:
      return fault::PassPacket{};
  }
}

class Play {
 public:
  explicit Play(Input& input) : input_{input} {
    const auto begins =
        static_cast<Beginning>(input_.byte() % static_cast<std::uint8_t>(Beginning::count_of_all));
    // Each in its turn for the packets that come.
    words_[0] = input_.byte();
    words_[1] = input_.byte();
    device_ = world_.device();
    if (begins != Beginning::as_it_comes) {
      open(begins == Beginning::session ? mqtt::Version::v3_1_1 : mqtt::Version::v5);
    }
    world_.owner.treatment = [this](const fault::PacketFacts& packet) {
      return treatment_of(words_[packets_++ % 2], packet.type);
    };
    world_.perform(fault::Watch{every_packet(), every_packet()});
  }

  void run() {
    while (!input_.empty()) step(input_.byte());
    if (is_untouched_ && was_open_) check_all_came();
    end();
  }

 private:
  void open(mqtt::Version version) {
    const Bytes connect = wire(connect_packet(version), version);
    device_->send(connect);
    until([&] { return (broker_ = world_.accepted()) != nullptr; });
    until([&] { return broker_->received().size() == connect.size(); });
    const Bytes connack = version == mqtt::Version::v5 ? wire(mqtt::Connack{}, version) : kConnack;
    broker_->send(connack);
    until([&] { return device_->received().size() == connack.size(); });
    was_open_ = true;
    up_ = connect;
    down_ = connack;
    is_untouched_ = treatment_of(words_[0], PacketType::connack).index() == 0 &&
                    treatment_of(words_[1], PacketType::connack).index() == 0;
  }

  void step(std::uint8_t what) {
    const std::size_t count = what & 0x3f;
    if ((what & 0xc0) == 0xc0) {
      act(what & 0x0f);
    } else if ((what & 0x80) == 0) {
      speak(device_, up_, input_.take(count));
    } else {
      speak(broker_, down_, input_.take(count));
    }
    turn();
  }
  static void speak(const std::unique_ptr<Peer>& who, Bytes& said, ByteView bytes) {
    if (who == nullptr || who->ended()) return;
    said.insert(said.end(), bytes.begin(), bytes.end());
    who->send(bytes);
  }

  void act(int which) {
    is_untouched_ = false;
    switch (which) {
      case 0:
        return world_.perform(fault::Silence{FlowDirection::up});
      case 1:
        return world_.perform(fault::Silence{FlowDirection::down});
      case 2:
        return world_.perform(fault::Silence{FlowDirection::both});
      case 3:
        return world_.perform(fault::Resume{});
      case 4:
        return world_.perform(fault::Watch{});
      case 5:
        return world_.perform(fault::Watch{every_packet(), every_packet()});
      case 6:
        return world_.perform(fault::InjectDisconnect{0x89});
      case 7:
        return world_.perform(fault::Delay{FlowDirection::both, 1ms, 1ms, 0.5, 1ms});
      case 8:
        return world_.perform(fault::Delay{});
      case 9:
        return world_.perform(fault::SliceBytes{FlowDirection::both, 3, 1ms});
      case 10:
        return world_.perform(fault::SliceBytes{});
      case 11:
        return world_.perform(fault::LimitLinks{.bytes = 40});
      case 12:
        return world_.perform(fault::MakeGhost{});
      case 13:
        return world_.perform(fault::Cut{fault::LegChoice::both, fault::CutHow::fin});
      case 14:
        return finish(*device_);
      default:
        if (broker_ != nullptr) finish(*broker_);
    }
  }

  static void finish(Peer& peer) {
    boost::system::error_code ignored;  // it may have been reset
    peer.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  // Until nothing more happens of itself, timers excepted.
  void turn() {
    int quiet = 0;
    for (int i = 0; i < kTurnsMax && quiet < kQuietTurns; ++i) {
      world_.loop.io().restart();
      const std::size_t before = heard();
      const bool ran = world_.loop.io().poll() > 0;
      if (broker_ == nullptr) broker_ = world_.accepted();
      quiet = ran || heard() != before ? 0 : quiet + 1;
    }
  }
  std::size_t heard() {
    return device_->received().size() + (broker_ == nullptr ? 0 : broker_->received().size());
  }

  template <typename Holds>
  void until(Holds holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      CHECK(std::chrono::steady_clock::now() < deadline);
      world_.loop.io().restart();
      world_.loop.io().run_one_for(1ms);
    }
  }

  // Half a packet comes with the end.
  void check_all_came() {
    finish(*device_);
    finish(*broker_);
    until([&] { return broker_->received().size() >= up_.size(); });
    until([&] { return device_->received().size() >= down_.size(); });
    CHECK(broker_->received() == up_);
    CHECK(device_->received() == down_);
  }

  void end() {
    world_.perform(fault::Resume{});
    device_->rst();
    if (broker_ != nullptr) broker_->rst();
    until([&] {
      if (const auto late = world_.accepted()) late->rst();
      return world_.proxy().links() == 0;
    });
    std::map<std::pair<std::uint64_t, journal::Leg>, int> ends;
    for (const auto& closed : world_.journal.all<journal::LegClosed>()) {
      const int count = ++ends[std::pair{closed.connection.value, closed.leg}];
      CHECK(count == 1);
    }
  }

  Input& input_;
  World world_;
  std::unique_ptr<Peer> device_;
  std::unique_ptr<Peer> broker_;
  std::array<std::uint8_t, 2> words_{};
  std::size_t packets_ = 0;
  Bytes up_;  // what was said
  Bytes down_;
  bool was_open_ = false;
  bool is_untouched_ = false;
};

// libFuzzer's alarm would interrupt a peer's connect(), which blocks; it is due behind the input.
// What hangs is found by kPatience.
class AlarmHeld {
 public:
  AlarmHeld() { mask(SIG_BLOCK); }
  ~AlarmHeld() { mask(SIG_UNBLOCK); }
  AlarmHeld(const AlarmHeld&) = delete;
  AlarmHeld& operator=(const AlarmHeld&) = delete;

 private:
  static void mask(int how) {
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(how, &alarm, nullptr);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const AlarmHeld held;
  Input input{ByteView{data, size}};
  Play play{input};
  play.run();
  return 0;
}
