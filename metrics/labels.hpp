// The labels of the exported metrics: which values each can have is settled before the run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/journal/records.hpp"
#include "core/scenario/scenario.hpp"

namespace probate::metrics {

// What stands in the labels of a run. Names only: never a device, topic, ClientID, address or
// error text.
struct RunInfo {
  std::string version;  // of this program
  std::string scenario;
  std::string digest;
  std::uint64_t seed = 0;
  std::string engine;
  std::string profile;
  std::string broker;  // what the broker says it is, "" if unknown
  std::string fidelity;
  std::vector<std::string> groups;          // by GroupId
  std::vector<std::string> faults;          // by FaultId
  std::vector<std::string> policies;        // by position in Totals::policies
  std::vector<std::string> phases;          // by PhaseId
  std::vector<std::string> rules;           // of the gate, each name once
  std::vector<std::string> warnings;        // of them, those that warn and cannot fail
  std::vector<mqtt::PacketType> swallowed;  // packets that faults of the scenario swallow
};
// Fills the names of the scenario; the rest stays empty.
RunInfo run_info_of(const scenario::Scenario& scenario);
// And what the journal says of the run; the version stays empty.
RunInfo run_info_of(const scenario::Scenario& scenario, const journal::RunBegan& begin);

enum class Axis : std::uint8_t {
  version,
  scenario,
  digest,
  seed,
  engine,
  profile,
  broker,
  fidelity,
  group,
  device_state,
  refusal_reason,
  connect_error,
  leg,
  close_party,
  close_how,
  link_state,
  direction,
  packet_type,
  swallowed_type,
  alteration,
  fault,
  will_fault,  // or none
  obligation_class,
  observed_class,
  will_flag,
  missing_cause,
  takeover_cause,
  deviation,
  policy,
  phase,
  observer,
  rule,
  rule_status,
  refused_why,
  control_code,
  rejected_why,
};
inline constexpr std::size_t kAxisCount = 36;

// The label's name: "class" for both kinds of classes.
std::string_view label_name(Axis axis);

// The values of one axis. The first `max` names have a value of their own, the rest share "other",
// so the number of series does not depend on the scenario.
class LabelValues {
 public:
  LabelValues() = default;
  // Every name its own value. A name that is there twice has one value.
  explicit LabelValues(const std::vector<std::string>& names);
  // `behind` are values that always exist, with indices behind those of `names`.
  LabelValues(const std::vector<std::string>& names, std::size_t max,
              const std::vector<std::string>& behind = {});

  const std::vector<std::string>& values() const { return values_; }
  // How many names there were, those behind not counted.
  std::size_t size_of_names() const { return names_; }
  // Where the index-th name stands in values(). An index behind all names is the last value.
  std::size_t slot(std::size_t index) const {
    return index < slots_.size() ? slots_[index] : values_.size() - 1;
  }

 private:
  std::size_t slot_of(const std::string& value);

  std::vector<std::string> values_;
  std::vector<std::size_t> slots_;
  std::size_t names_ = 0;
};

// The values of every axis of a run.
class Labels {
 public:
  explicit Labels(const RunInfo& info);
  const LabelValues& operator[](Axis axis) const { return axes_[static_cast<std::size_t>(axis)]; }
  // Whether the rule at that place in its axis warns and cannot fail.
  bool warns(std::size_t rule) const { return warns_[rule]; }

  static constexpr std::size_t kGroupsMax = 15;
  static constexpr std::size_t kFaultsMax = 13;
  static constexpr std::size_t kPhasesMax = 15;
  // Ratios of several policies cannot share a value: policies behind the eighth are in result.json
  // only.
  static constexpr std::size_t kPoliciesMax = 8;
  static constexpr std::size_t kRulesMax = 50;
  // Types of packet that faults swallow; those behind, and those of faults by hand, are "other".
  static constexpr std::size_t kSwallowedMax = 2;

 private:
  LabelValues& at(Axis axis) { return axes_[static_cast<std::size_t>(axis)]; }
  void name_the_run(const RunInfo& info);
  void name_the_fleet(const RunInfo& info);
  void name_the_verdicts(const RunInfo& info);

  std::array<LabelValues, kAxisCount> axes_;
  std::vector<bool> warns_;
};

// Where the type stands in labels[Axis::swallowed_type].
std::size_t swallowed_slot(const Labels& labels, mqtt::PacketType type);

// The bounded word for a CONNACK reason that is not 0: "not_authorized"; "other" if unknown.
std::size_t refusal_slot(std::uint8_t reason);

}  // namespace probate::metrics
