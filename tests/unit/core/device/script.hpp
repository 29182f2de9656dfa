// The vocabulary of the device tests: one device, what the world does to it, and a script of what
// it does, one line per action:
//
//   +0.000 s dial 1 · +0.000 s CONNECT m-0 · +0.000 s up · +60.000 s PINGREQ · +65.000 s close fin
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/check.hpp"
#include "core/base/time.hpp"
#include "core/device/machine.hpp"
#include "core/mqtt/packets.hpp"
#include "tests/unit/core/device/describe.hpp"

namespace probate::device {

using probate::to_text;

inline Template text(std::string_view template_text) {
  auto parsed = Template::parse(template_text);
  return std::move(parsed).value();
}

inline MessageConfig message(std::string_view topic, std::string_view payload,
                             mqtt::QoS qos = mqtt::QoS::at_most_once) {
  MessageConfig message;
  message.topic = text(topic);
  message.payload = text(payload);
  message.qos = qos;
  return message;
}

// A device that says nothing of its own accord: K = 60 s, retry after 2 s, no will, no birth.
inline DeviceConfig plain_device() {
  DeviceConfig config;
  config.name = "plain";
  config.client_id = text("m-{index}");
  config.connect.retry.policy = RetryPolicy::fixed;
  config.connect.retry.every = 2s;
  return config;
}

inline BirthConfig birth(std::string_view topic, BirthWhen when = BirthWhen::connect) {
  BirthConfig birth;
  static_cast<MessageConfig&>(birth) = message(topic, "{epoch}");
  birth.when = when;
  return birth;
}

inline PublishConfig periodic(std::string_view topic, Duration every,
                              mqtt::QoS qos = mqtt::QoS::at_most_once) {
  PublishConfig publish;
  static_cast<MessageConfig&>(publish) = message(topic, "{seq}", qos);
  publish.every = every;
  return publish;
}

inline mqtt::Connack accepted() { return {}; }
inline mqtt::Connack resumed() {
  mqtt::Connack connack;
  connack.session_present = true;
  return connack;
}
inline mqtt::Connack refused(std::uint8_t reason) {
  mqtt::Connack connack;
  connack.reason = reason;
  return connack;
}
inline mqtt::Connack accepted_with(mqtt::PropertyId id, mqtt::Property::Value value) {
  mqtt::Connack connack;
  mqtt::Property& property = connack.properties.emplace_back();
  property.id = id;
  property.value = std::move(value);
  return connack;
}
inline mqtt::Publish downlink(mqtt::QoS qos, std::uint16_t packet_id) {
  mqtt::Publish publish;
  publish.topic = "/req";
  publish.payload = "poll";
  publish.qos = qos;
  publish.packet_id = packet_id;
  return publish;
}

class Script {
 public:
  explicit Script(DeviceConfig config, std::uint64_t seed = 1)
      : config_{std::move(config)}, machine_{config_, Identity{0, "city"}, Rng{seed}} {}
  // The machine points at the config.
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  // What the world does, now.
  void starts() {
    machine_.start(now_, actions_);
    perform();
  }
  void opens() {
    machine_.handle_opened(now_, actions_);
    perform();
  }
  void gets(const mqtt::Packet& packet) {
    machine_.handle_packet(now_, packet, actions_);
    perform();
  }
  void closes(CloseCause cause = CloseCause::peer_fin) {
    link_ = opened_ = false;
    machine_.handle_closed(now_, cause, actions_);
    perform();
  }
  void leaves(std::optional<Duration> returns_after = std::nullopt) {
    machine_.leave(now_, returns_after, actions_);
    perform();
  }
  void loses_power(std::optional<Duration> boots_after = std::nullopt, bool epoch_reset = false) {
    machine_.cut_power(now_, boots_after, epoch_reset, actions_);
    perform();
  }
  void finishes() {
    machine_.finish(now_, actions_);
    perform();
  }
  // Time passes; the device's timers fire at their instants.
  void runs_for(Duration duration) {
    const Instant end = now_ + duration;
    for (auto due = machine_.next_timeout(); due && *due <= end; due = machine_.next_timeout()) {
      ASSERT_LT(++steps_, kStepsMax) << "the device does not let time pass";
      if (*due > now_) steps_ = 0;
      now_ = std::max(now_, *due);
      fires();
    }
    now_ = end;
  }
  // Time passes, but nobody serves the device: a lagging loop.
  // Lets time pass without playing what the device sends; when it sent last.
  Instant skips_for(Duration duration) {
    now_ += duration;
    return machine_.skip_to(now_);
  }
  void stalls_for(Duration duration) { now_ += duration; }
  void fires() {
    machine_.handle_timeout(now_, actions_);
    perform();
    const auto due = machine_.next_timeout();
    EXPECT_GE(due.value_or(now_), now_) << "a timer was left behind";
  }

