#include "sim/live/resolve.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

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

std::string why_unreachable(const tcp::endpoint& endpoint, Duration patience) {
  boost::asio::io_context io;
  tcp::socket socket{io};
  std::string why = fmt::format("no answer within {}", probate::to_text(patience));
  socket.async_connect(endpoint, [&why](const boost::system::error_code& error) {
    why = error ? error.message() : std::string{};
  });
  io.run_for(patience);
  return why;
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace probate::live
