#include "core/mqtt/rules.hpp"

#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "core/base/check.hpp"
#include "core/mqtt/codec.hpp"

namespace probate::mqtt {
namespace {

// 3.1 has no numbered statements; decode.cpp's head comment lists where it differs.
constexpr std::array kRules{
    RuleInfo{Rule::packet_type, "packet_type", "3.1.1 §2.2.1", "5.0 §2.1.2",
             "the packet type is reserved in this version"},
    RuleInfo{Rule::packet_direction, "packet_direction", "3.1.1 §2.2.1", "5.0 §2.1.2",
             "this side must not send this packet type"},
    RuleInfo{Rule::fixed_header_flags, "fixed_header_flags", "[MQTT-2.2.2-1]", "[MQTT5-2.1.3-1]",
             "the reserved flags of the first byte have another value than the one listed"},
    RuleInfo{Rule::publish_qos, "publish_qos", "[MQTT-3.3.1-4]", "[MQTT5-3.3.1-4]",
             "PUBLISH has both QoS bits set"},
    RuleInfo{Rule::dup_without_qos, "dup_without_qos", "[MQTT-3.3.1-2]", "[MQTT5-3.3.1-2]",
             "DUP is set on a QoS 0 PUBLISH"},
    RuleInfo{Rule::frame_length, "frame_length", "3.1.1 §2.2.3", "5.0 §2.1.4",
             "Remaining Length does not say how long the packet is"},
    RuleInfo{Rule::variable_integer_too_long, "variable_integer_too_long", "3.1.1 §2.2.3",
             "5.0 §1.5.5", "a variable byte integer has more than four bytes"},
    RuleInfo{Rule::variable_integer_not_minimal, "variable_integer_not_minimal", "",
             "[MQTT5-1.5.5-1]", "a variable byte integer uses more bytes than it needs"},
    RuleInfo{Rule::field_overrun, "field_overrun", "3.1.1 §2.2.3", "5.0 §2.1.4",
             "the field that begins here reaches beyond the end of the packet or its properties"},
    RuleInfo{Rule::trailing_bytes, "trailing_bytes", "3.1.1 §2.2.3", "5.0 §2.1.4",
             "bytes follow the packet's last field"},
    RuleInfo{Rule::utf8_ill_formed, "utf8_ill_formed", "[MQTT-1.5.3-1]", "[MQTT5-1.5.4-1]",
             "a string is not well-formed UTF-8"},
    RuleInfo{Rule::utf8_null, "utf8_null", "[MQTT-1.5.3-2]", "[MQTT5-1.5.4-2]",
             "a string contains U+0000"},
    RuleInfo{Rule::packet_id_zero, "packet_id_zero", "[MQTT-2.3.1-1]",
             "[MQTT5-2.2.1-3], [MQTT5-2.2.1-4]", "the packet identifier is 0"},

    RuleInfo{Rule::property_unknown, "property_unknown", "", "5.0 §2.2.2.2",
             "the property identifier is not defined"},
    RuleInfo{Rule::property_not_allowed, "property_not_allowed", "", "5.0 §2.2.2.2",
             "the property is not defined for this packet type"},
    RuleInfo{Rule::property_repeated, "property_repeated", "", "5.0 §2.2.2.2",
             "the property appears a second time"},
    RuleInfo{Rule::property_value, "property_value", "", "5.0 §2.2.2.2",
             "the property's value is outside its range"},
    RuleInfo{Rule::topic_alias_zero, "topic_alias_zero", "", "[MQTT5-3.3.2-8]",
             "the topic alias is 0"},
    RuleInfo{Rule::response_topic_wildcard, "response_topic_wildcard", "", "[MQTT5-3.3.2-14]",
             "the response topic contains a wildcard"},
    RuleInfo{Rule::subscription_id_from_client, "subscription_id_from_client", "",
             "[MQTT5-3.3.4-6]", "a client's PUBLISH carries a subscription identifier"},
    RuleInfo{Rule::session_expiry_from_server, "session_expiry_from_server", "", "[MQTT5-3.14.2-2]",
             "a server's DISCONNECT carries a session expiry interval"},
    RuleInfo{Rule::authentication_data_alone, "authentication_data_alone", "", "5.0 §3.1.2.11.10",
             "authentication data is given without an authentication method"},
    RuleInfo{Rule::authentication_method_missing, "authentication_method_missing", "",
             "5.0 §3.15.2.2.2", "AUTH does not name the authentication method"},

    RuleInfo{Rule::protocol_name, "protocol_name", "[MQTT-3.1.2-1]", "[MQTT5-3.1.2-1]",
             "the protocol name is neither MQTT nor MQIsdp"},
    RuleInfo{Rule::protocol_level, "protocol_level", "[MQTT-3.1.2-2]", "[MQTT5-3.1.2-2]",
             "the protocol level is not one of MQIsdp/3, MQTT/4 and MQTT/5"},
    RuleInfo{Rule::connect_reserved_flag, "connect_reserved_flag", "[MQTT-3.1.2-3]",
             "[MQTT5-3.1.2-3]", "the reserved flag of CONNECT is set"},
    RuleInfo{Rule::will_qos, "will_qos", "[MQTT-3.1.2-14]", "[MQTT5-3.1.2-12]",
             "the will's QoS is 3"},
    RuleInfo{Rule::will_qos_without_will, "will_qos_without_will", "[MQTT-3.1.2-13]",
             "[MQTT5-3.1.2-11]", "a will QoS is given without a will"},
    RuleInfo{Rule::will_retain_without_will, "will_retain_without_will", "[MQTT-3.1.2-15]",
             "[MQTT5-3.1.2-13]", "will retain is set without a will"},
    RuleInfo{Rule::password_without_username, "password_without_username", "[MQTT-3.1.2-22]", "",
             "a password is given without a user name"},
    RuleInfo{Rule::connack_flags, "connack_flags", "3.1.1 §3.2.2.1", "[MQTT5-3.2.2-1]",
             "a reserved acknowledge flag of CONNACK is set"},
    RuleInfo{Rule::session_present_when_refused, "session_present_when_refused", "[MQTT-3.2.2-4]",
             "[MQTT5-3.2.2-6]", "CONNACK refuses and says that a session is present"},

    RuleInfo{Rule::topic_empty, "topic_empty", "[MQTT-4.7.3-1]", "[MQTT5-4.7.3-1]",
             "a topic name or filter is empty"},
    RuleInfo{Rule::topic_wildcard, "topic_wildcard", "[MQTT-4.7.1-1]", "[MQTT5-4.7.0-1]",
             "a topic name contains a wildcard"},
    RuleInfo{Rule::topic_without_alias, "topic_without_alias", "", "5.0 §3.3.2.1",
             "the topic name is empty and no topic alias is given"},
    RuleInfo{Rule::filter_wildcard, "filter_wildcard", "[MQTT-4.7.1-2], [MQTT-4.7.1-3]",
             "[MQTT5-4.7.1-1], [MQTT5-4.7.1-2]",
             "a wildcard does not stand alone in its level, or # is not in the last"},
    RuleInfo{Rule::share_name, "share_name", "", "[MQTT5-4.8.2-1], [MQTT5-4.8.2-2]",
             "a shared subscription lacks its share name or filter, or the name has a wildcard"},
    RuleInfo{Rule::no_local_on_shared, "no_local_on_shared", "", "[MQTT5-3.8.3-4]",
             "No Local is set on a shared subscription"},

    RuleInfo{Rule::filters_missing, "filters_missing", "[MQTT-3.8.3-3], [MQTT-3.10.3-2]",
             "[MQTT5-3.8.3-2], [MQTT5-3.10.3-2]", "there is no topic filter"},
    RuleInfo{Rule::subscription_options, "subscription_options", "[MQTT-3-8.3-4]",
             "[MQTT5-3.8.3-5]", "a reserved bit of the subscription options is set"},
    RuleInfo{Rule::subscription_qos, "subscription_qos", "[MQTT-3-8.3-4]", "5.0 §3.8.3.1",
             "the requested QoS is 3"},
    RuleInfo{Rule::retain_handling, "retain_handling", "", "5.0 §3.8.3.1", "retain handling is 3"},
    RuleInfo{Rule::reasons_missing, "reasons_missing", "[MQTT-3.8.4-5]",
             "[MQTT5-3.8.4-6], 5.0 §3.11.3", "there is no reason code"},
    RuleInfo{Rule::reason_code, "reason_code", "[MQTT-3.2.2-6], [MQTT-3.9.3-2]",
             "[MQTT5-3.2.2-8], [MQTT5-3.4.2-1], [MQTT5-3.5.2-1], [MQTT5-3.6.2-1], "
             "[MQTT5-3.7.2-1], [MQTT5-3.9.3-2], [MQTT5-3.11.3-2], [MQTT5-3.14.2-1], "
             "[MQTT5-3.15.2-1]",
             "the reason code is not defined for this packet type"},
    RuleInfo{Rule::reason_sender, "reason_sender", "",
             "5.0 §3.4.2.1, §3.5.2.1, §3.14.2.1, §3.15.2.1",
             "only the other side may send this reason code"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (kRules[i].rule != static_cast<Rule>(i)) return false;
  }
  return true;
}
static_assert(in_order() && kRules.size() == static_cast<std::size_t>(Rule::reason_sender) + 1);

}  // namespace

std::span<const RuleInfo> rules() { return kRules; }

const RuleInfo& describe(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  CHECK(index < kRules.size());
  return kRules[index];
}

const char* to_text(Rule rule) { return describe(rule).name; }

std::string to_text(const DecodeError& error) {
  const RuleInfo& info = describe(error.rule);
  const bool both = *info.v3 != '\0' && *info.v5 != '\0';
  return fmt::format("byte {} sent by the {}: {} ({}{}{})", error.offset,
                     error.culprit == Direction::uplink ? "device" : "broker", info.sentence,
                     info.v3, both ? "; " : "", info.v5);
}

}  // namespace probate::mqtt
