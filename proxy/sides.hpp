// The geometry of a link: two legs, two ways between them.
#pragma once

#include "core/journal/records.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::proxy {

constexpr journal::Leg other(journal::Leg side) {
  return side == journal::Leg::device ? journal::Leg::broker : journal::Leg::device;
}
// The way that what is read from that leg takes.
constexpr mqtt::Direction away_from(journal::Leg side) {
  return side == journal::Leg::device ? mqtt::Direction::uplink : mqtt::Direction::downlink;
}
// The way that ends at that leg.
constexpr mqtt::Direction towards(journal::Leg side) { return away_from(other(side)); }
constexpr journal::Leg sink_of(mqtt::Direction way) {
  return way == mqtt::Direction::uplink ? journal::Leg::broker : journal::Leg::device;
}
constexpr journal::Leg source_of(mqtt::Direction way) { return other(sink_of(way)); }
// Who sits behind that leg.
constexpr journal::Party party_at(journal::Leg side) {
  return side == journal::Leg::device ? journal::Party::device : journal::Party::broker;
}

}  // namespace probate::proxy
