// Packets as the device tests read them: "PUBLISH /t=0 qos 1 id 3 dup".
#pragma once

#include <string>
#include <variant>

#include <fmt/format.h>

#include "core/mqtt/packets.hpp"

namespace probate::device {

inline std::string describe_publish(const mqtt::Publish& publish) {
  std::string line = fmt::format("PUBLISH {}={}", publish.topic, publish.payload);
  if (publish.qos != mqtt::QoS::at_most_once) {
    line += fmt::format(" qos {} id {}", static_cast<int>(publish.qos), publish.packet_id);
  }
  if (publish.retain) line += " retain";
  if (publish.dup) line += " dup";
  return line;
}

inline std::string describe_subscribe(const mqtt::Subscribe& subscribe) {
  std::string line = fmt::format("SUBSCRIBE id {}", subscribe.packet_id);
  for (const mqtt::Subscription& subscription : subscribe.subscriptions) {
    line += fmt::format(" {}", subscription.filter);
  }
  return line;
}

template <mqtt::PacketType kType>
std::string describe_acknowledgement(const mqtt::Acknowledgement<kType>& packet) {
  std::string line = fmt::format("{} id {}", mqtt::to_text(kType), packet.packet_id);
  if (packet.reason != 0) line += fmt::format(" 0x{:02x}", packet.reason);
  return line;
}

inline std::string describe(const mqtt::Packet& packet) {
  if (const auto* connect = std::get_if<mqtt::Connect>(&packet)) {
    return fmt::format("CONNECT {}", connect->client_id);
  }
  if (const auto* publish = std::get_if<mqtt::Publish>(&packet)) return describe_publish(*publish);
  if (const auto* subscribe = std::get_if<mqtt::Subscribe>(&packet)) {
    return describe_subscribe(*subscribe);
  }
  if (const auto* puback = std::get_if<mqtt::Puback>(&packet)) {
    return describe_acknowledgement(*puback);
  }
  if (const auto* pubrec = std::get_if<mqtt::Pubrec>(&packet)) {
    return describe_acknowledgement(*pubrec);
  }
  if (const auto* pubrel = std::get_if<mqtt::Pubrel>(&packet)) {
    return describe_acknowledgement(*pubrel);
  }
  if (const auto* pubcomp = std::get_if<mqtt::Pubcomp>(&packet)) {
    return describe_acknowledgement(*pubcomp);
  }
  return mqtt::to_text(mqtt::type_of(packet));
}

}  // namespace probate::device
