// What a kind of simulated device is: the plain data behind `devices:` and behind the presets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/template.hpp"
#include "core/base/time.hpp"
#include "core/mqtt/packets.hpp"

namespace probate::device {

// What stands in a payload: the template's text, or one of Sparkplug B's payloads with the bdSeq
// that the template `{bdseq}` gives.
enum class Encoding : std::uint8_t { text, nbirth, ndeath };

// A message the device publishes.
struct MessageConfig {
  Template topic;
  Template payload;
  Encoding encoding = Encoding::text;
  mqtt::QoS qos{};
  bool retain = false;
};

struct WillConfig : MessageConfig {
  Duration delay{};  // MQTT 5 Will Delay Interval, whole seconds
};

enum class BirthWhen : std::uint8_t {
  connect,  // after every CONNACK (after SUBACK if it subscribes)
  boot,     // once per boot: the habit of firmware that publishes "online" only in setup()
};

struct BirthConfig : MessageConfig {
  BirthWhen when = BirthWhen::connect;
};

struct PublishConfig : MessageConfig {
  Duration every{};
};

enum class RetryPolicy : std::uint8_t { fixed, exponential };
enum class Jitter : std::uint8_t { none, full };

struct RetryConfig {
  RetryPolicy policy = RetryPolicy::exponential;
  Duration every = 2s;  // fixed
  Duration base = 1s;   // exponential: the first wait, doubled at each failure
  Duration max = 60s;
  Jitter jitter = Jitter::full;
};

struct ConnectConfig {
  Duration tcp_timeout = 120s;
  Duration connack_timeout = 60s;
  RetryConfig retry;
};

// How the device leaves a connection that it believes broken.
enum class OnError : std::uint8_t {
  disconnect,  // sends DISCONNECT, then closes
  close,       // FIN
  reset,       // RST
};

enum class Workload : std::uint8_t {
  periodic,   // `publish:` alone
  luat_loop,  // the loop of the Luat MQTT demo, see luat_loop.hpp
};

// The Luat demo's loop: wait up to receive_timeout for a downlink message; on a timeout publish a
// report; every publish_every a timer publishes a response and ends the wait.
struct LuatLoopConfig {
  Duration receive_timeout = 120s;
  Duration publish_every = 180s;
  MessageConfig report;
  MessageConfig response;
};

struct DeviceConfig {
  std::string name;
  Template client_id;
  mqtt::Version protocol = mqtt::Version::v3_1_1;
  bool clean = true;
  Duration session_expiry{};  // MQTT 5, whole seconds
  Duration keep_alive = 60s;  // whole seconds, 0 = off
  ConnectConfig connect;
  std::optional<WillConfig> will;
  std::optional<BirthConfig> birth;
  std::optional<MessageConfig> farewell;  // said before DISCONNECT when it leaves on purpose
  std::vector<Template> subscribe;
  mqtt::QoS subscribe_qos{};
  std::vector<PublishConfig> publish;
  Workload workload = Workload::periodic;
  std::optional<LuatLoopConfig> luat_loop;  // present if workload is luat_loop
  OnError on_error = OnError::disconnect;
  std::optional<Duration> pingresp_timeout;  // absent: a missing PINGRESP is never noticed
  std::string username;                      // empty: flag 0
  std::string password;                      // from the scenario's password_file
};

}  // namespace probate::device
