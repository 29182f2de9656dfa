// A listener of a proxy, the broker behind it, and where a client comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/base/time.hpp"
#include "proxy/proxy_header.hpp"
#include "proxy/tls_context.hpp"

namespace probate::proxy {

struct Front {
  boost::asio::ip::tcp::endpoint listen;  // port 0: any
  boost::asio::ip::tcp::endpoint upstream;
  // Every connection begins with a header of the PROXY protocol, either version, which says whose
  // it is; within `header_wait`, or it is closed. Only who may be believed may reach such a front.
  bool expects_header = false;
  Duration header_wait = 5s;
  // The broker is told whose connection it is, in front of the first byte.
  std::optional<HeaderVersion> sends_header{};
  // The devices' TLS ends here, so that what is inside can be seen; null: it is plain, or passes as
  // it is. Their handshake has `handshake_wait`; the broker's is part of the dial.
  std::shared_ptr<const TlsContext> tls_in{};
  Duration handshake_wait = 10s;
  std::shared_ptr<const TlsContext> tls_out{};  // the broker is spoken to with TLS
};

// What a connection speaks.
enum class Speech : std::uint8_t {
  unknown,    // not enough has come
  mqtt,       // seen packet by packet
  tls,        // passes as it is: faults of TCP only
  websocket,  // so does this
  other,      // and this, which is nothing we know
};
const char* word_of(Speech speech);  // "" for unknown

// Limits: of one proxy.
inline constexpr std::size_t kFrontsMax = 64;

struct Origin {
  boost::asio::ip::address source;
  std::uint16_t front = 0;  // index in ProxyConfig::fronts
  Speech speech = Speech::mqtt;
  std::string_view name{};  // that its TLS asked for (SNI), "" for none
};

}  // namespace probate::proxy
