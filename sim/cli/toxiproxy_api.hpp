// The part of Toxiproxy's API that the client libraries of many languages speak, over our faults.
// docs/control.md says what of it there is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "proxy/control.hpp"
#include "proxy/control_server.hpp"
#include "sim/live/controlled.hpp"

namespace probate::cli {

// There is one proxy, ours. A client that creates it, or populates, gives it its name; an address
// that is not ours is refused.
//
// Threads: handle() on one thread at a time, the one on which answers are put into words.
class ToxiproxyApi {
 public:
  static constexpr std::size_t kToxicsMax = 50;

  struct Front {
    std::string listen;    // HOST:PORT
    std::string upstream;  // HOST:PORT
  };

  ToxiproxyApi(live::AskControlled ask, Front front)
      : ask_{std::move(ask)}, front_{std::move(front)} {}

  // Whether that path, without a query, is one of Toxiproxy's.
  static bool knows(std::string_view path);
  void handle(const proxy::ControlRequest& request, const proxy::ControlServer::Answer& answer);

 private:
  using Answer = proxy::ControlServer::Answer;
  using Reply = proxy::ControlServer::Reply;

  struct Toxic {
    std::string type;
    std::string stream;
    boost::json::object attributes;
    std::vector<std::uint64_t> faults;  // by number
  };
  using Faults = std::vector<live::HandOrder>;

  void proxies(const proxy::ControlRequest& request, const Answer& answer);
  void populate(const proxy::ControlRequest& request, const Answer& answer);
  void one_proxy(const proxy::ControlRequest& request, const Answer& answer);
  void toxics(const proxy::ControlRequest& request, const Answer& answer);
  void one_toxic(const proxy::ControlRequest& request, const std::string& name,
                 const Answer& answer);
  void add_toxic(const proxy::ControlRequest& request, const Answer& answer);
  void set_toxic(const std::string& name, Toxic toxic, const Answer& answer);
  void remove_toxic(const std::string& name, const Answer& answer);
  void reset(const Answer& answer);
  void enable(bool enabled, const Answer& answer);
  // Heals the old ones and makes the new ones, in one go; then done(their numbers) makes the
  // response. What the proxy refuses is answered, and nothing stands.
  void exchange(std::vector<std::uint64_t> old, Faults fresh,
                std::function<proxy::ControlResponse(std::vector<std::uint64_t>)> done,
                const Answer& answer);
  // "" if that proxy is ours and now has that name; else why not.
  std::string adopt(const boost::json::object& proxy);
  boost::json::object proxy_json() const;
  static boost::json::object toxic_json(const std::string& name, const Toxic& toxic);

  live::AskControlled ask_;
  Front front_;
  std::string name_ = "mqtt";
  std::map<std::string, Toxic> toxics_;  // by name
  bool enabled_ = true;
  std::vector<std::uint64_t> disabling_;  // the faults that keep everybody out
};

}  // namespace probate::cli
