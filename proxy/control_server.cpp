#include "proxy/control_server.hpp"

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

#include "proxy/control_guard.hpp"
#include "proxy/loop.hpp"

namespace probate::proxy {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;
using Request = http::request<http::string_body>;

constexpr std::size_t kReadBytes = 4096;
constexpr auto kAcceptPause = std::chrono::milliseconds{50};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void set_limits(Parser& parser) {
  parser.header_limit(static_cast<std::uint32_t>(kControlHeaderBytesMax));
  parser.body_limit(kControlBodyBytesMax);
}

std::string text_of(beast::string_view text) { return {text.data(), text.size()}; }

ControlRequest request_of(Request& parsed) {
  ControlRequest request;
  request.method = text_of(parsed.method_string());
  request.target = text_of(parsed.target());
  // Two of them would be one for us and another for somebody in between.
  if (parsed.count(http::field::host) == 1) request.host = text_of(parsed[http::field::host]);
  if (parsed.count(http::field::origin) > 0) request.origin = text_of(parsed[http::field::origin]);
  request.authorization = text_of(parsed[http::field::authorization]);
  request.body = std::move(parsed.body());
  return request;
}

ControlResponse refusal_of(const beast::error_code& error) {
  if (error == http::error::body_limit) {
    return control_error(413, fmt::format("a body has at most {} bytes", kControlBodyBytesMax));
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return control_error(431, fmt::format("a header has at most {} bytes", kControlHeaderBytesMax));
  }
  return control_error(400, "this is no HTTP/1.1 request: " + error.message());
}

// Of what the guard answers.
journal::Rejected why_refused(unsigned status) {
  if (status == 401) return journal::Rejected::token;
  return status == 403 ? journal::Rejected::origin : journal::Rejected::malformed;
}

// The peer has gone; there is nobody to answer.
bool has_gone(const beast::error_code& error) {
  return error == http::error::end_of_stream || error == asio::error::eof ||
         error == asio::error::connection_reset || error == asio::error::operation_aborted ||
         error == asio::error::bad_descriptor || error == asio::error::broken_pipe ||
         error == http::error::partial_message;
}

}  // namespace

class ControlServer::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(Config config, Handler handler)
      : config_{std::move(config)}, guard_{config_.token}, handler_{std::move(handler)} {}

  Result<bool, std::string> bind();
  void start() {
    thread_ = std::thread{[this] {
      accept();
      io_.run();
    }};
  }
  void stop();
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  journal::ControlCounters counters() const {
    const std::lock_guard lock{counters_mutex_};
    return counters_;
  }

 private:
  class Session;
  using Sessions = std::list<std::shared_ptr<Session>>;

  // From any thread. Nothing is posted to a server that has stopped: nobody would ever take it out.
  template <typename Task>
  void post(Task task) {
    const std::lock_guard lock{mutex_};
    if (!stopped_) asio::post(io_, std::move(task));
  }
  void accept();
  void take(tcp::socket socket);
  bool make_room();
  void count_answer(unsigned status);
  void count_rejected(journal::Rejected why);

  Config config_;
  ControlGuard guard_;
  Handler handler_;
  RunClock clock_;
  ControlRate rate_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  Sessions sessions_;  // the oldest first
  std::thread thread_;
  std::mutex mutex_;
  bool stopped_ = false;  // guarded by mutex_
  mutable std::mutex counters_mutex_;
  journal::ControlCounters counters_;  // guarded by counters_mutex_
};

