// Who listens to a live run, and who can end it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/time.hpp"
#include "core/journal/counters.hpp"
#include "core/journal/records.hpp"

namespace probate::live {

// Called on the thread that judges.
class Audience {
 public:
  virtual ~Audience() = default;
  // Once, before the first device connects: HOST:PORT of the proxy. Any MQTT client may use it,
  // too.
  virtual void proxy_listens(const std::string& address) = 0;
  // Records in order, complete up to `until`; to be judged now. Returns the open obligations.
  virtual std::uint64_t judge(std::span<const journal::Record> records, Instant until) = 0;
  // Why the run must end now, asked after judge(): it heals, drains and ends as at a signal. "":
  // nothing.
  virtual std::string ending() const { return {}; }
  // SIGHUP came. True: it is taken for something else than the end.
  virtual bool takes_hangup() { return false; }
  // A signal has told the engine to end: it drains, until a second one.
  virtual void told_to_end() {}
  // About ten times a second.
  virtual void tick(Instant now, const journal::LoopCounters& counters) = 0;
};

// What an engine does when it is told to, from any thread.
class Stoppable {
 public:
  // Heals, drains, ends with that reason ("SIGINT"), unless it drains already: the first one
  // counts, and none after the planned end.
  virtual void abort(std::string reason) = 0;
  // Ends at once, without the drain.
  virtual void stop_now() = 0;
  // Why it ended early, "" if it did not. After the end of the loop.
  virtual std::string reason() const = 0;
  // The reason of the abort() that ended it, also where that is the end that was meant and reason()
  // therefore says nothing. After the end of the loop.
  virtual std::string ended_by() const { return reason(); }

 protected:
  ~Stoppable() = default;
};

}  // namespace probate::live
