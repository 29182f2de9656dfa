#include "proxy/greeting.hpp"

#include <utility>

#include "proxy/client_hello.hpp"
#include "proxy/upgrade_request.hpp"

namespace probate::proxy {

Greeting::Verdict Greeting::advance(ByteView bytes, ByteView all) {
  // [MQTT-3.1.0-1]: the first packet must be a CONNECT; its reserved flags are 0 [MQTT-2.2.2-2].
  constexpr std::uint8_t kConnectByte = 0x10;
  constexpr std::uint8_t kGetByte = 'G';
  switch (all[0]) {
    case kConnectByte:
      return advance_connect(bytes);
    case kHelloByte:
      return read_hello(all);
    case kGetByte:
      break;
    default:
      return Verdict::not_mqtt;
  }
  switch (read_upgrade_request(all)) {
    case UpgradeSeen::unfinished:
      return Verdict::unfinished;
    case UpgradeSeen::mqtt:
      return Verdict::websocket;
    case UpgradeSeen::other:
      break;
  }
  return Verdict::not_mqtt;
}

Greeting::Verdict Greeting::advance_connect(ByteView bytes) {
  const auto step = scanner_.advance(bytes);
  if (!step) return Verdict::not_mqtt;
  if (step->header_complete && frame_bytes() > kConnectBytesMax) return Verdict::too_large;
  return step->complete ? Verdict::connect : Verdict::unfinished;
}

Greeting::Verdict Greeting::read_hello(ByteView all) {
  HelloSeen seen = read_client_hello(all);
  switch (seen.verdict) {
    case HelloSeen::Verdict::unfinished:
      return Verdict::unfinished;
    case HelloSeen::Verdict::complete:
      name_ = std::move(seen.name);
      return Verdict::tls;
    case HelloSeen::Verdict::wrong:
      break;
  }
  return Verdict::not_mqtt;
}

}  // namespace probate::proxy
