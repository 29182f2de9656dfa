#include "sim/live/mqtt_socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/mqtt/codec.hpp"

namespace probate::live {
namespace asio = boost::asio;
using boost::system::error_code;
using device::CloseCause;

namespace {

CloseCause cause_of(const error_code& error) {
  if (error == asio::error::eof) return CloseCause::peer_fin;
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    return CloseCause::peer_rst;
  }
  if (error == asio::error::connection_refused) return CloseCause::refused;
  if (error == asio::error::timed_out) return CloseCause::tcp_timeout;
  if (error == asio::error::network_unreachable || error == asio::error::host_unreachable ||
      error == error_code{EADDRNOTAVAIL, boost::system::system_category()}) {
    return CloseCause::unreachable;
  }
  return CloseCause::local_failure;
}

// Leaves the choice of the port to connect(), where it is free per target and not per machine.
void defer_port_choice(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
}

// A certificate that does not please has a reason of its own, an alert of the broker's too.
CloseCause cause_over_tls(const error_code& error) {
  if (error == asio::ssl::error::stream_truncated) return CloseCause::peer_fin;
  const bool is_openssl = error.category() == asio::error::get_ssl_category();
  return is_openssl ? CloseCause::protocol_error : cause_of(error);
}

constexpr std::size_t kTlsReadBytes = 16 * 1024;  // a record

}  // namespace

struct MqttSocket::Tls {
  using Stream = boost::asio::basic_stream_socket<tcp, proxy::Executor>;

  Tls(Stream& socket, const proxy::TlsContext& context) : stream{socket, context.make()} {}

  asio::ssl::stream<Stream&> stream;
  Bytes input = Bytes(kTlsReadBytes);
  Bytes output;  // what is being written
  bool is_up = false;
};

MqttSocket::MqttSocket(proxy::Loop& loop, SharedBuffers& buffers, User& user, mqtt::Version version)
    : loop_{loop}, buffers_{buffers}, user_{&user}, socket_{loop.executor()}, version_{version} {}

MqttSocket::~MqttSocket() = default;

std::shared_ptr<MqttSocket> MqttSocket::dial(proxy::Loop& loop, SharedBuffers& buffers, User& user,
                                             mqtt::Version version, const Route& route) {
  std::shared_ptr<MqttSocket> self{new MqttSocket{loop, buffers, user, version}};
  error_code error;
  self->socket_.open(route.target.protocol(), error);
  if (!error) self->socket_.set_option(tcp::no_delay{true}, error);
  if (!error) self->socket_.non_blocking(true, error);
  if (!error && !route.source.address().is_unspecified()) {
    defer_port_choice(self->socket_.native_handle());
    self->socket_.bind(route.source, error);
  }
  if (error) {
    self->fail_later(cause_of(error));
    return self;
  }
  if (route.tls) self->tls_ = std::make_unique<Tls>(self->socket_, *route.tls);
  self->socket_.async_connect(route.target, [self](const error_code& result) {
    if (self->user_ == nullptr || result == asio::error::operation_aborted) return;
    const Instant now = self->loop_.now();
    if (result) return self->fail(now, cause_of(result));
    if (self->tls_) return self->shake_hands();
    self->wait_readable();
    self->user_->socket_opened(now);
  });
  return self;
}

void MqttSocket::fail_later(CloseCause cause) {
  asio::post(loop_.executor(), [self = shared_from_this(), cause] {
    if (self->user_ != nullptr) self->fail(self->loop_.now(), cause);
  });
}

void MqttSocket::wait_readable() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->read_some();
  });
}

void MqttSocket::read_some() {
  error_code error;
  const std::size_t size = socket_.read_some(asio::buffer(buffers_.read), error);
  if (error == asio::error::would_block || error == asio::error::interrupted) {
    return wait_readable();
  }
  const Instant now = loop_.now();
  if (user_ == nullptr) {  // reading the peer out after our FIN
    return error ? close_now() : wait_readable();
  }
  if (error) return fail(now, cause_of(error));
  if (take(now, ByteView{buffers_.read.data(), size})) wait_readable();
}

bool MqttSocket::take(Instant now, ByteView bytes) {
  while (!bytes.empty()) {
    const auto step = scanner_.advance(bytes);
    const bool too_long =
        step && step->header_complete && scanner_.header().frame_bytes() > kPacketBytesMax;
    if (!step || too_long) {
      fail(now, CloseCause::protocol_error);
      return false;
    }
    const ByteView part = bytes.first(step->consumed);
    bytes = bytes.subspan(step->consumed);
    if (!step->complete) {
      partial_.insert(partial_.end(), part.begin(), part.end());
      break;
    }
    bool alive = false;
    if (partial_.empty()) {
      alive = deliver(now, part);
    } else {
      Bytes whole = std::move(partial_);
      partial_ = Bytes{};
      whole.insert(whole.end(), part.begin(), part.end());
      alive = deliver(now, whole);
    }
    if (!alive) {
      // Let go with FIN: the peer is still read out. Otherwise there is nothing left to read.
      return user_ == nullptr && socket_.is_open();
    }
  }
  return true;
}

