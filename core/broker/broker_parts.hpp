// What the parts of the broker model share and nobody else needs.
#pragma once

#include <cstdint>
#include <iterator>
#include <utility>

#include "core/broker/actions.hpp"

namespace probate::broker {

// Reasons of 5.0's DISCONNECT and of its acknowledgements.
inline constexpr std::uint8_t kFirstError = 0x80;
inline constexpr std::uint8_t kMalformedPacket = 0x81;
inline constexpr std::uint8_t kProtocolError = 0x82;
inline constexpr std::uint8_t kNotAuthorized = 0x87;
inline constexpr std::uint8_t kSessionTakenOver = 0x8e;
inline constexpr std::uint8_t kTopicFilterInvalid = 0x8f;
inline constexpr std::uint8_t kTopicAliasInvalid = 0x94;
inline constexpr std::uint8_t kSharedNotSupported = 0x9e;

// Among connections: which came first.
inline std::uint32_t order_of(ConnectionId connection) {
  return static_cast<std::uint32_t>(connection.value);
}
// The Will Delay Interval, 0 without one.
std::uint32_t delay_in(const mqtt::Connect& connect);

template <typename P>
void send(ConnectionId connection, P packet, Actions& out) {
  out.emplace_back(std::in_place_type<SendPacket>,
                   SendPacket{connection, mqtt::Packet{std::in_place_type<P>, std::move(packet)}});
}
inline void close(ConnectionId connection, Actions& out) {
  out.emplace_back(std::in_place_type<Close>, Close{.connection = connection});
}
inline void note(ConnectionId connection, WillFate fate, Actions& out) {
  out.emplace_back(std::in_place_type<WillNote>, WillNote{connection, fate});
}
// Leaves `from` empty.
inline void append(Actions& from, Actions& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace probate::broker
