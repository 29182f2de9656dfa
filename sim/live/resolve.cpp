#include "sim/live/resolve.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "sim/live/signals.hpp"

namespace probate::live {

using boost::asio::ip::tcp;

Result<tcp::endpoint, std::string> resolve(const char* what, const std::string& host,
                                           std::uint16_t port) {
  boost::asio::io_context io;
  tcp::resolver resolver{io};
  boost::system::error_code error;
  const auto found = resolver.resolve(host, fmt::format("{}", port), error);
  if (error || found.empty()) {
    return Failure{fmt::format("cannot resolve the {} {}: {}", what, host, error.message())};
  }
  return found.begin()->endpoint();
}

std::vector<std::string> why_unreachable(const std::vector<tcp::endpoint>& endpoints,
                                         Duration patience) {
  boost::asio::io_context io;
  const std::string nothing = fmt::format("no answer within {}", probate::to_text(patience));
  std::vector<std::string> why(endpoints.size(), nothing);
  std::deque<tcp::socket> sockets;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    sockets.emplace_back(io).async_connect(
        endpoints[i], [&answer = why[i]](const boost::system::error_code& error) {
          answer = error ? error.message() : std::string{};
        });
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!io.stopped() && pending_signal() == 0) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) break;
    io.run_until(std::min(deadline, now + kSignalLook));
  }
  if (const int signal = pending_signal()) {
    std::replace(why.begin(), why.end(), nothing,
                 fmt::format("no answer before {}", name_of_signal(signal)));
  }
  return why;
}

bool leads_to(const tcp::endpoint& upstream, const tcp::endpoint& listener) {
  if (upstream.port() != listener.port()) return false;
  const auto at = listener.address();
  const auto to = upstream.address();
  if (to == at) return true;
  const bool is_here = to.is_loopback() || to.is_unspecified();
  // [::] takes IPv4, too; who dials 0.0.0.0 gets to 127.0.0.1.
  if (at.is_unspecified()) return is_here && (at.is_v6() || to.is_v4());
  if (!to.is_unspecified() || to.is_v4() != at.is_v4()) return false;
  return to.is_v4() ? at == boost::asio::ip::address_v4::loopback() : at.is_loopback();
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace probate::live
