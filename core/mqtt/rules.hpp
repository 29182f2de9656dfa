// The rules of MQTT that a packet's bytes can break, and where the specifications state them.
#pragma once

#include <cstdint>
#include <span>

namespace probate::mqtt {

// What the bytes broke. The order is that of rules.cpp's table.
enum class Rule : std::uint8_t {
  // Fixed header.
  packet_type,
  packet_direction,
  fixed_header_flags,
  publish_qos,
  dup_without_qos,
  frame_length,
  // Fields.
  variable_integer_too_long,
  variable_integer_not_minimal,
  field_overrun,
  trailing_bytes,
  utf8_ill_formed,
  utf8_null,
  packet_id_zero,
  // Properties.
  property_unknown,
  property_not_allowed,
  property_repeated,
  property_value,
  topic_alias_zero,
  response_topic_wildcard,
  subscription_id_from_client,
  session_expiry_from_server,
  authentication_data_alone,
  authentication_method_missing,
  // CONNECT and CONNACK.
  protocol_name,
  protocol_level,
  connect_reserved_flag,
  will_qos,
  will_qos_without_will,
  will_retain_without_will,
  password_without_username,
  connack_flags,
  session_present_when_refused,
  // Topics.
  topic_empty,
  topic_wildcard,
  topic_without_alias,
  filter_wildcard,
  share_name,
  no_local_on_shared,
  // SUBSCRIBE, UNSUBSCRIBE and reason codes.
  filters_missing,
  subscription_options,
  subscription_qos,
  retain_handling,
  reasons_missing,
  reason_code,
  reason_sender,
};

struct RuleInfo {
  Rule rule{};
  const char* name = "";      // the enumerator
  const char* v3 = "";        // statement or section of 3.1.1; "" if 5.0 alone has the rule
  const char* v5 = "";        // of 5.0; "" if 3.x alone has it
  const char* sentence = "";  // what the packet did, without a full stop
};

// Every rule, in the order of the enumeration.
std::span<const RuleInfo> rules();
const RuleInfo& describe(Rule rule);
// The enumerator's name.
const char* to_text(Rule rule);

}  // namespace probate::mqtt
