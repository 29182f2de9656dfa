// Collects complaints, and the checks that several parts of validate() share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/distribution.hpp"
#include "core/base/time.hpp"
#include "core/scenario/errors.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::scenario {

inline constexpr std::size_t kGroupsMax = 64;
inline constexpr std::size_t kKindsMax = 64;
inline constexpr std::size_t kPhasesMax = 64;
inline constexpr std::size_t kFaultsMax = 200;
inline constexpr std::size_t kGateRulesMax = 50;
inline constexpr std::size_t kPoliciesMax = 16;
inline constexpr std::uint64_t kDevicesMax = 1'000'000;
inline constexpr std::uint64_t kFiringsMax = 10'000'000;
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::uint32_t kLoginsMax = 1'000;
inline constexpr double kConnectRateMax = 1'000'000;
// What no duration of a scenario exceeds but those of MQTT, whose seconds have 32 bits; so sums of
// them never overflow.
inline constexpr Duration kDurationMax = 24h * 366;
// What is done again and again is at least this far apart.
inline constexpr Duration kPeriodMin = 1ms;
// Less than that is a stall's business.
inline constexpr std::uint64_t kByteRateMin = 16;
inline constexpr std::uint64_t kByteRateMax = 1ull << 30;
inline constexpr Duration kIdleMin = 100ms;
inline constexpr double kLossMax = 0.9;

class Complaints {
 public:
  void add(std::string path, ErrorCode code, std::string message);

  // 1 to kNameBytesMax of a-z, 0-9, `_`, `-`. Requires: path leads to the name.
  void check_name(std::string_view path, std::string_view what, std::string_view name);
  // Each name at most once; `path_of(i)` leads to the i-th.
  void check_unique(std::string_view what, const std::vector<std::string_view>& names,
                    const std::vector<std::string>& paths);
  // In [lowest, kDurationMax].
  void check_duration(std::string path, Duration value, Duration lowest);
  void check_distribution(const std::string& path, const Distribution& value, Duration lowest);
  // Whole seconds in [0, most], as MQTT carries them.
  void check_wire_seconds(std::string path, std::string_view what, Duration value,
                          std::uint32_t most);

  // By path, then code, then message.
  std::vector<Complaint> take_sorted();

 private:
  std::vector<Complaint> complaints_;
};

// The parts of validate(). A part that needs the ids inside the scenario to be good says so.
void check_devices(const Scenario& scenario, Complaints& out);
void check_fleet(const Scenario& scenario, Complaints& out);
void check_phases(const Scenario& scenario, Complaints& out);
void check_faults(const Scenario& scenario, Complaints& out);
void check_backend(const Scenario& scenario, Complaints& out);
void check_judge_and_gate(const Scenario& scenario, Complaints& out);
void check_broker(const Scenario& scenario, Complaints& out);
// Requires: every group's kind exists and the fleet is not too large.
void check_client_ids(const Scenario& scenario, Complaints& out);
// Patterns over ClientIDs that match no device of the fleet. Requires: as above.
void check_patterns(const Scenario& scenario, Complaints& out);
// Every topic of every group, filled in for its first and its last device. Requires: as above.
void check_topics(const Scenario& scenario, Complaints& out);

// The longest the phase can last.
Duration phase_length_max(const PhaseSpec& phase);

}  // namespace probate::scenario
