// A whole live run: the broker, one loop on a thread of its own, and the judge's end on this
// thread.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/journal/counters.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"
#include "core/scenario/schedule.hpp"
#include "sim/live/engine.hpp"
#include "sim/live/managed_broker.hpp"
#include "sim/live/probe_client.hpp"
#include "sim/live/pulse.hpp"
#include "sim/live/record_channel.hpp"

namespace probate::live {

struct LiveOptions {
  std::string broker_log;   // where the managed broker's log goes
  bool keep_state = false;  // leave retained messages and sessions on a broker that is not ours
};

// What was found out before the first device connects.
struct LiveSetting {
  std::string broker;          // what it says it is
  std::string address;         // HOST:PORT
  std::string profile;         // the scenario's, else the detected one, else the specification
  std::string profile_reason;  // "named by the scenario"
  std::uint64_t descriptors_max = 0;
};

// Who listens to a run. Called on the thread of LiveRun::run().
class Audience {
 public:
  virtual ~Audience() = default;
  // Once, before the first device connects: HOST:PORT of the proxy. Any MQTT client may use it,
  // too.
  virtual void proxy_listens(const std::string& address) = 0;
  // Records in order, complete up to `until`; to be judged now. Returns the open obligations.
  virtual std::uint64_t judge(const std::vector<journal::Record>& records, Instant until) = 0;
  // Why the run must end now, asked after judge(): it heals, drains and ends as at a signal. "":
  // nothing.
  virtual std::string ending() const { return {}; }
  // About ten times a second.
  virtual void tick(Instant now, const journal::LoopCounters& counters) = 0;
};

struct LiveEnding {
  // 0, SIGINT or SIGTERM.
  int signal = 0;
  // A failure before the first device connected: exit 6. "" otherwise.
  std::string environment;
  bool broker_lost = false;
  // What clear_state could not remove.
  std::vector<std::string> left_behind;
};

// SIGINT and SIGTERM: the first heals, drains and ends the run, a second one skips the drain.
// They must be blocked in every thread; block_signals() does it, before the first thread starts.
//
// Threads: the main thread (the managed broker dies with the thread that forked it).
class LiveRun {
 public:
  // Judged, ticks and signals are looked at this often.
  static constexpr Duration kJudgeInterval = 10ms;

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
  void choose_profile();
  void handle_signal(int signal, Engine& engine, LiveEnding& ending);
  void watch_child(Engine& engine, LiveEnding& ending);
  // Ends the run, once, when the audience wants it.
  void obey(const Audience& audience, Engine& engine);

  const scenario::Scenario& scenario_;
  LiveOptions options_;
  std::string id_;
  ManagedBroker broker_;
  BrokerAddress address_;
  LiveSetting setting_;
  bool obeyed_ = false;
};

// Before the first thread. A pipe that closes is an error value from then on, too.
void block_signals();
// SIGINT or SIGTERM if one came and was not waited for yet, else 0.
int pending_signal();
// Waits for SIGINT or SIGTERM, which must be blocked, until `over`; true if one came.
bool wait_for_signal(const std::stop_token& over);

}  // namespace probate::live
