// mqtt: one kind of MQTT packet does not arrive as it was sent, or arrives although nobody sent it.
#include "core/fault/case.hpp"
#include "core/mqtt/topics.hpp"

namespace probate::fault {
namespace {

class TreatCase final : public Case {
 public:
  TreatCase(const Mqtt& spec, const Draws& draws)
      : spec_{spec}, lasts_{draws.lasts.value_or(Duration::max())} {}

  void begin(Instant now, Emit& emit) override {
    const PacketSet watched{spec_.packet};
    Watch watch;
    if (spec_.direction != FlowDirection::down) watch.up = watched;
    if (spec_.direction != FlowDirection::up) watch.down = watched;
    emit(watch);
    wake_at(saturating_add(now, lasts_));
  }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit& emit) override {
    emit(Watch{});
    end();
  }

  Treatment treat(Instant now, FaultId fault, const PacketFacts& packet) override {
    if (over_now_ || !matches(packet)) return PassPacket{};
    if (spec_.nth && ++seen_ < *spec_.nth) return PassPacket{};
    if (spec_.nth) {
      over_now_ = true;
      wake_at(now);
    }
    return treatment(fault);
  }

 private:
  bool matches(const PacketFacts& packet) const {
    if (packet.type != spec_.packet) return false;
    // An older connection of the device may speak another version.
    if (packet.version && !can_be_said(spec_, *packet.version)) return false;
    const auto other =
        packet.direction == mqtt::Direction::uplink ? FlowDirection::down : FlowDirection::up;
    if (spec_.direction == other) return false;
    if (spec_.qos && packet.qos != *spec_.qos) return false;
    const bool asks_reason = spec_.reason && spec_.act != PacketAct::rewrite;
    if (asks_reason && packet.reason != *spec_.reason) return false;
    return !spec_.topic || (!packet.topic.empty() && mqtt::matches(*spec_.topic, packet.topic));
  }

  Treatment treatment(FaultId fault) const {
    switch (spec_.act) {
      case PacketAct::hold:
        return HoldPacket{fault, spec_.delay};
      case PacketAct::duplicate:
        return DuplicatePacket{fault};
      case PacketAct::reorder:
        return ReorderPacket{fault};
      case PacketAct::cut_inside:
        return CutInsidePacket{fault, spec_.bytes, spec_.how};
      case PacketAct::rewrite:
        return RewritePacket{fault, spec_.reason.value_or(0)};
      case PacketAct::swallow:
      case PacketAct::inject:
        break;
    }
    return SwallowPacket{fault};
  }

  // A million links may be treated at once.
  bool over_now_ = false;  // its one packet came
  std::uint32_t seen_ = 0;
  const Mqtt& spec_;
  Duration lasts_;
};

class AnswerCase final : public Case {
 public:
  AnswerCase(std::uint8_t reason, const Draws& draws) : reason_{reason}, draws_{draws} {}

  void begin(Instant now, Emit&) override { wake_at(end_of(now, draws_)); }
  void handle_timeout(Instant now, Emit& emit) override {
    if (now >= next_timeout()) heal(now, emit);
  }
  void heal(Instant, Emit&) override { end(); }
  OnConnect on_connect() const override { return OnConnect::answer; }
  std::uint8_t connack_reason() const override { return reason_; }

 private:
  std::uint8_t reason_;
  Draws draws_;
};

class SendAwayCase final : public Case {
 public:
  explicit SendAwayCase(std::uint8_t reason) : reason_{reason} {}

  void begin(Instant, Emit& emit) override {
    emit(InjectDisconnect{reason_});
    end();
  }
  void heal(Instant, Emit&) override { end(); }

 private:
  std::uint8_t reason_;
};

}  // namespace

Start start(const Mqtt& spec, const DeviceView& view, const Draws& draws) {
  if (!view.powered) return {nullptr, "not_powered"};
  if (!view.speaks_mqtt) return {nullptr, "no_mqtt"};
  if (view.version && !can_be_said(spec, *view.version)) return {nullptr, "version"};
  if (spec.act != PacketAct::inject) return {std::make_unique<TreatCase>(spec, draws), {}};
  const std::uint8_t reason = spec.reason.value_or(0);
  if (spec.packet == mqtt::PacketType::connack) {
    return {std::make_unique<AnswerCase>(reason, draws), {}};
  }
  if (!view.online) return {nullptr, "not_online"};
  return {std::make_unique<SendAwayCase>(reason), {}};
}

}  // namespace probate::fault
