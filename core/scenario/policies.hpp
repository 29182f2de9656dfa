// Presence policies by name, and whether a scenario gives them what they need.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/scenario/scenario.hpp"

namespace probate::scenario {

// The YAML word: "naive_alarm".
const char* word(PolicyName name);

// Why the policy can say nothing about this scenario ("n/a: …"), or nothing if it can.
//
// Every policy must learn from a will which device it is about; `epoch` must also learn from will
// and birth which connection, from {epoch}, {bdseq}, or a ClientID that carries the epoch.
std::optional<std::string> why_not_applicable(const Scenario& scenario, const PolicySpec& policy);

// True if a gate rule's expression names that policy: `{policy=naive}`.
bool names_policy(std::string_view expect, std::string_view label);

}  // namespace probate::scenario
