// One thread's event loop: clock, timers, journal and volume counters of everything that lives on
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/journal/counters.hpp"
#include "core/journal/records.hpp"
#include "proxy/poller.hpp"
#include "proxy/socket_io.hpp"
#include "proxy/timer_wheel.hpp"

namespace probate::proxy {

// The run's only reading of time: CLOCK_MONOTONIC since `start`, shared by all loops.
class RunClock {
 public:
  RunClock() : start_{std::chrono::steady_clock::now()} {}
  Instant now() const {
    return Instant{std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start_)};
  }
  std::chrono::steady_clock::time_point to_steady(Instant at) const {
    return start_ + at.time_since_epoch();
  }

 private:
  std::chrono::steady_clock::time_point start_;
};

using IoContext = boost::asio::io_context;
using Executor = IoContext::executor_type;

// Threads: everything but io() is used from the loop's own thread only.
// The wheel is driven by one Asio timer, re-armed to the next due slot only when that changes; how
// late it fired goes to counters().schedule_lag.
class Loop {
 public:
  Loop(const RunClock& clock, journal::Sink& journal);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  IoContext& io() { return io_; }
  Executor executor() { return io_.get_executor(); }
  Poller& poller() { return poller_; }
  DescriptorLimit& descriptors() { return descriptors_; }
  Instant now() const { return clock_.now(); }
  const RunClock& clock() const { return clock_; }
  void arm(Timer& timer, Instant due);
  template <typename Record>
  void write(Instant at, Record&& record) {
    if (!is_mute_) journal_.write(at, journal::Body{std::forward<Record>(record)});
  }
  // Nobody reads the journal: from here on nothing is written to it. What is costly to put together
  // need not be, then.
  void mute() { is_mute_ = true; }
  bool is_mute() const { return is_mute_; }
  journal::LoopCounters& counters() { return counters_; }

  // Runs until stop(). Exceptions of handlers are bugs of ours and leave it.
  void run();
  void stop();  // from any thread

 private:
  void drive();
  void set_alarm();

  const RunClock& clock_;
  journal::Sink& journal_;
  IoContext io_{1};
  Poller poller_{io_};
  DescriptorLimit descriptors_{poller_};
  TimerWheel wheel_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      alarm_;
  Instant alarm_at_ = kNever;
  bool is_mute_ = false;
  bool driving_ = false;  // the alarm is set once, after all that is due has fired
  journal::LoopCounters counters_;
};

}  // namespace probate::proxy