bool MqttSocket::deliver(Instant now, ByteView frame) {
  const auto packet = mqtt::decode(frame, version_, mqtt::Direction::downlink);
  if (!packet) {
    fail(now, CloseCause::protocol_error);
    return false;
  }
  user_->socket_received(now, *packet);
  return user_ != nullptr;
}

void MqttSocket::send(const mqtt::Packet& packet) {
  if (user_ == nullptr || !socket_.is_open()) return;
  if (!unsent_.empty()) {
    if (unsent_.size() > kUnsentBytesMax) return fail_later(CloseCause::local_failure);
    mqtt::encode(packet, version_, unsent_);
    return;
  }
  if (tls_) {
    mqtt::encode(packet, version_, unsent_);
    return write_tls();
  }
  Bytes& bytes = buffers_.write;
  bytes.clear();
  mqtt::encode(packet, version_, bytes);
  error_code error;
  const std::size_t sent = socket_.write_some(asio::buffer(bytes), error);
  // An error here is also an error of the pending read, which reports it.
  if (error && error != asio::error::would_block) return;
  if (sent == bytes.size()) return;
  unsent_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(sent), bytes.end());
  wait_writable();
}

void MqttSocket::wait_writable() {
  if (writing_) return;
  writing_ = true;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->writing_ = false;
    if (!error) self->flush();
  });
}

void MqttSocket::flush() {
  error_code error;
  const std::size_t sent = socket_.write_some(asio::buffer(unsent_), error);
  if (error && error != asio::error::would_block) return;
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent));
  if (!unsent_.empty()) return wait_writable();
  unsent_ = Bytes{};
  if (fin_due_) socket_.shutdown(tcp::socket::shutdown_send, error);
}

void MqttSocket::close_with_fin() {
  if (user_ == nullptr) return;
  user_ = nullptr;
  if (!socket_.is_open()) return;
  fin_due_ = true;
  loop_.arm(*this, loop_.now() + kReadOutMax);
  if (tls_) return say_goodbye();
  error_code not_connected;
  if (unsent_.empty()) socket_.shutdown(tcp::socket::shutdown_send, not_connected);
  if (not_connected) close_now();
}

void MqttSocket::close_with_rst() {
  if (user_ == nullptr) return;
  user_ = nullptr;
  error_code ignored;
  socket_.set_option(tcp::socket::linger{true, 0}, ignored);
  close_now();
}

void MqttSocket::abandon() {
  user_ = nullptr;
  close_now();
}

// ---- over TLS

void MqttSocket::shake_hands() {
  tls_->stream.async_handshake(asio::ssl::stream_base::client,
                               [self = shared_from_this()](const error_code& error) {
                                 if (self->user_ == nullptr) return;
                                 if (error) return self->fail_tls(error);
                                 self->tls_->is_up = true;
                                 self->read_tls();
                                 self->user_->socket_opened(self->loop_.now());
                               });
}

void MqttSocket::read_tls() {
  tls_->stream.async_read_some(
      asio::buffer(tls_->input),
      [self = shared_from_this()](const error_code& error, std::size_t size) {
        if (self->user_ == nullptr) return;
        if (error) return self->fail_tls(error);
        const ByteView bytes{self->tls_->input.data(), size};
        if (self->take(self->loop_.now(), bytes) && self->user_ != nullptr) self->read_tls();
      });
}

void MqttSocket::write_tls() {
  if (writing_ || unsent_.empty()) return;
  writing_ = true;
  tls_->output = std::exchange(unsent_, {});
  asio::async_write(tls_->stream, asio::buffer(tls_->output),
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      self->writing_ = false;
                      // An error here is also one of the pending read, which reports it.
                      if (error) return;
                      self->write_tls();
                      if (self->fin_due_) self->say_goodbye();
                    });
}

// Behind everything written. The timer is the end of waiting for the broker's.
void MqttSocket::say_goodbye() {
  if (writing_) return;
  if (!tls_->is_up) return close_now();
  tls_->stream.async_shutdown(
      [self = shared_from_this()](const error_code&) { self->close_now(); });
}

void MqttSocket::fail_tls(const error_code& error) {
  trouble_ = "TLS: " + tls_trouble(tls_->stream.native_handle(), error);
  fail(loop_.now(), cause_over_tls(error));
}

void MqttSocket::expired(Instant) { close_now(); }

void MqttSocket::fail(Instant now, CloseCause cause) {
  User* user = user_;
  user_ = nullptr;
  close_now();
  if (user != nullptr) user->socket_closed(now, cause);
}

void MqttSocket::close_now() {
  cancel();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace probate::live
