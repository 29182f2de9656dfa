// A listener of a proxy, the broker behind it, and where a client comes from.
#pragma once

#include <cstdint>
#include <optional>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/base/time.hpp"
#include "proxy/proxy_header.hpp"

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
};

// Limits: of one proxy.
inline constexpr std::size_t kFrontsMax = 64;

struct Origin {
  boost::asio::ip::address source;
  std::uint16_t front = 0;  // index in ProxyConfig::fronts
};

}  // namespace probate::proxy
