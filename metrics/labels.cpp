#include "metrics/labels.hpp"

#include <algorithm>
#include <utility>

#include "core/analysis/gate/result.hpp"
#include "core/analysis/oracle.hpp"
#include "core/analysis/totals.hpp"
#include "core/device/actions.hpp"
#include "core/device/machine.hpp"
#include "core/journal/counters.hpp"
#include "core/journal/names.hpp"

namespace probate::metrics {
namespace {

constexpr std::array<std::string_view, kAxisCount> kNames{
    "version",   "scenario", "digest", "seed",  "engine", "profile", "broker",   "fidelity",
    "group",     "state",    "reason", "cause", "leg",    "by",      "how",      "state",
    "direction", "type",     "type",   "how",   "fault",  "fault",   "class",    "class",
    "flag",      "cause",    "cause",  "rule",  "policy", "phase",   "observer", "rule",
    "status",    "reason",   "code",   "reason"};

struct Refusal {
  std::uint8_t code;
  std::string_view word;
};
// 3.x return codes 1 to 5, then the 5.0 reason codes of CONNACK; one word where they mean the same.
constexpr std::array<Refusal, 26> kRefusals{{{0x01, "unsupported_protocol_version"},
                                             {0x02, "client_identifier_not_valid"},
                                             {0x03, "server_unavailable"},
                                             {0x04, "bad_user_name_or_password"},
                                             {0x05, "not_authorized"},
                                             {0x80, "unspecified_error"},
                                             {0x81, "malformed_packet"},
                                             {0x82, "protocol_error"},
                                             {0x83, "implementation_specific_error"},
                                             {0x84, "unsupported_protocol_version"},
                                             {0x85, "client_identifier_not_valid"},
                                             {0x86, "bad_user_name_or_password"},
                                             {0x87, "not_authorized"},
                                             {0x88, "server_unavailable"},
                                             {0x89, "server_busy"},
                                             {0x8a, "banned"},
                                             {0x8c, "bad_authentication_method"},
                                             {0x90, "topic_name_invalid"},
                                             {0x95, "packet_too_large"},
                                             {0x97, "quota_exceeded"},
                                             {0x99, "payload_format_invalid"},
                                             {0x9a, "retain_not_supported"},
                                             {0x9b, "qos_not_supported"},
                                             {0x9c, "use_another_server"},
                                             {0x9d, "server_moved"},
                                             {0x9f, "connection_rate_exceeded"}}};

const LabelValues& refusal_values() {
  static const LabelValues kValues = [] {
    std::vector<std::string> words;
    for (const Refusal& refusal : kRefusals) words.emplace_back(refusal.word);
    words.emplace_back("other");
    return LabelValues{words};
  }();
  return kValues;
}

template <typename E>
std::vector<std::string> words(std::initializer_list<E> values) {
  using analysis::to_text;
  using analysis::gate::to_text;
  using device::to_text;
  using journal::to_text;
  std::vector<std::string> out;
  for (const E value : values) out.emplace_back(to_text(value));
  return out;
}

template <typename E>
std::vector<std::string> words_of_all(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    using analysis::to_text;
    using device::to_text;
    using journal::to_text;
    out.emplace_back(to_text(static_cast<E>(i)));
  }
  return out;
}

std::string word_of(mqtt::PacketType type) {
  std::string word = mqtt::to_text(type);
  for (char& c : word) c = static_cast<char>(c - 'A' + 'a');
  return word;
}

std::vector<std::string> packet_types() {
  std::vector<std::string> types;
  for (std::uint8_t nibble = 1; nibble < 16; ++nibble) {
    types.push_back(word_of(static_cast<mqtt::PacketType>(nibble)));
  }
  return types;
}

std::vector<std::string> words_of(const std::vector<mqtt::PacketType>& types) {
  std::vector<std::string> words;
  for (const mqtt::PacketType type : types) words.push_back(word_of(type));
  return words;
}

std::vector<std::string> deviation_rules() {
  std::vector<std::string> rules;
  for (std::size_t i = 0; i < analysis::kDeviationCount; ++i) {
    rules.emplace_back(analysis::text_of(static_cast<analysis::Deviation>(i)).rule);
  }
  return rules;
}

std::vector<std::string> first_of(std::vector<std::string> names, std::size_t max) {
  if (names.size() > max) names.resize(max);
  return names;
}

}  // namespace