// One connection: waits for a request, reads it, has it answered, and again.
class ControlServer::Core::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Core> core, tcp::socket socket)
      : core_{std::move(core)},
        stream_{std::move(socket)},
        buffer_{kControlHeaderBytesMax + kReadBytes},
        timer_{core_->io_} {}

  void start() { wait(); }
  bool busy() const { return busy_; }
  void close() {
    timer_.cancel();
    beast::error_code error;
    stream_.socket().close(error);
  }

 private:
  void wait();
  void limit_request();
  void read_header();
  void read_body();
  void handle();
  void ask(const ControlRequest& request);
  void respond(const ControlResponse& response);
  void refuse(const beast::error_code& error);
  void finish();

  std::shared_ptr<Core> core_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  http::response<http::string_body> response_;
  asio::steady_timer timer_;  // for the request, then for the handler's answer
  std::uint64_t asked_ = 0;   // requests that the handler got
  std::uint64_t answered_ = 0;
  std::uint64_t limited_ = 0;  // requests that began
  bool late_ = false;          // the request did not come to its end in time
  bool busy_ = false;
  bool keeps_alive_ = false;
  bool is_head_ = false;
};

void ControlServer::Core::Session::wait() {
  busy_ = false;
  parser_.emplace();
  set_limits(*parser_);
  if (buffer_.size() > 0) return read_header();
  stream_.expires_after(kControlIdleWait);
  stream_.async_read_some(
      buffer_.prepare(kReadBytes),
      [self = shared_from_this()](const beast::error_code& error, std::size_t bytes) {
        if (error) return self->finish();
        self->buffer_.commit(bytes);
        self->read_header();
      });
}

// The stream's own timeout would close it, and nobody could be told.
void ControlServer::Core::Session::limit_request() {
  late_ = false;
  stream_.expires_never();
  timer_.expires_after(core_->config_.request_wait);
  timer_.async_wait(
      [self = shared_from_this(), number = ++limited_](const beast::error_code& error) {
        if (error || self->busy_ || self->limited_ != number) return;
        self->late_ = true;
        self->stream_.cancel();
      });
}

void ControlServer::Core::Session::read_header() {
  limit_request();
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                            if (error) return self->refuse(error);
                            const bool is_asked = beast::iequals(
                                self->parser_->get()[http::field::expect], "100-continue");
                            if (!is_asked) return self->read_body();
                            asio::async_write(self->stream_, asio::buffer(kContinue),
                                              [self](const beast::error_code& failed, std::size_t) {
                                                failed ? self->finish() : self->read_body();
                                              });
                          });
}

void ControlServer::Core::Session::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                     error ? self->refuse(error) : self->handle();
                   });
}

void ControlServer::Core::Session::refuse(const beast::error_code& error) {
  keeps_alive_ = false;
  is_head_ = false;
  if (late_) {
    core_->count_rejected(journal::Rejected::late);
    return respond(control_error(408, "the request did not come to its end in time"));
  }
  if (has_gone(error)) return finish();
  core_->count_rejected(journal::Rejected::malformed);
  respond(refusal_of(error));
}

void ControlServer::Core::Session::handle() {
  busy_ = true;
  Request parsed = parser_->release();
  keeps_alive_ = parsed.keep_alive();
  is_head_ = parsed.method() == http::verb::head;
  const ControlRequest request = request_of(parsed);
  if (const auto refused = core_->guard_.refuse(request)) {
    core_->count_rejected(why_refused(refused->status));
    return respond(*refused);
  }
  if (!core_->rate_.take(core_->clock_.now())) {
    core_->count_rejected(journal::Rejected::rate);
    return respond(control_error(429, "too many requests: at most 500 a second"));
  }
  ask(request);
}

void ControlServer::Core::Session::ask(const ControlRequest& request) {
  stream_.expires_never();
  const std::uint64_t number = ++asked_;
  const auto answer = [number](const std::shared_ptr<Session>& self, const Reply& reply) {
    if (self->answered_ >= number) return;
    self->answered_ = number;
    self->timer_.cancel();
    self->respond(reply());
  };
  timer_.expires_after(core_->config_.answer_wait);
  timer_.async_wait([self = shared_from_this(), answer](const beast::error_code& error) {
    if (error) return;
    answer(self, [] { return control_error(503, "the proxy did not answer in time"); });
  });
  core_->handler_(request, [self = shared_from_this(), answer](Reply reply) {
    self->core_->post([self, answer, reply = std::move(reply)] { answer(self, reply); });
  });
}

