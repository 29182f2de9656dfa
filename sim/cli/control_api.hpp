// What the control API answers: paths, methods, JSON. docs/control.md is its page.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proxy/control.hpp"
#include "proxy/control_server.hpp"
#include "sim/cli/reloader.hpp"
#include "sim/cli/toxiproxy_api.hpp"
#include "sim/live/controlled.hpp"

namespace probate::cli {

// Threads: handle() on one thread at a time, the server's; what it asks of the proxy is done on the
// proxy's loop, and the answer is put into words on the server's thread again.
class ControlApi {
 public:
  static constexpr std::size_t kLinksMax = 1'000;  // of one answer

  // Reads the files again, see Reloader::reload().
  using ReadAgain = std::function<void(const Reloader::Done&)>;

  // `fronts`: what Toxiproxy's clients are told. `groups`: of devices, whom a fault can select.
  ControlApi(live::AskControlled ask, const std::vector<ToxiproxyApi::Front>& fronts,
             std::vector<std::string> groups, ReadAgain read_again)
      : ask_{std::move(ask)},
        groups_{std::move(groups)},
        read_again_{std::move(read_again)},
        toxiproxy_{ask_, fronts} {}

  void handle(const proxy::ControlRequest& request, const proxy::ControlServer::Answer& answer);

 private:
  using Answer = proxy::ControlServer::Answer;

  void links(const std::string& query, const Answer& answer);
  void listeners(const Answer& answer);
  void reload(const proxy::ControlRequest& request, const Answer& answer);
  void faults(const proxy::ControlRequest& request, const Answer& answer);
  void add_fault(const proxy::ControlRequest& request, const Answer& answer);
  void one_fault(const proxy::ControlRequest& request, const std::string& number,
                 const Answer& answer);

  live::AskControlled ask_;
  std::vector<std::string> groups_;
  ReadAgain read_again_;
  ToxiproxyApi toxiproxy_;
};

}  // namespace probate::cli
