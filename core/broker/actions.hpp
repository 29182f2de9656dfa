// What the broker model wants done. Closed sets: the engines cover them with a switch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::broker {

// One message, shared by everyone who gets it and by every queue that holds it. It is made as a
// value that can change, and changes only in take_texts().
using MessageRef = std::shared_ptr<const mqtt::Publish>;

struct SendPacket {
  ConnectionId connection{};
  mqtt::Packet packet;
};

// A PUBLISH to a client: the message, but with these fields instead of its own.
struct Deliver {
  ConnectionId connection{};
  MessageRef message;
  mqtt::QoS qos{};
  bool retain = false;
  bool dup = false;
  std::uint16_t packet_id = 0;
  std::uint32_t subscription_id = 0;  // 5.0; 0: none
};
// As the client gets it.
mqtt::Publish to_publish(const Deliver& delivery);
// The texts of the message: moved out of it if nobody else gets it.
void take_texts(Deliver&& delivery, std::string& topic, std::string& payload);

// The broker ends the connection, with FIN behind everything sent before. No handle_closed follows.
struct Close {
  ConnectionId connection{};
  // Of a session that was taken over, whose will went out first. At every other end the connection
  // is closed first.
  bool behind_will = false;
};

// What became of the will of an accepted connection. Exactly one final word for each.
enum class WillFate : std::uint8_t {
  delayed,    // not final: the connection is closed, the Will Delay Interval runs
  published,  // final, as all that follow
  deleted,    // by DISCONNECT
  cancelled,  // the session went on, or the takeover publishes none
  dropped,    // the client may not publish there, or the broker forgets it at that kind of end
  lost,       // with the broker's crash
};
struct WillNote {
  ConnectionId connection{};
  WillFate fate{};
};

// A message found no place in a client's queue and is gone for it.
struct DropNote {
  ConnectionId connection{};  // kNoConnection: its client is offline
};

using Action = std::variant<SendPacket, Deliver, Close, WillNote, DropNote>;
using Actions = std::vector<Action>;

const char* to_text(WillFate fate);

}  // namespace probate::broker