void ControlServer::Core::Session::respond(const ControlResponse& response) {
  core_->count_answer(response.status);
  response_ = {};
  response_.version(11);
  response_.result(response.status);
  response_.set(http::field::content_type, response.type);
  response_.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.fields) response_.set(name, value);
  if (!is_head_) response_.body() = response.body;
  response_.keep_alive(keeps_alive_);
  response_.prepare_payload();
  timer_.cancel();
  stream_.expires_after(core_->config_.request_wait);
  http::async_write(stream_, response_,
                    [self = shared_from_this()](const beast::error_code& error, std::size_t) {
                      if (!error && self->keeps_alive_) return self->wait();
                      self->finish();
                    });
}

void ControlServer::Core::Session::finish() {
  beast::error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  close();
  std::erase(core_->sessions_, shared_from_this());
}

Result<bool, std::string> ControlServer::Core::bind() {
  beast::error_code error;
  const auto address = asio::ip::make_address(config_.host, error);
  const tcp::endpoint at{address, config_.port};
  if (!error) acceptor_.open(at.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor_.bind(at, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return true;
  return Failure{fmt::format("cannot listen on {}:{} for the control API: {}", config_.host,
                             config_.port, error.message())};
}

void ControlServer::Core::accept() {
  acceptor_.async_accept([this](const beast::error_code& error, tcp::socket socket) {
    // What was on its way when the server stopped: the next accept() would fail, again and again.
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!error) {
      take(std::move(socket));
      return accept();
    }
    pause_.expires_after(kAcceptPause);  // no descriptor is free
    pause_.async_wait([this](const beast::error_code& stopped) {
      if (!stopped && acceptor_.is_open()) accept();
    });
  });
}

void ControlServer::Core::take(tcp::socket socket) {
  if (sessions_.size() >= kControlConnectionsMax) {
    count_rejected(journal::Rejected::crowded);
    if (!make_room()) return;
  }
  sessions_.push_back(std::make_shared<Session>(shared_from_this(), std::move(socket)));
  sessions_.back()->start();
}

void ControlServer::Core::count_answer(unsigned status) {
  const std::lock_guard lock{counters_mutex_};
  ++counters_.answered[status < 400 ? 0 : status < 500 ? 1 : 2];
}

void ControlServer::Core::count_rejected(journal::Rejected why) {
  const std::lock_guard lock{counters_mutex_};
  ++counters_.rejected[static_cast<std::size_t>(why)];
}

bool ControlServer::Core::make_room() {
  const auto idle = std::find_if(sessions_.begin(), sessions_.end(),
                                 [](const auto& session) { return !session->busy(); });
  if (idle == sessions_.end()) return false;
  (*idle)->close();
  sessions_.erase(idle);
  return true;
}

void ControlServer::Core::stop() {
  post([this] {
    beast::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& session : sessions_) session->close();
    sessions_.clear();
  });
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  thread_.join();
}

ControlServer::ControlServer(std::shared_ptr<Core> core) : core_{std::move(core)} {}
ControlServer::~ControlServer() { core_->stop(); }
std::uint16_t ControlServer::port() const { return core_->port(); }
journal::ControlCounters ControlServer::counters() const { return core_->counters(); }

Result<std::unique_ptr<ControlServer>, std::string> ControlServer::start(Config config,
                                                                         Handler handler) {
  auto core = std::make_shared<Core>(std::move(config), std::move(handler));
  auto bound = core->bind();
  if (!bound) return Failure{bound.error()};
  core->start();
  return std::unique_ptr<ControlServer>{new ControlServer{std::move(core)}};
}

Result<ControlRequest, ControlResponse> read_control_request(std::string_view bytes) {
  Parser parser;
  set_limits(parser);
  beast::error_code error;
  while (!parser.is_done() && !error) {
    const std::size_t used = parser.put(asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(used);
    if (used == 0 && !error) break;
    if (error == http::error::need_more) break;
  }
  if (parser.is_done()) {
    Request parsed = parser.release();
    return request_of(parsed);
  }
  return Failure{refusal_of(error ? error : make_error_code(http::error::need_more))};
}

}  // namespace probate::proxy
