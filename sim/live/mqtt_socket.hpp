// A TCP connection that speaks MQTT packets: what devices and observers have for a link.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/base/bytes.hpp"
#include "core/device/actions.hpp"
#include "core/mqtt/framer.hpp"
#include "core/mqtt/packets.hpp"
#include "proxy/loop.hpp"
#include "sim/live/brokers_tls.hpp"

namespace probate::live {

// Buffers that all sockets of one loop share: a call uses them and leaves nothing in them.
struct SharedBuffers {
  std::array<std::uint8_t, 64 * 1024> read;
  Bytes write;
};

// Idle, it holds no buffer of its own: it waits for readability and reads into the shared one. Over
// TLS, which only observers speak, it has buffers of its own.
//
// Made for one connection and then thrown away. Its handlers keep it alive; after close_with_fin(),
// close_with_rst() or abandon() the user hears nothing more.
// Threads: its loop's. Limits: packets of at most kPacketBytesMax, unsent bytes of at most
// kUnsentBytesMax; beyond either the connection counts as broken.
class MqttSocket : public std::enable_shared_from_this<MqttSocket>, private proxy::Timer {
 public:
  static constexpr std::size_t kPacketBytesMax = 1024 * 1024;
  static constexpr std::size_t kUnsentBytesMax = 16 * 1024 * 1024;
  static constexpr Duration kReadOutMax = 30s;

  class User {
   public:
    virtual void socket_opened(Instant now) = 0;
    virtual void socket_received(Instant now, const mqtt::Packet& packet) = 0;
    // The connection is gone, or never came to be; no more calls follow.
    virtual void socket_closed(Instant now, device::CloseCause cause) = 0;

   protected:
    ~User() = default;
  };

  using tcp = boost::asio::ip::tcp;

  struct Route {
    tcp::endpoint target;
    // Port 0 lets the kernel choose; an unspecified address the source, too.
    tcp::endpoint source;
    BrokersTls tls{};
  };

  // Dials. A failure comes as socket_closed, never from within this call.
  static std::shared_ptr<MqttSocket> dial(proxy::Loop& loop, SharedBuffers& buffers, User& user,
                                          mqtt::Version version, const Route& route);
  ~MqttSocket() override;

  // What ended it, where the cause alone does not tell; valid within socket_closed() and after it.
  const std::string& trouble() const { return trouble_; }

  void send(const mqtt::Packet& packet);
  // Sends what is still unsent, then FIN, and reads the peer out, so that no RST goes out instead.
  void close_with_fin();
  void close_with_rst();
  // Closes without caring what the peer sees: somebody else keeps that from mattering.
  void abandon();

 private:
  MqttSocket(proxy::Loop& loop, SharedBuffers& buffers, User& user, mqtt::Version version);

  // What a socket over TLS has beside a plain one.
  struct Tls;

  void expired(Instant now) override;
  void shake_hands();
  void read_tls();
  void write_tls();
  void say_goodbye();
  void fail_tls(const boost::system::error_code& error);
  void fail_later(device::CloseCause cause);
  void wait_readable();
  void read_some();
  void wait_writable();
  void flush();
  // False: the user closed the socket, or the bytes were no MQTT.
  bool take(Instant now, ByteView bytes);
  bool deliver(Instant now, ByteView frame);
  void fail(Instant now, device::CloseCause cause);
  void close_now();

  proxy::Loop& loop_;
  SharedBuffers& buffers_;
  User* user_;  // null once the user has let go
  boost::asio::basic_stream_socket<tcp, proxy::Executor> socket_;
  std::unique_ptr<Tls> tls_;  // null: plain
  mqtt::FrameScanner scanner_;
  Bytes partial_;  // of a packet whose end has not come
  Bytes unsent_;
  std::string trouble_;
  mqtt::Version version_;
  bool fin_due_ = false;  // shut down as soon as unsent_ is empty
  bool writing_ = false;
};

}  // namespace probate::live
