// What faults make of the packets of a link.
#include <algorithm>
#include <utility>
#include <variant>

#include "core/mqtt/codec.hpp"
#include "sim/virtual/link.hpp"

namespace probate::virtual_time {

using journal::Alteration;

namespace {

template <typename... Lambdas>
struct Treatments : Lambdas... {
  using Lambdas::operator()...;
};
template <typename... Lambdas>
Treatments(Lambdas...) -> Treatments<Lambdas...>;

}  // namespace

bool Link::is_watched() const {
  if (!treated_) return false;
  const auto& [up, down] = treated_->watched;
  const auto& [up_waits, down_waits] = treated_->overtaken;
  return !up.empty() || !down.empty() || up_waits || down_waits;
}

bool Link::minds_packets() const {
  if (!treated_) return false;
  const auto& [up_waits, down_waits] = treated_->overtaken;
  return up_waits || down_waits || Network::needs_link(treated_->watched);
}

// Unless a cut came in between.
void Link::pass_on(Way way, mqtt::Packet packet) {
  const Leg& from = leg(way == Way::uplink ? Side::device : Side::broker);
  if (!from.discards && !channel(way).dead) pass(way, std::move(packet));
}

// What waits for the next packet of that way, which does not come.
void Link::pass_rest(Way way) {
  if (!treated_) return;
  auto overtaken = std::exchange(treated_->overtaken[static_cast<std::size_t>(way)], {});
  if (overtaken) pass_on(way, std::move(*overtaken));
}

// A packet was read.
void Link::take(Way way, mqtt::Packet&& packet) {
  if (!treated_) return pass(way, std::move(packet));
  const auto index = static_cast<std::size_t>(way);
  auto overtaken = std::exchange(treated_->overtaken[index], {});
  if (treated_->watched[index].has(mqtt::type_of(packet))) {
    const auto facts = fault::facts_of(packet, way);
    treat(network_.owner().treat(network_.loop().now(), device_, facts), way, std::move(packet));
  } else {
    pass_on(way, std::move(packet));
  }
  if (overtaken) pass_on(way, std::move(*overtaken));
}

void Link::treat(const fault::Treatment& treatment, Way way, mqtt::Packet&& packet) {
  const auto index = static_cast<std::size_t>(way);
  std::visit(Treatments{
                 [&](const fault::PassPacket&) { pass_on(way, packet); },
                 [&](const fault::SwallowPacket& how) {
                   last_fault_ = how.fault;
                   network_.loop().write(journal::PacketSwallowed{.connection = connection_,
                                                                  .direction = way,
                                                                  .packet = mqtt::type_of(packet),
                                                                  .fault = how.fault});
                 },
                 [&](const fault::HoldPacket& how) {
                   alter(way, packet, Alteration::held, how.fault);
                   line(way).push_late(network_.loop().now(), packet,
                                       mqtt::encoded_bytes(packet, version_), how.delay);
                   channel(way).postponed = true;
                   pump(way);
                 },
                 [&](const fault::DuplicatePacket& how) {
                   alter(way, packet, Alteration::duplicated, how.fault);
                   pass_on(way, packet);
                   mqtt::Packet copy = packet;
                   auto* publish = std::get_if<mqtt::Publish>(&copy);
                   if (publish != nullptr && publish->qos != mqtt::QoS::at_most_once)
                     publish->dup = true;
                   pass_on(way, copy);
                 },
                 [&](const fault::ReorderPacket& how) {
                   alter(way, packet, Alteration::reordered, how.fault);
                   treated_->overtaken[index] = std::make_unique<mqtt::Packet>(packet);
                 },
                 [&](const fault::CutInsidePacket& how) {
                   alter(way, packet, Alteration::cut, how.fault);
                   // Part of a packet is nothing to a peer that reads packets.
                   if (how.bytes >= mqtt::encoded_bytes(packet, version_)) pass_on(way, packet);
                   cut({.legs = fault::LegChoice::both, .how = how.how}, how.fault);
                 },
                 [&](const fault::RewritePacket& how) {
                   last_fault_ = how.fault;
                   mqtt::Packet rewritten = packet;
                   fault::set_reason(rewritten, how.reason);
                   if (std::holds_alternative<mqtt::Connack>(packet)) accepted_ = how.reason == 0;
                   network_.loop().write(journal::PacketAltered{.connection = connection_,
                                                                .direction = way,
                                                                .packet = mqtt::type_of(packet),
                                                                .how = Alteration::rewritten,
                                                                .reason = how.reason,
                                                                .fault = how.fault});
                   pass_on(way, rewritten);
                 },
             },
             treatment);
}

void Link::alter(Way way, const mqtt::Packet& packet, Alteration how, FaultId fault) {
  last_fault_ = fault;
  network_.loop().write(journal::PacketAltered{.connection = connection_,
                                               .direction = way,
                                               .packet = mqtt::type_of(packet),
                                               .how = how,
                                               .reason = std::nullopt,
                                               .fault = fault});
}

// Behind what was read of the broker so far.
void Link::inject(const fault::InjectDisconnect& what, FaultId fault) {
  if (phase_ != Phase::piping || ghost_ || version_ != mqtt::Version::v5) return;
  last_fault_ = fault;
  network_.loop().write(journal::PacketAltered{.connection = connection_,
                                               .direction = Way::downlink,
                                               .packet = mqtt::PacketType::disconnect,
                                               .how = Alteration::injected,
                                               .reason = what.reason,
                                               .fault = fault});
  pass_on(Way::downlink, mqtt::Disconnect{.reason = what.reason, .properties = {}});
  settle();
}

}  // namespace probate::virtual_time
