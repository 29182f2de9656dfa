// What a link looks like to somebody who asks.
#include "proxy/link.hpp"
#include "proxy/tcp_bytes.hpp"

namespace probate::proxy {

boost::asio::ip::tcp::endpoint Link::source() const {
  const Endpoint peer = peer_of(leg(Side::device).socket);
  const bool has_gone = peer == Endpoint{};
  return plain_endpoint(!has_gone && ends_ ? ends_->source : peer);
}

const char* Link::state() const {
  switch (phase_) {
    case Phase::greeting:
      return "greeting";
    case Phase::held:
      return "held";
    case Phase::dialing:
      return "dialing";
    case Phase::swallowed:
      return "swallowed";
    case Phase::ended:
      return "ended";
    case Phase::piping:
      break;
  }
  if (ghost_) return "ghost";
  return view().silent ? "silent" : "open";
}

LinkSight Link::sight() {
  LinkSight sight;
  sight.connection = connection_;
  sight.device = device_;
  sight.front = front_;
  sight.speech = speech_;
  if (name_) sight.name = *name_;
  sight.source = source();
  sight.began = began_;
  sight.state = state();
  Leg& device = leg(Side::device);
  Leg& broker = leg(Side::broker);
  if (device.socket.is_open()) {
    const TcpBytes bytes = tcp_bytes(device.socket.descriptor(), OpenedBy::peer);
    sight.bytes_up = bytes.received;
    sight.bytes_down = bytes.delivered;
  } else if (broker.socket.is_open()) {
    const TcpBytes bytes = tcp_bytes(broker.socket.descriptor(), OpenedBy::us);
    sight.bytes_up = bytes.delivered;
    sight.bytes_down = bytes.received;
  }
  return sight;
}

}  // namespace probate::proxy