  // Starts if off, waits if it must, opens, is accepted, its filters are granted.
  void comes_up(const mqtt::Connack& connack = accepted()) {
    if (machine_.state() == DeviceState::off) starts();
    if (machine_.state() == DeviceState::backoff) runs_for(*machine_.next_timeout() - now_);
    opens();
    gets(connack);
    if (machine_.state() == DeviceState::subscribing) gets(suback());
    ASSERT_EQ(machine_.state(), DeviceState::online);
  }
  // The answer to the last SUBSCRIBE; every filter gets this.
  mqtt::Suback suback(std::uint8_t reason = 0) const {
    mqtt::Suback suback;
    suback.packet_id = subscribe_id_;
    suback.reasons.assign(config_.subscribe.size(), reason);
    return suback;
  }
  // From now on a broker without latency answers everything, dials included.
  void meets_an_obedient_broker() { obedient_ = true; }

  // "+2.000 s PINGREQ": what the device did since the last take.
  std::vector<std::string> take() {
    std::vector<std::string> lines;
    for (const auto& [at, line] : lines_) lines.push_back(to_text(at) + " " + line);
    lines_.clear();
    return lines;
  }
  // The same without the time.
  std::vector<std::string> take_untimed() {
    std::vector<std::string> lines;
    for (const auto& [at, line] : lines_) lines.push_back(line);
    lines_.clear();
    return lines;
  }
  // The lines that contain `word`, with time; takes all.
  std::vector<std::string> take_only(std::string_view word) {
    std::vector<std::string> lines = take();
    std::erase_if(lines,
                  [word](const std::string& line) { return line.find(word) == std::string::npos; });
    return lines;
  }
  const mqtt::Connect& connect() const {
    CHECK(connect_.has_value());
    return *connect_;
  }

  DeviceMachine& machine() { return machine_; }
  Instant now() const { return now_; }

 private:
  static constexpr int kStepsMax = 1000;

  // Writes the lines, and holds every action to what must always be true.
  void perform() {
    Actions actions;
    actions.swap(actions_);
    for (const Action& action : actions) {
      if (const auto* open = std::get_if<OpenLink>(&action)) {
        on_open(*open);
      } else if (const auto* send = std::get_if<SendPacket>(&action)) {
        on_send(send->packet);
      } else if (const auto* close = std::get_if<CloseLink>(&action)) {
        on_close(*close);
      } else {
        on_change(std::get<StateChanged>(action));
      }
    }
    EXPECT_EQ(link_, has_link(machine_.state()));
    EXPECT_EQ(up_, is_up(machine_.state()));
    for (const Action& action : actions) {
      if (obedient_) answer(action);
    }
  }
  void on_open(const OpenLink& open) {
    EXPECT_FALSE(link_) << "dials while a link stands";
    EXPECT_FALSE(up_);
    link_ = true;
    lines_.emplace_back(now_, fmt::format("dial {}", open.epoch));
  }
  void on_send(const mqtt::Packet& packet) {
    const bool connect = std::holds_alternative<mqtt::Connect>(packet);
    if (connect) opened_ = link_;
    EXPECT_TRUE(link_ && opened_) << "sends without a link";
    if (const auto* sent = std::get_if<mqtt::Connect>(&packet)) connect_ = *sent;
    if (const auto* sent = std::get_if<mqtt::Subscribe>(&packet)) subscribe_id_ = sent->packet_id;
    lines_.emplace_back(now_, describe(packet));
  }
  void on_close(const CloseLink& close) {
    EXPECT_TRUE(link_) << "closes without a link";
    link_ = opened_ = false;
    constexpr const char* kModes[] = {"fin", "rst", "abandon"};
    lines_.emplace_back(now_, fmt::format("close {}", kModes[static_cast<int>(close.mode)]));
  }
  void on_change(const StateChanged& change) {
    EXPECT_NE(up_, change.online) << "tells the same state twice";
    up_ = change.online;
    lines_.emplace_back(now_, up_ ? "up" : "down");
  }
  void answer(const Action& action) {
    if (std::holds_alternative<OpenLink>(action)) return opens();
    const auto* send = std::get_if<SendPacket>(&action);
    if (send == nullptr || !link_) return;
    if (std::holds_alternative<mqtt::Connect>(send->packet)) gets(accepted());
    if (std::holds_alternative<mqtt::Subscribe>(send->packet)) gets(suback());
    if (std::holds_alternative<mqtt::Pingreq>(send->packet)) gets(mqtt::Pingresp{});
    if (const auto* pubrel = std::get_if<mqtt::Pubrel>(&send->packet)) {
      gets(mqtt::Pubcomp{pubrel->packet_id, 0, {}});
    }
    const auto* publish = std::get_if<mqtt::Publish>(&send->packet);
    if (publish == nullptr || publish->qos == mqtt::QoS::at_most_once) return;
    if (publish->qos == mqtt::QoS::at_least_once) gets(mqtt::Puback{publish->packet_id, 0, {}});
    if (publish->qos == mqtt::QoS::exactly_once) gets(mqtt::Pubrec{publish->packet_id, 0, {}});
  }

  DeviceConfig config_;
  DeviceMachine machine_;
  Instant now_ = kRunStart;
  Actions actions_;
  bool obedient_ = false;
  bool link_ = false;
  bool opened_ = false;
  bool up_ = false;
  int steps_ = 0;
  std::uint16_t subscribe_id_ = 0;
  std::optional<mqtt::Connect> connect_;
  std::vector<std::pair<Instant, std::string>> lines_;
};

using testing::ElementsAre;
using testing::IsEmpty;

}  // namespace probate::device
