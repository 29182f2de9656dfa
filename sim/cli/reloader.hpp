// Reads again, while a proxy runs, what it was begun with: its scenario and its TLS files.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "sim/cli/proxy_scenario.hpp"
#include "sim/live/controlled.hpp"

namespace probate::cli {

// All files are read before anything changes; if something is wrong with one of them, or with all
// together, nothing does.
//
// Threads: any. Lifetime: everything outlives it, and it outlives the proxy's loop.
class Reloader {
 public:
  // Why nothing has changed.
  struct Trouble {
    NoScenario what;          // mistakes, or a sentence
    bool is_for_now = false;  // the proxy takes nothing any more, whatever it is
  };
  struct Changed {
    live::ReloadFacts facts;
    std::string said;  // one line: "cut-meters.yaml: 2 faults as before, new: late"
  };
  using Outcome = Result<Changed, Trouble>;
  using Done = std::function<void(const Outcome&)>;

  // `running`: the scenario that the proxy began with.
  Reloader(const ProxyCommand& command, const scenario::Scenario& running, live::AskControlled ask)
      : command_{command}, running_{running}, ask_{std::move(ask)} {}

  // `done` is called on this thread or on the proxy's loop.
  void reload(const Done& done);
  // What is to be said to the user of the reloads since the last call, whoever asked for them.
  std::string take_news();

 private:
  using Read = Result<live::Reload, Trouble>;
  Read read() const;
  Read read_scenario() const;
  std::string line_of(const live::ReloadFacts& facts) const;
  std::string told(const Outcome& outcome) const;
  void conclude(const Outcome& outcome, const Done& done);

  const ProxyCommand& command_;
  const scenario::Scenario& running_;
  live::AskControlled ask_;
  std::mutex mutex_;
  std::string news_;  // lines
};

}  // namespace probate::cli
