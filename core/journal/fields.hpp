// Every field of every record, once. The NDJSON writer, its parser and the text form walk the same
// lists, so they cannot disagree; a new record is one kKind and one fields() here.
//
// A visitor is called with (key, value) for a field that is always there, and maybe(key, value,
// none) for one that is left out when it equals `none`. Keys carry no unit: each form adds its own.
#pragma once

#include <array>
#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/check.hpp"
#include "core/journal/records.hpp"

namespace probate::journal {

// The words of an enumeration; its enumerators count from `kFirst`.
template <typename E>
struct Words;
template <>
struct Words<Leg> {
  static constexpr std::array<std::string_view, 2> kAll{"device", "broker"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<Party> {
  static constexpr std::array<std::string_view, 3> kAll{"device", "proxy", "broker"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<CloseHow> {
  static constexpr std::array<std::string_view, 4> kAll{"fin", "rst", "timeout", "error"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<Flow> {
  static constexpr std::array<std::string_view, 3> kAll{"up", "down", "both"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<Observer> {
  static constexpr std::array<std::string_view, 2> kAll{"backend", "control"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<MessageKind> {
  static constexpr std::array<std::string_view, 5> kAll{"will", "birth", "farewell", "message",
                                                        "unknown"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<BrokerEventKind> {
  static constexpr std::array<std::string_view, 2> kAll{"connected", "disconnected"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<BrokerEnd> {
  static constexpr std::array<std::string_view, 3> kAll{"unknown", "shutdown", "crash"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<mqtt::Direction> {
  static constexpr std::array<std::string_view, 2> kAll{"uplink", "downlink"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<Alteration> {
  static constexpr std::array<std::string_view, 6> kAll{"held", "duplicated", "reordered",
                                                        "cut",  "rewritten",  "injected"};
  static constexpr int kFirst = 0;
};
template <>
struct Words<mqtt::PacketType> {
  static constexpr std::array<std::string_view, 15> kAll{
      "connect",  "connack", "publish",   "puback",     "pubrec",
      "pubrel",   "pubcomp", "subscribe", "suback",     "unsubscribe",
      "unsuback", "pingreq", "pingresp",  "disconnect", "auth"};
  static constexpr int kFirst = 1;
};
template <>
struct Words<mqtt::Version> {
  static constexpr std::array<std::string_view, 3> kAll{"3.1", "3.1.1", "5"};
  static constexpr int kFirst = 3;
};

template <typename E>
requires std::is_enum_v<E>
constexpr std::string_view word_of(E value) {
  const auto index = static_cast<std::size_t>(static_cast<int>(value) - Words<E>::kFirst);
  CHECK(index < Words<E>::kAll.size());
  return Words<E>::kAll[index];
}

// ---- kinds

template <typename Body>
inline constexpr std::string_view kKind;
template <>
inline constexpr std::string_view kKind<RunBegan> = "run_began";
template <>
inline constexpr std::string_view kKind<PhaseBegan> = "phase_began";
template <>
inline constexpr std::string_view kKind<PhaseEnded> = "phase_ended";
template <>
inline constexpr std::string_view kKind<DrainBegan> = "drain_began";
template <>
inline constexpr std::string_view kKind<RunEnded> = "run_ended";
template <>
inline constexpr std::string_view kKind<AttemptBegan> = "attempt_began";
template <>
inline constexpr std::string_view kKind<AttemptFailed> = "attempt_failed";
template <>
inline constexpr std::string_view kKind<ConnectForwarded> = "connect_forwarded";
template <>
inline constexpr std::string_view kKind<ConnackReceived> = "connack_received";
template <>
inline constexpr std::string_view kKind<SessionUp> = "session_up";
template <>
inline constexpr std::string_view kKind<DisconnectForwarded> = "disconnect_forwarded";
template <>
inline constexpr std::string_view kKind<DisconnectReceived> = "disconnect_received";
template <>
inline constexpr std::string_view kKind<ConnectRepeated> = "connect_repeated";
template <>
inline constexpr std::string_view kKind<SilenceBegan> = "silence_began";
template <>
inline constexpr std::string_view kKind<SilenceEnded> = "silence_ended";
template <>
inline constexpr std::string_view kKind<LegClosed> = "leg_closed";
template <>
inline constexpr std::string_view kKind<ConnectSwallowed> = "connect_swallowed";
template <>
inline constexpr std::string_view kKind<PacketSwallowed> = "packet_swallowed";
template <>
inline constexpr std::string_view kKind<PacketAltered> = "packet_altered";
template <>
inline constexpr std::string_view kKind<Malformed> = "malformed";
template <>
inline constexpr std::string_view kKind<FaultAdded> = "fault_added";
template <>
inline constexpr std::string_view kKind<FaultApplied> = "fault_applied";
template <>
inline constexpr std::string_view kKind<FaultSkipped> = "fault_skipped";
template <>
inline constexpr std::string_view kKind<FaultHealed> = "fault_healed";
template <>
inline constexpr std::string_view kKind<Reloaded> = "reloaded";
template <>
inline constexpr std::string_view kKind<Observed> = "observed";
template <>
inline constexpr std::string_view kKind<BrokerEvent> = "broker_event";
template <>
inline constexpr std::string_view kKind<ObserverUp> = "observer_up";
template <>
inline constexpr std::string_view kKind<ObserverLost> = "observer_lost";
template <>
inline constexpr std::string_view kKind<ObserverGap> = "observer_gap";
template <>
inline constexpr std::string_view kKind<GeneratorLag> = "generator_lag";
template <>
inline constexpr std::string_view kKind<EventsDropped> = "events_dropped";
template <>
inline constexpr std::string_view kKind<BrokerLost> = "broker_lost";
template <>
inline constexpr std::string_view kKind<BrokerStopped> = "broker_stopped";
template <>
inline constexpr std::string_view kKind<BrokerStarted> = "broker_started";
template <>
inline constexpr std::string_view kKind<RestBegan> = "rest_began";
template <>
inline constexpr std::string_view kKind<RestEnded> = "rest_ended";

// ---- fields

// The keys of the first line that hold what was run.
template <typename V, typename R>
void recipe_fields(V& visit, R& recipe) {
  visit.maybe("scenario_file", recipe.file, "");
  visit.maybe("overrides", recipe.overrides, std::vector<std::string>{});
  visit.maybe("time_scale", recipe.time_scale, 1.0);
  visit.maybe("faults_by_hand", recipe.faults_by_hand, false);
  visit.maybe("variables", recipe.variables, std::vector<std::string>{});
  visit.maybe("files", recipe.files, std::map<std::string, std::string>{});
  visit.maybe("scenario_yaml", recipe.text, "");
}

template <typename R, typename T>
concept Is = std::same_as<std::remove_const_t<R>, T>;

template <typename V, Is<RunBegan> R>
void fields(V& visit, R& r) {
  visit("scenario", r.scenario);
  visit("digest", r.digest);
  visit("seed", r.seed);
  visit("engine", r.engine);
  visit("profile", r.profile);
  visit("broker", r.broker);
  visit("fidelity", r.fidelity);
}
template <typename V, Is<PhaseBegan> R>
void fields(V& visit, R& r) {
  visit("phase", r.phase);
  visit("name", r.name);
}
template <typename V, Is<PhaseEnded> R>
void fields(V& visit, R& r) {
  visit("phase", r.phase);
  visit.maybe("timed_out", r.timed_out, false);
}
template <typename V, Is<DrainBegan> R>
void fields(V&, R&) {}
template <typename V, Is<RunEnded> R>
void fields(V& visit, R& r) {
  visit.maybe("reason", r.reason, "");
}
template <typename V, Is<AttemptBegan> R>
void fields(V& visit, R& r) {
  visit("device", r.device);
  visit("epoch", r.epoch);
}
template <typename V, Is<AttemptFailed> R>
void fields(V& visit, R& r) {
  visit("device", r.device);
  visit("epoch", r.epoch);
  visit("cause", r.cause);
}
template <typename V, Is<WillFacts> R>
void fields(V& visit, R& r) {
  visit("topic", r.topic);
  visit("payload", r.payload);
  visit("qos", r.qos);
  visit.maybe("retain", r.retain, false);
  visit.maybe("delay", r.delay, Duration{});
}
template <typename V, Is<ConnectForwarded> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit.maybe("device", r.device, kNoDevice);
  visit.maybe("epoch", r.epoch, Epoch{0});
  visit.maybe("twin", r.twin, false);
  visit("client_id", r.client_id);
  visit("version", r.version);
  visit("clean", r.clean);
  visit("keep_alive_s", r.keep_alive);
  visit.maybe("session_expiry", r.session_expiry, Duration{});
  visit("will", r.will);
}
template <typename V, Is<ConnackReceived> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("reason", r.reason);
  visit.maybe("session_present", r.session_present, false);
  visit("server_keep_alive_s", r.server_keep_alive);
  visit("session_expiry", r.session_expiry);
  visit.maybe("assigned_client_id", r.assigned_client_id, "");
}
template <typename V, Is<SessionUp> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
}
template <typename V, Is<DisconnectForwarded> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("reason", r.reason);
  visit("session_expiry", r.session_expiry);
}
template <typename V, Is<DisconnectReceived> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("reason", r.reason);
}
template <typename V, Is<ConnectRepeated> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
}
template <typename V, Is<SilenceBegan> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("flow", r.flow);
  visit.maybe("fault", r.fault, kNoFault);
  visit("last_uplink_packet_at", r.last_uplink_packet_at);
  visit.maybe("last_uplink_bytes_at", r.last_uplink_bytes_at, kRunStart);
  visit.maybe("vanished", r.vanished, false);
}
template <typename V, Is<SilenceEnded> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
}
template <typename V, Is<LegClosed> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("leg", r.leg);
  visit("by", r.by);
  visit("how", r.how);
  visit.maybe("fault", r.fault, kNoFault);
  visit.maybe("last_uplink_packet_at", r.last_uplink_packet_at, kRunStart);
  visit.maybe("last_uplink_bytes_at", r.last_uplink_bytes_at, kRunStart);
}
template <typename V, Is<ConnectSwallowed> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit.maybe("device", r.device, kNoDevice);
  visit.maybe("epoch", r.epoch, Epoch{0});
  visit.maybe("fault", r.fault, kNoFault);
}
template <typename V, Is<PacketSwallowed> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("direction", r.direction);
  visit("packet", r.packet);
  visit.maybe("fault", r.fault, kNoFault);
}
template <typename V, Is<PacketAltered> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("direction", r.direction);
  visit("packet", r.packet);
  visit("how", r.how);
  visit("reason", r.reason);
  visit.maybe("fault", r.fault, kNoFault);
}
template <typename V, Is<Malformed> R>
void fields(V& visit, R& r) {
  visit("connection", r.connection);
  visit("direction", r.direction);
  visit("error", r.error);
}
template <typename V, Is<FaultAdded> R>
void fields(V& visit, R& r) {
  visit("fault", r.fault);
  visit("name", r.name);
  visit("what", r.what);
  visit("on", r.on);
}
template <typename V, Is<FaultApplied> R>
void fields(V& visit, R& r) {
  visit("fault", r.fault);
  visit.maybe("device", r.device, kNoDevice);
  visit.maybe("connection", r.connection, kNoConnection);
}
template <typename V, Is<FaultSkipped> R>
void fields(V& visit, R& r) {
  visit("fault", r.fault);
  visit.maybe("device", r.device, kNoDevice);
  visit("reason", r.reason);
}
template <typename V, Is<FaultHealed> R>
void fields(V& visit, R& r) {
  visit("fault", r.fault);
  visit.maybe("device", r.device, kNoDevice);
}
template <typename V, Is<Reloaded> R>
void fields(V& visit, R& r) {
  visit.maybe("digest", r.digest, "");
  visit("kept", r.kept);
  visit("removed", r.removed);
  visit("certificates", r.certificates);
}
template <typename V, Is<Observed> R>
void fields(V& visit, R& r) {
  visit("observer", r.observer);
  visit("message", r.kind);
  visit.maybe("device", r.device, kNoDevice);
  visit.maybe("epoch", r.epoch, Epoch{0});
  visit("bdseq", r.bdseq);
  visit.maybe("client_id", r.client_id, "");
  visit("topic", r.topic);
  visit("payload", r.payload);
  visit("qos", r.qos);
  visit.maybe("retain", r.retain, false);
  visit.maybe("dup", r.dup, false);
}
template <typename V, Is<BrokerEvent> R>
void fields(V& visit, R& r) {
  visit("event", r.kind);
  visit.maybe("device", r.device, kNoDevice);
  visit.maybe("client_id", r.client_id, "");
  visit("version", r.version);
  visit("sent_at", r.sent_at);
  visit.maybe("session", r.session, "");
  visit.maybe("reason", r.reason, "");
}
template <typename V, Is<ObserverUp> R>
void fields(V& visit, R& r) {
  visit("observer", r.observer);
  visit("filters", r.filters);
}
template <typename V, Is<ObserverLost> R>
void fields(V& visit, R& r) {
  visit("observer", r.observer);
  visit("cause", r.cause);
}
template <typename V, Is<ObserverGap> R>
void fields(V& visit, R& r) {
  visit("observer", r.observer);
  visit("from", r.from);
}
template <typename V, Is<GeneratorLag> R>
void fields(V& visit, R& r) {
  visit("from", r.from);
  visit("p99", r.p99);
  visit("max", r.max);
}
template <typename V, Is<EventsDropped> R>
void fields(V& visit, R& r) {
  visit("count", r.count);
}
template <typename V, Is<BrokerLost> R>
void fields(V& visit, R& r) {
  visit("cause", r.cause);
  visit.maybe("how", r.how, BrokerEnd::unknown);
}
template <typename V, Is<BrokerStopped> R>
void fields(V& visit, R& r) {
  visit("fault", r.fault);
  visit("how", r.how);
}
template <typename V, Is<BrokerStarted> R>
void fields(V& visit, R& r) {
  visit("fault", r.fault);
}
template <typename V, Is<RestBegan> R>
void fields(V& visit, R& r) {
  visit("device", r.device);
}
template <typename V, Is<RestEnded> R>
void fields(V& visit, R& r) {
  visit("device", r.device);
}

}  // namespace probate::journal
