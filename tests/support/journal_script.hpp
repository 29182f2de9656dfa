// A small language for writing journals: who connected, what happened to the link, what was seen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/analysis/judge.hpp"
#include "core/base/check.hpp"
#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::test {

// Seconds since the start, as scripts write them.
inline Instant at(double seconds) { return kRunStart + from_seconds(seconds); }

// What core/broker/profiles/mosquitto-2.0.11.yaml says.
inline broker::Profile mosquitto_2_0_11() {
  broker::Profile profile;
  profile.name = "mosquitto-2.0.11";
  profile.keep_alive = {1.5, 1.5, true, 6100ms};
  profile.takeover.kept_to_kept = false;
  profile.takeover.v5_kept_to_kept = false;
  profile.takeover.reading = broker::Reading::a;
  profile.takeover.tells_old_client = false;
  profile.delay_ignores_zero_expiry = true;
  profile.delay_head_of_line = true;
  profile.delay_scan = 1100ms;
  profile.expiry_scan = 1100ms;
  profile.error_reason_deletes_will = true;
  profile.second_connect_deletes_will = true;
  profile.crash_loses_wills = true;
  profile.shutdown = broker::ShutdownRule::publishes_all_at_once;
  profile.will_acl = broker::WillAcl::at_publication;
  profile.observer_inflight_max = 20;
  profile.observer_queue_max = 1000;
  return profile;
}

inline Template text(const std::string& source) {
  auto parsed = Template::parse(source);
  CHECK(parsed.has_value());
  return *parsed;
}

// `count` devices of one kind, all policies of this version, λ = 1 s, H = 5 s, γ = 1 s.
inline scenario::Scenario fleet_of(std::uint32_t count) {
  scenario::Scenario scenario;
  scenario.name = "script";
  device::DeviceConfig kind;
  kind.name = "meter";
  kind.client_id = text("meter-{index}");
  kind.keep_alive = 10s;
  kind.will.emplace();
  kind.will->topic = text("/willmsg");
  kind.will->payload = text("{client_id} gone#{epoch}");
  kind.birth.emplace();
  kind.birth->topic = text("/birth/{client_id}");
  kind.birth->payload = text("up {epoch}");
  scenario.devices.push_back(kind);
  scenario.fleet.push_back({"city", 0, count, {}});
  scenario.phases.push_back({"all", std::nullopt, scenario::ForDuration{1h}});
  scenario.backend.presence = {{scenario::PolicyName::naive_alarm, 10s},
                               {scenario::PolicyName::naive, 10s},
                               {scenario::PolicyName::debounce, 10s},
                               {scenario::PolicyName::epoch, 10s}};
  return scenario;
}

inline constexpr double kNoConnack = -1;

// How a CONNECT differs from the usual one: 3.1.1, clean, K = 10 s, will with its epoch.
struct Login {
  std::uint32_t device = 0;
  Epoch epoch = 1;
  bool twin = false;
  bool clean = true;
  std::uint16_t keep_alive = 10;
  mqtt::Version version = mqtt::Version::v3_1_1;
  Duration expiry{};
  Duration delay{};
  bool will = true;
  bool epoch_in_payload = true;
  Epoch will_epoch = 0;        // in the payload, if it is not `epoch`
  std::string client_id = "";  // of the device, if empty
  std::string topic = "/willmsg";
  std::uint8_t reason = 0;       // of CONNACK
  double connack_after = 0.001;  // or kNoConnack
  bool finds_session = true;     // if it asks for one
};

struct Link {
  ConnectionId id;
  Login login;
};

class JournalScript {
 public:
  explicit JournalScript(scenario::Scenario scenario = fleet_of(4),
                         broker::Profile profile = mosquitto_2_0_11())
      : scenario_{std::move(scenario)}, profile_{std::move(profile)} {
    write(0, journal::PhaseBegan{PhaseId{0}, "all"});
    write(0,
          journal::ObserverUp{journal::Observer::backend, {"/willmsg", "/birth/+", "/report/+"}});
    write(0, journal::ObserverUp{journal::Observer::control, {"/willmsg"}});
  }

  scenario::Scenario& scenario() { return scenario_; }
  const scenario::Scenario& scenario() const { return scenario_; }
  broker::Profile& profile() { return profile_; }
  const broker::Profile& profile() const { return profile_; }

  // CONNECT is forwarded at that second, CONNACK read and passed on a millisecond later.
  Link connects(double second, Login login = {}) {
    Link link{ConnectionId{++connections_}, std::move(login)};
    const Login& l = link.login;
    journal::ConnectForwarded connect;
    connect.connection = link.id;
    connect.device = DeviceId{l.device};
    connect.epoch = l.epoch;
    connect.twin = l.twin;
    connect.client_id = client_id(l);
    connect.version = l.version;
    connect.clean = l.clean;
    connect.keep_alive = l.keep_alive;
    connect.session_expiry = l.expiry;
    if (l.will) {
      connect.will =
          journal::WillFacts{l.topic, payload(l), mqtt::QoS::at_most_once, false, l.delay};
    }
    write(second, connect);
    if (l.connack_after < 0) return link;
    journal::ConnackReceived connack;
    connack.connection = link.id;
    connack.reason = l.reason;
    connack.session_present = !l.clean && l.finds_session;
    write(second + l.connack_after, connack);
    if (l.reason == 0) write(second + l.connack_after, journal::SessionUp{link.id});
    return link;
  }

