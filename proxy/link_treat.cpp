// What faults make of the packets of a link.
#include <algorithm>
#include <utility>
#include <variant>

#include "core/journal/sides.hpp"
#include "core/mqtt/codec.hpp"
#include "proxy/link.hpp"

namespace probate::proxy {

using journal::Alteration;
using mqtt::PacketType;

namespace {

constexpr std::uint8_t kDup = 0x08;
constexpr std::uint8_t kQosBits = 0x06;

template <typename... Lambdas>
struct Treatments : Lambdas... {
  using Lambdas::operator()...;
};
template <typename... Lambdas>
Treatments(Lambdas...) -> Treatments<Lambdas...>;

}  // namespace

// Unless a cut came in between.
void Link::pass_on(Way way, ByteView bytes) {
  const Leg& from = leg(journal::sink_of(way) == Side::broker ? Side::device : Side::broker);
  if (bytes.empty() || from.discards || channel(way).dead) return;
  pass(way, bytes);
  packets_begun_ = 0;
}

// What waits for more of that way, which does not come.
void Link::pass_rest(Way way) {
  if (!treated_) return;
  const auto index = static_cast<std::size_t>(way);
  treated_->keeps[index] = false;
  pass_on(way, std::exchange(treated_->begun[index], {}));
  pass_on(way, std::exchange(treated_->overtaken[index], {}));
}

// What becomes of a packet that was kept until it is whole.
fault::Treatment Link::ask_treatment(Way way, ByteView frame, mqtt::FrameHeader header) {
  const Leg& from = leg(journal::sink_of(way) == Side::broker ? Side::device : Side::broker);
  const bool is_watched = treated_->watched[static_cast<std::size_t>(way)].has(header.type());
  if (!is_watched || from.discards || channel(way).dead) return fault::PassPacket{};
  return hub_.owner().treat(hub_.loop().now(), device_,
                            fault::facts_of(frame, header, version_, way));
}

void Link::treat(const fault::Treatment& treatment, Way way, ByteView frame,
                 mqtt::FrameHeader header) {
  const PacketPlace place{way, header.type()};
  const auto index = static_cast<std::size_t>(way);
  const Bytes overtaken = std::exchange(treated_->overtaken[index], {});
  std::visit(Treatments{
                 [&](const fault::PassPacket&) { pass_on(way, frame); },
                 [&](const fault::SwallowPacket& how) {
                   last_fault_ = how.fault;
                   hub_.loop().write(hub_.loop().now(),
                                     journal::PacketSwallowed{.connection = connection_,
                                                              .direction = way,
                                                              .packet = place.type,
                                                              .fault = how.fault});
                 },
                 [&](const fault::HoldPacket& how) {
                   alter(place, Alteration::held, how.fault);
                   line(way).push_late(hub_.loop().now(), frame, how.delay);
                   channel(way).postponed = true;
                   pump(way);
                 },
                 [&](const fault::DuplicatePacket& how) {
                   alter(place, Alteration::duplicated, how.fault);
                   pass_on(way, frame);
                   Bytes copy{frame.begin(), frame.end()};
                   const bool is_publish = place.type == PacketType::publish;
                   if (is_publish && (header.first_byte & kQosBits) != 0) copy[0] |= kDup;
                   pass_on(way, copy);
                 },
                 [&](const fault::ReorderPacket& how) {
                   alter(place, Alteration::reordered, how.fault);
                   treated_->overtaken[index].assign(frame.begin(), frame.end());
                 },
                 [&](const fault::CutInsidePacket& how) {
                   alter(place, Alteration::cut, how.fault);
                   const std::size_t bytes = std::min<std::uint64_t>(how.bytes, frame.size());
                   pass_on(way, frame.first(bytes));
                   cut({.legs = fault::LegChoice::both, .how = how.how}, how.fault);
                 },
                 [&](const fault::RewritePacket& how) { rewrite(place, frame, how); },
             },
             treatment);
  pass_on(way, overtaken);
}

void Link::alter(const PacketPlace& place, Alteration how, FaultId fault) {
  last_fault_ = fault;
  hub_.loop().write(hub_.loop().now(), journal::PacketAltered{.connection = connection_,
                                                              .direction = place.way,
                                                              .packet = place.type,
                                                              .how = how,
                                                              .reason = std::nullopt,
                                                              .fault = fault});
}

// What cannot be read passes as it is.
void Link::rewrite(const PacketPlace& place, ByteView frame, const fault::RewritePacket& how) {
  auto packet = mqtt::decode(frame, version_, place.way);
  if (!packet) {
    malformed(place.way, mqtt::to_text(packet.error()));
    pass_on(place.way, frame);
    return;
  }
  last_fault_ = how.fault;
  fault::set_reason(*packet, how.reason);
  if (place.type == PacketType::connack) accepted_ = how.reason == 0;
  hub_.loop().write(hub_.loop().now(), journal::PacketAltered{.connection = connection_,
                                                              .direction = place.way,
                                                              .packet = place.type,
                                                              .how = Alteration::rewritten,
                                                              .reason = how.reason,
                                                              .fault = how.fault});
  Bytes bytes;
  mqtt::encode(*packet, version_, bytes);
  pass_on(place.way, bytes);
}

// Behind what was read of the broker so far, but never inside a packet.
void Link::inject(const fault::InjectDisconnect& what, FaultId fault) {
  if (phase_ != Phase::piping || ghost_ || version_ != mqtt::Version::v5) return;
  last_fault_ = fault;
  hub_.loop().write(hub_.loop().now(), journal::PacketAltered{.connection = connection_,
                                                              .direction = Way::downlink,
                                                              .packet = PacketType::disconnect,
                                                              .how = Alteration::injected,
                                                              .reason = what.reason,
                                                              .fault = fault});
  Bytes bytes;
  mqtt::encode(mqtt::Disconnect{.reason = what.reason, .properties = {}}, version_, bytes);
  if (channel(Way::downlink).read.idle()) {
    pass_on(Way::downlink, bytes);
  } else {
    if (!treated_) treated_ = std::make_unique<Treated>();
    treated_->injected = std::move(bytes);
  }
  settle();
}

}  // namespace probate::proxy
