#include "proxy/twin.hpp"

#include <array>
#include <cerrno>
#include <utility>
#include <variant>

#include "core/journal/from_packets.hpp"
#include "core/mqtt/codec.hpp"

namespace probate::proxy {
namespace {

using journal::CloseHow;
using journal::Party;
using mqtt::PacketType;

constexpr std::array<std::uint8_t, 2> kPingreq{0xc0, 0x00};
constexpr std::array<std::uint8_t, 2> kDisconnect{0xe0, 0x00};

}  // namespace

// The twin reads its CONNACK and why the broker leaves it, nothing else.
class Twin::Watcher {
 public:
  explicit Watcher(Twin& twin) : twin_{twin} {}

  bool begins(PacketType type) {
    return type == PacketType::disconnect || (type == PacketType::connack && !twin_.connack_read_);
  }
  void piece(ByteView) {}
  void ends(mqtt::FrameHeader, ByteView frame) {
    if (frame.empty()) return;
    const auto packet = mqtt::decode(frame, twin_.record_.version, mqtt::Direction::downlink);
    if (!packet) return;
    Loop& loop = twin_.hub_.loop();
    const ConnectionId connection = twin_.record_.connection;
    if (const auto* why = std::get_if<mqtt::Disconnect>(&*packet)) {
      loop.write(loop.now(),
                 journal::DisconnectReceived{.connection = connection, .reason = why->reason});
      return;
    }
    twin_.connack_read_ = true;
    journal::ConnackReceived record = journal::connack_record(std::get<mqtt::Connack>(*packet));
    record.connection = connection;
    loop.write(loop.now(), std::move(record));
  }

