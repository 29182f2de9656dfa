// Who listens to a stand-alone proxy: the audience of a run, and the user, to whom trouble is said
// once.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "sim/cli/reloader.hpp"
#include "sim/cli/run_audience.hpp"
#include "sim/live/proxy_run.hpp"

namespace probate::cli {

// Threads: the main thread. Lifetime: everything outlives it.
class ProxyAudience final : public live::Audience {
 public:
  // Requires: run.prepare() was called. That the broker did not answer then was said.
  // `judged`: has the places of all groups. `ends_with_terminal`: SIGHUP of a terminal that is gone
  // ends the proxy.
  ProxyAudience(RunAudience& judge, const live::ProxyRun& run, const scenario::Scenario& judged,
                Reloader& reloader, bool ends_with_terminal);
  // When it is told to end, it is to say that links may take so long.
  void announce_drain(Duration longest) { drain_ = longest; }

  void proxy_listens(const std::string& address) override { judge_.proxy_listens(address); }
  std::uint64_t judge(std::span<const journal::Record> records, Instant until) override {
    return judge_.judge(records, until);
  }
  std::string ending() const override { return judge_.ending(); }
  bool takes_hangup() override;
  void told_to_end() override { is_ending_ = true; }
  void tick(Instant now, const journal::LoopCounters& counters) override;

 private:
  void tell_drain(const journal::LoopCounters& counters);
  void tell_dial_errors(const journal::LoopCounters& counters);
  void tell_refusals(const journal::LoopCounters& counters);
  void tell_full_groups();

  RunAudience& judge_;
  const live::ProxyRun& run_;
  const scenario::Scenario& judged_;
  Reloader& reloader_;
  bool ends_with_terminal_;
  std::optional<Duration> drain_;  // nothing once it was said
  bool is_ending_ = false;
  std::set<std::string> told_of_;  // brokers that did not take a connection
  std::set<std::pair<std::size_t, journal::Refused>> told_why_;  // of a listener, by number
  bool is_shortage_told_ = false;
  std::set<GroupId> told_full_;
};

}  // namespace probate::cli
