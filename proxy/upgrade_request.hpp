// The request that makes a WebSocket of an HTTP connection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.hpp"

namespace probate::proxy {

// A longer head is none of ours.
inline constexpr std::size_t kUpgradeBytesMax = 8 * 1024;

enum class UpgradeSeen : std::uint8_t {
  unfinished,
  mqtt,   // a GET that asks for a WebSocket with the subprotocol mqtt
  other,  // anything else
};

// What a connection's first bytes say: the head of an HTTP/1.1 request, up to its empty line.
// Spec: RFC 6455 4.1; the subprotocol: MQTT 5.0, 6 (also `mqttv3.1`, as old clients say).
UpgradeSeen read_upgrade_request(ByteView bytes);

}  // namespace probate::proxy
