// One TCP connection of a link: to the device, or to the broker.
#pragma once

#include <memory>
#include <utility>

#include "proxy/handler_memory.hpp"
#include "proxy/socket_io.hpp"
#include "proxy/tls_session.hpp"

namespace probate::proxy {

struct Leg {
  explicit Leg(Socket of) : socket{std::move(of)} {}

  Socket socket;
  HandlerMemory memory;             // of the one read wait, or of the dial
  std::unique_ptr<TlsSession> tls;  // null: plain
  bool open = false;                // connected, and the descriptor is ours
  bool read_armed = false;
  bool write_armed = false;
  bool discards = false;  // what it sends is read and thrown away
  bool ended = false;     // its FIN or its error was read
  bool fin_sent = false;
  bool reported = false;  // LegClosed is written
};

inline IoResult write_to(Leg& leg, ByteView bytes) {
  return leg.tls ? leg.tls->write(bytes) : write_some(leg.socket, bytes);
}

}  // namespace probate::proxy
