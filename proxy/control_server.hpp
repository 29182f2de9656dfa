// The HTTP/1.1 end of the control API.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/journal/counters.hpp"
#include "proxy/control.hpp"

namespace probate::proxy {

// Answers requests on a thread of its own, so that neither a slow client touches the proxy's links
// nor a busy proxy keeps a client's connection from being read. What is not to be answered
// (control_guard.hpp), too large, too slow or no HTTP never reaches the handler.
//
// Threads: the handler is called on the server's thread; its answer may be given from any, once.
// Without an answer in kControlAnswerWait the client gets 503.
// Limits: those of control.hpp. Of more connections than kControlConnectionsMax the oldest one that
// has no request under way is closed; if there is none, the new one.
class ControlServer {
 public:
  // Makes the response, on the server's thread.
  using Reply = std::function<ControlResponse()>;
  using Answer = std::function<void(Reply)>;
  using Handler = std::function<void(const ControlRequest&, const Answer&)>;
  struct Config {
    std::string host;        // numeric
    std::uint16_t port = 0;  // 0: any
    std::string token{};     // see ControlGuard
    Duration request_wait = kControlRequestWait;
    Duration answer_wait = kControlAnswerWait;
  };

  // The error is a sentence.
  static Result<std::unique_ptr<ControlServer>, std::string> start(Config config, Handler handler);
  // Closes every connection. What is answered later goes nowhere.
  ~ControlServer();

  std::uint16_t port() const;
  // So far. From any thread.
  journal::ControlCounters counters() const;

 private:
  class Core;
  explicit ControlServer(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;
};

// The request that these bytes of a connection begin with, or how they are answered instead: what
// the server itself does with them, for tests.
Result<ControlRequest, ControlResponse> read_control_request(std::string_view bytes);

}  // namespace probate::proxy
