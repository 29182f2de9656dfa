#include "proxy/greeting.hpp"

namespace probate::proxy {

Greeting::Verdict Greeting::advance(ByteView bytes) {
  // [MQTT-3.1.0-1]: the first packet must be a CONNECT; its reserved flags are 0 [MQTT-2.2.2-2].
  constexpr std::uint8_t kConnectByte = 0x10;
  if (!begun_ && bytes[0] != kConnectByte) return Verdict::not_mqtt;
  begun_ = true;
  const auto step = scanner_.advance(bytes);
  if (!step) return Verdict::not_mqtt;
  if (step->header_complete && frame_bytes() > kConnectBytesMax) return Verdict::too_large;
  return step->complete ? Verdict::connect : Verdict::unfinished;
}

}  // namespace probate::proxy
