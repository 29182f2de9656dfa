#include "sim/live/signals.hpp"

#include <algorithm>

#include <pthread.h>

namespace probate::live {
namespace {

constexpr Duration kLookEvery = 50ms;

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int pending_signal() {
  sigset_t pending;
  ::sigpending(&pending);
  if (::sigismember(&pending, SIGINT) == 1) return SIGINT;
  return ::sigismember(&pending, SIGTERM) == 1 ? SIGTERM : 0;
}

int take_signal(Duration within) {
  const sigset_t set = stop_signals();
  const timespec interval{within / 1s, (within % 1s).count()};
  return std::max(::sigtimedwait(&set, nullptr, &interval), 0);
}

bool wait_for_signal(const std::stop_token& over) {
  while (!over.stop_requested()) {
    if (take_signal(kLookEvery) > 0) return true;
  }
  return false;
}

}  // namespace probate::live
