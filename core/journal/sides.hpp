// The geometry of a link: two legs, two ways between them.
#pragma once

#include "core/journal/records.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::journal {

constexpr Leg other(Leg side) { return side == Leg::device ? Leg::broker : Leg::device; }
// The way that what is read from that leg takes.
constexpr mqtt::Direction away_from(Leg side) {
  return side == Leg::device ? mqtt::Direction::uplink : mqtt::Direction::downlink;
}
// The way that ends at that leg.
constexpr mqtt::Direction towards(Leg side) { return away_from(other(side)); }
constexpr Leg sink_of(mqtt::Direction way) {
  return way == mqtt::Direction::uplink ? Leg::broker : Leg::device;
}
constexpr Leg source_of(mqtt::Direction way) { return other(sink_of(way)); }
// Who sits behind that leg.
constexpr Party party_at(Leg side) { return side == Leg::device ? Party::device : Party::broker; }

}  // namespace probate::journal
