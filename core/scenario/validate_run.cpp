// The parts of validate() about broker, back end, judge and gate.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/mqtt/topics.hpp"
#include "core/scenario/complaints.hpp"
#include "core/scenario/policies.hpp"

namespace probate::scenario {
namespace {

void check_filters(const char* key, const std::vector<std::string>& filters, Complaints& out) {
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if (const auto shared = mqtt::split_shared(filters[i])) {
      out.add(fmt::format("backend.{}[{}]", key, i), ErrorCode::bad_filter,
              fmt::format("a shared subscription brings a part of what is published, and absence "
                          "proves nothing: subscribe to \"{}\" itself",
                          shared->filter));
      continue;
    }
    if (mqtt::is_topic_filter(filters[i])) continue;
    out.add(fmt::format("backend.{}[{}]", key, i), ErrorCode::bad_filter,
            fmt::format("\"{}\" is no topic filter: `+` fills a level, `#` is the last one",
                        filters[i]));
  }
}

void check_heartbeat(const std::string& path, const PolicySpec& policy, Complaints& out) {
  constexpr std::uint32_t kMissesMax = 1'000;
  out.check_duration(path, policy.heartbeat, kPeriodMin);
  if (policy.misses >= 1 && policy.misses <= kMissesMax) return;
  out.add(path, ErrorCode::out_of_range,
          fmt::format("{} misses are out of range: from 1 to {}", policy.misses, kMissesMax));
}

void check_presence(const Scenario& scenario, Complaints& out) {
  const auto& presence = scenario.backend.presence;
  for (std::size_t i = 0; i < presence.size(); ++i) {
    const std::string path = fmt::format("backend.presence[{}]", i);
    const PolicyParameters takes = parameters_of(presence[i].name);
    if (takes.wait) out.check_duration(path, presence[i].wait, kPeriodMin);
    if (takes.heartbeat) check_heartbeat(path, presence[i], out);
    const auto same = [&](const PolicySpec& other) { return other.label() == presence[i].label(); };
    if (std::any_of(presence.begin(), presence.begin() + static_cast<std::ptrdiff_t>(i), same)) {
      out.add(path, ErrorCode::duplicate_policy,
              fmt::format("the policy {} is listed twice", presence[i].label()));
    }
  }
}

template <typename Things>
bool names_one_of(const Things& things, std::string_view name) {
  return std::any_of(things.begin(), things.end(),
                     [&](const auto& thing) { return thing.name == name; });
}

template <typename Things>
std::string suggested(const Things& things, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return suggestion(name, names);
}

void check_scope(const Scenario& scenario, const GateRuleSpec& rule, const std::string& path,
                 Complaints& out) {
  const auto check_join = [&](std::string_view word, const auto& things) {
    if (!rule.over.starts_with(word)) return;
    const std::string_view name = std::string_view{rule.over}.substr(word.size());
    if (names_one_of(things, name)) return;
    out.add(path + ".over", ErrorCode::unknown_name,
            fmt::format("no {}is called \"{}\"{}", word, name, suggested(things, name)));
  };
  check_join("phase ", scenario.phases);
  check_join("fault ", scenario.faults);
  constexpr std::array<std::string_view, 3> kPer{"group", "fault", "policy"};
  if (rule.per.empty() || std::find(kPer.begin(), kPer.end(), rule.per) != kPer.end()) return;
  out.add(path + ".per", ErrorCode::rule_scope,
          fmt::format("`per` takes group, fault or policy{}", suggestion(rule.per, kPer)));
}

void check_policies_of_rule(const Scenario& scenario, const GateRuleSpec& rule,
                            const std::string& path, Complaints& out) {
  for (const PolicySpec& policy : scenario.backend.presence) {
    const std::string label = policy.label();
    if (!names_policy(rule.expect, label)) continue;
    const auto reason = why_not_applicable(scenario, policy);
    if (!reason) continue;
    out.add(path + ".expect", ErrorCode::policy_not_applicable,
            fmt::format("the policy {} is n/a here: {}", label, *reason));
  }
}

}  // namespace

void check_broker(const Scenario& scenario, Complaints& out) {
  const BrokerSpec& broker = scenario.broker;
  if (broker.managed) return;
  if (broker.host.empty()) {
    out.add("broker.address", ErrorCode::bad_broker,
            "an address is HOST:PORT; the host is missing");
  }
  if (broker.port == 0) {
    out.add("broker.address", ErrorCode::bad_broker, "nobody can listen on port 0");
  }
  if (!broker.config.empty()) {
    out.add("broker.config", ErrorCode::conflicting_keys,
            "`config` is for a managed broker; this one is not ours to configure");
  }
}

void check_backend(const Scenario& scenario, Complaints& out) {
  const BackendSpec& backend = scenario.backend;
  check_filters("wills", backend.wills, out);
  check_filters("births", backend.births, out);
  check_filters("messages", backend.messages, out);
  for (std::size_t i = 0; i < backend.publish.size(); ++i) {
    const std::string path = fmt::format("backend.publish[{}]", i);
    out.check_duration(path + ".every", backend.publish[i].every, kPeriodMin);
    if (backend.publish[i].message.topic.empty()) {
      out.add(path + ".topic", ErrorCode::topic_missing, "the message has no topic");
    }
  }
  check_presence(scenario, out);
}

void check_judge_and_gate(const Scenario& scenario, Complaints& out) {
  out.check_duration("judge.allowance", scenario.judge.allowance, kPeriodMin);
  out.check_duration("judge.horizon", scenario.judge.horizon, kPeriodMin);
  out.check_duration("judge.flicker", scenario.judge.flicker, kPeriodMin);
  for (std::size_t i = 0; i < scenario.gate.size(); ++i) {
    const GateRuleSpec& rule = scenario.gate[i];
    const std::string path = fmt::format("gate[{}]", i);
    if (rule.expect.empty()) {
      out.add(path + ".expect", ErrorCode::missing_key, "a rule must say what it expects");
    }
    if (rule.confidence && !(*rule.confidence > 0.5 && *rule.confidence < 1)) {
      out.add(
          path + ".confidence", ErrorCode::bad_statistics,
          fmt::format("{:g}% is out of range: above 50% and below 100%", *rule.confidence * 100));
    }
    if (rule.samples_min == 0) {
      out.add(path + ".min_samples", ErrorCode::bad_statistics,
              "no data is never a pass: min_samples is at least 1");
    }
    check_scope(scenario, rule, path, out);
    check_policies_of_rule(scenario, rule, path, out);
  }
}

}  // namespace probate::scenario
