// What is on its way to somebody: packets and the end behind them, in order.
#pragma once

#include <cstddef>
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

// Calls Owner::kArrived for each parcel at its time, one event for all of one instant. Nothing
// overtakes.
template <typename Owner, void (Owner::*kArrived)(Instant, Parcel&)>
class Pipe {
 public:
  Pipe(Loop& loop, Owner& owner) : owner_{owner}, timer_{loop, *this} {}

  void push(Instant due, Parcel parcel) {
    if (head_ < parcels_.size()) due = std::max(due, parcels_.back().first);
    parcels_.emplace_back(due, std::move(parcel));
    if (!timer_.armed()) timer_.arm(due);
  }
  bool empty() const { return head_ == parcels_.size(); }
  void clear() {
    parcels_.clear();
    head_ = 0;
    timer_.cancel();
  }

 private:
  void expired(Instant now) {
    while (head_ < parcels_.size() && parcels_[head_].first <= now) {
      Parcel parcel = std::move(parcels_[head_++].second);
      (owner_.*kArrived)(now, parcel);
    }
    if (head_ < parcels_.size()) {
      timer_.arm(parcels_[head_].first);
    } else {
      clear();
    }
  }

  Owner& owner_;
  MemberTimer<Pipe, &Pipe::expired> timer_;
  std::vector<std::pair<Instant, Parcel>> parcels_;
  std::size_t head_ = 0;
};

}  // namespace probate::virtual_time
