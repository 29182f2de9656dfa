// What a connection begins with: a CONNECT, TLS, a request for a WebSocket, or nothing we know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/bytes.hpp"
#include "core/mqtt/framer.hpp"

namespace probate::proxy {

// A CONNECT of more than this closes its connection.
inline constexpr std::size_t kConnectBytesMax = 256 * 1024;

// Follows the first bytes of a client until it is clear what they are. It stores nothing: the
// caller keeps the bytes.
class Greeting {
 public:
  enum class Verdict : std::uint8_t {
    unfinished,
    connect,    // the first frame_bytes() bytes are a whole CONNECT frame
    too_large,  // a CONNECT over kConnectBytesMax
    tls,        // a whole ClientHello
    websocket,  // a whole request for a WebSocket with MQTT in it
    not_mqtt,   // none of these
  };

  // `bytes` are new, and the end of `all`. Requires: !bytes.empty(), and the last verdict was
  // `unfinished`.
  Verdict advance(ByteView bytes, ByteView all);
  // Requires: the verdict was `connect`.
  std::size_t frame_bytes() const { return scanner_.header().frame_bytes(); }
  // Requires: the verdict was `tls`. The name that it asks for, "" for none.
  const std::string& name() const { return name_; }

 private:
  Verdict advance_connect(ByteView bytes);
  Verdict read_hello(ByteView all);

  mqtt::FrameScanner scanner_;
  std::string name_;
};

}  // namespace probate::proxy
