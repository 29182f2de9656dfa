// What the journal keeps of a CONNECT.
#pragma once

#include "core/journal/records.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::journal {

// Everything the packet says; connection, device, epoch and twin are the caller's.
ConnectForwarded connect_record(const mqtt::Connect& connect);
// Everything but the connection.
ConnackReceived connack_record(const mqtt::Connack& connack);
// A DISCONNECT that the device sent.
DisconnectForwarded disconnect_record(const mqtt::Disconnect& disconnect, ConnectionId connection);
// Session Expiry Interval as a duration: 0xFFFFFFFF never expires. (MQTT 5, 3.1.2.11.2)
Duration session_expiry(std::uint32_t seconds);

}  // namespace probate::journal
