// A proxy between scripted peers on loopback, all in one io_context and one thread.
//
// Nothing sleeps: until() turns the loop and looks at the sockets until a condition holds, and
// fails the test after kPatience. "Nothing happened" is shown by waiting for something that comes
// after.
#pragma once

#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include "core/base/bytes.hpp"
#include "core/mqtt/codec.hpp"
#include "proxy/proxy.hpp"

namespace probate::proxy::test {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

inline constexpr std::chrono::seconds kPatience{20};
inline constexpr FaultId kFault{3};

class Journal final : public journal::Sink {
 public:
  void write(Instant at, journal::Body body) override {
    if (keeps) records_.push_back({at, 0, records_.size(), std::move(body)});
  }
  template <typename Body>
  std::vector<Body> all() const {
    std::vector<Body> found;
    for (const auto& record : records_) {
      if (const auto* body = std::get_if<Body>(&record.body)) found.push_back(*body);
    }
    return found;
  }
  template <typename Body>
  Instant when() const {
    for (const auto& record : records_) {
      if (std::holds_alternative<Body>(record.body)) return record.at;
    }
    return kNever;
  }
  // When its CONNECT went to the broker, and when its broker leg was closed.
  Instant when_forwarded(ConnectionId of) const {
    return when_first([of](const journal::Body& body) {
      const auto* record = std::get_if<journal::ConnectForwarded>(&body);
      return record != nullptr && record->connection == of;
    });
  }
  Instant when_broker_closed(ConnectionId of) const {
    return when_first([of](const journal::Body& body) {
      const auto* record = std::get_if<journal::LegClosed>(&body);
      return record != nullptr && record->connection == of && record->leg == journal::Leg::broker;
    });
  }
  // The LegClosed records of one leg, of all connections or of one.
  std::vector<journal::LegClosed> closed(journal::Leg leg, ConnectionId of = kNoConnection) const {
    std::vector<journal::LegClosed> found;
    for (const auto& body : all<journal::LegClosed>()) {
      if (body.leg == leg && (of == kNoConnection || body.connection == of)) found.push_back(body);
    }
    return found;
  }

  bool is_empty() const { return records_.empty(); }

  bool keeps = true;

 private:
  template <typename Is>
  Instant when_first(Is is) const {
    for (const auto& record : records_) {
      if (is(record.body)) return record.at;
    }
    return kNever;
  }

  std::vector<journal::Record> records_;
};

// The device behind 127.64.0.n is n; everybody else is anonymous.
class TestOwner final : public Owner {
 public:
  DeviceId device_at(const tcp::endpoint& peer) const override {
    if (!peer.address().is_v4()) return kNoDevice;
    const std::uint32_t index = peer.address().to_v4().to_uint() - 0x7f400000;
    return index < 1000 ? DeviceId{index} : kNoDevice;
  }
  Epoch epoch_of(DeviceId) const override { return epoch; }
  Identity identify(Instant, const mqtt::Connect& connect, const Origin& from) override {
    named.push_back(connect.client_id);
    origins.push_back(from);
    return identity;
  }
  Identity identify_stream(Instant, const Origin& from) override {
    origins.push_back(from);
    streams.emplace_back(std::string{word_of(from.speech)} + ":" + std::string{from.name});
    return stream_identity;
  }
  void stream_over(Instant, DeviceId device) override { streams_over.push_back(device); }
  void refused(std::uint16_t, journal::Refused, std::string_view detail) override {
    refusals.emplace_back(detail);
  }
  fault::Admission admit(Instant, DeviceId device) override {
    return device == DeviceId{1} ? admission : fault::Admission{fault::Admit{}};
  }
  void connect_kept(Instant, FaultId fault, DeviceId) override { kept_by.push_back(fault); }
  SourceOf source_of(DeviceId device) const override {
    return {boost::asio::ip::address_v4{0x7f400000u + device.value}, shares_source};
  }
  fault::Treatment treat(Instant, DeviceId, const fault::PacketFacts& packet) override {
    asked.push_back(packet.type);
    return treatment ? treatment(packet) : fault::PassPacket{};
  }
  void session_up(Instant, DeviceId) override { ++sessions; }
  void link_down(Instant, DeviceId) override {
    ++downs;
    if (when_down) when_down();
  }
  void link_idle(Instant, FaultId fault, DeviceId) override {
    idle_faults.push_back(fault);
    if (when_idle) when_idle();
  }
  void twin_closed(Instant, DeviceId) override { ++twins_closed; }

