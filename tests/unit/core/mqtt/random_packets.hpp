// Random packets that decode() must accept, for round trips and the like.
#pragma once

#include <string>
#include <utility>

#include "core/base/rng.hpp"
#include "core/mqtt/packets.hpp"
#include "core/mqtt/properties.hpp"
#include "core/mqtt/reasons.hpp"

namespace probate::mqtt {

// Draws what one side may send in one version.
class RandomPackets {
 public:
  RandomPackets(Rng rng, Version version, Direction direction)
      : rng_{rng}, version_{version}, direction_{direction} {}

  // Of that type. Requires: this side may send it in this version.
  Packet make(PacketType type) {
    switch (type) {
      case PacketType::connect:
        return connect();
      case PacketType::connack:
        return connack();
      case PacketType::publish:
        return publish();
      case PacketType::puback:
        return acknowledgement<PacketType::puback>(Carrier::puback);
      case PacketType::pubrec:
        return acknowledgement<PacketType::pubrec>(Carrier::pubrec);
      case PacketType::pubrel:
        return acknowledgement<PacketType::pubrel>(Carrier::pubrel);
      case PacketType::pubcomp:
        return acknowledgement<PacketType::pubcomp>(Carrier::pubcomp);
      case PacketType::subscribe:
        return subscribe();
      case PacketType::suback:
        return Suback{packet_id(), reasons(type), properties(Carrier::suback)};
      case PacketType::unsubscribe:
        return unsubscribe();
      case PacketType::unsuback:
        return Unsuback{packet_id(), v5() ? reasons(type) : std::vector<std::uint8_t>{},
                        properties(Carrier::unsuback)};
      case PacketType::pingreq:
        return Pingreq{};
      case PacketType::pingresp:
        return Pingresp{};
      case PacketType::disconnect:
        return disconnect();
      case PacketType::auth:
        return auth();
    }
    return Pingreq{};
  }

