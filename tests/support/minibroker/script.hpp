// A told story as journal records, and what the judge must say of it.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/broker/profile.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"
#include "tests/support/journal_script.hpp"
#include "tests/support/minibroker/mischief.hpp"

namespace probate::test::minibroker {

inline broker::Profile profile_of(const Habits& h) {
  broker::Profile profile;
  profile.name = "scripted";
  profile.keep_alive = {1.5, 1.5, h.floored, h.scan};
  profile.takeover.clean_to_clean = h.clean_to_clean;
  profile.takeover.clean_to_kept = h.clean_to_kept;
  profile.takeover.kept_to_clean = h.kept_to_clean;
  profile.takeover.kept_to_kept = h.kept_to_kept;
  profile.takeover.v5_kept_to_kept = h.v5_kept_to_kept;
  profile.takeover.v5_expired_to_any = h.v5_expired;
  profile.delay_ignores_zero_expiry = h.ignores_zero_expiry;
  profile.delay_scan = h.delay_scan;
  profile.expiry_scan = h.delay_scan;
  profile.error_reason_deletes_will = h.error_reason_deletes;
  return profile;
}

// Writes one device's records; `device` and `first_connection` place it in a fleet.
class Writer {
 public:
  Writer(const Story& story, std::uint32_t device, std::uint64_t first_connection)
      : story_{story}, device_{device}, first_{first_connection} {}

  std::vector<journal::Record> records() {
    for (const Conn& c : story_.world.conns) write(c);
    for (const Copy& copy : story_.copies) write(copy);
    for (const auto& [from, to] : story_.gaps) {
      put(to, journal::ObserverGap{journal::Observer::backend, from});
    }
    std::erase_if(out_, [this](const auto& record) { return record.at > story_.world.stop; });
    std::stable_sort(out_.begin(), out_.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::move(out_);
  }

 private:
  bool has_epochs() const { return story_.world.history.habits.epoch_in_payload; }
  void put(Instant at, journal::Body body) { out_.push_back({at, 0, 0, std::move(body)}); }
  ConnectionId id(const Conn& c) const { return ConnectionId{first_ + c.id.value - 1}; }

  std::string payload(std::size_t who) const {
    if (who == kStranger) return fmt::format("nobody of {}", device_);
    std::string text = fmt::format("meter-{} gone", device_);
    if (who == kForgedEpoch) return text + "#900000";
    if (has_epochs()) text += fmt::format("#{}", story_.world.conns[who].epoch);
    return text;
  }
  std::string topic(std::size_t who) const {
    if (who >= kForgedEpoch) return "will/x";
    const Trick trick = story_.world.conns[who].plan.trick;
    if (trick == Trick::mismatch) return "/will/x";
    return trick == Trick::overlap ? "will/twice/x" : "will/x";
  }

  void write(const Conn& c) {
    using namespace journal;
    const Habits& habits = story_.world.history.habits;
    ConnectForwarded connect;
    connect.connection = id(c);
    connect.device = DeviceId{device_};
    connect.epoch = c.epoch;
    connect.twin = c.plan.twin;
    connect.client_id = fmt::format("{}-{}", device_, c.client_id);
    connect.version = habits.version;
    connect.clean = c.plan.clean;
    connect.keep_alive = c.plan.keep_alive;
    connect.session_expiry = c.plan.expiry;
    const std::size_t who = static_cast<std::size_t>(&c - story_.world.conns.data());
    if (c.plan.has_will) {
      connect.will = WillFacts{topic(who), payload(who), c.plan.qos, c.plan.retain, c.plan.delay};
    }
    put(c.connect, connect);
    ConnackReceived connack;
    connack.connection = id(c);
    connack.reason = c.accepted ? 0 : 5;
    connack.session_present = !c.plan.clean;
    if (c.answered) put(c.answer, connack);
    if (c.accepted && c.plan.end == End::connack_lost) {
      put(c.answer,
          PacketSwallowed{id(c), mqtt::Direction::downlink, mqtt::PacketType::connack, kNoFault});
    } else if (c.accepted && !c.plan.twin) {
      put(c.answer, SessionUp{id(c)});
      Observed birth;
      birth.kind = MessageKind::birth;
      birth.device = DeviceId{device_};
      birth.epoch = c.epoch;
      birth.topic = "birth/x";
      put(c.answer + 10ms, birth);
    }
    write_end(c);
  }

  void write_end(const Conn& c) {
    using namespace journal;
    if (c.silent_at) {
      const Instant heard = c.healed_at ? std::min(c.last_packet, *c.silent_at) : c.last_packet;
      put(*c.silent_at, SilenceBegan{id(c), Flow::both, kNoFault, heard});
    }
    if (c.healed_at) put(*c.healed_at, SilenceEnded{id(c)});
    if (c.disconnect_at) {
      std::uint8_t reason = 0;
      if (c.plan.end == End::disconnect_with_will) reason = 0x04;
      if (c.plan.end == End::disconnect_error) reason = 0x81;
      put(*c.disconnect_at, DisconnectForwarded{id(c), reason, std::nullopt});
    }
    if (c.device_closed && !c.plan.twin) {
      put(*c.device_closed,
          LegClosed{id(c), Leg::device, c.device_by, c.how, kNoFault, c.last_packet});
    }
    if (c.broker_closed) {
      put(*c.broker_closed,
          LegClosed{id(c), Leg::broker, c.broker_by, c.how, kNoFault, c.last_packet});
    }
  }

  void write(const Copy& copy) {
    journal::Observed seen;
    seen.kind = journal::MessageKind::will;
    seen.topic = topic(copy.conn);
    seen.payload = payload(copy.conn);
    seen.dup = copy.dup;
    seen.retain = copy.retain;
    if (copy.conn != kStranger) {
      seen.device = DeviceId{device_};
      seen.client_id = fmt::format("{}-meter-0", device_);
    }
    if (copy.conn == kForgedEpoch && has_epochs()) seen.epoch = 900'000;
    if (copy.conn < kForgedEpoch && has_epochs()) seen.epoch = story_.world.conns[copy.conn].epoch;
    if (copy.backend) put(copy.at, seen);
    if (!copy.control) return;
    seen.observer = journal::Observer::control;
    put(copy.at, seen);
  }

  const Story& story_;
  std::uint32_t device_;
  std::uint64_t first_;
  std::vector<journal::Record> out_;
};

inline scenario::Scenario scenario_of(std::uint32_t devices) {
  scenario::Scenario scenario = fleet_of(devices);
  scenario.judge.allowance = kAllowance;
  scenario.judge.horizon = kHorizon;
  scenario.backend.presence.resize(1);
  return scenario;
}

inline std::vector<journal::Record> opening() {
  using namespace journal;
  return {{kRunStart, 0, 0, PhaseBegan{PhaseId{0}, "all"}},
          {kRunStart, 0, 0,
           ObserverUp{Observer::backend, {"will/#", "will/twice/#", "birth/+", "report/+"}}},
          {kRunStart, 0, 0, ObserverUp{Observer::control, {"will/x", "will/twice/x", "/will/x"}}}};
}

}  // namespace probate::test::minibroker
