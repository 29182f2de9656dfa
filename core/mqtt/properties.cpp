#include "core/mqtt/properties.hpp"

#include <array>
#include <initializer_list>
#include <limits>

#include "core/mqtt/topics.hpp"

namespace probate::mqtt {
namespace {

using enum Carrier;
using enum PropertyKind;

constexpr std::uint32_t kFourBytesMax = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kTwoBytesMax = std::numeric_limits<std::uint16_t>::max();

constexpr std::uint16_t bit(Carrier carrier) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(carrier));
}

constexpr std::uint16_t in(std::initializer_list<Carrier> carriers) {
  std::uint16_t mask = 0;
  for (const Carrier carrier : carriers) mask = static_cast<std::uint16_t>(mask | bit(carrier));
  return mask;
}

constexpr std::uint16_t kEverywhere = (1U << (static_cast<unsigned>(auth) + 1)) - 1;
constexpr std::uint16_t kAnswers =
    in({connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth});

// [MQTT5] §2.2.2.2, Table 2-4, with the ranges of the sections that describe each property.
constexpr std::array kSpecs{
    PropertySpec{PropertyId::payload_format_indicator, byte, in({publish, will}), 0, 1},
    PropertySpec{PropertyId::message_expiry_interval, four_bytes, in({publish, will}), 0,
                 kFourBytesMax},
    PropertySpec{PropertyId::content_type, text, in({publish, will})},
    PropertySpec{PropertyId::response_topic, text, in({publish, will})},
    PropertySpec{PropertyId::correlation_data, binary, in({publish, will})},
    PropertySpec{PropertyId::subscription_identifier, variable, in({publish, subscribe}), 1,
                 kVariableIntegerMax},
    PropertySpec{PropertyId::session_expiry_interval, four_bytes,
                 in({connect, connack, disconnect}), 0, kFourBytesMax},
    PropertySpec{PropertyId::assigned_client_identifier, text, in({connack})},
    PropertySpec{PropertyId::server_keep_alive, two_bytes, in({connack}), 0, kTwoBytesMax},
    PropertySpec{PropertyId::authentication_method, text, in({connect, connack, auth})},
    PropertySpec{PropertyId::authentication_data, binary, in({connect, connack, auth})},
    PropertySpec{PropertyId::request_problem_information, byte, in({connect}), 0, 1},
    PropertySpec{PropertyId::will_delay_interval, four_bytes, in({will}), 0, kFourBytesMax},
    PropertySpec{PropertyId::request_response_information, byte, in({connect}), 0, 1},
    PropertySpec{PropertyId::response_information, text, in({connack})},
    PropertySpec{PropertyId::server_reference, text, in({connack, disconnect})},
    PropertySpec{PropertyId::reason_string, text, kAnswers},
    PropertySpec{PropertyId::receive_maximum, two_bytes, in({connect, connack}), 1, kTwoBytesMax},
    PropertySpec{PropertyId::topic_alias_maximum, two_bytes, in({connect, connack}), 0,
                 kTwoBytesMax},
    PropertySpec{PropertyId::topic_alias, two_bytes, in({publish}), 1, kTwoBytesMax},
    PropertySpec{PropertyId::maximum_qos, byte, in({connack}), 0, 1},
    PropertySpec{PropertyId::retain_available, byte, in({connack}), 0, 1},
    PropertySpec{PropertyId::user_property, text_pair, kEverywhere},
    PropertySpec{PropertyId::maximum_packet_size, four_bytes, in({connect, connack}), 1,
                 kFourBytesMax},
    PropertySpec{PropertyId::wildcard_subscription_available, byte, in({connack}), 0, 1},
    PropertySpec{PropertyId::subscription_identifier_available, byte, in({connack}), 0, 1},
    PropertySpec{PropertyId::shared_subscription_available, byte, in({connack}), 0, 1},
};

// The last identifier is 0x2a: one bit each tells which were seen.
constexpr std::size_t kIdsMax = 64;

constexpr auto kIndex = [] {
  std::array<std::uint8_t, kIdsMax> index{};  // 0 = undefined, else 1 + the place in kSpecs
  for (std::size_t i = 0; i < kSpecs.size(); ++i) {
    index[static_cast<std::size_t>(kSpecs[i].id)] = static_cast<std::uint8_t>(i + 1);
  }
  return index;
}();

