// Every rule as bytes: what breaks it and where. `^` stands before the byte the error must name.
#include <set>

#include <gtest/gtest.h>

#include "core/mqtt/codec.hpp"
#include "tests/support/packets.hpp"

namespace probate::mqtt {
namespace {

struct Side {
  Version version;
  Direction direction;
};
constexpr Side k31Up{Version::v3_1, Direction::uplink};
constexpr Side k31Down{Version::v3_1, Direction::downlink};
constexpr Side k311Up{Version::v3_1_1, Direction::uplink};
constexpr Side k311Down{Version::v3_1_1, Direction::downlink};
constexpr Side k5Up{Version::v5, Direction::uplink};
constexpr Side k5Down{Version::v5, Direction::downlink};

struct Case {
  Rule rule;
  Side side;
  const char* wire;
};

constexpr Case kBroken[] = {
    // 3.1.1 §2.2.1, 5.0 §2.1.2
    {Rule::packet_type, k311Up, "^00 00"},
    {Rule::packet_type, k5Down, "^00 00"},
    {Rule::packet_type, k311Up, "^f0 00"},
    {Rule::packet_type, k31Down, "^f0 00"},
    {Rule::packet_direction, k311Down, "^10 [ <MQTT> 04 02 003c <id> ]"},
    {Rule::packet_direction, k311Up, "^20 [ 00 00 ]"},
    {Rule::packet_direction, k311Down, "^82 [ 0001 <a> 00 ]"},
    {Rule::packet_direction, k5Up, "^90 [ 0001 [] 00 ]"},
    {Rule::packet_direction, k311Down, "^a2 [ 0001 <a> ]"},
    {Rule::packet_direction, k311Up, "^b0 [ 0001 ]"},
    {Rule::packet_direction, k5Down, "^c0 00"},
    {Rule::packet_direction, k311Up, "^d0 00"},
    // DISCONNECT is the client's alone before 5.0.
    {Rule::packet_direction, k311Down, "^e0 00"},
    {Rule::packet_direction, k31Down, "^e0 00"},
    // [MQTT-2.2.2-1], [MQTT5-2.1.3-1]
    {Rule::fixed_header_flags, k311Up, "^11 [ <MQTT> 04 02 003c <id> ]"},
    {Rule::fixed_header_flags, k5Up, "^18 [ <MQTT> 05 02 003c [] <id> ]"},
    {Rule::fixed_header_flags, k311Down, "^21 [ 00 00 ]"},
    {Rule::fixed_header_flags, k311Up, "^42 [ 0001 ]"},
    {Rule::fixed_header_flags, k5Up, "^58 [ 0001 ]"},
    {Rule::fixed_header_flags, k311Up, "^60 [ 0001 ]"},
    {Rule::fixed_header_flags, k5Down, "^6a [ 0001 ]"},
    {Rule::fixed_header_flags, k311Up, "^72 [ 0001 ]"},
    {Rule::fixed_header_flags, k311Up, "^80 [ 0001 <a> 00 ]"},
    {Rule::fixed_header_flags, k5Up, "^83 [ 0001 [] <a> 00 ]"},
    {Rule::fixed_header_flags, k311Down, "^91 [ 0001 00 ]"},
    {Rule::fixed_header_flags, k311Up, "^a0 [ 0001 <a> ]"},
    {Rule::fixed_header_flags, k311Down, "^b2 [ 0001 ]"},
    {Rule::fixed_header_flags, k311Up, "^c2 00"},
    {Rule::fixed_header_flags, k5Down, "^d4 00"},
    {Rule::fixed_header_flags, k311Up, "^e2 00"},
    {Rule::fixed_header_flags, k5Up, "^ff 00"},
    // [MQTT-3.3.1-4], [MQTT5-3.3.1-4]
    {Rule::publish_qos, k31Up, "^36 [ <t> 0001 ]"},
    {Rule::publish_qos, k311Down, "^36 [ <t> 0001 ]"},
    {Rule::publish_qos, k5Up, "^37 [ <t> 0001 [] ]"},
    // [MQTT-3.3.1-2], [MQTT5-3.3.1-2]
    {Rule::dup_without_qos, k311Up, "^38 [ <t> ]"},
    {Rule::dup_without_qos, k5Down, "^39 [ <t> [] ]"},

    // One whole packet, no more and no less.
    {Rule::frame_length, k311Up, "^"},
    {Rule::frame_length, k311Up, "c0 ^"},
    {Rule::frame_length, k311Up, "30 80 ^"},
    {Rule::frame_length, k311Up, "30 05 0001 't' ^"},
    {Rule::frame_length, k311Up, "c0 00 ^c0 00"},
    {Rule::variable_integer_too_long, k311Up, "30 80 80 80 ^80 01"},
    {Rule::variable_integer_too_long, k5Up, "30 ff ff ff ^ff 7f"},
    {Rule::variable_integer_too_long, k5Up, "30 [ <t> 80 80 80 ^80 01 ]"},
    // [MQTT5-1.5.5-1]
    {Rule::variable_integer_not_minimal, k5Up, "c0 80 ^00"},
    {Rule::variable_integer_not_minimal, k5Up, "30 84 ^00 <t> []"},
    {Rule::variable_integer_not_minimal, k5Up, "10 8f 80 ^00 <MQTT> 05 02 003c [] <id>"},
    {Rule::variable_integer_not_minimal, k5Up, "30 [ <t> 80 ^00 ]"},
    {Rule::variable_integer_not_minimal, k5Down, "30 [ <t> [ 0b 81 ^00 ] ]"},

    // Lengths that reach beyond the end; the error names the field's first byte.
    {Rule::field_overrun, k311Up, "10 [ ^0005 'MQTT' ]"},
    {Rule::field_overrun, k311Up, "10 [ <MQTT> ^ ]"},
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 ^ ]"},
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 02 ^00 ]"},
    // [MQTT-3.1.3-3], [MQTT5-3.1.3-3]: the client id must be there.
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 02 003c ^ ]"},
    {Rule::field_overrun, k5Up, "10 [ <MQTT> 05 02 003c [] ^ ]"},
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 02 003c ^0003 'id' ]"},
    // [MQTT-3.1.2-9], [MQTT5-3.1.2-9]: so must topic and payload of an announced will,
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 06 003c <id> ^ ]"},
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 06 003c <id> <w> ^ ]"},
    {Rule::field_overrun, k31Up, "10 [ <MQIsdp> 03 06 003c <id> <w> ^ ]"},
    {Rule::field_overrun, k5Up, "10 [ <MQTT> 05 06 003c [] <id> ^ ]"},
    // [MQTT-3.1.2-19], [MQTT5-3.1.2-17]: an announced user name
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 82 003c <id> ^ ]"},
    {Rule::field_overrun, k5Up, "10 [ <MQTT> 05 82 003c [] <id> ^ ]"},
    // [MQTT-3.1.2-21], [MQTT5-3.1.2-19]: and an announced password.
    {Rule::field_overrun, k311Up, "10 [ <MQTT> 04 c2 003c <id> <u> ^ ]"},
    {Rule::field_overrun, k5Up, "10 [ <MQTT> 05 42 003c [] <id> ^ ]"},
    {Rule::field_overrun, k31Up, "10 [ <MQIsdp> 03 c2 003c <id> <u> ^0002 'p' ]"},
    {Rule::field_overrun, k311Down, "20 [ 00 ^ ]"},
    {Rule::field_overrun, k5Down, "20 [ 00 00 ^ ]"},
    {Rule::field_overrun, k5Down, "20 [ 00 00 ^05 ]"},
    {Rule::field_overrun, k311Up, "30 [ ^00 ]"},
    {Rule::field_overrun, k311Up, "30 [ ^0002 't' ]"},
    {Rule::field_overrun, k311Up, "32 [ <t> ^00 ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> ^ ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> ^80 ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> ^03 01 00 ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> [ 01 ^ ] ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> [ 02 ^000000 ] 00 ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> [ 03 ^0002 'x' ] 'x' ]"},
    {Rule::field_overrun, k5Up, "30 [ <t> [ 26 <a> ^0002 'x' ] 'x' ]"},
    {Rule::field_overrun, k311Up, "40 [ ^01 ]"},
    {Rule::field_overrun, k5Up, "40 [ 0001 00 ^01 ]"},
    {Rule::field_overrun, k311Up, "82 [ 0001 ^0002 'a' ]"},
    {Rule::field_overrun, k311Up, "82 [ 0001 <a> ^ ]"},
    {Rule::field_overrun, k311Down, "90 [ ^00 ]"},
    {Rule::field_overrun, k311Up, "a2 [ 0001 ^00 ]"},
    {Rule::field_overrun, k5Up, "e0 [ 00 ^01 ]"},
    {Rule::field_overrun, k5Down, "f0 [ 18 ^ ]"},
    {Rule::trailing_bytes, k311Up, "10 [ <MQTT> 04 02 003c <id> ^00 ]"},
    // [MQTT-3.1.2-11], [MQTT-3.1.2-18], [MQTT-3.1.2-20]: what no flag announces must not be there.
    {Rule::trailing_bytes, k311Up, "10 [ <MQTT> 04 02 003c <id> ^<w> <bye> ]"},
    {Rule::trailing_bytes, k5Up, "10 [ <MQTT> 05 82 003c [] <id> <user> ^<password> ]"},
    {Rule::trailing_bytes, k311Down, "20 [ 00 00 ^00 ]"},
    {Rule::trailing_bytes, k311Up, "40 [ 0001 ^00 ]"},
    {Rule::trailing_bytes, k31Up, "62 [ 0001 ^00 ]"},
    {Rule::trailing_bytes, k5Up, "40 [ 0001 00 [] ^00 ]"},
    {Rule::trailing_bytes, k311Down, "b0 [ 0001 ^00 ]"},
    {Rule::trailing_bytes, k311Up, "c0 [ ^00 ]"},
    {Rule::trailing_bytes, k5Down, "d0 [ ^00 ]"},
    {Rule::trailing_bytes, k311Up, "e0 [ ^04 00 ]"},
    {Rule::trailing_bytes, k5Up, "e0 [ 00 [] ^00 ]"},

    // [MQTT-1.5.3-1], [MQTT5-1.5.4-1]; [MQTT-3.1.3-4] client id, [MQTT-3.1.3-10] will topic,
    // [MQTT-3.1.3-11] user name, [MQTT-3.3.2-1] topic, [MQTT-3.10.3-1] filter.
    {Rule::utf8_ill_formed, k311Up, "10 [ 0004 'MQ' ^ff 'T' 04 02 003c <id> ]"},
    {Rule::utf8_ill_formed, k311Up, "10 [ <MQTT> 04 02 003c 0003 'i' ^c3 'd' ]"},
    {Rule::utf8_ill_formed, k5Up, "10 [ <MQTT> 05 06 003c [] <id> [] 0003 ^eda080 <bye> ]"},
    {Rule::utf8_ill_formed, k311Up, "10 [ <MQTT> 04 82 003c <id> 0001 ^80 ]"},
    {Rule::utf8_ill_formed, k311Up, "30 [ 0002 't' ^fe ]"},
    {Rule::utf8_ill_formed, k5Down, "30 [ <t> [ 03 0001 ^c0 ] ]"},
    // [MQTT5-1.5.7-1] Both strings of a pair.
    {Rule::utf8_ill_formed, k5Down, "30 [ <t> [ 26 <a> 0001 ^c0 ] ]"},
    {Rule::utf8_ill_formed, k5Down, "30 [ <t> [ 26 0001 ^c0 <b> ] ]"},
    {Rule::utf8_ill_formed, k311Up, "82 [ 0001 0002 'a' ^f8 00 ]"},
    {Rule::utf8_ill_formed, k311Up, "a2 [ 0001 0002 'a' ^f8 ]"},
    // [MQTT-1.5.3-2], [MQTT5-1.5.4-2]
    {Rule::utf8_null, k311Up, "10 [ <MQTT> 04 02 003c 0003 'i' ^00 'd' ]"},
    {Rule::utf8_null, k31Up, "30 [ 0002 't' ^00 ]"},
    {Rule::utf8_null, k5Up, "82 [ 0001 [] 0003 'a/' ^00 00 ]"},

    // [MQTT-2.3.1-1], [MQTT5-2.2.1-3], [MQTT5-2.2.1-4]
    {Rule::packet_id_zero, k31Up, "32 [ <t> ^0000 ]"},
    {Rule::packet_id_zero, k311Up, "34 [ <t> ^0000 ]"},
    {Rule::packet_id_zero, k5Down, "32 [ <t> ^0000 [] ]"},
    {Rule::packet_id_zero, k311Up, "40 [ ^0000 ]"},
    {Rule::packet_id_zero, k311Up, "50 [ ^0000 ]"},
    {Rule::packet_id_zero, k311Up, "62 [ ^0000 ]"},
    {Rule::packet_id_zero, k311Down, "70 [ ^0000 ]"},
    {Rule::packet_id_zero, k311Up, "82 [ ^0000 <a> 00 ]"},
    {Rule::packet_id_zero, k5Down, "90 [ ^0000 [] 00 ]"},
    {Rule::packet_id_zero, k311Up, "a2 [ ^0000 <a> ]"},
    {Rule::packet_id_zero, k311Down, "b0 [ ^0000 ]"},

    // 5.0 §2.2.2.2; properties_test.cpp tries every identifier in every packet.
    {Rule::property_unknown, k5Up, "30 [ <t> [ ^04 00 ] ]"},
    {Rule::property_unknown, k5Up, "30 [ <t> [ 01 00 ^7f ] ]"},
    {Rule::property_unknown, k5Up, "30 [ <t> [ ^80 01 ] ]"},
    {Rule::property_not_allowed, k5Up, "30 [ <t> [ 01 00 ^11 00000000 ] ]"},
    {Rule::property_not_allowed, k5Up, "10 [ <MQTT> 05 02 003c [ ^18 00000005 ] <id> ]"},
    {Rule::property_not_allowed, k5Up,
     "10 [ <MQTT> 05 06 003c [] <id> [ ^11 00000005 ] <w> <bye> ]"},
    {Rule::property_repeated, k5Up, "30 [ <t> [ 01 00 ^01 00 ] ]"},
    {Rule::property_repeated, k5Up, "82 [ 0001 [ 0b 01 ^0b 02 ] <a> 00 ]"},
    {Rule::property_repeated, k5Down, "40 [ 0001 00 [ 1f <a> 26 <b> <c> ^1f <d> ] ]"},
    {Rule::property_value, k5Up, "30 [ <t> [ 01 ^02 ] ]"},
    // [MQTT5-3.3.2-8]
    {Rule::topic_alias_zero, k5Up, "30 [ <t> [ 23 ^0000 ] ]"},
    // [MQTT5-3.3.2-14]
    {Rule::response_topic_wildcard, k5Up, "30 [ <t> [ 08 0003 'a/' ^'+' ] ]"},
    {Rule::response_topic_wildcard, k5Up,
     "10 [ <MQTT> 05 06 003c [] <id> [ 08 0001 ^'#' ] <w> <bye> ]"},
    // [MQTT5-3.3.4-6]
    {Rule::subscription_id_from_client, k5Up, "30 [ <t> [ ^0b 01 ] ]"},
    // [MQTT5-3.14.2-2]
    {Rule::session_expiry_from_server, k5Down, "e0 [ 8b [ ^11 00000000 ] ]"},
    // 5.0 §3.1.2.11.10, §3.15.2.2.2
    {Rule::authentication_data_alone, k5Up, "10 [ <MQTT> 05 02 003c ^[ 16 <x> ] <id> ]"},
    {Rule::authentication_method_missing, k5Down, "f0 [ 18 ^[ 16 <x> ] ]"},
    {Rule::authentication_method_missing, k5Down, "f0 [ 00 ^[] ]"},

    // [MQTT-3.1.2-1], [MQTT5-3.1.2-1]
    {Rule::protocol_name, k311Up, "10 [ ^<MQTt> 04 02 003c <id> ]"},
    {Rule::protocol_name, k311Up, "10 [ ^<> 04 02 003c <id> ]"},
    // [MQTT-3.1.2-2], [MQTT5-3.1.2-2]
    {Rule::protocol_level, k311Up, "10 [ <MQTT> ^03 02 003c <id> ]"},
    {Rule::protocol_level, k311Up, "10 [ <MQIsdp> ^04 02 003c <id> ]"},
    {Rule::protocol_level, k311Up, "10 [ <MQTT> ^06 02 003c <id> ]"},
    {Rule::protocol_level, k311Up, "10 [ <MQTT> ^84 02 003c <id> ]"},
    // [MQTT-3.1.2-3], [MQTT5-3.1.2-3]
    {Rule::connect_reserved_flag, k311Up, "10 [ <MQTT> 04 ^03 003c <id> ]"},
    {Rule::connect_reserved_flag, k5Up, "10 [ <MQTT> 05 ^01 003c [] <id> ]"},
    // [MQTT-3.1.2-14], [MQTT5-3.1.2-12]
    {Rule::will_qos, k31Up, "10 [ <MQIsdp> 03 ^1e 003c <id> <w> <bye> ]"},
    {Rule::will_qos, k311Up, "10 [ <MQTT> 04 ^1e 003c <id> <w> <bye> ]"},
    {Rule::will_qos, k5Up, "10 [ <MQTT> 05 ^1e 003c [] <id> [] <w> <bye> ]"},
    // [MQTT-3.1.2-13], [MQTT5-3.1.2-11]
    {Rule::will_qos_without_will, k311Up, "10 [ <MQTT> 04 ^0a 003c <id> ]"},
    {Rule::will_qos_without_will, k5Up, "10 [ <MQTT> 05 ^12 003c [] <id> ]"},
    // [MQTT-3.1.2-15], [MQTT5-3.1.2-13]
    {Rule::will_retain_without_will, k311Up, "10 [ <MQTT> 04 ^22 003c <id> ]"},
    {Rule::will_retain_without_will, k5Up, "10 [ <MQTT> 05 ^22 003c [] <id> ]"},
    // [MQTT-3.1.2-22]; 3.1: "not valid to supply a password without a user name".
    {Rule::password_without_username, k311Up, "10 [ <MQTT> 04 ^42 003c <id> <secret> ]"},
    {Rule::password_without_username, k31Up, "10 [ <MQIsdp> 03 ^42 003c <id> <secret> ]"},
    // 3.1.1 §3.2.2.1, [MQTT5-3.2.2-1]
    {Rule::connack_flags, k311Down, "20 [ ^02 00 ]"},
    {Rule::connack_flags, k5Down, "20 [ ^81 00 [] ]"},
    // [MQTT-3.2.2-4], [MQTT5-3.2.2-6]
    {Rule::session_present_when_refused, k311Down, "20 [ ^01 05 ]"},
    {Rule::session_present_when_refused, k5Down, "20 [ ^01 87 [] ]"},

    // [MQTT-4.7.3-1], [MQTT5-4.7.3-1]
    {Rule::topic_empty, k31Up, "30 [ ^<> ]"},
    {Rule::topic_empty, k311Down, "30 [ ^<> 'x' ]"},
    {Rule::topic_empty, k311Up, "10 [ <MQTT> 04 06 003c <id> ^<> <bye> ]"},
    {Rule::topic_empty, k5Up, "10 [ <MQTT> 05 06 003c [] <id> [] ^<> <bye> ]"},
    {Rule::topic_empty, k311Up, "82 [ 0001 ^<> 00 ]"},
    {Rule::topic_empty, k5Up, "a2 [ 0001 [] <a> ^<> ]"},
    {Rule::topic_empty, k5Up, "30 [ <t> [ 08 ^<> ] ]"},
    // [MQTT-4.7.1-1], [MQTT5-4.7.0-1]; in PUBLISH also [MQTT-3.3.2-2], [MQTT5-3.3.2-2]
    {Rule::topic_wildcard, k31Up, "30 [ 0003 'a/' ^'#' ]"},
    {Rule::topic_wildcard, k311Up, "30 [ 0003 'a/' ^'+' ]"},
    {Rule::topic_wildcard, k5Down, "30 [ 0003 'a' ^'#b' [] ]"},
    {Rule::topic_wildcard, k311Up, "10 [ <MQTT> 04 06 003c <id> 0002 'w' ^'+' <bye> ]"},
    // 5.0 §3.3.2.1
    {Rule::topic_without_alias, k5Up, "30 [ ^<> [] ]"},
    {Rule::topic_without_alias, k5Down, "32 [ ^<> 0001 [ 01 00 ] 'x' ]"},
    // [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT5-4.7.1-1], [MQTT5-4.7.1-2]
    {Rule::filter_wildcard, k311Up, "82 [ 0001 0004 'a/b' ^'#' 00 ]"},
    {Rule::filter_wildcard, k5Up, "82 [ 0001 [] 0005 'a/' ^'#/b' 00 ]"},
    {Rule::filter_wildcard, k31Up, "82 [ 0001 0002 'a' ^'+' 00 ]"},
    {Rule::filter_wildcard, k311Up, "a2 [ 0001 <a> 0002 ^'+b' ]"},
    // [MQTT5-4.8.2-1], [MQTT5-4.8.2-2]
    {Rule::share_name, k5Up, "82 [ 0001 [] 0009 ^'$share//a' 00 ]"},
    {Rule::share_name, k5Up, "82 [ 0001 [] 0008 ^'$share/n' 00 ]"},
    {Rule::share_name, k5Up, "a2 [ 0001 [] 000b ^'$share/n+/a' ]"},
    // [MQTT5-3.8.3-4]
    {Rule::no_local_on_shared, k5Up, "82 [ 0001 [] <$share/n/a> ^04 ]"},

    // [MQTT-3.8.3-3], [MQTT5-3.8.3-2], [MQTT-3.10.3-2], [MQTT5-3.10.3-2]
    {Rule::filters_missing, k311Up, "82 [ 0001 ^ ]"},
    {Rule::filters_missing, k5Up, "82 [ 0001 [] ^ ]"},
    {Rule::filters_missing, k31Up, "a2 [ 0001 ^ ]"},
    {Rule::filters_missing, k5Up, "a2 [ 0001 [] ^ ]"},
    // [MQTT-3-8.3-4], [MQTT5-3.8.3-5]
    {Rule::subscription_options, k311Up, "82 [ 0001 <a> ^04 ]"},
    {Rule::subscription_options, k311Up, "82 [ 0001 <a> 01 <b> ^80 ]"},
    {Rule::subscription_options, k5Up, "82 [ 0001 [] <a> ^40 ]"},
    {Rule::subscription_options, k5Up, "82 [ 0001 [] <a> ^80 ]"},
    // [MQTT-3-8.3-4], 5.0 §3.8.3.1
    {Rule::subscription_qos, k31Up, "82 [ 0001 <a> ^03 ]"},
    {Rule::subscription_qos, k311Up, "82 [ 0001 <a> ^03 ]"},
    {Rule::subscription_qos, k5Up, "82 [ 0001 [] <a> ^03 ]"},
    {Rule::retain_handling, k5Up, "82 [ 0001 [] <a> ^30 ]"},
    // [MQTT-3.8.4-5], [MQTT5-3.8.4-6], 5.0 §3.11.3
    {Rule::reasons_missing, k311Down, "90 [ 0001 ^ ]"},
    {Rule::reasons_missing, k5Down, "90 [ 0001 [] ^ ]"},
    {Rule::reasons_missing, k5Down, "b0 [ 0001 [] ^ ]"},
    // [MQTT-3.2.2-6], [MQTT5-3.2.2-8]; reasons_test.cpp tries all 256 codes everywhere.
    {Rule::reason_code, k311Down, "20 [ 00 ^06 ]"},
    {Rule::reason_code, k5Down, "20 [ 00 ^01 [] ]"},
    // [MQTT5-3.4.2-1], [MQTT5-3.5.2-1], [MQTT5-3.6.2-1], [MQTT5-3.7.2-1]
    {Rule::reason_code, k5Up, "40 [ 0001 ^92 ]"},
    {Rule::reason_code, k5Down, "50 [ 0001 ^01 ]"},
    {Rule::reason_code, k5Down, "62 [ 0001 ^80 ]"},
    {Rule::reason_code, k5Up, "70 [ 0001 ^10 ]"},
    // [MQTT-3.9.3-2], [MQTT5-3.9.3-2]; 3.1 has no failure.
    {Rule::reason_code, k311Down, "90 [ 0001 00 ^03 ]"},
    {Rule::reason_code, k31Down, "90 [ 0001 01 ^80 ]"},
    {Rule::reason_code, k5Down, "90 [ 0001 [] ^90 ]"},
    // [MQTT5-3.11.3-2], [MQTT5-3.14.2-1], [MQTT5-3.15.2-1]
    {Rule::reason_code, k5Down, "b0 [ 0001 [] ^01 ]"},
    {Rule::reason_code, k5Up, "e0 [ ^84 ]"},
    {Rule::reason_code, k5Down, "f0 [ ^01 [ 15 <m> ] ]"},
    // 5.0 §3.4.2.1, §3.5.2.1, §3.14.2.1, §3.15.2.1
    {Rule::reason_sender, k5Up, "40 [ 0001 ^10 ]"},
    {Rule::reason_sender, k5Up, "50 [ 0001 ^10 ]"},
    {Rule::reason_sender, k5Down, "e0 [ ^04 ]"},
    {Rule::reason_sender, k5Down, "e0 00 ^"},
    {Rule::reason_sender, k5Up, "e0 [ ^8e ]"},
    {Rule::reason_sender, k5Up, "f0 [ ^00 [ 15 <m> ] ]"},
    {Rule::reason_sender, k5Up, "f0 00 ^"},
    {Rule::reason_sender, k5Down, "f0 [ ^19 [ 15 <m> ] ]"},
};

