// The packets a device makes of its configuration.
#pragma once

#include <cstdint>

#include "core/base/template.hpp"
#include "core/device/config.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::device {

// Nothing is kept expanded between packets: 100,000 devices would hold 100,000 copies of their
// texts.

// The bytes of its payload.
std::string compose_payload(const MessageConfig& message, const TemplateValues& values);
mqtt::Connect compose_connect(const DeviceConfig& config, const TemplateValues& values);
mqtt::Publish compose_publish(const MessageConfig& message, const TemplateValues& values);
// All filters in one packet.
mqtt::Subscribe compose_subscribe(const DeviceConfig& config, const TemplateValues& values,
                                  std::uint16_t packet_id);

// Whole seconds as the wire carries them; 0xFFFFFFFF for Duration::max(), which means "never"
// there. Requires: seconds >= 0 and a whole number, or Duration::max().
std::uint32_t wire_seconds(Duration duration);

}  // namespace probate::device
