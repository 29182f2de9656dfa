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

#include "core/base/result.hpp"
#include "proxy/control.hpp"
#include "proxy/control_server.hpp"
#include "sim/live/controlled.hpp"

namespace probate::cli {

// Each listener is a proxy. A client that creates it, or populates, gives it its name; an address
// that is not ours is refused. Of several, a toxic holds for who came to that listener last.
//
// Threads: handle() on one thread at a time, the one on which answers are put into words.
class ToxiproxyApi {
 public:
  static constexpr std::size_t kToxicsMax = 50;

  struct Front {
    std::string listen;    // HOST:PORT
    std::string upstream;  // HOST:PORT
  };

  // They are called mqtt, mqtt-2, … until a client names them.
  ToxiproxyApi(live::AskControlled ask, const std::vector<Front>& fronts);

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
  struct Proxy {
    std::string name;
    Front front;
    std::map<std::string, Toxic> toxics{};  // by name
    bool enabled = true;
    std::vector<std::uint64_t> disabling{};  // the faults that keep everybody out
  };
  // Each is there as long as this lives.
  using Proxies = std::vector<Proxy>;

  void proxies(const proxy::ControlRequest& request, const Answer& answer);
  void populate(const proxy::ControlRequest& request, const Answer& answer);
  void one_proxy(const proxy::ControlRequest& request, Proxy& of, const Answer& answer);
  void toxics(const proxy::ControlRequest& request, Proxy& of, const Answer& answer);
  void one_toxic(const proxy::ControlRequest& request, Proxy& of, const std::string& name,
                 const Answer& answer);
  void add_toxic(const proxy::ControlRequest& request, Proxy& of, const Answer& answer);
  void set_toxic(Proxy& of, const std::string& name, Toxic toxic, const Answer& answer);
  void remove_toxic(Proxy& of, const std::string& name, const Answer& answer);
  void reset(const Answer& answer);
  void enable(Proxy& of, bool enabled, const Answer& answer);
  // Heals the old ones and makes the new ones, in one go; then done(their numbers) makes the
  // response. What the proxy refuses is answered, and nothing stands.
  void exchange(std::vector<std::uint64_t> old, Faults fresh,
                std::function<proxy::ControlResponse(std::vector<std::uint64_t>)> done,
                const Answer& answer);
  // That proxy of ours, which now has that name; else why not. With `only` it must be that one.
  Result<Proxy*, std::string> adopt(const boost::json::object& proxy, Proxy* only = nullptr);
  Proxy* find(std::string_view name);
  // Where there are several, only who came to that listener.
  void narrow(Faults& faults, const Proxy& of) const;
  static boost::json::object proxy_json(const Proxy& of);
  static boost::json::object toxic_json(const std::string& name, const Toxic& toxic);

  live::AskControlled ask_;
  Proxies proxies_;
};

}  // namespace probate::cli
