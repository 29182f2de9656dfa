// The first packet of a connection: a CONNECT, or no MQTT at all.
#pragma once

#include <cstddef>
#include <cstdint>

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
    not_mqtt,   // no CONNECT
  };

  // Requires: !bytes.empty(), and the last verdict was `unfinished`.
  Verdict advance(ByteView bytes);
  // Requires: the verdict was `connect`.
  std::size_t frame_bytes() const { return scanner_.header().frame_bytes(); }

 private:
  mqtt::FrameScanner scanner_;
  bool begun_ = false;
};

}  // namespace probate::proxy
