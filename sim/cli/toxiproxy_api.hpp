// The part of Toxiproxy's API that the client libraries of many languages speak, over our faults.
// docs/control.md says what of it there is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
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
// What is not obeyed is refused, and then nothing has changed.
//
// Threads: handle() on any; what it asks for is done where the Controlled lives, one after another,
// and put into words where answers are.
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
  using Orders = std::vector<live::HandOrder>;
  using Numbers = std::vector<std::uint64_t>;  // of faults that stand

  struct Asked {
    std::string method;
    std::string path;
    std::optional<boost::json::value> body{};  // absent: it is no JSON
  };
  // A document, or a sentence that refuses.
  struct Said {
    unsigned status = 200;
    boost::json::value document{};
    std::string refusal{};
  };
  struct Toxic {
    std::string type;
    std::string stream;
    boost::json::object attributes;
    Numbers faults;
  };
  struct Proxy {
    std::string name;
    Front front;
    std::map<std::string, Toxic> toxics{};  // by name
    bool enabled = true;
    Numbers disabling{};  // the faults that keep everybody out
  };
  using Proxies = std::vector<Proxy>;  // each is there as long as this lives

  Said act(const Asked& asked, live::Controlled& faults);
  // Of the toxics those that somebody else has healed, in whole or in part.
  void forget_healed(live::Controlled& faults);
  Said proxies(const Asked& asked, live::Controlled& faults);
  Said populate(const Asked& asked, live::Controlled& faults);
  Said one_proxy(const Asked& asked, Proxy& of, live::Controlled& faults);
  Said toxics(const Asked& asked, Proxy& of, live::Controlled& faults);
  Said one_toxic(const Asked& asked, Proxy& of, const std::string& name, live::Controlled& faults);
  Said add_toxic(const Asked& asked, Proxy& of, live::Controlled& faults);
  Said change_toxic(const Asked& asked, Proxy& of, const std::string& name,
                    live::Controlled& faults);
  // Puts it in the place of the one of that name.
  Said set_toxic(Proxy& of, const std::string& name, Toxic toxic, live::Controlled& faults);
  // The error is a sentence; the rest is done nevertheless.
  Result<bool, std::string> reset(live::Controlled& faults);
  // As the documents of proxies want them: named, and enabled or not; all of them or none. A
  // document of a proxy that has another address is refused; with `only` it must be that one.
  Result<std::vector<Proxy*>, Said> obey(const boost::json::array& documents,
                                         live::Controlled& faults, Proxy* only = nullptr);
  // Nobody is let in, and whoever is there is cut; or that ends. The error is why not.
  Result<bool, std::string> enable(Proxy& of, bool enabled, live::Controlled& faults) const;
  // That proxy of ours, which now has that name; else why not.
  Result<Proxy*, std::string> adopt(const boost::json::value& document, Proxy* only);
  Proxy* find(std::string_view name);
  // Where there are several, only who came to that listener.
  void narrow(Orders& orders, const Proxy& of) const;
  static Said refuse(unsigned status, std::string sentence);
  static boost::json::object proxy_json(const Proxy& of);
  static boost::json::object toxic_json(const std::string& name, const Toxic& toxic);

  live::AskControlled ask_;
  Proxies proxies_;
};

}  // namespace probate::cli
