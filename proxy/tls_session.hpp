// TLS over one socket: what a leg reads and writes through if it is not plain.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/base/bytes.hpp"
#include "core/journal/counters.hpp"
#include "proxy/socket_io.hpp"
#include "proxy/tls_context.hpp"

namespace probate::proxy {

// Works on a socket that does not block, one step for each call, and never waits: the owner waits
// until the socket is readable or, where has_output() says so, writable.
//
// Threads: one owner. Lifetime: the socket outlives it. Limits: keeps at most what one write of a
// record, or the handshake's own flight, could not send.
class TlsSession {
 public:
  TlsSession(const TlsContext& context, Socket& socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Goes on with the handshake as far as it can. `moved`: it is done, now or before; `blocked`: it
  // waits for the peer, or for the socket if has_output().
  IoResult handshake();
  bool is_up() const { return up_; }
  // What a device asked for (SNI), in lower case; "" for nothing. Once it is up.
  std::string name() const;

  // One read, as read_some(): also goes on with the handshake. `ended`: the peer's close_notify, or
  // its FIN without one.
  IoResult read(std::span<std::uint8_t> into);
  // Something waits for read() that the socket will not tell of.
  bool has_input() const;
  // Bytes that somebody else has read from the socket come first.
  void feed(ByteView bytes);

  // One write, as write_some(). Takes nothing while has_output(). Requires: is_up().
  IoResult write(ByteView bytes);
  bool has_output() const { return !output_.empty(); }
  // Sends what waits. `moved`: nothing waits any more.
  IoResult flush();
  // close_notify, behind everything written; once.
  void say_goodbye();
  bool heard_goodbye() const { return heard_goodbye_; }

  // Whether it ended because of what the peer said, not because of the socket; and then why, and in
  // which words.
  bool is_broken() const { return !trouble_.empty(); }
  journal::Refused why() const { return why_; }
  const std::string& trouble() const { return trouble_; }
  // The peer has sent something; and something inside TLS.
  bool has_heard() const { return heard_; }
  bool has_received() const { return received_; }

 private:
  friend struct TlsBio;

  IoResult settle(int result);
  IoResult failed();

  Socket& socket_;
  ssl_st* ssl_;
  Bytes input_;
  Bytes output_;
  IoResult last_{};  // of the socket, where it was neither moved nor blocked
  std::string trouble_;
  journal::Refused why_{};
  bool socket_over_ = false;  // last_ says how
  bool up_ = false;
  bool heard_ = false;
  bool received_ = false;
  bool heard_goodbye_ = false;
  bool said_goodbye_ = false;
  bool over_ = false;  // nothing more can be done with it
};

}  // namespace probate::proxy
