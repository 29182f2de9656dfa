// Presence policies by name, and whether a scenario gives them what they need.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// The YAML word: "naive_alarm".
const char* word(PolicyName name);

// Which of PolicySpec's parameters a policy goes by.
struct PolicyParameters {
  bool wait = false;
  bool heartbeat = false;  // and misses
};
PolicyParameters parameters_of(PolicyName name);
// Whether the policy, or one of them, goes by how often a device is heard, and can say something
// about this scenario.
bool counts_messages(const Scenario& scenario, const PolicySpec& policy);
bool counts_messages(const Scenario& scenario);
// The shortest silence that one of them takes for an end; nothing: none counts messages.
std::optional<Duration> shortest_silence(const Scenario& scenario);
// AWS documents 5 s for its wait state; all others wait 10 s.
Duration default_wait(PolicyName name);
// The longest wait after a will: what a run must go on for after the last one.
Duration longest_wait(const Scenario& scenario);
// It goes by the broker's own events, which only virtual runs and foreign logs have.
bool needs_broker_events(PolicyName name);

// Why the policy can say nothing about this scenario ("n/a: …"), or nothing if it can.
//
// A policy must learn from a will which device it is about. `epoch`, `sparkplug` and `hybrid` must
// also learn from will and birth which connection, from {epoch}, {bdseq}, or a ClientID that
// carries the epoch. `retained` needs will, birth and farewell retained on one topic; `last_seen`
// and `last_seen_will` need a message at intervals. Whether there are broker events shows only
// later.
std::optional<std::string> why_not_applicable(const Scenario& scenario, const PolicySpec& policy);

// True if a gate rule's expression names that policy: `{policy=naive}`.
bool names_policy(std::string_view expect, std::string_view label);

}  // namespace probate::scenario