 private:
  Twin& twin_;
};

Twin::Twin(Hub& hub, std::uint16_t front, Bytes connect, journal::ConnectForwarded record,
           FaultId fault)
    : hub_{hub},
      timer_{*this},
      connect_{std::move(connect)},
      record_{std::move(record)},
      fault_{fault},
      front_{front} {}

void Twin::start() {
  Poller& poller = hub_.loop().poller();
  leg_.socket = dial(hub_.front(front_).upstream, hub_.loop().descriptors());
  if (!leg_.socket.is_open() && is_shortage(errno)) {
    ++hub_.counters().shortages;
    return finish();
  }
  if (!leg_.socket.is_open() || !poller.watch(leg_.socket, *this)) {
    count_dial_error();
    finish();
    return;
  }
  hub_.loop().arm(timer_, saturating_add(hub_.loop().now(), hub_.config().dial_timeout));
  poller.await_write(leg_.socket);
}

void Twin::count_dial_error() {
  ++hub_.counters().dial_errors;
  ++hub_.counters_of(front_).dial_errors;
}

void Twin::handle_dialed() {
  if (!has_connected(leg_.socket)) {
    count_dial_error();
    finish();
    return;
  }
  leg_.open = true;
  const Front& front = hub_.front(front_);
  // A connection of our own: nobody's address is made up for it. The first bytes of a new socket.
  if (front.sends_header) {
    write_some(leg_.socket, proxy_header(*front.sends_header, nullptr));
  }
  if (!front.tls_out) return stand();
  leg_.tls = std::make_unique<TlsSession>(*front.tls_out, leg_.socket);
  secure();
}

void Twin::secure() {
  const IoResult result = leg_.tls->handshake();
  if (leg_.tls->has_output()) wait_writable();
  switch (result.status) {
    case IoStatus::moved:
      return stand();
    case IoStatus::blocked:
      return wait_readable();
    case IoStatus::ended:
    case IoStatus::failed:
      break;
  }
  count_dial_error();
  finish();
}

void Twin::stand() {
  ++hub_.counters().twin_logins;
  phase_ = Phase::standing;
  const Instant now = hub_.loop().now();
  last_uplink_packet_at_ = now;
  hub_.loop().write(now, record_);
  send(connect_);
  connect_ = Bytes{};
  if (phase_ != Phase::standing) return;
  timer_.cancel();
  // Well within the keep-alive; 0 is off. [MQTT-3.1.2-23]
  if (record_.keep_alive > 0) {
    hub_.loop().arm(timer_, now + std::chrono::milliseconds{record_.keep_alive * 750});
  }
  wait_readable();
}

void Twin::wait_readable() {
  if (!leg_.socket.awaits_read()) hub_.loop().poller().await_read(leg_.socket);
}

void Twin::handle_readable(Socket&) {
  const boost::intrusive_ptr<Twin> self{this};
  const Turn turn{hub_};
  if (phase_ == Phase::dialing) return secure();
  const auto buffer = hub_.read_buffer();
  const IoResult result = leg_.tls ? leg_.tls->read(buffer) : read_some(leg_.socket, buffer);
  switch (result.status) {
    case IoStatus::moved:
      tap_.advance(buffer.first(result.bytes), Watcher{*this});
      break;
    case IoStatus::blocked:
      break;
    case IoStatus::ended:
      ended_by_broker(CloseHow::fin);
      return;
    case IoStatus::failed:
      ended_by_broker(result.how);
      return;
  }
  wait_readable();
}

// A CONNECT and a few pings: a broker that does not read them is waited for.
void Twin::send(ByteView bytes) {
  line_.push(hub_.loop().now(), bytes);
  flush();
}

void Twin::flush() {
  if (leg_.tls && leg_.tls->has_output()) {
    const IoResult result = leg_.tls->flush();
    if (result.status == IoStatus::blocked) return wait_writable();
    if (result.status != IoStatus::moved) return ended_by_broker(result.how);
  }
  while (leg_.open && !leg_.socket.awaits_write() && !line_.empty()) {
    const ByteView rest = line_.all();
    const IoResult result = write_to(leg_, rest);
    if (result.status == IoStatus::failed || result.status == IoStatus::ended) {
      ended_by_broker(result.how);
      return;
    }
    line_.consume(result.bytes);
    if (!line_.empty() || (leg_.tls && leg_.tls->has_output())) wait_writable();
  }
  if (phase_ == Phase::leaving && leg_.open && !leg_.socket.awaits_write() && !leg_.fin_sent) {
    if (leg_.tls) leg_.tls->say_goodbye();
    if (leg_.tls && leg_.tls->has_output()) return wait_writable();
    report(Party::proxy, CloseHow::fin);
    leg_.fin_sent = true;
    send_fin(leg_.socket);
  }
}

void Twin::wait_writable() {
  if (leg_.socket.is_open()) hub_.loop().poller().await_write(leg_.socket);
}

void Twin::handle_writable(Socket&) {
  const boost::intrusive_ptr<Twin> self{this};
  const Turn turn{hub_};
  if (!leg_.open) return handle_dialed();
  flush();
}

void Twin::leave() {
  if (phase_ == Phase::dialing) {
    finish();
    return;
  }
  if (phase_ != Phase::standing) return;
  phase_ = Phase::leaving;
  const Instant now = hub_.loop().now();
  last_uplink_packet_at_ = now;
  journal::DisconnectForwarded record;
  record.connection = record_.connection;
  hub_.loop().write(now, record);
  hub_.loop().arm(timer_, saturating_add(now, hub_.config().half_close_wait));
  send(kDisconnect);
}

void Twin::handle_timeout(Instant now) {
  const boost::intrusive_ptr<Twin> self{this};
  const Turn turn{hub_};
  switch (phase_) {
    case Phase::dialing:
      count_dial_error();
      finish();
      break;
    case Phase::standing:
      last_uplink_packet_at_ = hub_.loop().now();
      hub_.loop().arm(timer_, now + std::chrono::milliseconds{record_.keep_alive * 750});
      send(kPingreq);
      break;
    case Phase::leaving:
      report(Party::proxy, CloseHow::timeout);
      finish();
      break;
    case Phase::ended:
      break;
  }
}

void Twin::ended_by_broker(CloseHow how) {
  if (phase_ == Phase::dialing) {
    count_dial_error();
    return finish();
  }
  report(Party::broker, how);
  if (phase_ == Phase::standing) {
    hub_.tell(Hub::NewsKind::twin_closed, hub_.loop().now(), device());
  }
  finish();
}

void Twin::report(Party by, CloseHow how) {
  if (leg_.reported || !leg_.open) return;
  leg_.reported = true;
  hub_.loop().write(hub_.loop().now(),
                    journal::LegClosed{.connection = record_.connection,
                                       .leg = journal::Leg::broker,
                                       .by = by,
                                       .how = how,
                                       .fault = fault_,
                                       .last_uplink_packet_at = last_uplink_packet_at_});
}

void Twin::finish() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  leg_.open = false;
  timer_.cancel();
  close(leg_.socket);
  hub_.remove(*this);
}

void Twin::vanish() { finish(); }

}  // namespace probate::proxy