  // Both legs; the broker's sees what the device did.
  void ends(double second, const Link& link, journal::Party by = journal::Party::device,
            journal::CloseHow how = journal::CloseHow::fin, std::optional<double> t_rx = {}) {
    device_leg_ends(second, link, by, how, t_rx);
    broker_leg_ends(second, link, by, how, t_rx);
  }
  void device_leg_ends(double second, const Link& link, journal::Party by = journal::Party::device,
                       journal::CloseHow how = journal::CloseHow::fin,
                       std::optional<double> t_rx = {}) {
    leg_ends(second, {.connection = link.id, .leg = journal::Leg::device, .by = by, .how = how},
             t_rx);
  }
  void broker_leg_ends(double second, const Link& link, journal::Party by = journal::Party::device,
                       journal::CloseHow how = journal::CloseHow::fin,
                       std::optional<double> t_rx = {}) {
    leg_ends(second, {.connection = link.id, .leg = journal::Leg::broker, .by = by, .how = how},
             t_rx);
  }
  void disconnects(double second, const Link& link, std::uint8_t reason = 0,
                   std::optional<Duration> expiry = {}) {
    write(second, journal::DisconnectForwarded{link.id, reason, expiry});
  }
  // The last packet reached the broker at `t_rx`.
  void falls_silent(double second, const Link& link, double t_rx,
                    journal::Flow flow = journal::Flow::both, FaultId fault = kNoFault) {
    write(second, journal::SilenceBegan{link.id, flow, fault, at(t_rx)});
  }
  // The same, and what the broker says next is answered with RST.
  void vanishes(double second, const Link& link, double t_rx, FaultId fault = kNoFault) {
    write(second, journal::SilenceBegan{.connection = link.id,
                                        .fault = fault,
                                        .last_uplink_packet_at = at(t_rx),
                                        .vanished = true});
  }
  void recovers(double second, const Link& link) { write(second, journal::SilenceEnded{link.id}); }

  // The will of that connection, seen by both observers.
  void will(double second, const Link& link, bool dup = false) {
    will_at(journal::Observer::backend, second, link, dup);
    will_at(journal::Observer::control, second, link, dup);
  }
  void will_at(journal::Observer observer, double second, const Link& link, bool dup = false) {
    journal::Observed seen = seen_of(link.login);
    seen.observer = observer;
    seen.dup = dup;
    write(second, seen);
  }
  void retained_will(double second, const Link& link) {
    journal::Observed seen = seen_of(link.login);
    seen.retain = true;
    write(second, seen);
  }
  void birth(double second, const Link& link) {
    journal::Observed seen;
    seen.kind = journal::MessageKind::birth;
    seen.device = DeviceId{link.login.device};
    seen.epoch = link.login.epoch;
    seen.topic = "/birth/x";
    write(second, seen);
  }
  // Any other message of the device; it carries no epoch.
  void message(double second, const Link& link) {
    journal::Observed seen;
    seen.kind = journal::MessageKind::message;
    seen.device = DeviceId{link.login.device};
    seen.topic = "/report/x";
    write(second, seen);
  }

  void write(double second, journal::Body body) { write_at(at(second), std::move(body)); }
  void write_at(Instant when, journal::Body body) {
    records_.push_back({when, 0, records_.size(), std::move(body)});
  }

  // In the order of writing, to be changed.
  std::vector<journal::Record>& written() { return records_; }
  // The records in order of time; what is written first at an instant comes first.
  std::vector<journal::Record> records() const {
    std::vector<journal::Record> sorted = records_;
    std::stable_sort(
        sorted.begin(), sorted.end(),
        [](const journal::Record& a, const journal::Record& b) { return a.at < b.at; });
    return sorted;
  }
  analysis::Outcome judged(double drain) const {
    analysis::Judge judge{scenario_, profile_};
    for (const journal::Record& record : records()) {
      if (record.at > at(drain)) break;
      judge.add(record);
    }
    judge.add({at(drain), 0, 0, journal::DrainBegan{}});
    return judge.finish(at(drain));
  }

  static Epoch said_epoch(const Login& login) {
    return login.will_epoch == 0 ? login.epoch : login.will_epoch;
  }
  static std::string client_id(const Login& login) {
    if (!login.client_id.empty()) return login.client_id;
    return "meter-" + std::to_string(login.device);
  }
  static std::string payload(const Login& login) {
    std::string payload = "meter-" + std::to_string(login.device) + " gone";
    if (login.epoch_in_payload) payload += "#" + std::to_string(said_epoch(login));
    return payload;
  }

 private:
  void leg_ends(double second, journal::LegClosed closed, std::optional<double> t_rx) {
    closed.last_uplink_packet_at = at(t_rx.value_or(second));
    write(second, closed);
  }
  static journal::Observed seen_of(const Login& login) {
    journal::Observed seen;
    seen.kind = journal::MessageKind::will;
    seen.device = DeviceId{login.device};
    seen.epoch = login.epoch_in_payload ? said_epoch(login) : 0;
    seen.client_id = client_id(login);
    seen.topic = login.topic;
    seen.payload = payload(login);
    return seen;
  }

  scenario::Scenario scenario_;
  broker::Profile profile_;
  std::uint64_t connections_ = 0;
  std::vector<journal::Record> records_;
};

}  // namespace probate::test
