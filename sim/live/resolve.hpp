// A host's name as an address.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace probate::live {

// The first address of that host. The error is a sentence; `what` names the host in it ("broker").
Result<boost::asio::ip::tcp::endpoint, std::string> resolve(const char* what,
                                                            const std::string& host,
                                                            std::uint16_t port);

// Why nobody answers a TCP connect there within that time: "connection refused"; "" if somebody
// does.
std::string why_unreachable(const boost::asio::ip::tcp::endpoint& endpoint, Duration patience);

// "127.0.0.1:1883", "[::1]:1883".
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace probate::live