  Epoch epoch = 7;
  bool shares_source = false;        // every device does
  Identity identity;                 // of clients that are no device by address
  Identity stream_identity;          // of what is no MQTT
  std::vector<std::string> streams;  // what they speak, and the name that was asked for
  std::vector<DeviceId> streams_over;
  std::vector<FaultId> kept_by;
  std::vector<std::string> refusals;                                     // in whose words
  std::vector<std::string> named;                                        // who was asked for it
  std::vector<Origin> origins;                                           // and where they came from
  fault::Admission admission = fault::Admit{};                           // of device 1
  std::function<fault::Treatment(const fault::PacketFacts&)> treatment;  // none: all pass
  std::vector<mqtt::PacketType> asked;
  int sessions = 0;
  int downs = 0;
  int twins_closed = 0;
  std::function<void()> when_down;
  std::vector<FaultId> idle_faults;
  std::function<void()> when_idle;
};

// One end of a TCP connection that the test holds.
class Peer {
 public:
  explicit Peer(tcp::socket socket) : socket_{std::move(socket)} {
    socket_.non_blocking(true);
    socket_.set_option(tcp::no_delay{true});
  }

  void send(ByteView bytes) {
    boost::system::error_code error;
    unsent_.insert(unsent_.end(), bytes.begin(), bytes.end());
    flush(error);
  }
  void send(std::string_view text) { send(as_bytes(text)); }
  bool all_sent() {
    boost::system::error_code error;
    flush(error);
    return unsent_.empty();
  }
  // Reads what is there, unless told not to.
  void poll() {
    if (lazy || end_) return;
    std::array<std::uint8_t, 16384> buffer{};
    for (;;) {
      boost::system::error_code error;
      const std::size_t count = socket_.read_some(boost::asio::buffer(buffer), error);
      if (error == boost::asio::error::would_block) return;
      if (error) {
        end_ = error;
        return;
      }
      received_.insert(received_.end(), buffer.begin(), buffer.begin() + static_cast<long>(count));
    }
  }
  const Bytes& received() {
    poll();
    return received_;
  }
  std::string text() { return std::string{as_text(received())}; }
  bool ended() {
    poll();
    return end_.has_value();
  }
  bool got_fin() { return ended() && *end_ == boost::asio::error::eof; }
  bool got_rst() { return ended() && *end_ == boost::asio::error::connection_reset; }
  bool timed_out() { return ended() && *end_ == boost::asio::error::timed_out; }
  // The kernel's view; zeros if it has none any more.
  tcp_info info() {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
    return info;
  }
  // TCP_ESTABLISHED, TCP_CLOSE_WAIT, …
  int tcp_state() { return info().tcpi_state; }
  // Segments with bytes in them that came, in whatever pieces they are read.
  std::uint32_t data_segments_in() {
    // tcpi_data_segs_in of the kernel's struct, of which the C library's ends before it.
    constexpr std::size_t kOffset = 152;
    std::array<std::uint8_t, kOffset + sizeof(std::uint32_t)> info{};
    socklen_t size = info.size();
    std::uint32_t count = 0;
    if (::getsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INFO, info.data(), &size) == 0) {
      std::memcpy(&count, info.data() + kOffset, sizeof count);
    }
    return count;
  }
  // Its TCP gives up what was not acknowledged for so long.
  void give_up_after(std::chrono::milliseconds wait) {
    const auto value = static_cast<unsigned>(wait.count());
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value);
  }
  // Its TCP asks whether the other end is there, once nothing came for so long.
  void probe_after(std::chrono::seconds idle) {
    socket_.set_option(boost::asio::socket_base::keep_alive{true});
    const auto value = static_cast<int>(idle.count());
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &value, sizeof value);
  }
  void fin() { socket_.shutdown(tcp::socket::shutdown_send); }
  void rst() {
    socket_.set_option(boost::asio::socket_base::linger{true, 0});
    socket_.close();
  }
  void close() { socket_.close(); }
  tcp::socket& socket() { return socket_; }

  bool lazy = false;  // does not read

 private:
  void flush(boost::system::error_code& error) {
    while (!unsent_.empty()) {
      const std::size_t count = socket_.write_some(boost::asio::buffer(unsent_), error);
      if (error) return;
      unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<long>(count));
    }
  }

  tcp::socket socket_;
  Bytes received_;
  Bytes unsent_;
  std::optional<boost::system::error_code> end_;
};

