#include "proxy/control_client.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

namespace probate::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

std::string shown(const ControlAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", address.host, address.port)
            : fmt::format("{}:{}", address.host, address.port);
}

// The stream's own timeouts need its asynchronous calls; each is run to its end.
class Exchange {
 public:
  explicit Exchange(const ControlAddress& address) : address_{address} {}

  Result<ControlResponse, std::string> ask(const ControlQuestion& question) {
    const auto ends =
        tcp::resolver{io_}.resolve(address_.host, std::to_string(address_.port), error_);
    if (error_) return failed("cannot find");
    stream_.expires_after(kControlClientWait);
    stream_.async_connect(
        ends, [this](const beast::error_code& error, const tcp::endpoint&) { error_ = error; });
    io_.run();
    if (error_) return failed("cannot connect to");
    http::request<http::string_body> request;
    request.version(11);
    request.method_string(question.method);
    request.target(question.target);
    request.set(http::field::host, shown(address_));
    request.set(http::field::user_agent, "probate");
    if (!question.token.empty()) {
      request.set(http::field::authorization, "Bearer " + question.token);
    }
    request.body() = question.body;
    request.keep_alive(false);
    request.prepare_payload();
    // A server that refuses the head may close before it has read the body, and its answer stands.
    http::async_write(stream_, request, [](const beast::error_code&, std::size_t) {});
    http::response_parser<http::string_body> parser;
    parser.body_limit(kControlAnswerBytesMax);
    http::async_read(stream_, buffer_, parser,
                     [this](const beast::error_code& error, std::size_t) { error_ = error; });
    io_.restart();
    io_.run();
    if (error_) return failed("no answer from");
    const auto& response = parser.get();
    ControlResponse out;
    out.status = response.result_int();
    out.body = response.body();
    out.type = std::string{response[http::field::content_type]};
    return out;
  }

 private:
  Failure<std::string> failed(const char* what) const {
    return Failure{
        fmt::format("{} the control API at {}: {}", what, shown(address_), error_.message())};
  }

  const ControlAddress& address_;
  asio::io_context io_{1};
  beast::tcp_stream stream_{io_};
  beast::flat_buffer buffer_;
  beast::error_code error_;
};

}  // namespace

Result<ControlResponse, std::string> ask_control(const ControlAddress& address,
                                                 const ControlQuestion& question) {
  return Exchange{address}.ask(question);
}

}  // namespace probate::proxy
