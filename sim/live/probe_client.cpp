#include "sim/live/probe_client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "core/mqtt/codec.hpp"
#include "core/mqtt/framer.hpp"
#include "core/mqtt/reasons.hpp"
#include "sim/live/signals.hpp"

namespace probate::live {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

using Deadline = std::chrono::steady_clock::time_point;

namespace {

constexpr std::size_t kShownBytesMax = 16;  // of a packet that cannot be read

std::string hex_of(ByteView bytes) {
  const ByteView shown = bytes.first(std::min(bytes.size(), kShownBytesMax));
  return fmt::format("{:02x}{}", fmt::join(shown, " "), shown.size() < bytes.size() ? " …" : "");
}

// What a code of CONNACK says, "" if neither version has it. Some brokers answer a client of 3.1.1
// with one of 5.0.
std::string meaning_of(std::uint8_t code) {
  for (const mqtt::Version version : {mqtt::Version::v3_1_1, mqtt::Version::v5}) {
    if (!mqtt::is_reason(mqtt::PacketType::connack, version, code)) continue;
    std::string name = mqtt::reason_name(mqtt::PacketType::connack, version, code);
    constexpr std::string_view kRefused = "Connection Refused, ";
    if (name.starts_with(kRefused)) name.erase(0, kRefused.size());
    return fmt::format(" ({})", name);
  }
  return {};
}

std::string advice_on(std::uint8_t code) {
  const bool wants_a_name = code == 4 || code == 5 || code == 0x86 || code == 0x87;
  return wants_a_name ? "; `broker.username` of the scenario says who asks" : "";
}

}  // namespace

struct ProbeClient::State {
  asio::io_context io{1};
  tcp::socket socket{io};
  std::optional<asio::ssl::stream<tcp::socket&>> tls{};  // none: plain
  std::string where;
  Bytes received;
  std::uint16_t packet_id = 0;
  std::deque<mqtt::Publish> early;  // came before the SUBACK that was waited for
  bool is_lost = false;
  std::string unreadable;  // what came last and could not be read, with the reason
  std::string trouble;     // of TLS