TEST(Decode, names_the_rule_the_byte_and_the_culprit) {
  for (const Case& one : kBroken) {
    SCOPED_TRACE(testing::Message() << "MQTT " << to_text(one.side.version) << ": " << one.wire);
    const test::Wire wire = test::wire(one.wire);
    const auto decoded = decode(wire.bytes, one.side.version, one.side.direction);
    if (decoded) {
      ADD_FAILURE() << "decoded, but breaks " << to_text(one.rule);
      continue;
    }
    EXPECT_STREQ(to_text(decoded.error().rule), to_text(one.rule));
    EXPECT_EQ(decoded.error().offset, wire.mark);
    EXPECT_EQ(decoded.error().culprit, one.side.direction);
  }
}

TEST(Decode, has_a_broken_packet_here_for_every_rule) {
  std::set<Rule> seen;
  for (const Case& one : kBroken) seen.insert(one.rule);
  for (const RuleInfo& info : rules()) EXPECT_TRUE(seen.contains(info.rule)) << info.name;
}

// What looks wrong and is not, in that version and direction.
constexpr struct {
  Side side;
  const char* wire;
} kSound[] = {
    // 3.1: "not used", "reserved" or "disregarded" is not forbidden.
    {k31Up, "11 [ <MQIsdp> 03 02 003c <id> ]"},
    {k31Up, "80 [ 0001 <a> 00 ]"},
    {k31Up, "8a [ 0001 <a> 00 ]"},
    {k31Up, "6a [ 0001 ]"},
    {k31Up, "e4 00"},
    {k31Up, "38 [ <t> ]"},
    {k31Up, "10 [ <MQIsdp> 03 03 003c <id> ]"},
    {k31Up, "10 [ <MQIsdp> 03 3a 003c <id> ]"},
    {k31Up, "82 [ 0001 <a> 81 ]"},
    {k31Down, "20 [ ff 00 ]"},
    // 3.1: the Remaining Length takes precedence over the User Name flag.
    {k31Up, "10 [ <MQIsdp> 03 82 003c <id> ]"},
    {k31Up, "10 [ <MQIsdp> 03 c2 003c <id> ]"},
    {k31Up, "10 [ <MQIsdp> 03 c2 003c <id> <user> ]"},
    // Client ids over 23 bytes: a server MAY allow them, [MQTT-3.1.3-5], [MQTT5-3.1.3-5].
    {k31Up, "10 [ <MQIsdp> 03 02 003c <868570000000000-868570000000000> ]"},
    {k311Up, "10 [ <MQTT> 04 02 003c <868570000000000-868570000000000> ]"},
    // An empty id is answered, not malformed. [MQTT-3.1.3-6], [MQTT-3.1.3-8], [MQTT5-3.1.3-6]
    {k31Up, "10 [ <MQIsdp> 03 02 003c <> ]"},
    {k311Up, "10 [ <MQTT> 04 00 003c <> ]"},
    {k5Up, "10 [ <MQTT> 05 00 003c [] <> ]"},
    // Only 5.0 wants the shortest Remaining Length.
    {k311Up, "c0 80 00"},
    {k31Up, "10 90 80 00 <MQIsdp> 03 02 003c <id>"},
    // A will payload and a password are bytes, and may be empty. [MQTT-3.1.2-9]
    {k31Up, "10 [ <MQIsdp> 03 06 003c <id> <w> 0002 00ff ]"},
    {k311Up, "10 [ <MQTT> 04 06 003c <id> <w> <> ]"},
    {k311Up, "10 [ <MQTT> 04 c2 003c <id> <> 0001 c0 ]"},
    // 5.0: a password needs no user name.
    {k5Up, "10 [ <MQTT> 05 42 003c [] <id> <token> ]"},
    // An empty topic with an alias.
    {k5Up, "30 [ <> [ 23 0001 ] ]"},
    // A message that matches several subscriptions names each; so may user properties repeat.
    {k5Down, "30 [ <t> [ 0b 01 0b 01 26 <a> <b> 26 <a> <b> ] ]"},
    // 5.0: reason code and property length may be left out.
    {k5Up, "40 [ 0001 ]"},
    {k5Down, "40 [ 0001 10 ]"},
    {k5Up, "e0 00"},
    {k5Up, "e0 [ 04 ]"},
    {k5Down, "f0 00"},
    // Before 5.0 `$share/…` is a filter like any other.
    {k311Up, "82 [ 0001 <$share/> 00 ]"},
    // 5.0: what the payload format says is answered by a PUBACK.
    {k5Up, "30 [ <t> [ 01 01 ] ff ]"},
    {k311Up, "30 [ <t> ]"},
};

TEST(Decode, accepts_what_only_looks_wrong) {
  for (const auto& one : kSound) {
    const auto decoded = decode(test::wire(one.wire).bytes, one.side.version, one.side.direction);
    EXPECT_TRUE(decoded) << "MQTT " << to_text(one.side.version) << ": " << one.wire << ": "
                         << (decoded ? "" : to_text(decoded.error()));
  }
}

}  // namespace
}  // namespace probate::mqtt
