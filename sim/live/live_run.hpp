// A whole live run: the broker, one loop on a thread of its own, and the judge's end on this
// thread.
#pragma once

#include <string>

#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"
#include "sim/live/audience.hpp"
#include "sim/live/broker_check.hpp"
#include "sim/live/broker_keeper.hpp"
#include "sim/live/engine.hpp"
#include "sim/live/live_setting.hpp"
#include "sim/live/managed_broker.hpp"
#include "sim/live/probe_client.hpp"
#include "sim/live/signals.hpp"

namespace probate::live {

struct LiveOptions {
  std::string broker_log;   // where the managed broker's log goes
  bool keep_state = false;  // leave what the run left on a broker that is not ours
};

struct LiveEnding {
  // What ended it early: 0, SIGINT, SIGTERM or SIGHUP.
  int signal = 0;
  // A failure before the first device connected; of a virtual run also one in mid-run, which is
  // then stopped. Exit 6. "" otherwise.
  std::string environment;
  bool broker_lost = false;
  Tidied tidied;
};

// SIGINT, SIGTERM and SIGHUP: the first heals, drains and ends the run, a second one skips the
// drain. They must be blocked in every thread; block_signals() does it, before the first thread
// starts.
//
// Threads: the main thread (the managed broker dies with the thread that forked it).
class LiveRun {
 public:
  LiveRun(const scenario::Scenario& scenario, LiveOptions options);
  ~LiveRun();

  // Descriptors, broker, self-test, proxy. The error is a sentence: exit 6.
  Result<LiveSetting, std::string> prepare();
  // Once, after prepare(). `begin` is the first record.
  LiveEnding run(const journal::RunBegan& begin, const scenario::Schedule& schedule,
                 Audience& audience);

  const std::string& id() const { return id_; }
  pid_t broker_pid() const { return broker_.pid(); }

 private:
  Result<bool, std::string> find_broker();
  bool tidies_up() const { return !scenario_.broker.managed && !options_.keep_state; }
  // The managed broker: as the engine ordered, or gone by itself.
  void keep_broker(BrokerKeeper& keeper, Engine& engine, LiveEnding& ending);

  const scenario::Scenario& scenario_;
  LiveOptions options_;
  std::string id_;
  ManagedBroker broker_;
  BrokerAddress address_;
  LiveSetting setting_;
  Retained before_;
};

}  // namespace probate::live