  // Runs what was started until it is done; false: the deadline has passed or a signal is pending,
  // and the socket is closed.
  bool run(Deadline deadline, const bool& done) {
    io.restart();
    while (!done && pending_signal() == 0) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= deadline) break;
      io.run_one_until(std::min(deadline, now + kSignalLook));
    }
    if (done) return true;
    error_code ignored;
    socket.close(ignored);
    io.restart();
    io.run();
    return false;
  }

  Result<bool, std::string> send(const mqtt::Packet& packet, Deadline deadline);
  // Of a connection that stands.
  Result<bool, std::string> begin_tls(const proxy::TlsContext& context, Deadline deadline);

  static std::string describe(ByteView frame, const mqtt::DecodeError& error) {
    const std::string why = mqtt::to_text(error);
    constexpr std::uint8_t kConnack = 0x20;
    if (frame.size() != 4 || frame[0] != kConnack) {
      return fmt::format("{}: {}", hex_of(frame), why);
    }
    return fmt::format("{}{}: {}{}", hex_of(frame), meaning_of(frame[3]), why, advice_on(frame[3]));
  }

  // The first whole frame of `received`, taken out.
  std::optional<Bytes> take_frame() {
    mqtt::FrameScanner scanner;
    std::size_t offset = 0;
    while (offset < received.size()) {
      const auto step = scanner.advance(ByteView{received}.subspan(offset));
      if (!step) return std::nullopt;
      offset += step->consumed;
      if (!step->complete) continue;
      const auto end = received.begin() + static_cast<std::ptrdiff_t>(offset);
      Bytes frame{received.begin(), end};
      received.erase(received.begin(), end);
      return frame;
    }
    return std::nullopt;
  }

  std::optional<mqtt::Packet> next_packet(Deadline deadline) {
    for (;;) {
      if (auto frame = take_frame()) {
        auto packet = mqtt::decode(*frame, mqtt::Version::v3_1_1, mqtt::Direction::downlink);
        if (packet) return std::move(*packet);
        is_lost = true;
        unreadable = describe(*frame, packet.error());
        return std::nullopt;
      }
      if (!socket.is_open()) return std::nullopt;
      std::array<std::uint8_t, 4096> chunk{};
      bool done = false;
      error_code error;
      std::size_t size = 0;
      auto finished = [&](const error_code& result, std::size_t bytes) {
        done = true;
        error = result;
        size = bytes;
      };
      if (tls) {
        tls->async_read_some(asio::buffer(chunk), finished);
      } else {
        socket.async_read_some(asio::buffer(chunk), finished);
      }
      if (!run(deadline, done)) return std::nullopt;
      is_lost = error.failed();
      const bool is_alert = error.category() == asio::error::get_ssl_category();
      if (is_lost && is_alert) trouble = tls_trouble(tls->native_handle(), error);
      if (is_lost) return std::nullopt;
      received.insert(received.end(), chunk.begin(),
                      chunk.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }
};

Result<bool, std::string> ProbeClient::State::send(const mqtt::Packet& packet, Deadline deadline) {
  Bytes bytes;
  mqtt::encode(packet, mqtt::Version::v3_1_1, bytes);
  bool done = false;
  error_code error;
  auto finished = [&](const error_code& result, std::size_t) {
    done = true;
    error = result;
  };
  if (tls) {
    asio::async_write(*tls, asio::buffer(bytes), finished);
  } else {
    asio::async_write(socket, asio::buffer(bytes), finished);
  }
  const bool in_time = run(deadline, done);
  if (in_time && !error) return true;
  return Failure{fmt::format("the broker {} does not take what is sent to it: {}", where,
                             in_time ? error.message() : "timeout")};
}

Result<bool, std::string> ProbeClient::State::begin_tls(const proxy::TlsContext& context,
                                                        Deadline deadline) {
  tls.emplace(socket, context.make());
  bool done = false;
  error_code error;
  tls->async_handshake(asio::ssl::stream_base::client, [&](const error_code& result) {
    done = true;
    error = result;
  });
  if (!run(deadline, done)) {
    return Failure{fmt::format(
        "the broker {} does not answer the TLS handshake: does it speak TLS at this port?", where)};
  }
  if (!error) return true;
  return Failure{fmt::format("no TLS with the broker {}: {}", where,
                             tls_trouble(tls->native_handle(), error))};
}

ProbeClient::ProbeClient() : state_{std::make_unique<State>()} {}
ProbeClient::~ProbeClient() = default;
ProbeClient::ProbeClient(ProbeClient&&) noexcept = default;
ProbeClient& ProbeClient::operator=(ProbeClient&&) noexcept = default;

Result<mqtt::Connack, std::string> ProbeClient::connect(const BrokerAddress& address,
                                                        mqtt::Connect connect, Duration patience) {
  state_ = std::make_unique<State>();
  State& state = *state_;
  state.where = fmt::format("{}:{}", address.host, address.port);
  const auto deadline = std::chrono::steady_clock::now() + patience;

  error_code error;
  tcp::resolver resolver{state.io};
  const auto endpoints = resolver.resolve(address.host, fmt::format("{}", address.port), error);
  if (error) {
    return Failure{fmt::format("cannot resolve the broker {}: {}", state.where, error.message())};
  }
  bool done = false;
  auto finished = [&](const error_code& result, const tcp::endpoint&) {
    done = true;
    error = result;
  };
  asio::async_connect(state.socket, endpoints, finished);
  if (!state.run(deadline, done)) {
    return Failure{
        fmt::format("the broker {} did not accept within {}", state.where, to_text(patience))};
  }
  if (error) {
    return Failure{
        fmt::format("cannot connect to the broker {}: {}", state.where, error.message())};
  }
  if (address.tls) {
    if (auto begun = state.begin_tls(*address.tls, deadline); !begun) return Failure{begun.error()};
  }
  if (!address.username.empty()) connect.username = address.username;
  if (!address.password.empty()) connect.password = address.password;
  auto sent = state.send(connect, deadline);
  // An alert may have come before the connection went.
  const auto reply = sent || state.tls ? state.next_packet(deadline) : std::nullopt;
  const auto* connack = reply ? std::get_if<mqtt::Connack>(&*reply) : nullptr;
  if (!state.unreadable.empty()) {
    return Failure{
        fmt::format("the broker {} answered CONNECT with what MQTT 3.1.1 does not have, {}",
                    state.where, state.unreadable)};
  }
  if (!state.trouble.empty()) {
    return Failure{fmt::format("no TLS with the broker {}: {}", state.where, state.trouble)};
  }
  if (!sent) {
    return Failure{sent.error() + (state.tls ? "; does it ask for a certificate of ours?" : "")};
  }
  if (state.is_lost && state.received.empty()) {
    return Failure{
        fmt::format("the broker {} closed the connection when it read CONNECT: it does not take "
                    "this client, or packets of that size; its log may say why",
                    state.where)};
  }
  if (connack == nullptr && state.received.empty() && !reply) {
    return Failure{
        fmt::format("the broker {} accepts connections but does not answer CONNECT", state.where)};
  }
  if (connack == nullptr) {
    return Failure{fmt::format("{} does not answer CONNECT like an MQTT broker", state.where)};
  }
  if (connack->reason != 0) {
    return Failure{fmt::format("the broker {} refused CONNECT with code {}{}{}", state.where,
                               connack->reason, meaning_of(connack->reason),
                               advice_on(connack->reason))};
  }
  return *connack;
}

Result<bool, std::string> ProbeClient::send(const mqtt::Packet& packet, Duration patience) {
  return state_->send(packet, std::chrono::steady_clock::now() + patience);
}

Result<bool, std::string> ProbeClient::subscribe(const std::string& filter, Duration patience) {
  mqtt::Subscribe subscribe{
      .packet_id = ++state_->packet_id, .subscriptions = {{.filter = filter}}, .properties = {}};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  auto sent = state_->send(subscribe, deadline);
  if (!sent) return sent;
  while (auto packet = state_->next_packet(deadline)) {
    if (auto* publish = std::get_if<mqtt::Publish>(&*packet)) {
      state_->early.push_back(std::move(*publish));
    }
    const auto* suback = std::get_if<mqtt::Suback>(&*packet);
    if (suback == nullptr) continue;
    if (!suback->reasons.empty() && suback->reasons[0] < 0x80) return true;
    return Failure{fmt::format("the broker {} does not allow a subscription to \"{}\"",
                               state_->where, filter)};
  }
  return Failure{fmt::format("the broker {} did not answer SUBSCRIBE", state_->where)};
}

std::optional<mqtt::Publish> ProbeClient::receive(Duration patience) {
  if (!state_->early.empty()) {
    mqtt::Publish first = std::move(state_->early.front());
    state_->early.pop_front();
    return first;
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (auto packet = state_->next_packet(deadline)) {
    auto* publish = std::get_if<mqtt::Publish>(&*packet);
    if (publish != nullptr) return std::move(*publish);
  }
  return std::nullopt;
}

bool ProbeClient::is_lost() const { return state_->is_lost; }

void ProbeClient::drop() {
  error_code ignored;
  state_->socket.shutdown(tcp::socket::shutdown_send, ignored);
  state_->socket.close(ignored);
}

void ProbeClient::leave() {
  if (send(mqtt::Disconnect{}, 1s)) drop();
}

}  // namespace probate::live
