#include "sim/live/signals.hpp"

#include <algorithm>
#include <array>

#include <pthread.h>

namespace probate::live {
namespace {

constexpr std::array kStopSignals{SIGINT, SIGTERM, SIGHUP};

// `nohup` says that a terminal that goes away is no reason to end.
bool is_wanted(int signal) {
  struct sigaction action {};
  ::sigaction(signal, nullptr, &action);
  return signal != SIGHUP || action.sa_handler != SIG_IGN;
}

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kStopSignals) {
    if (is_wanted(signal)) ::sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool take_over_hangup() {
  const bool ends_us = is_wanted(SIGHUP);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // Not wanted for the end. What is blocked is kept for us all the same.
  std::signal(SIGHUP, SIG_IGN);
  return ends_us;
}

int pending_signal() {
  sigset_t pending;
  ::sigpending(&pending);
  for (const int signal : kStopSignals) {
    if (::sigismember(&pending, signal) == 1 && is_wanted(signal)) return signal;
  }
  return 0;
}

const char* name_of_signal(int signal) {
  if (signal == SIGINT) return "SIGINT";
  return signal == SIGHUP ? "SIGHUP" : "SIGTERM";
}

int take_signal(Duration within) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : kStopSignals) ::sigaddset(&set, signal);
  const timespec interval{within / 1s, (within % 1s).count()};
  return std::max(::sigtimedwait(&set, nullptr, &interval), 0);
}

bool wait_for_signal(const std::stop_token& over) {
  while (!over.stop_requested()) {
    const int signal = take_signal(kSignalLook);
    if (signal > 0 && is_wanted(signal)) return true;
  }
  return false;
}

}  // namespace probate::live
