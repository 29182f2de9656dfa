#include "core/journal/from_packets.hpp"

namespace probate::journal {

using mqtt::PropertyId;

Duration session_expiry(std::uint32_t seconds) {
  if (seconds == 0xffffffff) return Duration::max();
  return std::chrono::seconds{seconds};
}

ConnectForwarded connect_record(const mqtt::Connect& connect) {
  ConnectForwarded record;
  record.client_id = connect.client_id;
  record.version = connect.version;
  record.clean = connect.clean_start;
  record.keep_alive = connect.keep_alive;
  if (const auto expiry = find_integer(connect.properties, PropertyId::session_expiry_interval)) {
    record.session_expiry = session_expiry(*expiry);
  }
  if (connect.will) {
    const auto delay = find_integer(connect.will->properties, PropertyId::will_delay_interval);
    record.will = WillFacts{.topic = connect.will->topic,
                            .payload = connect.will->payload,
                            .qos = connect.will->qos,
                            .retain = connect.will->retain,
                            .delay = std::chrono::seconds{delay.value_or(0)}};
  }
  return record;
}

ConnackReceived connack_record(const mqtt::Connack& connack) {
  ConnackReceived record;
  record.reason = connack.reason;
  record.session_present = connack.session_present;
  if (const auto keep_alive = find_integer(connack.properties, PropertyId::server_keep_alive)) {
    record.server_keep_alive = static_cast<std::uint16_t>(*keep_alive);
  }
  if (const auto expiry = find_integer(connack.properties, PropertyId::session_expiry_interval)) {
    record.session_expiry = session_expiry(*expiry);
  }
  if (const auto* id = find_string(connack.properties, PropertyId::assigned_client_identifier)) {
    record.assigned_client_id = *id;
  }
  return record;
}

DisconnectForwarded disconnect_record(const mqtt::Disconnect& disconnect, ConnectionId connection) {
  DisconnectForwarded record;
  record.connection = connection;
  record.reason = disconnect.reason;
  if (const auto expiry =
          find_integer(disconnect.properties, PropertyId::session_expiry_interval)) {
    record.session_expiry = session_expiry(*expiry);
  }
  return record;
}

}  // namespace probate::journal
