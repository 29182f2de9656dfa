// A host's name as an address.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace probate::live {

// The first address of that host. The error is a sentence; `what` names the host in it ("broker").
Result<boost::asio::ip::tcp::endpoint, std::string> resolve(const char* what,
                                                            const std::string& host,
                                                            std::uint16_t port);

// Why nobody answers a TCP connect at each of these within that time: "connection refused"; "" if
// somebody does. All are asked at once, and no longer than until a signal that ends the run is
// pending.
std::vector<std::string> why_unreachable(
    const std::vector<boost::asio::ip::tcp::endpoint>& endpoints, Duration patience);

// Whether who dials `upstream` gets to who listens at `listener`: at that very address or, where it
// listens at every address, at this machine's own by another name.
bool leads_to(const boost::asio::ip::tcp::endpoint& upstream,
              const boost::asio::ip::tcp::endpoint& listener);

// "127.0.0.1:1883", "[::1]:1883"; beside the text of a duration.
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);
using probate::to_text;

}  // namespace probate::live