RunInfo run_info_of(const scenario::Scenario& scenario) {
  RunInfo info;
  info.scenario = scenario.name;
  info.seed = scenario.seed;
  for (const auto& group : scenario.fleet) info.groups.push_back(group.name);
  for (const auto& fault : scenario.faults) info.faults.push_back(fault.name);
  for (const auto& policy : scenario.backend.presence) info.policies.push_back(policy.label());
  for (const auto& phase : scenario.phases) info.phases.push_back(phase.name);
  for (const auto& rule : scenario.gate) {
    info.rules.push_back(rule.name);
    if (rule.severity == scenario::Severity::warn) info.warnings.push_back(rule.name);
  }
  for (const auto& fault : scenario.faults) {
    const auto* mqtt = std::get_if<fault::Mqtt>(&fault.what);
    if (mqtt == nullptr || mqtt->act != fault::PacketAct::swallow) continue;
    const bool is_known = std::find(info.swallowed.begin(), info.swallowed.end(), mqtt->packet) !=
                          info.swallowed.end();
    if (!is_known) info.swallowed.push_back(mqtt->packet);
  }
  return info;
}

RunInfo run_info_of(const scenario::Scenario& scenario, const journal::RunBegan& begin) {
  RunInfo info = run_info_of(scenario);
  info.scenario = begin.scenario;
  info.digest = begin.digest;
  info.seed = begin.seed;
  info.engine = begin.engine;
  info.profile = begin.profile;
  info.broker = begin.broker;
  info.fidelity = begin.fidelity;
  return info;
}

std::string_view label_name(Axis axis) { return kNames[static_cast<std::size_t>(axis)]; }

LabelValues::LabelValues(const std::vector<std::string>& names)
    : LabelValues{names, names.size()} {}

LabelValues::LabelValues(const std::vector<std::string>& names, std::size_t max,
                         const std::vector<std::string>& behind) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    slots_.push_back(slot_of(i < max ? names[i] : "other"));
  }
  names_ = names.size();
  for (const std::string& value : behind) slots_.push_back(slot_of(value));
}

std::size_t LabelValues::slot_of(const std::string& value) {
  const auto found = std::find(values_.begin(), values_.end(), value);
  if (found != values_.end()) return static_cast<std::size_t>(found - values_.begin());
  values_.push_back(value);
  return values_.size() - 1;
}

Labels::Labels(const RunInfo& info) {
  name_the_run(info);
  name_the_fleet(info);
  name_the_verdicts(info);
}

void Labels::name_the_run(const RunInfo& info) {
  const auto one = [](std::string value) { return LabelValues{{std::move(value)}}; };
  at(Axis::version) = one(info.version);
  at(Axis::scenario) = one(info.scenario);
  at(Axis::digest) = one(info.digest);
  at(Axis::seed) = one(std::to_string(info.seed));
  at(Axis::engine) = one(info.engine);
  at(Axis::profile) = one(info.profile);
  at(Axis::broker) = one(info.broker);
  at(Axis::fidelity) = one(info.fidelity);
  at(Axis::phase) = LabelValues{info.phases, kPhasesMax, {"preparing", "drain", "ended"}};
}

