// A whole scenario as plain structs: parsed and checked once at the edge (sim/yaml), trusted
// inside.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/broker/profile.hpp"
#include "core/device/config.hpp"
#include "core/fault/fidelity.hpp"
#include "core/fault/spec.hpp"

namespace probate::scenario {

// How fast the broker of a virtual run takes connections.
struct BrokerCapacity {
  // mosquitto 2.0.11 took 12,300 a second on the machine of docs/performance.md.
  double connects_per_second = 12'000;
  // Connections that wait to be accepted; further SYNs are dropped and sent again by the client's
  // kernel. mosquitto's own.
  std::uint32_t backlog = 100;
};

// A broker that is spoken to with TLS. Files are PEM.
struct BrokerTls {
  std::string name{};  // asked for (SNI), and what its certificate must be for; "": its address's
  std::string ca{};    // whom to trust; "": those of the machine
  bool verifies = true;
  std::string certificate{};  // ours, if the broker asks; "": none
  std::string key{};
};

struct BrokerSpec {
  bool managed = true;                        // a private mosquitto; else `address`
  std::map<std::string, std::string> config;  // overrides of the managed broker's settings
  std::string host;
  std::uint16_t port = 1883;
  std::string username;
  std::string password;                    // read from password_file
  std::optional<BrokerTls> tls;            // of one at an address, for devices and observers
  std::string profile;                     // empty: detect, else spec
  bool publishes_wills = true;             // wills: none → false, the self-test is left out
  std::optional<BrokerCapacity> capacity;  // of the model; a real broker has its own
};

struct LinkSpec {
  Duration latency{};
  Duration jitter{};
};

// Real devices of `probate proxy` that are one group.
struct RealGroup {
  std::string devices;       // pattern over their ClientIDs
  std::uint32_t places = 0;  // for how many of them there is room
};

struct GroupSpec {
  std::string name;
  std::size_t device = 0;  // index into Scenario::devices
  std::uint32_t count = 0;
  LinkSpec link{};
  std::optional<RealGroup> real{};  // nobody is simulated
};

enum class Arrival : std::uint8_t { even, poisson };

struct ConnectPlan {
  Arrival arrival = Arrival::even;
  double rate = 200;  // per second
};

// The phase ends when this share of the fleet is online, or after `timeout` (guard phase_timeout).
struct UntilOnline {
  double share = 1;
  Duration timeout = 3min;
};
struct ForDuration {
  Duration duration{};
};
// Settle: faults are healed; ends when every obligation is filled or past its horizon.
struct ForAuto {
  Duration at_most = 10min;
};
using PhaseEnd = std::variant<ForDuration, UntilOnline, ForAuto>;

struct PhaseSpec {
  std::string name;
  std::optional<ConnectPlan> connect;
  PhaseEnd end;
};

struct DownlinkSpec {
  device::MessageConfig message;
  Duration every{};
};

enum class PolicyName : std::uint8_t {
  naive_alarm,
  naive,
  naive_birth,
  debounce,
  epoch,
  sparkplug,
  retained,
  last_seen,
  last_seen_will,
  hybrid,
  aws_lifecycle,
  broker_events,
};
inline constexpr std::size_t kPolicyNameCount = 12;

struct PolicySpec {
  PolicyName name{};
  Duration wait = 10s;  // after a will or a disconnected event, before it is believed
  Duration heartbeat = 120s;
  std::uint32_t misses = 3;
  bool is_adjusted = false;  // its parameters were given: the label tells them
  // What the scenario says, where --time-scale has changed it since.
  struct Written {
    Duration wait;
    Duration heartbeat;
  };
  std::optional<Written> written{};

  // More than this without a word is too long.
  Duration silence() const { return heartbeat * misses; }
  // As metrics and rules say it: "naive", "debounce_10s", "hybrid", "hybrid_5s_2m". Of what is
  // written, so that rules name a policy alike at every time scale.
  std::string label() const;
};

struct BackendSpec {
  std::vector<std::string> wills;  // topic filters; derived from the devices where omitted
  std::vector<std::string> births;
  std::vector<std::string> messages;
  std::vector<DownlinkSpec> publish;
  mqtt::QoS qos = mqtt::QoS::at_least_once;
  std::vector<PolicySpec> presence;
};

struct JudgeSpec {
  Duration allowance = 1s;                          // λ, broker → observer
  Duration horizon = 5s;                            // H, after the window's end
  Duration flicker = 1s;                            // γ, of the second false-offline figure
  std::optional<broker::Reading> takeover_reading;  // nothing: the profile's
};

enum class Severity : std::uint8_t { fail, warn };
enum class OnNoData : std::uint8_t { inconclusive, fail, pass };

// A rule as written; core/analysis compiles `expect`.
struct GateRuleSpec {
  std::string name;
  std::string expect;
  std::string over;                  // "run", "phase X", "fault X", "last 60s"
  std::optional<Duration> window{};  // of "last 60s"
  std::string per;                   // "", "group", "fault", "policy"
  std::optional<double> confidence{};
  std::uint64_t samples_min = 1;
  Severity severity = Severity::fail;
  OnNoData on_no_data = OnNoData::inconclusive;
  std::optional<Duration> held_for{};
  bool abort = false;
  std::string file{};      // where `expect` stands, as the user named it; "" = in no file
  std::uint32_t line = 0;  // in it, from 1; 0 = in no file

  // Whether the sums at the end of a run do not decide it.
  bool needs_watching() const { return held_for || abort || window; }
};

struct Scenario {
  std::string name;
  std::string about;
  std::uint64_t seed = 1;
  std::string file;                                    // as the user named it, for messages
  fault::Fidelity fidelity = fault::Fidelity::stream;  // of its silences, where that can be had
  bool requires_fidelity = false;                      // where it cannot, the run does not begin
  BrokerSpec broker;
  std::vector<device::DeviceConfig> devices;
  std::vector<GroupSpec> fleet;
  bool has_real_devices = false;  // they come by themselves, and speak any version
  std::vector<PhaseSpec> phases;
  std::vector<fault::FaultSpec> faults;
  // The last of `faults` stands for all that are made by hand while the run goes on: their ids are
  // its own and those behind it.
  bool faults_by_hand = false;
  BackendSpec backend;
  JudgeSpec judge;
  std::vector<GateRuleSpec> gate;
  bool judges_change = false;  // the rules hold for what is different between two runs

  std::uint32_t device_count() const;
  // The group of a device. Requires: device.value < device_count().
  GroupId group_of(DeviceId device) const;
  const device::DeviceConfig& kind_of(DeviceId device) const;
  std::string client_id_of(DeviceId device) const;
  // Everything a template of that device can be filled with, but epoch, time and seq.
  // Lifetime: `client_id` must outlive the result; group names live with the scenario.
  TemplateValues values_of(DeviceId device, std::string_view client_id) const;
};

// A mistake in a scenario: the place as a path ("faults[2].at") and what to do about it.
struct Complaint {
  std::string path;
  std::string code;  // "E0107", see errors.hpp
  std::string message;
  bool operator==(const Complaint&) const = default;
};

// Everything the structs allow and the language does not: names that must join, K, D and S in whole
// seconds, `until: device_returns` without a way to notice, overlaps that cannot be, policies whose
// precondition is not met, descriptors a fleet would need. Sorted by path.
std::vector<Complaint> validate(const Scenario& scenario);

}  // namespace probate::scenario