class World {
 public:
  explicit World(ProxyConfig config = {}) : broker_{sockets_} {
    const tcp::endpoint loopback{boost::asio::ip::address_v4::loopback(), 0};
    broker_.open(tcp::v4());
    broker_.bind(loopback);
    broker_.listen();
    broker_.non_blocking(true);
    if (config.fronts.empty()) config.fronts.resize(1);
    for (Front& front : config.fronts) {
      front.listen = loopback;
      if (front.upstream.port() == 0) front.upstream = broker_.local_endpoint();
    }
    proxy_ = std::make_unique<Proxy>(loop, owner, config);
    auto bound = proxy_->listen();
    EXPECT_TRUE(bound.has_value());
    addresses_ = *bound;
  }

  Proxy& proxy() { return *proxy_; }
  void destroy_proxy() { proxy_.reset(); }
  // Of its first listener.
  const tcp::endpoint& address() const { return addresses_[0]; }
  const tcp::endpoint& address(std::size_t front) const { return addresses_[front]; }
  journal::LinkCounters& counters() { return loop.counters().links; }

  // Turns the loop until the condition holds.
  void until(const std::function<bool()>& holds, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) {
        FAIL() << "in vain waited until " << what;
      }
      loop.io().restart();
      loop.io().run_one_for(1ms);
      loop.io().poll();
    }
  }

  // A client from 127.64.0.`device`, connected to the proxy.
  std::unique_ptr<Peer> device(std::uint8_t device = 1) {
    tcp::socket socket{sockets_};
    socket.open(tcp::v4());
    socket.bind({boost::asio::ip::address_v4{0x7f400000u + device}, 0});
    socket.connect(address());
    return std::make_unique<Peer>(std::move(socket));
  }
  // A client whose address says nothing.
  std::unique_ptr<Peer> stranger(std::size_t front = 0) {
    tcp::socket socket{sockets_};
    socket.connect(address(front));
    return std::make_unique<Peer>(std::move(socket));
  }
  // The next connection that the broker gets.
  std::unique_ptr<Peer> accept() {
    std::unique_ptr<Peer> peer;
    until([&] { return (peer = accepted()) != nullptr; }, "the broker was dialled");
    return peer;
  }
  // One that the broker has got already, or nullptr.
  std::unique_ptr<Peer> accepted() {
    tcp::socket socket{sockets_};
    boost::system::error_code error;
    broker_.accept(socket, error);
    return error ? nullptr : std::make_unique<Peer>(std::move(socket));
  }
  bool dialled() { return accepted() != nullptr; }
  void perform(decltype(fault::Act::what) what, std::uint8_t device = 1) {
    proxy_->perform(loop.now(), {kFault, DeviceId{device}, std::move(what)});
  }
  void close_broker() { broker_.close(); }

  RunClock clock;
  Journal journal;
  Loop loop{clock, journal};
  TestOwner owner;

 private:
  boost::asio::io_context sockets_;
  tcp::acceptor broker_;
  std::unique_ptr<Proxy> proxy_;
  Proxy::Endpoints addresses_;
};

inline mqtt::Connect connect_packet(mqtt::Version version = mqtt::Version::v3_1_1) {
  mqtt::Connect connect;
  connect.version = version;
  connect.keep_alive = 10;
  connect.client_id = "meter-1";
  connect.username = "u";
  connect.password = "p";
  mqtt::Will will;
  will.topic = "/willmsg";
  will.payload = "meter-1 gone";
  connect.will = will;
  return connect;
}

inline Bytes wire(const mqtt::Packet& packet, mqtt::Version version = mqtt::Version::v3_1_1) {
  Bytes bytes;
  mqtt::encode(packet, version, bytes);
  return bytes;
}

inline const Bytes kPingreq{0xc0, 0x00};
inline const Bytes kPingresp{0xd0, 0x00};
inline const Bytes kDisconnect{0xe0, 0x00};
inline const Bytes kConnack{0x20, 0x02, 0x00, 0x00};

inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A device with a session: both ends have what the other sent.
struct Session {
  std::unique_ptr<Peer> device;
  std::unique_ptr<Peer> broker;

  explicit Session(World& world, std::uint8_t number = 1) {
    device = world.device(number);
    device->send(wire(connect_packet()));
    broker = world.accept();
    const Bytes connect = wire(connect_packet());
    world.until([&] { return broker->received() == connect; }, "the broker has the CONNECT");
    broker->send(kConnack);
    world.until([&] { return device->received() == kConnack; }, "the device has the CONNACK");
  }
};

}  // namespace probate::proxy::test
