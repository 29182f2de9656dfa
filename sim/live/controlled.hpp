// What the control API may ask of a running proxy, and the facts that it is told.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/scenario/hand_fault.hpp"
#include "sim/live/reload.hpp"

namespace probate::live {

// A connection that the fault hit is cut with FIN when the fault ends, and `after` that long if
// that is sooner.
struct Cutting {
  std::optional<Duration> after{};
};

struct HandOrder {
  scenario::HandFault fault;
  std::optional<Cutting> cutting{};
};

struct FaultFacts {
  std::uint64_t number = 0;  // from 1; 0: it stands in the scenario
  std::string name;
  std::string what;  // in the words of the language
  std::string on;
  std::optional<Duration> age;   // of one by hand
  std::optional<Duration> left;  // until it is healed; absent: until somebody does it
  bool newcomers = false;
  std::uint64_t hit = 0;                         // devices, since it began
  std::map<std::string, std::uint64_t> skipped;  // that it could not hit, by reason
  std::uint64_t active = 0;                      // devices now
  std::string nobody{};                          // why it could try nobody at all; "" if it did
};

struct LinkFacts {
  ConnectionId connection;
  std::string client_id;    // "" until its CONNECT is there
  std::string group;        // of its device; "" where nobody knows whose it is
  std::string source;       // address and port; "" once that leg is closed
  std::string listener;     // that it came to
  const char* speaks = "";  // mqtt, tls, websocket, other; "" until that is clear
  std::string sni{};        // that its TLS asked for
  Duration age{};
  const char* state = "";
  std::uint64_t bytes_up = 0;  // of the leg that is left, as its TCP counts
  std::uint64_t bytes_down = 0;
  std::vector<std::string> faults;  // active on its device
};

struct LinkQuery {
  std::string devices = "*";  // a glob over ClientIDs
  ConnectionId after;         // those behind it
  std::size_t most = 0;
};

struct LinkPage {
  std::vector<LinkFacts> links;  // by connection
  bool more = false;
};

struct ListenerFacts {
  std::string listen;
  std::string upstream;
  std::uint64_t accepted = 0;                      // since the proxy began
  std::uint64_t dial_errors = 0;                   // connections that its broker did not take
  std::map<std::string, std::uint64_t> refused{};  // closed before they began, by reason
};

// Why a fault, or what was read again, is not taken, though it makes sense.
struct Refusal {
  enum class Why : std::uint8_t { draining, too_many, impossible } why{};
  std::string sentence;
};

// Threads: its loop's.
class Controlled {
 public:
  virtual ~Controlled() = default;
  virtual Result<FaultFacts, Refusal> add_fault(const HandOrder& order) = 0;
  // Heals it. Nothing: no such fault stands.
  virtual std::optional<FaultFacts> heal_fault(std::uint64_t number) = 0;
  // Those by hand, each.
  virtual std::vector<FaultFacts> heal_faults() = 0;
  // Those by hand that stand, then those of the scenario that are active.
  virtual std::vector<FaultFacts> faults() = 0;
  // From here on the faults and the certificates are these. With a Refusal nothing has changed.
  virtual Result<ReloadFacts, Refusal> reload(const Reload& reload) = 0;
  // Nobody is let in there, and who is in is put out. The error is a sentence.
  virtual Result<bool, std::string> shut_listener(const std::string& listen) = 0;
  virtual Result<bool, std::string> reopen_listener(const std::string& listen) = 0;
  virtual LinkPage links(const LinkQuery& query) const = 0;
  virtual std::vector<ListenerFacts> listeners() const = 0;
};

// Gets a task to where a Controlled lives. Threads: any. A task that comes when that has ended is
// never done.
using AskControlled = std::function<void(std::function<void(Controlled&)>)>;

}  // namespace probate::live
