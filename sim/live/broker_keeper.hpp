// Ends the managed broker and starts it again when a fault says so, and notices when it ends by
// itself.
#pragma once

#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>

#include "core/fault/spec.hpp"
#include "core/journal/records.hpp"
#include "sim/live/managed_broker.hpp"

namespace probate::live {

// What the engine wants done to the broker's process, in that order. From any thread.
class BrokerOrders {
 public:
  struct Order {
    std::optional<fault::RestartHow> end;  // else: start it again
    FaultId fault = kNoFault;
  };
  void give(Order order);
  std::optional<Order> take();

 private:
  std::mutex mutex_;
  std::deque<Order> orders_;
};

// Moves on when it is asked to and never waits: the journal has to be read meanwhile. Only its end
// waits for a question that is still under way, a second or two at most.
//
//   running → ending → down → starting → running      see step()
//
// Threads: the main thread, as its broker.
class BrokerKeeper {
 public:
  struct News {
    std::optional<FaultId> started;  // it answers again
    std::string lost;                // it is gone for good, and why
    journal::BrokerEnd how = journal::BrokerEnd::unknown;
  };

  // Lifetime: both outlive it. Requires: `broker` was started.
  BrokerKeeper(ManagedBroker& broker, BrokerOrders& orders) : broker_{broker}, orders_{orders} {}

  News step();

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { running, ending, down, starting, lost };

  News look_at_running();
  News look_at_ending();
  News start_again();
  News look_at_starting();
  // Asks, and says what the last question gave.
  bool has_answered();
  News lose(std::string why, journal::BrokerEnd how);

  ManagedBroker& broker_;
  BrokerOrders& orders_;
  State state_ = State::running;
  FaultId fault_ = kNoFault;
  Clock::time_point deadline_{};
  // A question under way: whether it answers. One that hangs is waited for on a thread of its own.
  std::future<bool> question_;
};

}  // namespace probate::live