bool may_repeat(PropertyId id, Carrier carrier) {
  if (id == PropertyId::user_property) return true;
  // A message that matches several subscriptions names them all. [MQTT5] §3.3.2.3.8
  return id == PropertyId::subscription_identifier && carrier == publish;
}

// What this property must not be here for another reason than its carrier.
void check_sender(Reader& reader, const PropertySpec& spec, Carrier carrier, Direction direction,
                  std::size_t offset) {
  // [MQTT5-3.3.4-6]
  if (spec.id == PropertyId::subscription_identifier && carrier == publish &&
      direction == Direction::uplink) {
    reader.fail(Rule::subscription_id_from_client, offset);
  }
  // [MQTT5-3.14.2-2]
  if (spec.id == PropertyId::session_expiry_interval && carrier == disconnect &&
      direction == Direction::downlink) {
    reader.fail(Rule::session_expiry_from_server, offset);
  }
}

std::uint32_t read_integer(Reader& reader, const PropertySpec& spec) {
  const std::size_t begin = reader.at();
  std::uint32_t value = 0;
  if (spec.kind == byte) {
    value = reader.byte();
  } else if (spec.kind == two_bytes) {
    value = reader.two_bytes();
  } else if (spec.kind == four_bytes) {
    value = reader.four_bytes();
  } else {
    value = reader.variable();
  }
  if (value < spec.least || value > spec.most) {
    // [MQTT5-3.3.2-8] The one range that has a statement of its own.
    reader.fail(spec.id == PropertyId::topic_alias ? Rule::topic_alias_zero : Rule::property_value,
                begin);
  }
  return value;
}

std::string_view read_text(Reader& reader, const PropertySpec& spec) {
  const std::size_t begin = reader.at();
  const std::string_view value = reader.text();
  if (spec.id != PropertyId::response_topic) return value;
  // [MQTT5-4.7.3-1] It is a topic name.
  if (value.empty()) reader.fail(Rule::topic_empty, begin);
  // [MQTT5-3.3.2-14]
  if (const auto wildcard = find_wildcard(value)) {
    reader.fail(Rule::response_topic_wildcard, begin + 2 + *wildcard);
  }
  return value;
}

Property::Value read_value(Reader& reader, const PropertySpec& spec) {
  switch (spec.kind) {
    case byte:
    case two_bytes:
    case four_bytes:
    case variable:
      return read_integer(reader, spec);
    case text:
      return std::string{read_text(reader, spec)};
    case binary:
      return std::string{reader.binary()};
    case text_pair: {
      std::string name{reader.text()};
      return std::pair{std::move(name), std::string{reader.text()}};
    }
  }
  return {};
}

}  // namespace

const PropertySpec* find_property(PropertyId id) {
  const auto value = static_cast<std::size_t>(id);
  if (value >= kIdsMax || kIndex[value] == 0) return nullptr;
  return &kSpecs[kIndex[value] - 1U];
}

bool may_carry(const PropertySpec& spec, Carrier carrier) {
  return (spec.carriers & bit(carrier)) != 0;
}

Properties read_properties(Reader& reader, Carrier carrier, Direction direction) {
  Properties properties;
  const std::size_t length_at = reader.at();
  const std::uint32_t bytes = reader.variable();
  if (bytes > reader.left()) reader.fail(Rule::field_overrun, length_at);
  if (reader.fault()) return properties;
  const std::size_t end = reader.narrow(bytes);
  std::uint64_t seen = 0;
  while (reader.more()) {
    const std::size_t offset = reader.at();
    // Identifiers are Variable Byte Integers; all that exist fit in one byte. [MQTT5] §2.2.2.2
    const std::uint32_t number = reader.variable();
    if (reader.fault()) break;
    const auto id = static_cast<PropertyId>(number);
    const PropertySpec* spec = number < kIdsMax ? find_property(id) : nullptr;
    if (spec == nullptr) {
      reader.fail(Rule::property_unknown, offset);
      break;
    }
    if (!may_carry(*spec, carrier)) reader.fail(Rule::property_not_allowed, offset);
    check_sender(reader, *spec, carrier, direction, offset);
    const std::uint64_t mark = std::uint64_t{1} << number;
    if ((seen & mark) != 0 && !may_repeat(id, carrier)) {
      reader.fail(Rule::property_repeated, offset);
    }
    seen |= mark;
    if (reader.fault()) break;
    properties.push_back({id, read_value(reader, *spec)});
  }
  reader.widen(end);
  return properties;
}

}  // namespace probate::mqtt
