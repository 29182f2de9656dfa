// A listener of a proxy, the broker behind it, and where a client comes from.
#pragma once

#include <cstdint>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace probate::proxy {

struct Front {
  boost::asio::ip::tcp::endpoint listen;  // port 0: any
  boost::asio::ip::tcp::endpoint upstream;
};

// Limits: of one proxy.
inline constexpr std::size_t kFrontsMax = 64;

struct Origin {
  boost::asio::ip::address source;
  std::uint16_t front = 0;  // index in ProxyConfig::fronts
};

}  // namespace probate::proxy