 private:
  bool v5() const { return version_ == Version::v5; }
  bool coin() { return rng_.below(2) == 0; }
  std::uint16_t packet_id() { return static_cast<std::uint16_t>(1 + rng_.below(65'535)); }
  std::uint16_t any16() { return static_cast<std::uint16_t>(rng_.below(65'536)); }
  QoS qos() { return static_cast<QoS>(rng_.below(3)); }

  std::string text(std::size_t pieces_max = 8) {
    static constexpr const char* kPieces[] = {"a", "Z",  "/",  " ",    "7",
                                              "é", "漢", "𪛔", "\x7f", "\xef\xbb\xbf"};
    std::string text;
    for (std::uint64_t n = rng_.below(pieces_max + 1); n > 0; --n) {
      text += kPieces[rng_.below(std::size(kPieces))];
    }
    return text;
  }
  std::string binary() {
    // Beyond 127 and 16,383 the Remaining Length grows by a byte.
    static constexpr std::size_t kSizes[] = {0, 1, 64, 110, 128, 16'384};
    std::string bytes(kSizes[rng_.below(std::size(kSizes))], '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng_.below(256));
    return bytes;
  }
  std::string topic() { return "t" + text(); }
  std::string filter() {
    static constexpr const char* kFilters[] = {"#", "+", "a/+/b", "/+", "$share/g/a/#", "+/é/#"};
    return coin() ? topic() : kFilters[rng_.below(std::size(kFilters))];
  }

  std::uint8_t reason(PacketType type) {
    for (;;) {
      const auto code = static_cast<std::uint8_t>(rng_.below(256));
      if (may_send_reason(type, version_, direction_, code)) return code;
    }
  }
  std::vector<std::uint8_t> reasons(PacketType type) {
    std::vector<std::uint8_t> reasons(1 + rng_.below(4));
    for (std::uint8_t& one : reasons) one = reason(type);
    return reasons;
  }

  Property::Value value(const PropertySpec& spec) {
    switch (spec.kind) {
      case PropertyKind::byte:
      case PropertyKind::two_bytes:
      case PropertyKind::four_bytes:
      case PropertyKind::variable:
        return static_cast<std::uint32_t>(spec.least +
                                          rng_.below(std::uint64_t{spec.most} - spec.least + 1));
      case PropertyKind::text:
        return spec.id == PropertyId::response_topic ? topic() : text();
      case PropertyKind::binary:
        return binary();
      case PropertyKind::text_pair:
        return std::pair{text(), text()};
    }
    return {};
  }

  Properties properties(Carrier carrier) {
    Properties properties;
    if (!v5() || coin()) return properties;
    for (std::uint8_t number = 0; number < 0x40; ++number) {
      const PropertySpec* spec = find_property(static_cast<PropertyId>(number));
      if (spec == nullptr || !may_carry(*spec, carrier) || coin()) continue;
      if (spec->id == PropertyId::subscription_identifier && carrier == Carrier::publish &&
          direction_ == Direction::uplink) {
        continue;
      }
      if (spec->id == PropertyId::session_expiry_interval && carrier == Carrier::disconnect &&
          direction_ == Direction::downlink) {
        continue;
      }
      if (spec->id == PropertyId::authentication_data &&
          find_string(properties, PropertyId::authentication_method) == nullptr) {
        continue;
      }
      properties.push_back({spec->id, value(*spec)});
      if (spec->id == PropertyId::user_property) properties.push_back(properties.back());
    }
    return properties;
  }

  Packet connect() {
    Connect packet;
    packet.version = version_;
    packet.clean_start = coin();
    packet.keep_alive = any16();
    packet.client_id = text();
    if (coin()) {
      packet.will = Will{topic(), binary(), qos(), coin(), properties(Carrier::will)};
    }
    if (coin()) packet.username = text();
    if (coin() && (v5() || packet.username)) packet.password = binary();
    packet.properties = properties(Carrier::connect);
    return packet;
  }
  Packet connack() {
    Connack packet;
    packet.reason = reason(PacketType::connack);
    packet.session_present = packet.reason == 0 && version_ != Version::v3_1 && coin();
    packet.properties = properties(Carrier::connack);
    return packet;
  }
  Packet publish() {
    Publish packet;
    packet.qos = qos();
    packet.topic = topic();
    packet.payload = binary();
    packet.retain = coin();
    if (packet.qos != QoS::at_most_once) {
      packet.dup = coin();
      packet.packet_id = packet_id();
    }
    packet.properties = properties(Carrier::publish);
    if (find_integer(packet.properties, PropertyId::topic_alias) && coin()) packet.topic.clear();
    return packet;
  }
  template <PacketType kType>
  Packet acknowledgement(Carrier carrier) {
    Acknowledgement<kType> packet;
    packet.packet_id = packet_id();
    if (v5()) packet.reason = reason(kType);
    packet.properties = properties(carrier);
    return packet;
  }
  Packet subscribe() {
    Subscribe packet;
    packet.packet_id = packet_id();
    for (std::uint64_t n = 1 + rng_.below(3); n > 0; --n) {
      Subscription one;
      one.filter = filter();
      one.qos = qos();
      if (v5()) {
        one.no_local = !one.filter.starts_with("$share/") && coin();
        one.retain_as_published = coin();
        one.retain_handling = static_cast<std::uint8_t>(rng_.below(3));
      }
      packet.subscriptions.push_back(std::move(one));
    }
    packet.properties = properties(Carrier::subscribe);
    return packet;
  }
  Packet unsubscribe() {
    Unsubscribe packet;
    packet.packet_id = packet_id();
    for (std::uint64_t n = 1 + rng_.below(3); n > 0; --n) packet.filters.push_back(filter());
    packet.properties = properties(Carrier::unsubscribe);
    return packet;
  }
  Packet disconnect() {
    Disconnect packet;
    if (v5()) packet.reason = reason(PacketType::disconnect);
    packet.properties = properties(Carrier::disconnect);
    return packet;
  }
  Packet auth() {
    Auth packet;
    packet.reason = reason(PacketType::auth);
    packet.properties = properties(Carrier::auth);
    const PropertySpec* method = find_property(PropertyId::authentication_method);
    if (find_string(packet.properties, method->id) == nullptr) {
      packet.properties.push_back({method->id, value(*method)});
    }
    return packet;
  }

  Rng rng_;
  Version version_;
  Direction direction_;
};

}  // namespace probate::mqtt
