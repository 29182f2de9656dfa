// A device's half of the QoS 1 and 2 exchanges: what must survive a lost link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/device/actions.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::device {

// Unacknowledged QoS 1/2 publishes on the link.
inline constexpr std::size_t kInflightMax = 16;
// QoS 1/2 publishes that wait for a place among them.
inline constexpr std::size_t kQueuedMax = 64;

// Machines make one when they need it and drop it when it is empty(), so an idle device has none.
// Limits: kInflightMax, kQueuedMax; incoming QoS 2 ids by their 16 bits.
class Session {
 public:
  // Whether the broker keeps to the exchange.
  enum class Order : std::uint8_t { kept, broken };

  explicit Session(mqtt::Version version) : version_{version} {}

  // Gives the message a free packet id after `last_id` and lets it wait for pump().
  // Returns the id, 0 if there is no place. Requires: message.qos is 1 or 2.
  std::uint16_t enqueue(mqtt::Publish message, std::uint16_t last_id);
  // Sends what fits the window, oldest first. After a link was lost that begins with what the
  // broker has not acknowledged: PUBLISH with DUP, PUBREL. [MQTT-4.4.0-1] [MQTT5-4.4.0-1]
  // [MQTT-4.6.0-1] `receive_max`: the broker's, which may be smaller than our own window.
  void pump(std::uint16_t receive_max, Actions& out);
  void handle_link_lost();
  // The broker has no session of ours: everything is gone. How many messages that were.
  std::size_t discard();

  // Each answers as the specification demands; `broken` if the packet has the wrong type for that
  // message. A packet id that nobody knows is answered, not punished: it belongs to a lost session.
  Order handle_puback(const mqtt::Puback& puback);
  Order handle_pubrec(const mqtt::Pubrec& pubrec, Actions& out);
  Order handle_pubcomp(const mqtt::Pubcomp& pubcomp);
  void handle_pubrel(const mqtt::Pubrel& pubrel, Actions& out);
  // A downlink PUBLISH with QoS 2: PUBREC.
  void handle_publish(std::uint16_t packet_id, Actions& out);

  bool uses(std::uint16_t packet_id) const;
  bool empty() const { return outgoing_.empty() && received_.empty(); }

 private:
  enum class Phase : std::uint8_t {
    waiting,    // never sent
    published,  // PUBLISH sent, PUBACK or PUBREC awaited
    released,   // PUBREC received, PUBCOMP awaited
  };
  struct Outgoing {
    mqtt::Publish message;
    Phase phase = Phase::waiting;
    bool on_link = false;  // its PUBLISH or PUBREL was written to the present link
  };
  using Position = std::vector<Outgoing>::iterator;

  Position find(std::uint16_t packet_id);
  std::size_t count_on_link() const;

  std::vector<Outgoing> outgoing_;       // in the order of enqueue()
  std::vector<std::uint16_t> received_;  // QoS 2 ids between PUBLISH and PUBREL, sorted
  mqtt::Version version_;
};

// The next packet id after `last`; never 0. [MQTT-2.3.1-1] [MQTT5-2.2.1-3]
constexpr std::uint16_t next_packet_id(std::uint16_t last) {
  return last == 0xffff ? std::uint16_t{1} : static_cast<std::uint16_t>(last + 1);
}

}  // namespace probate::device
