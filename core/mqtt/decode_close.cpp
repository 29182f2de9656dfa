// The bodies of DISCONNECT and AUTH, which may be left out.
#include "core/mqtt/decode_parts.hpp"
#include "core/mqtt/properties.hpp"

namespace probate::mqtt {

Disconnect read_disconnect(Reader& reader, const Head& head) {
  Disconnect disconnect;
  if (head.version != Version::v5) return disconnect;
  if (!reader.more()) {
    // The code that is left out is 0x00, which only a client may send. [MQTT5] §3.14.2.1
    if (head.direction == Direction::downlink) reader.fail(Rule::reason_sender, reader.at());
    return disconnect;
  }
  disconnect.reason = read_reason(reader, head);
  // "If the Remaining Length is less than 2, a value of 0 is used." [MQTT5] §3.14.2.2.1
  if (reader.more()) {
    disconnect.properties = read_properties(reader, Carrier::disconnect, head.direction);
  }
  return disconnect;
}

Auth read_auth(Reader& reader, const Head& head) {
  Auth auth;
  if (!reader.more()) {
    // As above, with the sides exchanged: success is the server's to say. [MQTT5] §3.15.2.1
    if (head.direction == Direction::uplink) reader.fail(Rule::reason_sender, reader.at());
    return auth;
  }
  auth.reason = read_reason(reader, head);
  const std::size_t properties_at = reader.at();
  auth.properties = read_properties(reader, Carrier::auth, head.direction);
  // [MQTT5] §3.15.2.2.2
  if (find_string(auth.properties, PropertyId::authentication_method) == nullptr) {
    reader.fail(Rule::authentication_method_missing, properties_at);
  }
  return auth;
}

}  // namespace probate::mqtt
