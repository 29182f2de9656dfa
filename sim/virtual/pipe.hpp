// What is on its way to somebody: packets and the end behind them, in order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/journal/records.hpp"
#include "core/mqtt/packets.hpp"
#include "sim/virtual/loop.hpp"

namespace probate::virtual_time {

// Bytes that are no MQTT.
struct Gibberish {
  std::string_view bytes;
};
// A packet, or how the connection ends.
using Parcel = std::variant<mqtt::Packet, journal::CloseHow, Gibberish>;

// Whoever gets what a pipe brings.
class PipeEnd {
 public:
  virtual void arrived(Instant now, Parcel& parcel) = 0;

 protected:
  ~PipeEnd() = default;
};

class Flows;

// Gives each parcel to its end at its time, one event for all of one instant. Nothing overtakes.
//
// Memory: three words while nothing is on its way; what it needs then it borrows from `flows`.
// Lifetime: flows and end outlive it.
class Pipe {
 public:
  Pipe(Flows& flows, PipeEnd& end) : flows_{flows}, end_{end} {}
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void push(Instant due, Parcel parcel);
  bool empty() const;
  void clear();

 private:
  friend class Flow;

  Flows& flows_;
  PipeEnd& end_;
  std::unique_ptr<class Flow> flow_;  // while something is on its way
};

// What is on its way in one pipe.
class Flow {
 public:
  Flow(Loop& loop, Pipe& pipe) : pipe_{&pipe}, timer_{loop, *this} {}

  void serve(Pipe& pipe) { pipe_ = &pipe; }
  void push(Instant due, Parcel parcel);
  bool empty() const { return head_ == parcels_.size(); }
  bool is_running() const { return is_running_; }
  void drop();

 private:
  void expired(Instant now);

  Pipe* pipe_;
  MemberTimer<Flow, &Flow::expired> timer_;
  std::vector<std::pair<Instant, Parcel>> parcels_;
  std::size_t head_ = 0;
  bool is_running_ = false;  // it is emptying itself
};

// Flows that no pipe needs just now: those of a network, shared by its pipes.
class Flows {
 public:
  static constexpr std::size_t kIdleMax = 1024;

  explicit Flows(Loop& loop) : loop_{loop} {}

  std::unique_ptr<Flow> take(Pipe& pipe);
  void give_back(std::unique_ptr<Flow> flow);

 private:
  Loop& loop_;
  std::vector<std::unique_ptr<Flow>> idle_;
};

}  // namespace probate::virtual_time
