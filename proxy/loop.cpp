#include "proxy/loop.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>

namespace probate::proxy {

Loop::Loop(const RunClock& clock, journal::Sink& journal)
    : clock_{clock}, journal_{journal}, wheel_{clock.now()}, alarm_{io_} {}

Loop::~Loop() = default;

void Loop::arm(Timer& timer, Instant due) {
  wheel_.arm(timer, due);
  if (due < alarm_at_) set_alarm();
}

void Loop::run() {
  const auto work = boost::asio::make_work_guard(io_);
  io_.run();
}

void Loop::stop() { io_.stop(); }

// A cancelled timer leaves its alarm standing: one idle wake-up is cheaper than moving the alarm.
void Loop::set_alarm() {
  const auto next = wheel_.next_due();
  if (driving_ || !next || *next >= alarm_at_) return;
  alarm_at_ = std::max(*next, now());  // lag counts from when it could have fired
  alarm_.expires_at(clock_.to_steady(alarm_at_));
  alarm_.async_wait([this](const boost::system::error_code& error) {
    if (!error) drive();
  });
}

void Loop::drive() {
  const Instant now = clock_.now();
  counters_.schedule_lag.add(std::max(now - alarm_at_, Duration{}));
  alarm_at_ = kNever;
  driving_ = true;
  wheel_.advance(now);
  driving_ = false;
  set_alarm();
}

}  // namespace probate::proxy
