// A signal that came and was not taken yet.
#pragma once

#include <csignal>

namespace probate::test {

// Blocked in this thread and pending, as long as this lives. Threads: one.
class PendingSignal {
 public:
  explicit PendingSignal(int number) {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, number);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    ::raise(number);
  }
  ~PendingSignal() {
    const timespec at_once{};
    ::sigtimedwait(&set_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  PendingSignal(const PendingSignal&) = delete;
  PendingSignal& operator=(const PendingSignal&) = delete;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace probate::test
