// A scenario and an outcome for rules to be judged by.
#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/analysis/gate/gate.hpp"

namespace probate::analysis::gate {

// A scenario with two groups, two faults, one phase and two policies, and an outcome to be judged.
struct World {
  scenario::Scenario scenario;
  Outcome outcome;

  World() {
    device::DeviceConfig meter;
    meter.name = "meter";
    meter.client_id = *Template::parse("m-{index}");
    device::WillConfig will;
    will.topic = *Template::parse("/will/{client_id}");
    will.payload = *Template::parse("{client_id} {epoch}");
    meter.will = will;
    scenario.devices.push_back(meter);
    scenario.fleet = {{"city", 0, 10, {}}, {"rural", 0, 5, {}}};
    scenario.phases = {{"storm", std::nullopt, scenario::ForDuration{10s}}};
    scenario.faults.resize(2);
    scenario.faults[0].name = "cut";
    scenario.faults[1].name = "stall";
    scenario.backend.presence = {{scenario::PolicyName::naive, {}},
                                 {scenario::PolicyName::debounce, 2s}};
    Totals& totals = outcome.totals;
    totals.wills_by_group.resize(3);
    totals.wills_by_fault.resize(3);
    totals.wills_by_phase.resize(1);
    totals.policies.resize(2);
    totals.policies[0].label = "naive";
    totals.policies[1].label = "debounce_2s";
    for (PolicyTotals& policy : totals.policies) {
      policy.all.up_seconds = 7200;
      policy.by_group.resize(2);
      policy.by_fault.resize(3);
      policy.by_phase.resize(1);
    }
    outcome.judged_until = Instant{10s};
  }

  RuleResult rule(const std::string& expect, scenario::GateRuleSpec spec = {}) {
    spec.name = "rule";
    spec.expect = expect;
    scenario.gate = {spec};
    const auto errors = check(scenario);
    EXPECT_TRUE(errors.empty()) << expect << ": " << errors[0].message;
    if (!errors.empty()) return {};
    return evaluate(scenario, outcome).rules.at(0);
  }
  RuleStatus status(const std::string& expect, scenario::GateRuleSpec spec = {}) {
    return rule(expect, std::move(spec)).status;
  }
  // "offset:message" of the one mistake.
  std::string mistake(const std::string& expect, scenario::GateRuleSpec spec = {}) {
    spec.name = "rule";
    spec.expect = expect;
    scenario.gate = {spec};
    const auto errors = check(scenario);
    if (errors.size() != 1) return "not one mistake";
    return errors[0].key + "@" + std::to_string(errors[0].offset) + ": " + errors[0].message;
  }
};

}  // namespace probate::analysis::gate
