// A timer that calls a function: for the few things of a loop that are not one per device.
#pragma once

#include <functional>

#include "proxy/loop.hpp"

namespace probate::live {

// Threads: its loop's. Fires once per arm().
class Poller final : private proxy::Timer {
 public:
  Poller(proxy::Loop& loop, std::function<void(Instant)> call)
      : loop_{loop}, call_{std::move(call)} {}

  void arm(Instant due) { loop_.arm(*this, due); }
  void disarm() { cancel(); }

 private:
  void expired(Instant now) override { call_(now); }

  proxy::Loop& loop_;
  std::function<void(Instant)> call_;
};

}  // namespace probate::live
