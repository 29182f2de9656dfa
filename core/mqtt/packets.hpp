// Every MQTT control packet as a typed value, for 3.1, 3.1.1 and 5.0.
//
// A value can hold what the specification forbids: encode() writes it as it is, because a tester
// must be able to misbehave on purpose; decode() is strict.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace probate::mqtt {

// What fits on the wire: a length-prefixed string or binary; a Variable Byte Integer, and with it
// the body of a packet.
inline constexpr std::size_t kStringBytesMax = 65'535;
inline constexpr std::uint32_t kVariableIntegerMax = 268'435'455;

// The value is the protocol level of CONNECT. 3.1 calls itself "MQIsdp", the others "MQTT".
enum class Version : std::uint8_t { v3_1 = 3, v3_1_1 = 4, v5 = 5 };

// The value is the high nibble of the first byte; 0 is reserved.
enum class PacketType : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};

// Uplink is device → broker.
enum class Direction : std::uint8_t { uplink, downlink };

enum class QoS : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

// [MQTT5] §2.2.2.2, Table 2-4.
enum class PropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0b,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1a,
  server_reference = 0x1c,
  reason_string = 0x1f,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2a,
};

struct Property {
  // Integers of every width are held as uint32; the id says how wide they are on the wire.
  using Value = std::variant<std::uint32_t, std::string, std::pair<std::string, std::string>>;

  PropertyId id{};
  Value value;

  bool operator==(const Property&) const = default;
};
// In the order of the wire.
using Properties = std::vector<Property>;

// The first integer property of that id, or nothing.
std::optional<std::uint32_t> find_integer(const Properties& properties, PropertyId id);
// The first string (or binary) property of that id, or nullptr. Valid while `properties` is
// unchanged.
const std::string* find_string(const Properties& properties, PropertyId id);

// A last will as CONNECT carries it. The payload is bytes, not text.
struct Will {
  std::string topic;
  std::string payload;
  QoS qos{};
  bool retain = false;
  Properties properties;

  bool operator==(const Will&) const = default;
};

struct Connect {
  Version version = Version::v3_1_1;
  bool clean_start = true;       // Clean Session in 3.x
  std::uint16_t keep_alive = 0;  // seconds; 0 = off
  std::string client_id;
  std::optional<Will> will;
  std::optional<std::string> username;
  std::optional<std::string> password;
  Properties properties;

  bool operator==(const Connect&) const = default;
};

struct Connack {
  bool session_present = false;
  std::uint8_t reason = 0;  // return code in 3.x; 0 = accepted in all versions
  Properties properties;

  bool operator==(const Connack&) const = default;
};

// What a message was made from, in the words of whoever made it: a note for one who reads it in the
// same process and would find out the same from topic and payload. It is never on the wire, and
// two packets that differ in nothing else are equal.
struct Origin {
  const void* made_from = nullptr;  // only ever compared; nullptr: nobody knows
  std::uint32_t maker = 0;

  bool operator==(const Origin&) const { return true; }
};

struct Publish {
  std::string topic;
  std::string payload;
  QoS qos{};
  bool retain = false;
  bool dup = false;
  std::uint16_t packet_id = 0;  // on the wire only with QoS 1 and 2
  Properties properties;
  Origin origin{};

  bool operator==(const Publish&) const = default;
};

// PUBACK, PUBREC, PUBREL and PUBCOMP have one shape. `reason` is 5.0 only.
template <PacketType kType>
struct Acknowledgement {
  std::uint16_t packet_id = 0;
  std::uint8_t reason = 0;
  Properties properties;

  bool operator==(const Acknowledgement&) const = default;
};
using Puback = Acknowledgement<PacketType::puback>;
using Pubrec = Acknowledgement<PacketType::pubrec>;
using Pubrel = Acknowledgement<PacketType::pubrel>;
using Pubcomp = Acknowledgement<PacketType::pubcomp>;

struct Subscription {
  std::string filter;
  QoS qos{};
  bool no_local = false;             // 5.0
  bool retain_as_published = false;  // 5.0
  std::uint8_t retain_handling = 0;  // 5.0

  bool operator==(const Subscription&) const = default;
};

struct Subscribe {
  std::uint16_t packet_id = 0;
  std::vector<Subscription> subscriptions;
  Properties properties;

  bool operator==(const Subscribe&) const = default;
};

struct Suback {
  std::uint16_t packet_id = 0;
  std::vector<std::uint8_t> reasons;
  Properties properties;

  bool operator==(const Suback&) const = default;
};

struct Unsubscribe {
  std::uint16_t packet_id = 0;
  std::vector<std::string> filters;
  Properties properties;

  bool operator==(const Unsubscribe&) const = default;
};

struct Unsuback {
  std::uint16_t packet_id = 0;
  std::vector<std::uint8_t> reasons;  // 5.0
  Properties properties;

  bool operator==(const Unsuback&) const = default;
};

struct Pingreq {
  bool operator==(const Pingreq&) const = default;
};
struct Pingresp {
  bool operator==(const Pingresp&) const = default;
};

struct Disconnect {
  std::uint8_t reason = 0;  // 5.0
  Properties properties;

  bool operator==(const Disconnect&) const = default;
};

struct Auth {
  std::uint8_t reason = 0;
  Properties properties;

  bool operator==(const Auth&) const = default;
};

using Packet = std::variant<Connect, Connack, Publish, Puback, Pubrec, Pubrel, Pubcomp, Subscribe,
                            Suback, Unsubscribe, Unsuback, Pingreq, Pingresp, Disconnect, Auth>;

PacketType type_of(const Packet& packet);
// The specification's spelling: "CONNECT"; "RESERVED" for values outside the enumeration.
const char* to_text(PacketType type);
// "3.1", "3.1.1", "5".
const char* to_text(Version version);

}  // namespace probate::mqtt