void Labels::name_the_fleet(const RunInfo& info) {
  using journal::Alteration;
  using journal::CloseHow;
  using journal::Leg;
  using journal::Party;
  at(Axis::group) = LabelValues{info.groups, kGroupsMax};
  at(Axis::device_state) = LabelValues{words_of_all<device::DeviceState>(6)};
  at(Axis::refusal_reason) = refusal_values();
  at(Axis::connect_error) = LabelValues{words_of_all<device::CloseCause>(11)};
  at(Axis::leg) = LabelValues{words({Leg::device, Leg::broker})};
  at(Axis::close_party) = LabelValues{words({Party::device, Party::proxy, Party::broker})};
  at(Axis::close_how) =
      LabelValues{words({CloseHow::fin, CloseHow::rst, CloseHow::timeout, CloseHow::error})};
  at(Axis::link_state) = LabelValues{{"open", "ghost", "silent", "twin"}};
  at(Axis::direction) = LabelValues{{"uplink", "downlink"}};
  at(Axis::packet_type) = LabelValues{packet_types()};
  at(Axis::swallowed_type) = LabelValues{words_of(info.swallowed), kSwallowedMax, {"other"}};
  at(Axis::alteration) =
      LabelValues{words({Alteration::held, Alteration::duplicated, Alteration::reordered,
                         Alteration::cut, Alteration::rewritten, Alteration::injected})};
  at(Axis::fault) = LabelValues{info.faults, kFaultsMax};
  at(Axis::will_fault) = LabelValues{info.faults, kFaultsMax, {"none"}};
  at(Axis::refused_why) = LabelValues{words_of_all<journal::Refused>(journal::kRefusedCount)};
  at(Axis::control_code) = LabelValues{{"2xx", "4xx", "5xx"}};
  at(Axis::rejected_why) = LabelValues{words_of_all<journal::Rejected>(journal::kRejectedCount)};
  at(Axis::observer) = LabelValues{words({journal::Observer::backend, journal::Observer::control})};
}

void Labels::name_the_verdicts(const RunInfo& info) {
  using analysis::WillClass;
  using analysis::gate::RuleStatus;
  at(Axis::obligation_class) =
      LabelValues{words({WillClass::in_time, WillClass::early, WillClass::late, WillClass::missing,
                         WillClass::censored})};
  at(Axis::observed_class) = LabelValues{
      words({WillClass::in_time, WillClass::early, WillClass::late, WillClass::duplicate,
             WillClass::spurious, WillClass::wrong_epoch, WillClass::unattributed})};
  at(Axis::will_flag) = LabelValues{{"takeover", "ghost", "ambiguous"}};
  at(Axis::missing_cause) =
      LabelValues{words_of_all<analysis::MissingCause>(analysis::kMissingCauseCount)};
  at(Axis::takeover_cause) = LabelValues{{"injected", "organic"}};
  at(Axis::deviation) = LabelValues{deviation_rules()};
  at(Axis::policy) = LabelValues{first_of(info.policies, kPoliciesMax)};
  at(Axis::rule) = LabelValues{first_of(info.rules, kRulesMax)};
  for (const std::string& rule : at(Axis::rule).values()) {
    warns_.push_back(std::find(info.warnings.begin(), info.warnings.end(), rule) !=
                     info.warnings.end());
  }
  at(Axis::rule_status) = LabelValues{
      words({RuleStatus::pass, RuleStatus::fail, RuleStatus::warn, RuleStatus::inconclusive})};
}

std::size_t swallowed_slot(const Labels& labels, mqtt::PacketType type) {
  const auto& words = labels[Axis::swallowed_type].values();
  const auto found = std::find(words.begin(), words.end(), word_of(type));
  const auto other = std::find(words.begin(), words.end(), "other");
  return static_cast<std::size_t>((found != words.end() ? found : other) - words.begin());
}

std::size_t refusal_slot(std::uint8_t reason) {
  for (std::size_t i = 0; i < kRefusals.size(); ++i) {
    if (kRefusals[i].code == reason) return refusal_values().slot(i);
  }
  return refusal_values().slot(kRefusals.size());
}

}  // namespace probate::metrics
