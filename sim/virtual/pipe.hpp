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
  // Something is about to arrive.
  virtual void prefetch(Fetch) const {}

 protected:
  ~PipeEnd() = default;
};

class Flows;

// Gives each parcel to its end at its time, one event for all of one instant. Nothing overtakes.
//
// Memory: one word while nothing is on its way; what it needs then it borrows from `flows`.
// Lifetime: flows and end outlive it, and are always the same.
class Pipe {
 public:
  Pipe() = default;
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // `Sent`: a parcel, or what one is made of, which is moved once then.
  template <typename Sent>
  void push(Flows& flows, PipeEnd& end, Instant due, Sent&& sent);
  bool empty() const;
  // It holds nothing and has borrowed nothing.
  bool is_idle() const { return flow_ == nullptr; }
  void clear();

 private:
  friend class Flow;

  std::unique_ptr<class Flow> flow_;  // while something is on its way
};

// What is on its way in one pipe.
class Flow {
 public:
  Flow(Loop& loop, Flows& flows) : flows_{flows}, timer_{loop, *this} {}

  void serve(Pipe& pipe, PipeEnd& end) {
    pipe_ = &pipe;
    end_ = &end;
  }
  template <typename Sent>
  void push(Instant due, Sent&& sent) {
    if (empty() && !is_running_) {
      first_ = std::forward<Sent>(sent);
      first_due_ = due;
      has_first_ = true;
    } else {
      if (!empty()) due = std::max(due, parcels_.empty() ? first_due_ : parcels_.back().first);
      parcels_.emplace_back(due, std::forward<Sent>(sent));
    }
    if (!timer_.armed()) timer_.arm(due);
  }
  bool empty() const { return !has_first_ && head_ == parcels_.size(); }
  bool is_running() const { return is_running_; }
  void drop();
  void prefetch(Fetch what) const {
    if (end_ != nullptr) end_->prefetch(what);
  }

 private:
  void expired(Instant now);

  Flows& flows_;
  Pipe* pipe_ = nullptr;
  PipeEnd* end_ = nullptr;
  MemberTimer<Flow, &Flow::expired> timer_;
  // Nearly always there is one at most: it stays where it is until its end has had it.
  Parcel first_;
  Instant first_due_{};
  std::vector<std::pair<Instant, Parcel>> parcels_;  // behind it
  std::size_t head_ = 0;
  bool has_first_ = false;
  bool is_running_ = false;  // it is emptying itself
};

// Flows that no pipe needs just now: those of a network, shared by its pipes.
class Flows {
 public:
  static constexpr std::size_t kIdleMax = 1024;

  explicit Flows(Loop& loop) : loop_{loop} {}

  // The run is over: what is pushed from now on would never arrive, and is dropped.
  void close() { are_closed_ = true; }
  bool are_closed() const { return are_closed_; }

  std::unique_ptr<Flow> take(Pipe& pipe, PipeEnd& end);
  void give_back(std::unique_ptr<Flow> flow);

 private:
  Loop& loop_;
  std::vector<std::unique_ptr<Flow>> idle_;
  bool are_closed_ = false;
};

template <typename Sent>
void Pipe::push(Flows& flows, PipeEnd& end, Instant due, Sent&& sent) {
  if (flows.are_closed()) return;
  if (!flow_) flow_ = flows.take(*this, end);
  flow_->push(due, std::forward<Sent>(sent));
}

}  // namespace probate::virtual_time
