// The part of validate() about kinds of device, taken alone.
#include <limits>

#include <fmt/format.h>

#include "core/scenario/complaints.hpp"

namespace probate::scenario {
namespace {

using device::DeviceConfig;

constexpr std::uint32_t kWireSecondsMax = std::numeric_limits<std::uint32_t>::max();

class KindChecks {
 public:
  KindChecks(const DeviceConfig& kind, Complaints& out)
      : kind_{kind}, path_{"devices." + kind.name}, out_{out} {}

  void run() {
    check_client_id();
    check_wire_seconds();
    check_mqtt5_only();
    check_timeouts();
    check_messages();
    if (kind_.username.empty() && !kind_.password.empty() && kind_.protocol != mqtt::Version::v5) {
      // [MQTT-3.1.2-22]
      add("password_file", ErrorCode::missing_key, "before MQTT 5 a password needs a `username`");
    }
  }

 private:
  void add(std::string_view key, ErrorCode code, std::string message) {
    out_.add(at(key), code, std::move(message));
  }
  std::string at(std::string_view key) const { return fmt::format("{}.{}", path_, key); }

  void check_client_id() {
    if (kind_.client_id.empty()) {
      return add("client_id", ErrorCode::bad_client_id,
                 "a device needs a ClientID; without one it could not be followed");
    }
    for (const auto& [placeholder, name] :
         {std::pair{Placeholder::client_id, "client_id"}, std::pair{Placeholder::time, "time"},
          std::pair{Placeholder::seq, "seq"}, std::pair{Placeholder::bdseq, "bdseq"}}) {
      if (!kind_.client_id.uses(placeholder)) continue;
      add("client_id", ErrorCode::bad_client_id,
          fmt::format("{{{}}} cannot stand in a ClientID; {{index}}, {{group}} and {{epoch}} can",
                      name));
    }
  }

  void check_wire_seconds() {
    out_.check_wire_seconds(at("keep_alive"), "the keep-alive", kind_.keep_alive, 65'535);
    out_.check_wire_seconds(at("session_expiry"), "the session expiry", kind_.session_expiry,
                            kWireSecondsMax);
    if (!kind_.will) return;
    out_.check_wire_seconds(at("will.delay"), "the will delay", kind_.will->delay, kWireSecondsMax);
  }

  void check_mqtt5_only() {
    if (kind_.protocol == mqtt::Version::v5) return;
    constexpr const char* kText =
        "{} needs MQTT 5, this device speaks {}; say `protocol: \"5\"` or leave it out";
    const char* const spoken = kind_.protocol == mqtt::Version::v3_1 ? "3.1" : "3.1.1";
    if (kind_.session_expiry != Duration{}) {
      add("session_expiry", ErrorCode::mqtt5_only, fmt::format(kText, "a session expiry", spoken));
    }
    if (kind_.will && kind_.will->delay != Duration{}) {
      add("will.delay", ErrorCode::mqtt5_only, fmt::format(kText, "a will delay", spoken));
    }
  }

  void check_timeouts() {
    const device::ConnectConfig& connect = kind_.connect;
    out_.check_duration(at("connect.tcp_timeout"), connect.tcp_timeout, kPeriodMin);
    out_.check_duration(at("connect.connack_timeout"), connect.connack_timeout, kPeriodMin);
    switch (connect.retry.policy) {
      case device::RetryPolicy::fixed:
        out_.check_duration(at("connect.retry.every"), connect.retry.every, kPeriodMin);
        break;
      case device::RetryPolicy::exponential:
        out_.check_duration(at("connect.retry.base"), connect.retry.base, kPeriodMin);
        out_.check_duration(at("connect.retry.max"), connect.retry.max, connect.retry.base);
        break;
    }
    if (kind_.pingresp_timeout) {
      out_.check_duration(at("pingresp_timeout"), *kind_.pingresp_timeout, kPeriodMin);
    }
  }

  void check_messages() {
    if (kind_.will) check_topic_given("will.topic", *kind_.will);
    if (kind_.birth) check_birth(*kind_.birth);
    if (kind_.farewell) check_farewell(*kind_.farewell);
    for (std::size_t i = 0; i < kind_.publish.size(); ++i) {
      check_topic_given(fmt::format("publish[{}].topic", i), kind_.publish[i]);
      out_.check_duration(at(fmt::format("publish[{}].every", i)), kind_.publish[i].every,
                          kPeriodMin);
    }
    check_workload();
  }

  bool is_the_will(const device::MessageConfig& message) const {
    return kind_.will && kind_.will->topic == message.topic &&
           kind_.will->payload == message.payload;
  }

  void check_birth(const device::BirthConfig& birth) {
    check_topic_given("birth.topic", birth);
    if (!is_the_will(birth)) return;
    add("birth.payload", ErrorCode::conflicting_keys,
        "the birth is the very message that the will is: nobody can tell whether the device came "
        "or "
        "went; give it another payload");
  }

  void check_farewell(const device::MessageConfig& farewell) {
    check_topic_given("farewell.topic", farewell);
    if (!is_the_will(farewell)) return;
    add("farewell.payload", ErrorCode::conflicting_keys,
        "the farewell is the very message that the will is: nobody can tell a will that should not "
        "have come from a device that left; give it another payload");
  }

  void check_workload() {
    const bool loops = kind_.workload == device::Workload::luat_loop;
    if (loops && !kind_.luat_loop) {
      return add("workload", ErrorCode::missing_key, "workload: luat_loop needs `luat_loop`");
    }
    if (!loops && kind_.luat_loop) {
      return add("luat_loop", ErrorCode::conflicting_keys,
                 "`luat_loop` has no effect without workload: luat_loop");
    }
    if (!loops) return;
    out_.check_duration(at("luat_loop.receive_timeout"), kind_.luat_loop->receive_timeout,
                        kPeriodMin);
    out_.check_duration(at("luat_loop.publish_every"), kind_.luat_loop->publish_every, kPeriodMin);
    check_topic_given("luat_loop.report.topic", kind_.luat_loop->report);
    check_topic_given("luat_loop.response.topic", kind_.luat_loop->response);
  }

  // An empty will payload is legal [MQTT-3.1.2-9]; an empty topic is not. [MQTT-4.7.3-1]
  void check_topic_given(std::string_view key, const device::MessageConfig& message) {
    if (!message.topic.empty()) return;
    add(key, ErrorCode::topic_missing, "the message has no topic");
  }

  const DeviceConfig& kind_;
  std::string path_;
  Complaints& out_;
};

}  // namespace

void check_devices(const Scenario& scenario, Complaints& out) {
  for (const DeviceConfig& kind : scenario.devices) KindChecks{kind, out}.run();
}

}  // namespace probate::scenario
