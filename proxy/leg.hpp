// One TCP connection of a link: to the device, or to the broker.
#pragma once

#include <memory>
#include <utility>

#include "proxy/hearing.hpp"
#include "proxy/socket_io.hpp"
#include "proxy/tls_session.hpp"

namespace probate::proxy {

struct Leg {
  Leg() = default;
  explicit Leg(Socket of) : socket{std::move(of)} {}

  Socket socket;
  std::unique_ptr<TlsSession> tls;  // null: plain
  bool open = false;                // connected, and the descriptor is ours
  bool discards = false;            // what it sends is read and thrown away
  bool ended = false;               // its FIN or its error was read
  bool fin_sent = false;
  bool reported = false;  // LegClosed is written
  Hearing hearing = Hearing::all;
  LossRate loss = 0;  // of what comes from the peer, while all of it is heard
  LossRate loses_now = 0;
};

inline IoResult write_to(Leg& leg, ByteView bytes) {
  return leg.tls ? leg.tls->write(bytes) : write_some(leg.socket, bytes);
}

}  // namespace probate::proxy
