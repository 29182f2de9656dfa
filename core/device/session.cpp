#include "core/device/session.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace probate::device {
namespace {

// [MQTT5] §2.4: reasons from 0x80 on are failures, so the exchange ends there.
constexpr std::uint8_t kFailure = 0x80;
constexpr std::uint8_t kPacketIdNotFound = 0x92;

}  // namespace

std::uint16_t Session::enqueue(mqtt::Publish message, std::uint16_t last_id) {
  CHECK(message.qos != mqtt::QoS::at_most_once);
  const auto waiting = std::count_if(outgoing_.begin(), outgoing_.end(), [](const Outgoing& entry) {
    return entry.phase == Phase::waiting;
  });
  if (static_cast<std::size_t>(waiting) >= kQueuedMax) return 0;
  // Ends: fewer than 65,535 ids are in use.
  std::uint16_t id = next_packet_id(last_id);
  while (uses(id)) id = next_packet_id(id);
  message.packet_id = id;
  outgoing_.push_back({std::move(message), Phase::waiting, false});
  return id;
}

void Session::pump(std::uint16_t receive_max, Actions& out) {
  const std::size_t window = std::min(kInflightMax, std::size_t{receive_max});
  std::size_t on_link = count_on_link();
  bool blocked = false;
  for (Outgoing& entry : outgoing_) {
    if (entry.on_link) continue;
    if (entry.phase == Phase::released) {
      // [MQTT5-3.3.4-7] limits PUBLISH only; a PUBREL ends what was counted when it was sent.
      out.emplace_back(SendPacket{mqtt::Pubrel{entry.message.packet_id, 0, {}}});
      entry.on_link = true;
      continue;
    }
    // Once one had to wait, no later PUBLISH may overtake it.
    blocked = blocked || on_link >= window;
    if (blocked) continue;
    // [MQTT-3.3.1-1] [MQTT5-3.3.1-1]
    entry.message.dup = entry.phase == Phase::published;
    entry.phase = Phase::published;
    entry.on_link = true;
    ++on_link;
    out.emplace_back(SendPacket{entry.message});
  }
}

void Session::handle_link_lost() {
  for (Outgoing& entry : outgoing_) entry.on_link = false;
}

std::size_t Session::discard() {
  const std::size_t lost = outgoing_.size();
  outgoing_.clear();
  received_.clear();
  return lost;
}

Session::Order Session::handle_puback(const mqtt::Puback& puback) {
  const Position entry = find(puback.packet_id);
  if (entry == outgoing_.end()) return Order::kept;
  if (entry->message.qos != mqtt::QoS::at_least_once) return Order::broken;
  outgoing_.erase(entry);
  return Order::kept;
}

Session::Order Session::handle_pubrec(const mqtt::Pubrec& pubrec, Actions& out) {
  const bool v5 = version_ == mqtt::Version::v5;
  const bool failed = v5 && pubrec.reason >= kFailure;
  const Position entry = find(pubrec.packet_id);
  if (entry == outgoing_.end()) {
    if (failed) return Order::kept;
    const std::uint8_t reason = v5 ? kPacketIdNotFound : std::uint8_t{0};
    out.emplace_back(SendPacket{mqtt::Pubrel{pubrec.packet_id, reason, {}}});
    return Order::kept;
  }
  if (entry->message.qos != mqtt::QoS::exactly_once) return Order::broken;
  if (failed) {
    outgoing_.erase(entry);
    return Order::kept;
  }
  // [MQTT-4.3.3-1] [MQTT5-4.3.3-4] The message itself is not needed any more.
  entry->phase = Phase::released;
  entry->on_link = true;
  entry->message.payload = {};
  entry->message.topic = {};
  out.emplace_back(SendPacket{mqtt::Pubrel{pubrec.packet_id, 0, {}}});
  return Order::kept;
}

Session::Order Session::handle_pubcomp(const mqtt::Pubcomp& pubcomp) {
  const Position entry = find(pubcomp.packet_id);
  if (entry == outgoing_.end()) return Order::kept;
  if (entry->phase != Phase::released) return Order::broken;
  outgoing_.erase(entry);
  return Order::kept;
}

void Session::handle_publish(std::uint16_t packet_id, Actions& out) {
  // [MQTT-4.3.3-2] [MQTT5-4.3.3-10] A repeated PUBLISH is the same message: acknowledged, kept
  // once.
  const auto place = std::lower_bound(received_.begin(), received_.end(), packet_id);
  if (place == received_.end() || *place != packet_id) received_.insert(place, packet_id);
  out.emplace_back(SendPacket{mqtt::Pubrec{packet_id, 0, {}}});
}

void Session::handle_pubrel(const mqtt::Pubrel& pubrel, Actions& out) {
  const auto place = std::lower_bound(received_.begin(), received_.end(), pubrel.packet_id);
  const bool known = place != received_.end() && *place == pubrel.packet_id;
  if (known) received_.erase(place);
  const bool v5 = version_ == mqtt::Version::v5;
  const std::uint8_t reason = known || !v5 ? std::uint8_t{0} : kPacketIdNotFound;
  out.emplace_back(SendPacket{mqtt::Pubcomp{pubrel.packet_id, reason, {}}});
}

bool Session::uses(std::uint16_t packet_id) const {
  return std::any_of(outgoing_.begin(), outgoing_.end(), [packet_id](const Outgoing& entry) {
    return entry.message.packet_id == packet_id;
  });
}

// An entry that still waits has never been sent, so no answer can mean it.
Session::Position Session::find(std::uint16_t packet_id) {
  return std::find_if(outgoing_.begin(), outgoing_.end(), [packet_id](const Outgoing& entry) {
    return entry.message.packet_id == packet_id && entry.phase != Phase::waiting;
  });
}

std::size_t Session::count_on_link() const {
  const auto count = std::count_if(outgoing_.begin(), outgoing_.end(),
                                   [](const Outgoing& entry) { return entry.on_link; });
  return static_cast<std::size_t>(count);
}

}  // namespace probate::device
